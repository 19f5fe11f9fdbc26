"""Counts and times for Prometheus: by method, route template and status, never by id, tenant or key.

Each app has a registry of its own. Where several processes serve (``gradmatch serve --workers N``), they share
the folder that ``PROMETHEUS_MULTIPROC_DIR`` names, and whichever is asked answers for all.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from matching.live import Live

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


class Metrics:
    """What is counted, and how it is told."""

    def __init__(self) -> None:
        own = CollectorRegistry()
        self._registry = own
        route = ("method", "route")
        self._requests = Counter("gradmatch_requests", "Requests answered.", (*route, "status"), registry=own)
        self._seconds = Histogram(
            "gradmatch_request_seconds", "Seconds until the answer was sent.", route, buckets=_SECONDS, registry=own
        )
        latest: Literal["livemostrecent"] = "livemostrecent"
        self._behind = Gauge(
            "gradmatch_behind",
            "Changes that answers do not show yet.",
            registry=own,
            multiprocess_mode=latest,
        )
        self._rows = Gauge(
            "gradmatch_rows", "Rows that can be found.", ("side",), registry=own, multiprocess_mode=latest
        )
        self._snapshot = Gauge(
            "gradmatch_snapshot_info", "1 for the snapshot in use.", ("name",), registry=own, multiprocess_mode=latest
        )
        self._named: str | None = None

    def observe(self, method: str, route: str, *, status: int, seconds: float) -> None:
        """Count one request."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def render(self, live: Live) -> bytes:
        """Everything in the text format, with the state of this moment.

        Raises
        ------
        StoreError
            The store cannot say how far it is ahead.
        """
        state = live.matcher.state
        self._behind.set(live.behind)
        self._rows.labels("graduates").set(state.graduates.count)
        self._rows.labels("postings").set(state.postings.count)
        if self._named not in (None, state.name):
            self._snapshot.labels(self._named).set(0)
        self._snapshot.labels(state.name).set(1)
        self._named = state.name
        return generate_latest(_shared() or self._registry)


def _shared() -> CollectorRegistry | None:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return None
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
