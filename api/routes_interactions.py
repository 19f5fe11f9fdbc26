"""What happened between people and postings: reported one at a time, as a list, or a line each."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.access import writer
from api.body import JSON, LINES, json_body, media_type
from api.openapi import interactions_body, problems
from api.routes_bulk import take_lines, told
from api.schemas import BulkWritten
from api.service import Service, in_thread, running
from api.writing import UPSERTED, Desk, Report
from matching.standard.records import Record
from matching.store import Access

router = APIRouter(tags=["interactions"])


@router.post(
    "/v1/interactions",
    operation_id="report_interactions",
    summary="Report interactions",
    description="Report one interaction (an object), several (a list), or many (NDJSON). An interaction is known by "
    "its id, so reporting it again changes nothing. Those of a list or of lines that are right are kept even where "
    "others are refused. `tenant` may be left out; it is the API key's.",
    response_model=BulkWritten,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
    openapi_extra=interactions_body(),
)
async def report_interactions(
    own: Annotated[Access, Depends(writer)], service: Annotated[Service, Depends(running)], request: Request
) -> Response:
    """Write interactions of graduates of the key's own tenant."""
    desk, report = Desk(service.store, own), Report(dict.fromkeys(UPSERTED, 0))
    if media_type(request, JSON, LINES) == LINES:
        await take_lines(request, service, partial(desk.upsert, "interaction"), report)
        return told(report)
    body = await json_body(request, service)
    if isinstance(body, list):
        await in_thread(service.writes, desk.upsert, "interaction", enumerate(body, start=1), report)
    else:
        await in_thread(service.writes, _write_one, desk, desk.record("interaction", body), report)
    return told(report)


def _write_one(desk: Desk, record: Record, report: Report) -> None:
    report.add(1, **desk.store.upsert([record])._asdict())
