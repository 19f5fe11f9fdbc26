"""What if the rules were others: sliders, the price of each rule, and taking the new rules over."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from api.event_forms import ListBody, WhatIfBody
from api.event_work import listing, own_event, supposing
from api.pages import sliders
from api.pages.draft import LABELS, Draft, rule_fields
from api.pages.frame import page, router_of
from api.pages.routes_list import held, start
from api.pages.routes_wizard import seen_of
from api.pages.visitor import Changing, Form, Here, Running, Sent, Today, Visitor
from api.service import Service, in_thread
from matching.standard.records import Event, Record
from matching.store import Jobs, Role

router = router_of()


@router.get("/events/{key}/rules")
async def show(
    request: Request, own: Here, service: Running, key: str, job: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The rules of the list in use with their prices, and what came of a trial."""

    def read() -> dict[str, Any]:
        event, found, newest = held(service, own.own, key)
        tried = Jobs(service.store).get(event.key, job).result.get("certificate") if job else None
        return {"event": event, "version": found, "newest": newest, "tried": tried}

    told = await in_thread(service.lookups, read)
    values = {name: request.query_params.get(name, "") for name in sliders.NAMES} if job else None
    return _page(request, told, values)


def _page(
    request: Request, told: dict[str, Any], values: dict[str, str] | None, notes: dict[str, Any] | None = None,
    *, status: int = 200,
) -> Response:  # fmt: skip
    """The page over what was read; `values` stand on the sliders, by default the event's own."""
    now = dict(rule_fields(told["event"].rules))
    proof = told["version"].about["certificate"] if told["version"] else None
    lines = sliders.compared(proof, told.get("tried")) if proof else []
    return page(
        request, "rules.html", status=status, tab="rules", proof=proof, values=now if values is None else values,
        now=now, sliders=sliders.SLIDERS, lines=lines, seen=seen_of(told["event"]), notes=notes or {},
        **{"tried": None, **told},
    )  # fmt: skip


@router.post("/events/{key}/rules")
async def tried(request: Request, own: Changing, service: Running, key: str, form: Sent, day: Today) -> Response:
    """Try other rules, or take them over and make the list anew."""
    event = await in_thread(service.lookups, lambda: own_event(service.store, own.own, key, role=Role.WRITE))
    rules, wrong = _rules(form)
    changed = _changed(event, rules) if not wrong else None
    if changed is None:
        notes = {"wrong": wrong or ["数值的范围"]}
        return await _again(request, service, own, (key, form), notes, status=422)
    if form.one("go") != "keep":
        body = WhatIfBody(rules=rules, prices=bool(form.one("prices")), today=day)
        query = urlencode([(name, value) for name, value in _typed(form).items() if value])
        return await start(request, service, event, "what-if", supposing(service, event, body), query)

    def still(stored: Record | None) -> bool:
        return seen_of(stored) == form.one("seen")

    if not await in_thread(service.writes, lambda: service.store.put(changed, over=still)):
        return await _again(request, service, own, (key, form), {"late": True}, status=412)
    service.nudges.soon()
    return await start(request, service, changed, "list", listing(service, changed, ListBody(today=day), None))


async def _again(
    request: Request, service: Service, own: Visitor, given: tuple[str, Form], notes: dict[str, Any], *, status: int
) -> Response:
    """The page with the sliders as they were moved, over the event as it is now: nothing is lost."""
    key, form = given

    def read() -> dict[str, Any]:
        event, found, newest = held(service, own.own, key)
        return {"event": event, "version": found, "newest": newest}

    return _page(request, await in_thread(service.lookups, read), _typed(form), notes, status=status)


def _typed(form: Form) -> dict[str, str]:
    """The values of the sliders as they were sent; empty where one is left to the default."""
    return {name: "" if form.one(f"{name}_auto") else form.one(name) for name in sliders.NAMES}


def _rules(form: Form) -> tuple[dict[str, Any], list[str]]:
    wrong: list[Any] = []
    rules = Draft(form.fields).rules(wrong)
    told = {name: value for name, value in rules.items() if name in sliders.NAMES}
    told |= {name: None for name in sliders.OPEN if form.one(f"{name}_auto")}
    return told, [LABELS[one.field] for one in wrong if one.field in sliders.NAMES]


def _changed(event: Event, rules: dict[str, Any]) -> Event | None:
    try:
        told = {**event.model_dump(), "rules": {**event.rules.model_dump(), **rules}}
        return Event.model_validate(told)
    except ValueError:
        return None
