"""Records in bulk: a JSON value a line, read and written as it arrives. What is right is kept, the rest is told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.access import writer
from api.body import JSON, LINES, lines, media_type
from api.errors import BodyTooLarge
from api.openapi import CHANGE, lines_body, problems
from api.routes_records import Endpoint
from api.schemas import BulkDeleted, BulkWritten
from api.service import Service, in_thread, running
from api.writing import DELETED, UPSERTED, Desk, Report, Row
from matching.store import Access

Writer = Annotated[Access, Depends(writer)]
Running = Annotated[Service, Depends(running)]
Take = Callable[[Desk, str, list[Row], Report], None]

PATHS = {
    "graduate": "/v1/graduates",
    "posting": "/v1/postings",
    "employer": "/v1/employers",
    "event": "/v1/events",
    "protected": "/v1/protected",
}
"""What ``:bulk`` and ``:bulk-delete`` are added to, for each type of record."""

_AT_ONCE = 200
"""Lines checked and written together: small enough for searches to get their turn in between."""
_BYTES_AT_ONCE = 1_000_000
_PROBLEMS = problems(400, 401, 403, 413, 415, 503)
_KEPT = (
    "Lines that are right are kept even where others are refused, or the body turns out to be too large; sending "
    "them again changes nothing. Each refused line is told, with row, field, value, reason and cure; the first 10,000 "
    "of them are listed, all are counted."
)


def bulk_routes() -> APIRouter:
    """Bulk upsert and deletion of every type of record."""
    router = APIRouter(tags=["bulk"])
    for type_name, path in PATHS.items():
        router.add_api_route(
            f"{path}:bulk",
            _bulk(type_name, Desk.upsert, UPSERTED),
            methods=["POST"],
            operation_id=f"bulk_{type_name}",
            summary=f"Write {type_name} records, one a line",
            description=f"Write records, one JSON object a line. {_KEPT}",
            response_model=BulkWritten,
            responses={200: {"description": "What became of the lines.", **CHANGE}, **_PROBLEMS},
            openapi_extra=lines_body(f"{type_name.title()}Body", type_name),
        )
        router.add_api_route(
            f"{path}:bulk-delete",
            _bulk(type_name, Desk.delete, DELETED),
            methods=["POST"],
            operation_id=f"bulk_delete_{type_name}",
            summary=f"Delete {type_name} records, one id a line",
            description=f'Delete records: one id a line, as `"a1"`, `"tenant:a1"` or `{{"id": "a1"}}`. {_KEPT}',
            response_model=BulkDeleted,
            responses={200: {"description": "What became of the lines.", **CHANGE}, **_PROBLEMS},
            openapi_extra=lines_body("IdLine", "id"),
        )
    return router


def _bulk(type_name: str, take: Take, counts: tuple[str, ...]) -> Endpoint:
    async def bulk(own: Writer, service: Running, request: Request) -> Response:
        media_type(request, LINES)
        report = Report(dict.fromkeys(counts, 0))
        await take_lines(request, service, partial(take, Desk(service.store, own), type_name), report)
        change = await in_thread(service.lookups, service.store.last_change)
        return told(report, change=change)

    return bulk


async def take_lines(
    request: Request, service: Service, take: Callable[[list[Row], Report], None], report: Report
) -> None:
    """Read the body's lines and let `take` have them, `_AT_ONCE` at a time, while more arrive.

    Raises
    ------
    BodyTooLarge
        Says how many lines had been kept.
    """
    batch: list[Row] = []

    async def flush() -> None:
        rows = batch.copy()
        batch.clear()
        await in_thread(service.writes, take, rows, report)
        service.nudges.soon()

    size = 0
    try:
        async for number, line in lines(request, service.settings.service.body_limit):
            batch.append((number, line))
            size += len(line)
            if len(batch) >= _AT_ONCE or size >= _BYTES_AT_ONCE:
                await flush()
                size = 0
    except BodyTooLarge as error:
        raise BodyTooLarge(error.limit, kept=report.kept) from None
    if batch:
        await flush()


def told(report: Report, **more: int) -> Response:
    """The answer to a bulk."""
    headers = {"Cache-Control": "no-store"}
    if "change" in more:
        headers["X-Gradmatch-Change"] = str(more["change"])
    return Response(report.to_json(**more), media_type=JSON, headers=headers)
