"""Saved searches over HTTP: what a graduate asked to be told of; gone with the person."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel

from api.access import reader, writer
from api.answers import plain_json
from api.body import json_body
from api.campaign_forms import SearchBody
from api.openapi import problems, request_body
from api.question import form_of, key_in_path
from api.service import Service, in_thread, running
from matching.errors import UnknownId
from matching.store import Access, Role, Search, Searches

router = APIRouter(prefix="/v1/saved-searches", tags=["push"])

Reader = Annotated[Access, Depends(reader)]
Writer = Annotated[Access, Depends(writer)]
Running = Annotated[Service, Depends(running)]
Body = Annotated[Any, Depends(json_body)]
Name = Annotated[
    str, Path(alias="id", pattern="^[A-Za-z0-9._~-]{1,64}$", description="Among the person's.", examples=["nanchang"])
]
Person = Annotated[
    str, Query(max_length=161, description="The id within the API key's tenant, or `tenant:id`.", examples=["software"])
]


class SearchTold(Search):
    """A saved search with its id."""

    id: str


class SearchesTold(BaseModel):
    """A person's saved searches, by id."""

    graduate: str
    searches: list[SearchTold]


class SearchKept(BaseModel):
    """A search is kept."""

    graduate: str
    id: str
    new: bool


@router.get(
    "",
    operation_id="list_saved_searches",
    summary="A graduate's saved searches",
    response_model=SearchesTold,
    responses=problems(400, 401, 403, 404, 503),
)
async def every(own: Reader, service: Running, graduate: Person) -> Response:
    """None is an empty list; a graduate of another tenant is unknown."""

    def look() -> dict[str, Any]:
        key = _person(service, own, graduate, Role.READ)
        told = [{"id": one.id, **one.search.model_dump(mode="json")} for one in Searches(service.store).of(key)]
        return {"graduate": key, "searches": told}

    return plain_json(await in_thread(service.lookups, look))


@router.put(
    "/{id}",
    operation_id="put_saved_search",
    summary="Keep a saved search",
    description="New, or in place of the one with its id. Matches come in the nightly digest, or with `at_once` as "
    "soon as they are posted; both within the person's budgets, and never twice. Contact data are refused.",
    response_model=SearchKept,
    responses=problems(400, 401, 403, 404, 413, 415, 503),
    openapi_extra=request_body("SearchBody"),
)
async def put(own: Writer, service: Running, name: Name, graduate: Person, body: Body) -> Response:
    """Twenty a person at most."""
    search = form_of(SearchBody, body)

    def write() -> dict[str, Any]:
        key = _person(service, own, graduate, Role.WRITE)
        return {"graduate": key, "id": name, "new": Searches(service.store).put(key, name, search)}

    return plain_json(await in_thread(service.writes, write))


@router.delete(
    "/{id}",
    operation_id="delete_saved_search",
    summary="Forget a saved search",
    response_model=SearchKept,
    responses=problems(400, 401, 403, 404, 503),
)
async def forget(own: Writer, service: Running, name: Name, graduate: Person) -> Response:
    """What was planned of it already stays."""

    def write() -> dict[str, Any]:
        key = _person(service, own, graduate, Role.WRITE)
        if not Searches(service.store).delete(key, name):
            raise UnknownId(f"no saved search '{name}'", where="id", cure="See GET /v1/saved-searches.")
        return {"graduate": key, "id": name, "new": False}

    return plain_json(await in_thread(service.writes, write))


def _person(service: Service, own: Access, identifier: str, role: Role) -> str:
    """The key of a graduate whom the caller may speak for; one of another tenant is unknown.

    Raises
    ------
    QueryError, UnknownId
    """
    key = key_in_path(own.tenant, identifier, person=True)
    if not own.may(role, key.partition(":")[0]) or service.store.get("graduate", key) is None:
        cure = "Send the record first, or check tenant and id."
        raise UnknownId(f"no graduate '{identifier}'", where="graduate", cure=cure)
    return key
