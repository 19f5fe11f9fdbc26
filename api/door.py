"""The outermost layer: every request is timed and counted, and no error leaves without a problem response."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from api.problems import problem_of_fault

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.metrics import Metrics

_NO_ROUTE = "none"


class Door:
    """Pure ASGI, because a request costs it microseconds.

    Parameters
    ----------
    app : ASGIApp
    metrics : Metrics
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:  # the caller hung up while sending: nobody is there to be answered
            status = status or 499
        except Exception as error:  # whatever it is, the caller gets an answer and the log the frames
            if not status:
                await problem_of_fault(error)(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", _NO_ROUTE)
            seconds = time.perf_counter() - begun
            self._metrics.observe(scope["method"], route, status=status or 500, seconds=seconds)
