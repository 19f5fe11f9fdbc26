"""Records, one by one: put and delete. What is written is searchable, and what is deleted gone, within a second."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Response

from api.access import allow, writer
from api.body import json_body, record_of
from api.openapi import CHANGE, problems, request_body
from api.question import key_in_path
from api.schemas import Deleted, Written
from api.service import Service, in_thread, running
from matching.errors import RecordRefused, UnknownId
from matching.language import Words
from matching.standard.records import Record
from matching.standard.refusals import Refusal
from matching.store import Access, Role, Store

Writer = Annotated[Access, Depends(writer)]
Running = Annotated[Service, Depends(running)]
Body = Annotated[Any, Depends(json_body)]
Identifier = Annotated[
    str, Path(alias="id", description="The id within the API key's tenant, or `tenant:id`.", examples=["demo:software"])
]
Endpoint = Callable[..., Coroutine[Any, Any, Response]]

PATHS = {
    "graduate": "/v1/graduates/{id}",
    "posting": "/v1/postings/{id}",
    "employer": "/v1/employers/{id}",
    "event": "/v1/events/{id}",
    "protected": "/v1/graduates/{id}/protected",
}
"""Where each type of record is put and deleted."""

_PERSONS = ("graduate", "protected")
_PUT = (
    "Write the record, new or in place of the one with its id. Sending the same record twice changes nothing. "
    "`tenant` and `id` may be left out of the body; they stand in the path."
)
_NOTES = {
    "graduate": " A graduate is searchable within a second.",
    "posting": " A posting is searchable within a second.",
    "protected": " Protected attributes serve published priority rules and audits only; they are never read back here.",
}
_GONE = {
    "graduate": " It is gone from answers within a second, with its protected attributes and its interactions.",
    "posting": " It is gone from answers within a second.",
}


def record_routes() -> APIRouter:
    """PUT and DELETE of every type of record."""
    router = APIRouter(tags=["records"])
    for type_name, path in PATHS.items():
        router.add_api_route(
            path,
            _put(type_name),
            methods=["PUT"],
            operation_id=f"put_{type_name}",
            summary=f"Write {'an' if type_name[0] in 'aeiou' else 'a'} {type_name} record",
            description=_PUT + _NOTES.get(type_name, ""),
            response_model=Written,
            responses={
                200: {"description": "It was there, and is updated or unchanged.", **CHANGE},
                201: {"description": "It is new.", "model": Written, **CHANGE},
                **problems(400, 401, 403, 413, 415, 422, 503),
            },
            openapi_extra=request_body(f"{type_name.title()}Body"),
        )
        router.add_api_route(
            path,
            _delete(type_name),
            methods=["DELETE"],
            operation_id=f"delete_{type_name}",
            summary=f"Delete {'an' if type_name[0] in 'aeiou' else 'a'} {type_name} record",
            description="Delete the record." + _GONE.get(type_name, ""),
            response_model=Deleted,
            responses={200: {"description": "It is deleted.", **CHANGE}, **problems(400, 401, 403, 404, 503)},
        )
    return router


def _put(type_name: str) -> Endpoint:
    async def put(own: Writer, service: Running, identifier: Identifier, body: Body) -> Response:
        key = _own_key(own, identifier, type_name)
        record = _record(type_name, key, body)
        answer = await in_thread(service.writes, _write, service.store, record)
        service.nudges.soon()
        return answer

    return put


def _delete(type_name: str) -> Endpoint:
    async def delete(own: Writer, service: Running, identifier: Identifier) -> Response:
        key = _own_key(own, identifier, type_name)
        answer = await in_thread(service.writes, _erase, service.store, type_name, key)
        service.nudges.soon()
        return answer

    return delete


def _own_key(own: Access, identifier: str, type_name: str) -> str:
    key = key_in_path(own.tenant, identifier, person=type_name in _PERSONS)
    allow(own, Role.WRITE, key.partition(":")[0])
    return key


def _record(type_name: str, key: str, body: object) -> Record:
    tenant, _, identifier = key.partition(":")
    record = record_of(type_name, body, tenant=tenant, id=identifier)
    if record.key != key:
        field = "tenant" if record.tenant != tenant else "id"
        raise RecordRefused(
            [
                Refusal(
                    field,
                    getattr(record, field),
                    "differs_from_path",
                    Words("与路径不一致", "differs from the path"),
                    Words("请删除该字段，或与路径保持一致。", "Leave it out, or make it the same as in the path."),
                )
            ]
        )
    return record


def _write(store: Store, record: Record) -> Response:
    written = store.upsert([record])
    outcome = next((name for name, count in written._asdict().items() if count), "unchanged")
    told = {"type": record.type, "key": record.key, "outcome": outcome}
    return changed(store, told, status=201 if outcome == "inserted" else 200)


def _erase(store: Store, type_name: str, key: str) -> Response:
    if not store.delete(type_name, [key]):
        raise UnknownId(f"no {type_name} '{key}'", where=type_name, cure="Check tenant and id.")
    return changed(store, {"type": type_name, "key": key, "outcome": "deleted"})


def changed(store: Store, told: dict[str, str], *, status: int = 200) -> Response:
    """The answer to a write; with the number of the change from which on answers show it."""
    change = store.last_change()
    content = orjson.dumps({**told, "change": change})
    headers = {"X-Gradmatch-Change": str(change), "Cache-Control": "no-store"}
    return Response(content, status, media_type="application/json", headers=headers)
