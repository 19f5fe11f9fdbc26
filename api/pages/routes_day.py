"""The day: who is there, the rest planned anew without the absent and with walk-ins, what came of every meeting."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Annotated, Any

from fastapi import Query, Request, Response

from api.event_forms import TimetableBody
from api.event_work import own_event, placing
from api.pages.frame import attachment, page, router_of
from api.pages.meetings import meetings_of
from api.pages.people import Asking
from api.pages.routes_answers import Asked
from api.pages.routes_list import held, start
from api.pages.saying import keep, shown
from api.pages.visitor import Changing, Form, Here, Running, Sent, Today
from api.service import Service, in_thread
from matching.errors import FileError, UnknownId
from matching.fairs.answering import late_guests
from matching.fairs.blanks import blank_outcomes
from matching.fairs.outcomes import NAMES, WITHDRAWN, Outcome, keep_outcomes
from matching.fairs.sheets import OUTCOMES, read_sheet
from matching.fairs.times import moment_at, slot_at
from matching.question import CHINA
from matching.standard.records import Event, key_of
from matching.store import Access, Lists, Role

router = router_of()
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_LISTED = re.compile(r"[\s,，、;；]+")
_WALK_INS = 1_000
_WORDS = {*NAMES, WITHDRAWN}


@router.get("/events/{key}/day")
async def show(request: Request, own: Here, service: Running, key: str, asked: Asked) -> Response:
    """Who is there; the rows alone where htmx asks."""
    return await shown(request, service, own.own, (key, asked._replace(kind="came")))


@router.post("/events/{key}/day")
async def say(request: Request, own: Changing, service: Running, key: str, form: Sent) -> Response:
    """Keep that one person came, or did not."""
    return await keep(request, service, own.own, (key, "came"), form)


@router.post("/events/{key}/day/plan")
async def plan(request: Request, own: Changing, service: Running, key: str, form: Sent, day: Today) -> Response:
    """Plan the rest of the day anew: without who is away, with who came uninvited."""
    told = await in_thread(service.lookups, _rest_of, service, own.own, key, form)
    given = (key, Asking("came"))
    if "event" not in told:
        return await shown(request, service, own.own, given, {"typed": form, **told}, status=422)
    event = told["event"]
    body = TimetableBody(now=told["now"], absent=told["absent"], walk_ins=told["walk_ins"], today=day)
    return await start(request, service, event, "timetable", placing(service, event, body), "back=day")


def _rest_of(service: Service, own: Access, key: str, form: Form) -> dict[str, Any]:
    """From when, without and with whom; or what is wrong with the form."""
    event = own_event(service.store, own, key, role=Role.WRITE)
    clock, typed = form.one("clock"), [one for one in _LISTED.split(form.one("walk_ins")) if one]
    if not _CLOCK.fullmatch(clock):
        return {"plan_fault": "请填写时间（时:分）。"}
    walk_ins = list(dict.fromkeys(key_of(event.tenant, one) for one in typed))
    if len(walk_ins) > _WALK_INS:
        return {"plan_fault": f"一次最多登记 {_WALK_INS} 位现场到来的人。"}
    known = service.store.get_many("graduate", [one for one in walk_ins if one.startswith(f"{event.tenant}:")])
    lost = [place for place, one in enumerate(walk_ins, start=1) if one not in known]
    if lost:
        where = "、".join(str(place) for place in lost[:20])
        return {"plan_fault": f"现场到来者中第 {where} 个编号没有找到，请核对；其余内容都保留着。"}
    now = moment_at(event, time.fromisoformat(clock))
    version, answers = Lists(service.store).get(event.key), Lists(service.store).answers(event.key)
    away = {key for key, said in answers.items() if said.came is False}
    if form.one("late"):
        away |= set(late_guests(version, answers, now=slot_at(event, now)))
    invited = {guest.graduate for guest in version.guests if guest.status == "invited"}
    absent = sorted((away & invited) - set(walk_ins))
    return {"event": event, "now": now, "absent": absent, "walk_ins": walk_ins}


@router.get("/events/{key}/outcomes")
async def outcomes(
    request: Request,
    own: Here,
    service: Running,
    key: str,
    host: Annotated[str, Query(max_length=500)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
) -> Response:
    """What came of the meetings of an employer, or of all."""
    return await _outcomes(request, service, own.own, (key, host, number))


@router.get("/events/{key}/outcomes/sheet")
async def sheet(own: Here, service: Running, key: str) -> Response:
    """A sheet of all meetings to fill in, which can be taken in again."""

    def read() -> tuple[bytes, str]:
        event, found, _ = held(service, own.own, key)
        if found is None:
            raise UnknownId("the event has no list yet", where=event.key)
        return blank_outcomes(service.store, event, found), f"{event.title}-面谈结果.csv"

    data, name = await in_thread(service.lookups, read)
    return attachment(data, "text/csv; charset=utf-8", (name, "outcomes.csv"))


@router.post("/events/{key}/outcomes")
async def report(request: Request, own: Changing, service: Running, key: str, form: Sent) -> Response:
    """Keep what came of meetings."""
    given = [(name[4:].split("|", 1), value) for name, value in form.fields if name.startswith("out:") and value]
    told = [Outcome(where[0], where[1], value) for where, value in given if len(where) == 2]
    number = form.one("page")
    place = int(number[:7]) if number.isascii() and number.isdigit() else 1
    saved = await in_thread(service.writes, _kept, service, own.own, key, told)
    return await _outcomes(request, service, own.own, (key, form.one("host"), max(place, 1)), saved)


@router.post("/events/{key}/outcomes/file")
async def take_in(request: Request, own: Changing, service: Running, key: str, form: Sent) -> Response:
    """Keep a sheet of outcomes; whatever is wrong in it is told by its line."""

    def work() -> dict[str, Any]:
        read = read_sheet(form.file("file"), OUTCOMES, where="file")
        lines = [line.values for line in read.right]
        told = [Outcome(one["graduate"], one["employer"], one["outcome"]) for one in lines]
        saved = _kept(service, own.own, key, told)
        kept = saved.get("kept")
        lost = [read.right[place].number for place in kept.unknown] if kept else []
        return {**saved, "wrong": read.wrong, "lost": lost}

    try:
        told = await in_thread(service.writes, work)
    except FileError as error:
        told = {"fault": error}
    return await _outcomes(request, service, own.own, (key, "", 1), told)


def _kept(service: Service, own: Access, key: str, told: list[Outcome]) -> dict[str, Any]:
    event, now = own_event(service.store, own, key, role=Role.WRITE), datetime.now(CHINA)
    if now < event.starts_at:
        return {"early": True}
    lines = [one._replace(graduate=key_of(event.tenant, one.graduate)) for one in told if one.outcome in _WORDS]
    return {"kept": keep_outcomes(service.store, event, lines, now=now)}


async def _outcomes(
    request: Request, service: Service, own: Access, given: tuple[str, str, int], told: dict[str, Any] | None = None
) -> Response:
    key, host, number = given

    def read() -> dict[str, Any]:
        event, found, newest = held(service, own, key)
        now = datetime.now(CHINA)
        met = meetings_of(service.store, event, found, host, page=number, now=now) if found else None
        return {"event": event, "version": found, "newest": newest, "met": met, "begun": _begun(event, now)}

    values, told = await in_thread(service.lookups, read), told or {}
    status = 422 if "fault" in told or "early" in told else 200
    template = "_meetings.html" if request.headers.get("hx-target") == "found" else "outcomes.html"
    names = {name: words.zh for name, words in NAMES.items()}
    return page(
        request, template, status=status, tab="outcomes", host=host, number=number, told=told, names=names, **values
    )


def _begun(event: Event, now: datetime) -> bool:
    return now >= event.starts_at
