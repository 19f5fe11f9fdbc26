"""Campaigns of the push over HTTP: make, look, preview, who was not reached and why, stop; planning stays outside.

A key sees its own tenant's campaigns; one of another tenant is as unknown as one that does not exist. A campaign that
reaches everybody belongs to the province.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access import allow, reader, writer
from api.answers import plain_json
from api.body import json_body
from api.campaign_forms import (
    CampaignBody,
    CampaignJob,
    CampaignsTold,
    CampaignTold,
    Digest,
    Preview,
    StopBody,
    Stopped,
    SupposeBody,
    Unreached,
)
from api.campaign_work import WHAT_IF, own_campaign, subject, supposing
from api.openapi import problems, request_body
from api.question import form_of
from api.service import Service, in_thread, running
from matching.errors import NotAllowed, QueryError, UnknownId
from matching.push.limited import limited
from matching.sending.previewing import some_waiting
from matching.store import Access, Campaign, Campaigns, Job, Jobs, Role

router = APIRouter(prefix="/v1/campaigns", tags=["push"])

Reader = Annotated[Access, Depends(reader)]
Writer = Annotated[Access, Depends(writer)]
Running = Annotated[Service, Depends(running)]
Body = Annotated[Any, Depends(json_body)]
Name = Annotated[
    str,
    Path(alias="id", pattern="^[a-z0-9][a-z0-9-]{0,31}$", description="Short name of the campaign.", examples=["may"]),
]
_LISTED = 1_000


@router.get(
    "",
    operation_id="list_campaigns",
    summary="All campaigns of the key's tenant",
    response_model=CampaignsTold,
    responses=problems(400, 401, 403, 503),
)
async def every(own: Reader, service: Running) -> Response:
    """By id; a province key sees all."""

    def look() -> dict[str, Any]:
        campaigns = Campaigns(service.store)
        return {"campaigns": [_told(campaigns, one) for one in campaigns.every() if own.may(Role.READ, one.tenant)]}

    return await _answer(service, look)


@router.put(
    "/{id}",
    operation_id="put_campaign",
    summary="Make a campaign, or change it",
    description="Nothing is sent: `gradmatch push plan` and `send` do that. A stopped campaign stays stopped.",
    response_model=CampaignTold,
    responses=problems(400, 401, 403, 413, 415, 503),
    openapi_extra=request_body("CampaignBody"),
)
async def put(own: Writer, service: Running, name: Name, body: Body) -> Response:
    """The campaign as it is now."""
    asked = form_of(CampaignBody, body)
    tenant = "" if asked.everybody else own.tenant
    allow(own, Role.WRITE, tenant)

    def write() -> dict[str, Any]:
        campaigns = Campaigns(service.store)
        try:
            before = campaigns.get(name)
        except UnknownId:
            before = Campaign(name, tenant=tenant, title=name)
        if not own.may(Role.WRITE, before.tenant):
            raise NotAllowed("the name is taken", where="id", cure="Choose another name.")
        if before.tenant != tenant and "everybody" in asked.model_fields_set:
            raise QueryError("whom a campaign reaches cannot change", where="everybody", cure="Make another one.")
        changes = asked.model_dump(exclude_none=True, exclude={"everybody"})
        if "channel" in changes and changes["channel"] not in service.settings.push.channels:
            raise QueryError("there is no such channel", where="channel", cure="See the settings, [push.channels].")
        limited(service.settings.push, changes.get("limits", {}))
        campaigns.create(before._replace(**changes))
        return _told(campaigns, campaigns.get(name))

    return await _answer(service, write)


@router.get(
    "/{id}",
    operation_id="show_campaign",
    summary="A campaign, its funnel and its last night",
    response_model=CampaignTold,
    responses=problems(400, 401, 403, 404, 503),
)
async def show(own: Reader, service: Running, name: Name) -> Response:
    """What became of its messages."""

    def look() -> dict[str, Any]:
        campaigns = Campaigns(service.store)
        return _told(campaigns, own_campaign(campaigns, own, name))

    return await _answer(service, look)


@router.get(
    "/{id}/preview",
    operation_id="preview_campaign",
    summary="Random digests that wait",
    response_model=Preview,
    responses=problems(400, 401, 403, 404, 503),
)
async def preview(
    own: Reader,
    service: Running,
    name: Name,
    count: Annotated[int, Query(ge=1, le=50, description="How many.")] = 5,
    seed: Annotated[int, Query(ge=0, le=2**31, description="The same seed draws the same.")] = 0,
) -> Response:
    """Short and long text of each."""

    def look() -> dict[str, Any]:
        own_campaign(Campaigns(service.store), own, name)
        waiting, letters = some_waiting(service.store, service.settings, name, count=count, seed=seed)
        return {"waiting": waiting, "digests": [{n: getattr(one, n) for n in Digest.model_fields} for one in letters]}

    return await _answer(service, look)


@router.get(
    "/{id}/unreached",
    operation_id="unreached_of_campaign",
    summary="Who got nothing, and why",
    response_model=Unreached,
    responses=problems(400, 401, 403, 404, 503),
)
async def unreached(
    own: Reader,
    service: Running,
    name: Name,
    night: Annotated[str | None, Query(max_length=100, description="Default: the last one.")] = None,
) -> Response:
    """Of one night: reasons with their counts, and people by key."""

    def look() -> dict[str, Any]:
        campaigns = Campaigns(service.store)
        own_campaign(campaigns, own, name)
        nights = campaigns.nights(name)
        if not nights or (night is not None and night not in nights):
            raise UnknownId(f"no such night of campaign '{name}'", where="night", cure="See the campaign's `nights`.")
        missed = campaigns.unreached(night or nights[-1])
        first = dict(sorted(missed.items())[:_LISTED])
        return {
            "night": night or nights[-1],
            "reasons": dict(sorted(Counter(missed.values()).items())),
            "graduates": first,
        }

    return await _answer(service, look)


@router.post(
    "/{id}/stop",
    operation_id="stop_campaign",
    summary="Stop a campaign",
    description="What waits is withdrawn; what is under way comes to its end. A stopped campaign does not start again.",
    response_model=Stopped,
    responses=problems(400, 401, 403, 404, 413, 415, 503),
    openapi_extra=request_body("StopBody"),
)
async def stop(own: Writer, service: Running, name: Name, body: Body) -> Response:
    """Stopping twice withdraws nothing more."""
    reason = form_of(StopBody, body).reason

    def write() -> dict[str, Any]:
        campaigns = Campaigns(service.store)
        own_campaign(campaigns, own, name, Role.WRITE)
        return {"id": name, "withdrawn": campaigns.stop(name, reason)}

    return await _answer(service, write)


@router.post(
    "/{id}/what-if",
    operation_id="what_if_of_campaign",
    summary="What tonight would come to under other limits",
    description="Keeps nothing and sends nothing: the job's result holds the plan as it is and as it would be.",
    status_code=202,
    response_model=CampaignJob,
    responses=problems(400, 401, 403, 404, 413, 415, 503),
    openapi_extra=request_body("SupposeBody"),
)
async def what_if(own: Reader, service: Running, name: Name, body: Body) -> Response:
    """A job; several may wait in line."""
    limits = form_of(SupposeBody, body).limits

    def start() -> dict[str, Any]:
        campaign = own_campaign(Campaigns(service.store), own, name)
        job = service.jobs.start(subject(campaign), WHAT_IF, supposing(service, campaign, limits))
        return _job_told(Jobs(service.store).get(subject(campaign), job))

    return plain_json(await in_thread(service.writes, start), status=202)


@router.get(
    "/{id}/jobs/{job}",
    operation_id="job_of_campaign",
    summary="How far a what-if is, and what came of it",
    response_model=CampaignJob,
    responses=problems(400, 401, 403, 404, 503),
)
async def job(own: Reader, service: Running, name: Name, job: Annotated[str, Path(max_length=64)]) -> Response:
    """See the jobs of events."""

    def look() -> dict[str, Any]:
        campaign = own_campaign(Campaigns(service.store), own, name)
        return _job_told(Jobs(service.store).get(subject(campaign), job))

    return await _answer(service, look)


def _job_told(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in CampaignJob.model_fields}


def _told(campaigns: Campaigns, own: Campaign) -> dict[str, Any]:
    funnel, nights, reached = campaigns.funnel(own.id), campaigns.nights(own.id), campaigns.reached(own.id)
    return {
        **own._asdict(),
        "limits": dict(own.limits),
        "stopped": None if own.stopped is None else own.stopped.isoformat(),
        "nights": nights[-30:],
        "messages": funnel.states,
        "reasons": funnel.reasons,
        "reached": reached.people,
        "opted_out": reached.stops,
        "complaints": reached.complaints,
        "outcomes": campaigns.outcomes(own.id),
        "certificate": campaigns.certificate(nights[-1]) if nights else None,
    }


async def _answer(service: Service, work: Callable[[], dict[str, Any]]) -> Response:
    return plain_json(await in_thread(service.lookups, work))
