"""The invitation list: looked through, changed by hand with a reason, made anew, put on paper."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from api.event_forms import ListBody, TimetableBody
from api.event_work import base_of, listing, on_paper, own_event, placing
from api.pages.frame import attachment, page, router_of, to
from api.pages.tables import PRINTED, Filter, bars, day_of, in_order, loads, paged, shown
from api.pages.visitor import Changing, Form, Here, Running, Sent, Today
from api.question import form_of
from api.service import Service, in_thread
from matching.errors import ListChanged, UnknownId
from matching.fairs.running import Work
from matching.standard.records import Event
from matching.store import Access, Jobs, Lists, Role
from matching.store.lists import Version

router = router_of()
Numbered = Annotated[int | None, Query(ge=1, lt=2**31)]
_FORMATS = ("xlsx", "csv", "ics")


def asked(
    status: Annotated[str, Query(max_length=10)] = "invited",
    host: Annotated[str, Query(max_length=500)] = "",
    text: Annotated[str, Query(max_length=100)] = "",
    hand: Annotated[str, Query(max_length=5)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
) -> Filter:
    """Dependency: the filter that an address names."""
    return Filter("" if status == "all" else status, host, text.strip(), bool(hand), number)


Asked = Annotated[Filter, Depends(asked)]


def held(service: Service, own: Access, key: str, version: int | None = None) -> tuple[Event, Version | None, int]:
    """The event, a version of its list (None where there is none yet), and the number of the one in use.

    Raises
    ------
    UnknownId
    """
    event = own_event(service.store, own, key)
    newest = Lists(service.store).newest(event.key)
    if not newest and version is None:
        return event, None, 0
    return event, service.lists.get(event.key, version), newest


@router.get("/events/{key}/list")
async def show(
    request: Request, own: Here, service: Running, key: str, asked: Asked, version: Numbered = None
) -> Response:
    """The list, page by page; the parts that a filter changes alone where htmx asks."""

    def read() -> dict[str, Any]:
        event, found, newest = held(service, own.own, key, version)
        told = shown(service.store, service.live.matcher.state, found, asked) if found else None
        return {"event": event, "version": found, "newest": newest, "shown": told}

    told = await in_thread(service.lookups, read)
    template = "_rows.html" if request.headers.get("hx-target") == "found" else "list.html"
    return page(request, template, tab="list", asked=asked, **told)


@router.get("/events/{key}/print")
async def on_print(
    request: Request, own: Here, service: Running, key: str, asked: Asked, version: Numbered = None
) -> Response:
    """The list to print, in parts of a thousand people."""

    def read() -> dict[str, Any]:
        event, found, newest = held(service, own.own, key, version)
        if found is None:
            raise UnknownId("the event has no list yet", where=event.key)
        told = shown(service.store, service.live.matcher.state, found, asked, size=PRINTED)
        return {"event": event, "version": found, "newest": newest, "shown": told}

    told = await in_thread(service.lookups, read)
    return page(request, "print.html", asked=asked, printed=PRINTED, **told)


@router.get("/events/{key}/file/{format_}")
async def download(
    request: Request, own: Here, service: Running, key: str, format_: str, version: Numbered = None
) -> Response:
    """The list as Excel, CSV or calendars."""

    def read() -> tuple[bytes, str, str]:
        event, found, _ = held(service, own.own, key, version)
        if found is None or format_ not in _FORMATS:
            raise UnknownId("the event has no list yet", where=event.key)
        data, media, ending = on_paper(service.store, event, found, format_)
        return data, media, f"{event.title}-邀请名单-第{found.version}版.{ending}"

    data, media, name = await in_thread(service.lookups, read)
    return attachment(data, media, (name, f"list.{format_}"))


@router.get("/events/{key}/charts")
async def charts(request: Request, own: Here, service: Running, key: str) -> Response:
    """Who is on the list, by major, county and college, and how full employers are."""

    def read() -> dict[str, Any]:
        event, found, newest = held(service, own.own, key)
        groups = found.about.get("groups", {}) if found else {}
        told = {name: bars(of) for name, of in groups.items()}
        return {"event": event, "version": found, "newest": newest, "groups": told, "whole": groups,
                "loads": loads(event, found) if found else []}  # fmt: skip

    return page(request, "charts.html", tab="charts", **await in_thread(service.lookups, read))


@router.get("/events/{key}/timetable")
async def timetable(
    request: Request, own: Here, service: Running, key: str,
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
) -> Response:  # fmt: skip
    """Who meets whom when: all employers at a glance, their meetings page by page."""

    def read() -> dict[str, Any]:
        event, found, newest = held(service, own.own, key)
        times, hosts = day_of(event, found) if found else ([], [])
        part, at, pages = paged(hosts, number)
        return {"event": event, "version": found, "newest": newest, "times": times, "hosts": hosts,
                "part": [(host, in_order(host, times)) for host in part], "number": at, "pages": pages,
                "made": found.about.get("timetable") if found else None}  # fmt: skip

    return page(request, "timetable.html", tab="timetable", **await in_thread(service.lookups, read))


@router.post("/events/{key}/make")
async def make(request: Request, own: Changing, service: Running, key: str, form: Sent, day: Today) -> Response:
    """Make the next version: with what was marked by hand, or as it is."""
    event = await in_thread(service.lookups, lambda: own_event(service.store, own.own, key, role=Role.WRITE))
    try:
        base = await in_thread(service.lookups, base_of, service.store, event, form.one("base") or None)
    except ListChanged:
        newest = await in_thread(service.lookups, Lists(service.store).newest, event.key)
        return page(request, "late.html", status=412, event=event, form=form, newest=newest, what=_what(form))
    reason, people, hand = form.one("reason"), form.all("graduate"), form.one("hand")
    if hand and (not people or (hand != "free" and not reason)):
        return page(request, "_hand.html", status=422, event=event, form=form, people=people)
    body = {
        "pin": dict.fromkeys(people, reason) if hand == "pin" else {},
        "exclude": dict.fromkeys(people, reason) if hand == "exclude" else {},
        "free": people if hand == "free" else [],
        "seconds": 60.0,
        "today": day,
    }
    return await start(request, service, event, "list", listing(service, event, form_of(ListBody, body), base))


@router.post("/events/{key}/timetable")
async def place(request: Request, own: Changing, service: Running, key: str, form: Sent) -> Response:
    """Place the meetings of the list in use."""
    event = await in_thread(service.lookups, lambda: own_event(service.store, own.own, key, role=Role.WRITE))
    return await start(request, service, event, "timetable", placing(service, event, TimetableBody()))


@router.post("/events/{key}/adopt")
async def adopt(request: Request, own: Changing, service: Running, key: str, form: Sent) -> Response:
    """Put a version beside, or an older one, in use again, as the next version."""

    def keep() -> None:
        event, lists = own_event(service.store, own.own, key, role=Role.WRITE), Lists(service.store)
        wanted = form.one("version")
        base = base_of(service.store, event, form.one("base") or None) or lists.newest(event.key)
        found = lists.get(event.key, int(wanted) if wanted.isascii() and wanted.isdigit() else -1)
        lists.save(event.key, found.guests, {**found.about, "again": found.version}, base=base)

    await in_thread(service.writes, keep)
    return to(request, f"/events/{key}/list")


async def start(request: Request, service: Service, event: Event, kind: str, task: Work, query: str = "") -> Response:
    """Put work in line, unless the same is on its way, and go to its page."""
    open_jobs = await in_thread(service.lookups, Jobs(service.store).of, event.key)
    same = next((job.id for job in open_jobs if job.kind == kind and not job.ended), None)
    if same is not None and kind != "what-if":
        return page(request, "busy.html", status=409, event=event, job=same, kind=kind)
    job = await in_thread(service.writes, service.jobs.start, event.key, kind, task)
    return to(request, f"/events/{event.key}/jobs/{job}" + (f"?{query}" if query else ""))


def _what(form: Form) -> str:
    names = {"pin": "指定邀请", "exclude": "不邀请", "free": "取消人工指定", "": "重新生成名单"}
    return names.get(form.one("hand"), "重新生成名单")
