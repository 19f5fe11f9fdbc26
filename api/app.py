"""`create_app`: the service as one ASGI application. Nothing is opened before it starts."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api import (
    problems,
    routes_campaigns,
    routes_events,
    routes_health,
    routes_interactions,
    routes_rank,
    routes_resumes,
    routes_searches,
    routes_suggest,
    routes_taps,
    routes_terms,
)
from api.access import Doorkeeper
from api.door import Door
from api.metrics import Metrics
from api.openapi import describe
from api.pages.routes import page_routers
from api.question import bad_parameters
from api.routes_bulk import bulk_routes
from api.routes_records import record_routes
from api.service import Nudges, Service
from matching.encoders import open_encoder
from matching.errors import GradmatchError
from matching.fairs.running import Runner
from matching.live import Live
from matching.question import Question
from matching.standard.records import Graduate
from matching.store import Keys, Store
from matching.store.held import HeldLists

if TYPE_CHECKING:
    from matching.encoders import Encoder
    from matching.settings import Settings

_LOG = logging.getLogger("gradmatch.api")

SEARCHES = 4
"""Searches at once in one process: more would only share the cores and make all of them slow."""
WRITES = 4
LOOKUPS = 4


def create_app(
    settings: Settings,
    *,
    store: Store | None = None,
    encoder: Encoder | None = None,
    ready: Callable[[], None] | None = None,
) -> FastAPI:
    """The service.

    Parameters
    ----------
    settings : Settings
    store, encoder : optional, keyword-only
        Used instead of those that `settings` name; the caller closes the store.
    ready : callable, optional, keyword-only
        Called when everything is loaded, before the first request.

    Notes
    -----
    Starting raises `NoSnapshot`, `SnapshotDamaged`, `SnapshotMismatch`, `StoreError` or `EncoderError`.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            try:
                app.state.service = stack.enter_context(running(settings, metrics, store=store, encoder=encoder))
            except GradmatchError as error:
                app.state.failed = error  # for `gradmatch serve` to say in one line
                raise
            if ready is not None:
                ready()
            yield

    app = FastAPI(title="gradmatch", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(Door, metrics=metrics)
    app.add_exception_handler(GradmatchError, _ours)
    app.add_exception_handler(RequestValidationError, _bad_parameters)
    app.add_exception_handler(HTTPException, _http)
    for router in (
        routes_rank.router, record_routes(), bulk_routes(), routes_interactions.router, routes_resumes.router,
        routes_terms.router,
        routes_events.router,
        routes_suggest.router,
        routes_taps.router,
        routes_campaigns.router,
        routes_searches.router,
        routes_health.router, *page_routers(),
    ):  # fmt: skip
        app.include_router(router)
    app.openapi = cache(lambda: describe(app, largest_k=settings.service.largest_k))  # type: ignore[method-assign]
    return app


@contextmanager
def running(
    settings: Settings, metrics: Metrics, *, store: Store | None = None, encoder: Encoder | None = None
) -> Iterator[Service]:
    """Everything that runs behind the door, from opening the store to following it; closed at the end.

    Raises
    ------
    NoSnapshot, SnapshotDamaged, SnapshotMismatch, StoreError, EncoderError
    """
    own = Store.open(settings.store) if store is None else None
    try:
        kept = store or own
        assert kept is not None
        live_one = Live(kept, encoder or open_encoder(settings), settings, problem=_tell)
        with live_one as live, Runner(kept, problems.told_of) as jobs:
            _warm(live)
            limits = (CapacityLimiter(SEARCHES), CapacityLimiter(WRITES), CapacityLimiter(LOOKUPS))
            state = live.matcher.state
            _LOG.info("ready", extra={"fields": {"snapshot": state.name, "change": state.change}})
            yield Service(
                settings, kept, live, Nudges(live), Doorkeeper(Keys(kept)), metrics, *limits, jobs, HeldLists(kept)
            )
    finally:
        if own is not None:
            own.close()


def _warm(live: Live) -> None:
    """Encode one text in the background, so that the first caller need not wait for the weights to be read."""

    def ask() -> None:
        try:
            live.matcher.postings_for(Graduate(tenant="warm", id="warm", major="会计"), Question(k=1))
        except Exception as error:  # the first caller will get it, and the log has it now
            _tell(error)

    threading.Thread(target=ask, name="gradmatch-warm", daemon=True).start()


def _tell(error: Exception) -> None:
    _LOG.error("following the store failed; answers stay as they were", exc_info=error)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, GradmatchError)
    return problems.problem_of(error)


async def _bad_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problems.problem_of(bad_parameters(error.errors()))


async def _http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: a path or a method that is not there."""
    assert isinstance(error, HTTPException)
    if error.status_code == problems.NO_METHOD.status:
        answer = problems.problem(problems.NO_METHOD, more={"cure": "See /openapi.json for the methods."})
    elif error.status_code == problems.NO_ROUTE.status:
        answer = problems.problem(problems.NO_ROUTE, more={"cure": "See /openapi.json for the paths."})
    else:
        raise error
    answer.headers.update(error.headers or {})
    return answer
