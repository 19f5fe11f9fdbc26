"""The events, one event with its lists, and its jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response

from api.event_work import own_event
from api.pages import words
from api.pages.frame import page, router_of, to
from api.pages.visitor import Here, Running, Visitor
from api.service import Service, in_thread
from matching.fairs.times import slot_count
from matching.question import CHINA
from matching.standard.records import Event
from matching.store import Jobs, Lists

router = router_of()
_PAGE = 30
Which = Annotated[str, Query(alias="when", max_length=10)]


@router.get("/events")
async def events(
    request: Request,
    own: Here,
    service: Running,
    when: Which = "coming",
    text: Annotated[str, Query(max_length=100)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """The events of the key's tenant, or of all."""
    told = await in_thread(service.lookups, _events, service, own, (when, text, number))
    template = "_events.html" if request.headers.get("hx-target") == "found" else "events.html"
    return page(request, template, when=when, text=text, number=number, **told)


@router.get("/events/{key}")
async def event(request: Request, own: Here, service: Running, key: str) -> Response:
    """One event: what it is about, its lists, what is going on."""

    def read() -> dict[str, Any]:
        found = own_event(service.store, own.own, key)
        versions, jobs = Lists(service.store).versions(found.key), Jobs(service.store).of(found.key, limit=10)
        newest = next((version for version in versions if not version.beside), None)
        answers = list(Lists(service.store).answers(found.key).values())
        return {"event": found, "versions": versions, "newest": newest, "jobs": jobs, "answers": answers}

    told = await in_thread(service.lookups, read)
    return page(request, "event.html", tab="event", slots=max(slot_count(told["event"]), 1), **told)


@router.get("/events/{key}/jobs/{job}")
async def job(request: Request, own: Here, service: Running, key: str, job: str) -> Response:
    """How far a job is; asked again every second until it has ended, then on to what came of it."""

    def read() -> dict[str, Any]:
        found = own_event(service.store, own.own, key)
        newest = Lists(service.store).headline(found.key)
        return {"event": found, "newest": newest, "job": Jobs(service.store).get(found.key, job[:64])}

    told = await in_thread(service.lookups, read)
    state, kind, query = told["job"].state, told["job"].kind, request.url.query
    if state == "done":
        placed = "day" if request.query_params.get("back") == "day" else "timetable"
        ahead = {"list": "list", "timetable": placed, "what-if": f"rules?job={job[:64]}&{query}"}[kind]
        return to(request, f"/events/{key}/{ahead}")
    problem = told["job"].result.get("problem", {})
    what, cures = words.of_problem(problem)
    slug = str(problem.get("type", "")).rpartition("/")[2]
    template = "_job.html" if request.headers.get("hx-request") else "job.html"
    return page(request, template, tab="", what=what, cures=cures, slug=slug, query=query, problem=problem, **told)


def _events(service: Service, own: Visitor, asked: tuple[str, str, int]) -> dict[str, Any]:
    when, text, number = asked
    now, found = datetime.now(CHINA), []
    for batch in service.store.scan("event", tenant=None if own.province else own.own.tenant):
        for one in batch:
            assert isinstance(one, Event)
            if when in ("coming", "past") and (one.ends_at >= now) != (when == "coming"):
                continue
            if text.lower() in f"{one.title} {one.id} {one.venue}".lower():
                found.append(one)
    found.sort(key=lambda one: (one.starts_at, one.key), reverse=when == "past")
    pages = max(-(-len(found) // _PAGE), 1)
    begin = (min(number, pages) - 1) * _PAGE
    lists = Lists(service.store)
    rows = [(one, lists.headline(one.key)) for one in found[begin : begin + _PAGE]]
    return {"rows": rows, "total": len(found), "pages": pages}
