"""What runs behind the door: store, live matcher, doorkeeper, metrics, and the threads each kind of work gets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.access import Doorkeeper
    from api.metrics import Metrics
    from matching.live import Live
    from matching.settings import Settings
    from matching.store import Store

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Service:
    """Everything an endpoint needs.

    Attributes
    ----------
    searches, writes, lookups : CapacityLimiter
        Threads for ranking, for writing and for short questions to the store. They are apart, so that writers who
        wait for the store keep neither searches nor health answers waiting.
    """

    settings: Settings
    store: Store
    live: Live
    doorkeeper: Doorkeeper
    metrics: Metrics
    searches: CapacityLimiter
    writes: CapacityLimiter
    lookups: CapacityLimiter


async def running(request: Request) -> Service:
    """Dependency: the service that the lifespan started."""
    service: Service = request.app.state.service
    return service


async def in_thread(limiter: CapacityLimiter, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Run blocking `work` in one of the threads of `limiter`."""
    return await to_thread.run_sync(partial(work, *args, **named), limiter=limiter)
