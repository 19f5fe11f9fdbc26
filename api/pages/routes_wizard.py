"""From theme to list in five steps, with counts that follow; and an event changed later in the same way."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response

from api.event_forms import ListBody
from api.event_work import listing, own_event
from api.pages import draft as drafts
from api.pages.differing import differing, employers_in
from api.pages.draft import Draft, Wrong
from api.pages.employers import employer_names
from api.pages.frame import page, router_of, to
from api.pages.routes_list import start
from api.pages.visitor import Changing, Running, Sent, Today, Visitor
from api.question import hash_of
from api.service import Service, in_thread
from matching.errors import NotAllowed
from matching.fairs.counts import counts_of
from matching.fairs.gather import hosts_of
from matching.question import CHINA
from matching.standard.records import Event, Record
from matching.store import Keys, Role
from matching.terms.regions import jiangxi_cities

router = router_of()
_HOSTS = 200
"""Employers shown at once; others are found by name, and stay chosen unseen."""


@router.get("/new")
async def begin(request: Request, own: Changing, service: Running) -> Response:
    """An empty first step."""
    tenant = "" if own.province else own.own.tenant
    return await _step(request, service, own, drafts.blank(tenant), {"step": "theme", "event": "", "seen": ""})


@router.get("/events/{key}/edit")
async def edit(request: Request, own: Changing, service: Running, key: str) -> Response:
    """The first step of an event that is stored."""
    event = await in_thread(service.lookups, lambda: own_event(service.store, own.own, key, role=Role.WRITE))
    at = {"step": "theme", "event": event.key, "seen": seen_of(event)}
    return await _step(request, service, own, drafts.draft_of(event), at)


@router.post("/wizard")
async def go(request: Request, own: Changing, service: Running, form: Sent, day: Today) -> Response:
    """To another step, or to the end."""
    draft, ahead = Draft.sent(form), form.one("go", "confirm")
    at = {"step": ahead, "event": form.one("event"), "seen": form.one("seen")}
    if ahead in drafts.STEPS:
        wrong = _so_far(draft, form.one("step"), ahead)
        at["step"] = form.one("step") if wrong else ahead
        return await _step(request, service, own, draft, at, wrong)
    return await _save(request, service, own, (draft, at), list_on=day if ahead == "make" else None)


@router.post("/wizard/counts")
async def counts(request: Request, own: Changing, service: Running, form: Sent, day: Today) -> Response:
    """How many people and employers the event would have, as it stands."""
    draft = Draft.sent(form)
    event, _ = _any_event(own, draft)
    found = None
    if event is not None:
        state = service.live.matcher.state
        found = await in_thread(service.searches, lambda: counts_of(event, state, service.settings, today=day))
    read = drafts.majors_read(draft.one("majors"))
    return page(request, "_counts.html", found=found, read=read, event=event)


async def _step(
    request: Request,
    service: Service,
    own: Visitor,
    draft: Draft,
    at: dict[str, str],
    wrong: list[Wrong] | None = None,
    *,
    theirs: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> Response:
    if at["step"] not in drafts.STEPS:
        at["step"] = "theme"
    more: dict[str, Any] = {}
    event, every = _any_event(own, draft)
    if at["step"] in ("employers", "confirm") and event is not None:
        more = await in_thread(service.searches, _hosts, service, event, draft)
    if own.province:
        more["tenants"] = await in_thread(
            service.lookups, lambda: sorted({k.tenant for k in Keys(service.store).list()})
        )
    faults = {one.field: one.what for one in wrong or ()}
    return page(
        request, "wizard.html", status=422 if wrong else status, draft=draft, faults=faults, labels=drafts.LABELS,
        steps=drafts.STEPS, sections=drafts.sections(), cities=jiangxi_cities(), event=event, theirs=theirs or [],
        every=every, editing=bool(at["event"]), at=at, fields=drafts.FIELDS, **more,
    )  # fmt: skip


def _any_event(own: Visitor, draft: Draft) -> tuple[Event | None, list[Wrong]]:
    """The event as far as it is filled in: what is missing yet is stood in for, so that counts can be made."""
    tenant = draft.one("tenant") if own.province and draft.one("tenant") else own.own.tenant
    event, wrong = draft.event(tenant, "draft")
    if event is None:
        held = {name: values for name, values in draft.values.items() if name not in {one.field for one in wrong}}
        now = {"title": "未命名", "date": datetime.now(CHINA).date().isoformat(), "start": "09:00", "end": "11:30"}
        fields = [(name, value) for name, values in held.items() for value in values]
        fields += [(name, value) for name, value in now.items() if not held.get(name)]
        if held.get("which") == ["chosen"] and not held.get("employer"):
            fields.append(("which", "all"))
        event, _ = Draft(fields).event(tenant, "draft")
    return event, wrong


def _so_far(draft: Draft, step: str, ahead: str) -> list[Wrong]:
    """What is wrong on a step that is left forwards; backwards nothing stops."""
    order = list(drafts.STEPS)
    if step not in order or order.index(ahead) <= order.index(step):
        return []
    _, wrong = draft.event("draft", "draft")
    return [one for one in wrong if one.field in drafts.FIELDS[step]]


def _hosts(service: Service, event: Event, draft: Draft) -> dict[str, Any]:
    open_event, state = event.model_copy(update={"employer_ids": []}), service.live.matcher.state
    hosts = hosts_of(open_event, state)
    chosen, find = set(draft.all("employer")), draft.one("find")
    known = {host.key for host in hosts}
    listed = sorted(hosts, key=lambda host: (host.key not in chosen, -len(host.postings), host.name))
    shown = [host for host in listed if find.lower() in host.name.lower()][:_HOSTS]
    seen = {host.key for host in shown}
    unseen = [key for key in draft.all("employer") if key not in seen]
    names = employer_names(service.store, state, event, list(dict.fromkeys(draft.all("employer"))))
    often = Counter(host.name for host in hosts)
    return {
        "hosts": shown, "all_hosts": len(hosts), "chosen": chosen, "unseen": unseen,
        "twins": {name for name, count in often.items() if count > 1},
        "gone": [name for key, name in names.items() if key not in known], "told_hosts": list(names.values()),
    }  # fmt: skip


async def _save(
    request: Request, service: Service, own: Visitor, given: tuple[Draft, dict[str, str]], *, list_on: date | None
) -> Response:
    draft, at = given
    key = at["event"]
    tenant = key.partition(":")[0] if key else (draft.one("tenant") if own.province else own.own.tenant)
    if not own.own.may(Role.WRITE, tenant):
        raise NotAllowed("the key is for another tenant", where="tenant", cure="Use a key of that tenant.")
    identifier = key.partition(":")[2] if key else drafts.new_id(draft)
    event, wrong = draft.event(tenant, identifier)
    if event is None:
        return await _step(request, service, own, draft, {**at, "step": drafts.step_of(wrong)}, wrong)
    theirs: list[Record | None] = [None]

    def still(stored: Record | None) -> bool:
        theirs[0] = stored
        return seen_of(stored) == at["seen"]

    if not await in_thread(service.writes, lambda: service.store.put(event, over=still)):
        return await _changed(request, service, own, given, event, theirs[0])
    service.nudges.soon()
    if list_on is None:
        return to(request, f"/events/{quote(event.key)}")
    body = ListBody(today=list_on)
    return await start(request, service, event, "list", listing(service, event, body, None))


async def _changed(
    request: Request, service: Service, own: Visitor, given: tuple[Draft, dict[str, str]], event: Event,
    stored: Record | None,
) -> Response:  # fmt: skip
    """Somebody else was quicker: their values beside those that this organiser has filled in; nothing is lost."""
    assert stored is None or isinstance(stored, Event)
    keys, state = employers_in(event, stored), service.live.matcher.state
    names = await in_thread(service.lookups, employer_names, service.store, state, event, keys)
    differs = differing(event, stored, names)
    at = {**given[1], "step": "confirm", "seen": seen_of(stored)}
    return await _step(request, service, own, given[0], at, theirs=differs, status=412)


def seen_of(event: Record | None) -> str:
    """What an event was when it was looked at; empty for none."""
    return "" if event is None else hash_of(event.model_dump(mode="json"))
