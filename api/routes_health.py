"""Is it alive, is it ready, how is it doing; and the description of everything else."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Request, Response

from api.access import access
from api.errors import NotReady
from api.metrics import CONTENT_TYPE
from api.openapi import problems
from api.schemas import Alive, Ready
from api.service import Service, in_thread, running
from matching.errors import StoreError
from matching.store import Access

router = APIRouter(tags=["health"])

Running = Annotated[Service, Depends(running)]
Anyone = Annotated[Access, Depends(access)]
_FRESH = {"Cache-Control": "no-store"}


@router.get(
    "/healthz",
    operation_id="alive",
    summary="Whether the process is alive",
    description="Needs no API key and touches nothing.",
    response_model=Alive,
)
async def healthz() -> Response:
    """Answer."""
    return Response(b'{"alive":true}', media_type="application/json", headers=_FRESH)


@router.get(
    "/readyz",
    operation_id="ready",
    summary="Whether the service can answer",
    description="Needs no API key. Ready: a snapshot is loaded and the store answers. `change` is the last change "
    "that answers show, `behind` how many the store is ahead.",
    response_model=Ready,
    responses=problems(503),
)
async def readyz(service: Running) -> Response:
    """Ask the store how far it is."""
    try:
        behind = await in_thread(service.lookups, lambda: service.live.behind)
    except StoreError as error:
        raise NotReady("the store cannot be reached") from error
    state = service.live.matcher.state
    told = {"ready": True, "snapshot": state.name, "change": state.change, "behind": behind}
    return Response(orjson.dumps(told), media_type="application/json", headers=_FRESH)


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Counts and times for Prometheus",
    description="Needs an API key of any role. Requests by route template, method and status; never an id.",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text format."},
        **problems(401, 503),
    },
)
async def metrics(own: Anyone, service: Running) -> Response:
    """Everything that is counted."""
    text = await in_thread(service.lookups, service.metrics.render, service.live)
    return Response(text, headers={"Content-Type": CONTENT_TYPE, **_FRESH})


@router.get(
    "/openapi.json",
    operation_id="describe",
    summary="This description",
    description="Needs an API key of any role. OpenAPI 3.1 of the whole service.",
    response_class=Response,
    responses={
        200: {"content": {"application/json": {"schema": {"type": "object"}}}, "description": "OpenAPI 3.1."},
        **problems(401, 503),
    },
)
async def openapi_json(own: Anyone, request: Request) -> Response:
    """The OpenAPI document."""
    return Response(orjson.dumps(request.app.openapi()), media_type="application/json", headers=_FRESH)
