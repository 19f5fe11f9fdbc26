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
from api.pages.visitor import Changing, Form, Here, Running, Sent, Today
from api.service import in_thread
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
    now = dict(rule_fields(told["event"].rules))
    proof = told["version"].about["certificate"] if told["version"] else None
    values = {name: request.query_params.get(name, "") for name in sliders.NAMES} if job else now
    lines = sliders.compared(proof, told["tried"]) if proof else []
    return page(
        request, "rules.html", tab="rules", proof=proof, values=values, now=now, sliders=sliders.SLIDERS, lines=lines,
        seen=seen_of(told["event"]), **told,
    )  # fmt: skip


@router.post("/events/{key}/rules")
async def tried(request: Request, own: Changing, service: Running, key: str, form: Sent, day: Today) -> Response:
    """Try other rules, or take them over and make the list anew."""
    event = await in_thread(service.lookups, lambda: own_event(service.store, own.own, key, role=Role.WRITE))
    rules, wrong = _rules(form)
    if form.one("go") != "keep" and not wrong:
        body = WhatIfBody(rules=rules, prices=bool(form.one("prices")), today=day)
        typed = [(name, form.one(name)) for name in sliders.NAMES]
        query = urlencode([(name, value) for name, value in typed if value and not form.one(f"{name}_auto")])
        return await start(request, service, event, "what-if", supposing(service, event, body), query)
    changed = _changed(event, rules) if not wrong else None
    if changed is None:
        cures = [f"“{one}”填写有误。" for one in wrong] or ["请检查数值的范围。"]
        return page(request, "told.html", status=422, title="规则有误", what="这些规则不能保存。", cures=cures)

    def still(stored: Record | None) -> bool:
        return seen_of(stored) == form.one("seen")

    if not await in_thread(service.writes, lambda: service.store.put(changed, over=still)):
        cures = ["请回到规则页查看对方的修改，再试一次。您的数值没有保存。"]
        what = "另一位组织者在此期间修改了这个活动。"
        return page(request, "told.html", status=412, title="活动已被他人修改", what=what, cures=cures)
    service.nudges.soon()
    return await start(request, service, changed, "list", listing(service, changed, ListBody(today=day), None))


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
