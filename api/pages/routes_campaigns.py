"""Campaigns of the push: what there is, one with its funnel, its limits and trials, the next stage, the stop."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from api.campaign_work import WHAT_IF, next_stage, own_campaign, subject, supposing, watched
from api.pages import words
from api.pages.campaign_values import compared, fields, funnel, nights, reasons_compared, typed
from api.pages.campaign_words import LIMITS
from api.pages.frame import page, router_of, to
from api.pages.visitor import Changing, Form, Here, Running, Sent, Visitor
from api.service import Service, in_thread
from matching.errors import UnknownId
from matching.push.limited import limited
from matching.question import CHINA
from matching.store import Campaign, Campaigns, Jobs, Role

router = router_of()
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_FIRST, _HELD = 0.01, 0.05
"""Stage and hold-out of a campaign that is made here."""


@router.get("/campaigns")
async def campaigns(request: Request, own: Here, service: Running) -> Response:
    """The campaigns of the key's tenant, those that run first."""

    def read() -> dict[str, Any]:
        door = Campaigns(service.store)
        mine = [one for one in door.every() if own.own.may(Role.READ, one.tenant)]
        rows = [(one, door.funnel(one.id), door.reached(one.id)) for one in mine]
        return {"rows": sorted(rows, key=lambda row: row[0].stopped is not None)}

    return page(request, "campaigns.html", **await in_thread(service.lookups, read))


@router.get("/campaigns/new")
async def new(request: Request, own: Changing, service: Running) -> Response:
    """The form of a new campaign."""
    return _new(request, service, {}, {})


@router.post("/campaigns/new")
async def make(request: Request, own: Changing, service: Running, form: Sent) -> Response:
    """Make a campaign in its first stage; nothing is planned or sent by that."""
    values = {name: form.one(name) for name in ("id", "title", "channel", "everybody")}
    wrong: dict[str, str] = {}
    if not _NAME.fullmatch(values["id"]):
        wrong["id"] = "请用小写字母、数字和连字符，以字母或数字开头，不超过 32 个字。"
    if not values["title"] or len(values["title"]) > 100:
        wrong["title"] = "请填写名称，不超过 100 个字。"
    if values["channel"] not in service.settings.push.channels:
        wrong["channel"] = "请选择发送渠道。"
    tenant = "" if values["everybody"] and own.province else own.own.tenant
    held = Campaign(values["id"], tenant, values["title"], values["channel"], _FIRST, _HELD)
    if not wrong and not await in_thread(service.writes, _made, service, held):
        wrong["id"] = "这个短名已被使用，请换一个。"
    if wrong:
        return _new(request, service, values, wrong, status=422)
    return to(request, f"/campaigns/{held.id}")


@router.get("/campaigns/{name}")
async def overview(request: Request, own: Here, service: Running, name: str) -> Response:
    """One campaign: stage, funnel, stop rule, nights."""

    def read() -> dict[str, Any]:
        door, one = _held(service, own, name)
        jobs = Jobs(service.store).of(subject(one), limit=5)
        return {
            "campaign": one, "told": funnel(door, one), "watched": watched(door, one, service.settings.push),
            "nights": nights(door, one), "ahead": next_stage(one.share), "jobs": jobs,
        }  # fmt: skip

    return page(request, "campaign.html", tab="overview", **await in_thread(service.lookups, read))


@router.post("/campaigns/{name}/stage")
async def widen(request: Request, own: Changing, service: Running, name: str, form: Sent) -> Response:
    """Give the next stage free; it holds from the next plan on."""

    def write() -> bool:
        door, one = _held(service, own, name, Role.WRITE)
        ahead = next_stage(one.share)
        if ahead is None or form.one("from") != f"{one.share:g}" or watched(door, one, service.settings.push).early:
            return False
        return door.widen(one.id, ahead, base=one.share)

    if await in_thread(service.writes, write):
        return to(request, f"/campaigns/{name}")
    what = "另一位组织者已改动阶段，或活动已停止，或已触达的人还太少，不足以判断。"
    cures = ["请回到概况查看现在的阶段。"]
    return page(request, "told.html", status=409, title="阶段没有改变", what=what, cures=cures)


@router.get("/campaigns/{name}/limits")
async def limits(
    request: Request, own: Here, service: Running, name: str, job: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The limits, and what came of a trial."""

    def read() -> dict[str, Any]:
        _, one = _held(service, own, name)
        result = Jobs(service.store).get(subject(one), job).result if job else {}
        return {"campaign": one, "result": result if "tried" in result else None}

    told = await in_thread(service.lookups, read)
    return _limits(request, service, told["campaign"], result=told["result"])


@router.post("/campaigns/{name}/limits")
async def change(request: Request, own: Here, service: Running, name: str, form: Sent) -> Response:
    """Try other limits, or keep them."""
    keep = form.one("go") == "keep"
    _, one = await in_thread(service.lookups, _held, service, own, name, Role.WRITE if keep else Role.READ)
    push = service.settings.push
    found, wrong = typed(push, form)
    if wrong:
        return _limits(request, service, one, form=form, wrong={w.field: w.what for w in wrong}, status=422)
    if not keep:
        job = await in_thread(service.writes, service.jobs.start, subject(one), WHAT_IF, supposing(service, one, found))
        return to(request, f"/campaigns/{name}/jobs/{job}")

    def write() -> bool:
        door, held = _held(service, own, name, Role.WRITE)
        if form.one("seen") != _seen(held):
            return False
        limited(push, found)
        door.create(held._replace(limits=found))
        return True

    if await in_thread(service.writes, write):
        return to(request, f"/campaigns/{name}/limits?kept=1")
    what, cures = "另一位组织者在此期间修改了限额。", ["请查看对方的修改，再改一次。您的数值没有保存。"]
    return page(request, "told.html", status=412, title="限额已被他人修改", what=what, cures=cures)


@router.get("/campaigns/{name}/jobs/{job}")
async def job(request: Request, own: Here, service: Running, name: str, job: str) -> Response:
    """How far a trial is; on to what came of it."""

    def read() -> dict[str, Any]:
        _, one = _held(service, own, name)
        return {"campaign": one, "job": Jobs(service.store).get(subject(one), job[:64])}

    told = await in_thread(service.lookups, read)
    if told["job"].state == "done":
        return to(request, f"/campaigns/{name}/limits?{urlencode({'job': told['job'].id})}")
    problem = told["job"].result.get("problem", {})
    what, cures = words.of_problem(problem)
    template = "_campaign_job.html" if request.headers.get("hx-request") else "campaign_job.html"
    return page(request, template, tab="limits", what=what, cures=cures, problem=problem, **told)


@router.get("/campaigns/{name}/stop")
async def ask(request: Request, own: Changing, service: Running, name: str) -> Response:
    """Whether it is really to be stopped, and what that would withdraw."""

    def read() -> dict[str, Any]:
        door, one = _held(service, own, name, Role.WRITE)
        return {"campaign": one, "states": door.funnel(one.id).states}

    return page(request, "campaign_stop.html", tab="", **await in_thread(service.lookups, read), wrong="")


@router.post("/campaigns/{name}/stop")
async def stop(request: Request, own: Changing, service: Running, name: str, form: Sent) -> Response:
    """Stop it: what waits is withdrawn."""
    why = form.one("reason")

    def write() -> dict[str, Any] | None:
        door, one = _held(service, own, name, Role.WRITE)
        if not why or len(why) > 200:
            return {"campaign": one, "states": door.funnel(one.id).states}
        door.stop(one.id, why)
        return None

    wrong = await in_thread(service.writes, write)
    if wrong is None:
        return to(request, f"/campaigns/{name}")
    return page(request, "campaign_stop.html", status=422, tab="", wrong="请写明原因，不超过 200 个字。", **wrong)


def _held(service: Service, own: Visitor, name: str, role: Role = Role.READ) -> tuple[Campaigns, Campaign]:
    door = Campaigns(service.store)
    return door, own_campaign(door, own.own, name[:32], role)


def _made(service: Service, campaign: Campaign) -> bool:
    door = Campaigns(service.store)
    try:
        door.get(campaign.id)
    except UnknownId:
        return door.create(campaign)
    return False


def _new(
    request: Request, service: Service, values: dict[str, str], wrong: dict[str, str], *, status: int = 200
) -> Response:
    names = sorted(service.settings.push.channels)
    return page(
        request,
        "campaign_new.html",
        status=status,
        values=values,
        wrong=wrong,
        channels=names,
        first=_FIRST,
        held=_HELD,
    )


def _limits(
    request: Request,
    service: Service,
    campaign: Campaign,
    *,
    result: dict[str, Any] | None = None,
    form: Form | None = None,
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    push = service.settings.push
    values = fields(push, result["limits"] if result else campaign.limits, wrong)
    if form is not None:
        values = [field._replace(value=form.one(field.limit.name)) for field in values]
    return page(
        request,
        "campaign_limits.html",
        status=status,
        tab="limits",
        campaign=campaign,
        fields=values,
        seen=_seen(campaign),
        result=result,
        lines=compared(result) if result else [],
        whys=reasons_compared(result) if result else [],
        own={one.name: campaign.limits[one.name] for one in LIMITS if one.name in campaign.limits},
        kept=request.query_params.get("kept", ""),
        tonight=datetime.now(CHINA),
    )


def _seen(campaign: Campaign) -> str:
    return urlencode(sorted(campaign.limits.items()))
