"""Events over HTTP: their lists as jobs, answers, timetables, files, and what came of the meetings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from api import event_work as work
from api.access import allow, reader, writer
from api.answers import plain_json
from api.body import json_body
from api.event_forms import (
    AnswersBody,
    AnswersKept,
    EventPage,
    EventTold,
    JobsTold,
    JobTold,
    ListBody,
    ListTold,
    OutcomesBody,
    OutcomesKept,
    TimetableBody,
    VersionsTold,
    WhatIfBody,
)
from api.openapi import problems, request_body
from api.question import form_of, key_in_path
from api.service import Service, in_thread, running
from matching.fairs.running import Work
from matching.standard.records import Event
from matching.store import Access, Jobs, Lists, Role

router = APIRouter(prefix="/v1/events", tags=["events"])

Reader = Annotated[Access, Depends(reader)]
Writer = Annotated[Access, Depends(writer)]
Running = Annotated[Service, Depends(running)]
Body = Annotated[Any, Depends(json_body)]
Identifier = Annotated[
    str, Path(alias="id", description="The id within the API key's tenant, or `tenant:id`.", examples=["demo:fair"])
]
VersionWord = Annotated[str, Path(description="The number of a version, or `current`.", examples=["current"])]
IfMatch = Annotated[str | None, Header(alias="If-Match", description="ETag of the list that this is made from.")]
_GET = problems(400, 401, 403, 404, 503)
_SEND = problems(400, 401, 403, 404, 413, 415, 503)
_STARTED: dict[int | str, dict[str, Any]] = {
    202: {"description": "The work is in line; `Location` says where to ask for it.", "model": JobTold}
}
_TAG_HEADER = {"ETag": {"description": "The version, for If-Match.", "schema": {"type": "string"}}}
_SCAN = 200


@router.get(
    "", operation_id="list_events", summary="Events", response_model=EventPage, responses=problems(400, 401, 403, 503)
)
async def list_events(
    own: Reader,
    service: Running,
    after: Annotated[str, Query(max_length=200, description="`next_after` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Events of the key's own tenant; of every tenant for the province."""
    tenant = None if Role.PROVINCE in own.roles else own.tenant
    found = await in_thread(service.lookups, _events, service, tenant, after, limit)
    items = [event.model_dump(mode="json") for event in found[:limit]]
    return plain_json({"items": items, "next_after": found[limit - 1].key if len(found) > limit else None})


@router.get(
    "/{id}", operation_id="read_event", summary="An event and how far it is", response_model=EventTold, responses=_GET
)
async def read_event(own: Reader, service: Running, identifier: Identifier) -> Response:
    """The record, the version in use, answers so far, and unfinished jobs."""
    store = service.store
    event = await in_thread(service.lookups, work.own_event, store, own, identifier)
    return plain_json(await in_thread(service.lookups, work.event_told, store, event))


@router.post(
    "/{id}/lists",
    operation_id="make_list",
    summary="Make the next version of the invitation list",
    description="The list is an optimisation and takes seconds to a minute: it is a job. With `If-Match` the version "
    "that it is made from must be the one in use, else 412. Where somebody keeps another version meanwhile, this one "
    "is kept beside it and the job says so.",
    status_code=202,
    response_model=JobTold,
    responses={**_STARTED, **_SEND, **problems(412)},
    openapi_extra=request_body("ListBody"),
)
async def make_list(
    own: Writer, service: Running, identifier: Identifier, body: Body, if_match: IfMatch = None
) -> Response:
    """Put it in line."""
    event, asked = await _event(own, service, identifier), form_of(ListBody, body)
    base = await in_thread(service.lookups, work.base_of, service.store, event, if_match)
    return await _start(service, event, "list", work.listing(service, event, asked, base))


@router.post(
    "/{id}/what-if",
    operation_id="what_if",
    summary="What if the rules were others",
    description="A job whose result is the certificate of the list under other rules, with the price of each; nothing "
    "is kept.",
    status_code=202,
    response_model=JobTold,
    responses={**_STARTED, **_SEND},
    openapi_extra=request_body("WhatIfBody"),
)
async def what_if(own: Writer, service: Running, identifier: Identifier, body: Body) -> Response:
    """Put it in line."""
    event, asked = await _event(own, service, identifier), form_of(WhatIfBody, body)
    return await _start(service, event, "what-if", work.supposing(service, event, asked))


@router.post(
    "/{id}/timetable",
    operation_id="make_timetable",
    summary="Place interviews into slots and rooms",
    description="A job that keeps the next version. With `now` the day is replanned from that moment: without "
    "`absent`, with `walk_ins`, moving as few meetings as can be.",
    status_code=202,
    response_model=JobTold,
    responses={**_STARTED, **_SEND},
    openapi_extra=request_body("TimetableBody"),
)
async def make_timetable(own: Writer, service: Running, identifier: Identifier, body: Body) -> Response:
    """Put it in line."""
    event, asked = await _event(own, service, identifier), form_of(TimetableBody, body)
    return await _start(service, event, "timetable", work.placing(service, event, asked))


@router.get("/{id}/jobs", operation_id="list_jobs", summary="Jobs of an event", response_model=JobsTold, responses=_GET)
async def list_jobs(own: Reader, service: Running, identifier: Identifier) -> Response:
    """The newest first; one whose process is gone is interrupted."""
    event = await in_thread(service.lookups, work.own_event, service.store, own, identifier)
    found = await in_thread(service.lookups, Jobs(service.store).of, event.key)
    return plain_json({"items": [work.job_told(job) for job in found]})


@router.get("/{id}/jobs/{job}", operation_id="read_job", summary="A job", response_model=JobTold, responses=_GET)
async def read_job(
    own: Reader, service: Running, identifier: Identifier, job: Annotated[str, Path(max_length=64)]
) -> Response:
    """How far it is, and what came of it."""
    event = await in_thread(service.lookups, work.own_event, service.store, own, identifier)
    return plain_json(work.job_told(await in_thread(service.lookups, Jobs(service.store).get, event.key, job)))


@router.get(
    "/{id}/lists",
    operation_id="list_versions",
    summary="Versions of an event's list",
    response_model=VersionsTold,
    responses=_GET,
)
async def list_versions(own: Reader, service: Running, identifier: Identifier) -> Response:
    """The newest first, without guests."""
    event = await in_thread(service.lookups, work.own_event, service.store, own, identifier)
    found = await in_thread(service.lookups, Lists(service.store).versions, event.key)
    newest = max((version.version for version in found if not version.beside), default=0)
    return plain_json({"items": [work.version_told(version, newest=newest) for version in found]})


@router.get(
    "/{id}/lists/{version}",
    operation_id="read_list",
    summary="A version of the list",
    response_model=ListTold,
    responses={200: {"headers": _TAG_HEADER, "description": "The list."}, **_GET},
)
async def read_list(
    own: Reader,
    service: Running,
    identifier: Identifier,
    version: VersionWord,
    status: Annotated[Literal["invited", "waiting", "excluded"] | None, Query()] = None,
    skip: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=0, le=10_000)] = 1_000,
) -> Response:
    """Guests in their order, with meetings, reasons and answers; the certificate; who came and went."""

    def read() -> tuple[dict[str, Any], int]:
        event = work.own_event(service.store, own, identifier)
        found = work.version_at(service.store, event, version)
        return work.list_told(service.store, event, found, work.Page(status, skip, limit)), found.version

    told, number = await in_thread(service.lookups, read)
    return plain_json(told, {"ETag": f'"{number}"'})


@router.get(
    "/{id}/lists/{version}/export",
    operation_id="export_list",
    summary="The list as a file",
    description="`xlsx` (one sheet an employer, no formulas), `csv`, or `ics` (a zip of iCalendar files, one for each "
    "graduate and employer).",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The file."}, **_GET},
)
async def export_list(
    own: Reader,
    service: Running,
    identifier: Identifier,
    version: VersionWord,
    format_: Annotated[Literal["xlsx", "csv", "ics"], Query(alias="format")] = "xlsx",
) -> Response:
    """The file, as an attachment."""

    def read() -> tuple[bytes, str, str]:
        event = work.own_event(service.store, own, identifier)
        found = work.version_at(service.store, event, version)
        data, media, ending = work.on_paper(service.store, event, found, format_)
        return data, media, f"{event.id}-v{found.version}.{ending}"

    data, media, name = await in_thread(service.lookups, read)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=media, headers=headers)


@router.post(
    "/{id}/answers",
    operation_id="keep_answers",
    summary="Answers and attendance",
    description="Yes or no to the invitation, and who came. The next list is the next wave: yes stays, no is out.",
    response_model=AnswersKept,
    responses=_SEND,
    openapi_extra=request_body("AnswersBody"),
)
async def keep_answers(own: Writer, service: Running, identifier: Identifier, body: Body) -> Response:
    """Keep them."""
    event, asked = await _event(own, service, identifier), form_of(AnswersBody, body)
    return plain_json(await in_thread(service.writes, work.answered, service.store, event, asked))


@router.post(
    "/{id}/outcomes",
    operation_id="keep_outcomes",
    summary="What came of the meetings",
    description="Each outcome becomes interactions, from which chances and rankings are learned, and an attendance. "
    "`none` withdraws what was kept of a meeting: its interactions are deleted and nothing is learned from them.",
    response_model=OutcomesKept,
    responses=_SEND,
    openapi_extra=request_body("OutcomesBody"),
)
async def keep_outcomes(own: Writer, service: Running, identifier: Identifier, body: Body) -> Response:
    """Keep them."""
    event, asked = await _event(own, service, identifier), form_of(OutcomesBody, body)
    return plain_json(await in_thread(service.writes, work.came_of, service.store, event, asked))


async def _event(own: Access, service: Service, identifier: str) -> Event:
    """The event, to change something of it: another tenant's is refused, as everywhere when writing."""
    allow(own, Role.WRITE, key_in_path(own.tenant, identifier, person=False).partition(":")[0])
    return await in_thread(service.lookups, lambda: work.own_event(service.store, own, identifier, role=Role.WRITE))


async def _start(service: Service, event: Event, kind: str, task: Work) -> Response:
    job = await in_thread(service.writes, service.jobs.start, event.key, kind, task)
    told = await in_thread(service.lookups, Jobs(service.store).get, event.key, job)
    return plain_json(work.job_told(told), {"Location": f"/v1/events/{event.key}/jobs/{job}"}, status=202)


def _events(service: Service, tenant: str | None, after: str, limit: int) -> list[Event]:
    found: list[Event] = []
    for batch in service.store.scan("event", tenant=tenant, batch=_SCAN, after=after):
        found += [event for event in batch if isinstance(event, Event)]
        if len(found) > limit:
            break
    return found
