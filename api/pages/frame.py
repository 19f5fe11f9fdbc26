"""Every page as it leaves: rendered with everything escaped, under a content-security policy that runs no inline code.

Errors of the one tree become pages with what, and what to do; a visitor without a session is sent to log in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader
from starlette.responses import RedirectResponse

from api.pages import words
from api.problems import kind_of, problem_of, problem_of_fault
from matching.errors import GradmatchError, NotAuthenticated

PREFIX = "/organiser"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STATIC = {
    "pages.css": "text/css",
    "pages.js": "text/javascript",
    "htmx.min.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


class PageRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See FastAPI."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await inner(request)
            except NotAuthenticated:
                return to(request, "/login")
            except GradmatchError as error:
                return told(request, error)
            except RequestValidationError:
                return page(request, "told.html", status=400, title="地址有误", what="网址中的参数不正确。", cures=[])
            except Exception as error:  # whatever it is, the organiser gets a page and the log the frames
                return fault(request, error)

        return handler


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401
    """A page, or a part of one."""
    shared = {"visitor": getattr(request.state, "visitor", None), "token": getattr(request.state, "token", "")}
    text = _templates().get_template(template).render({**shared, "path": request.url.path, **values})
    return Response(text, status, media_type="text/html; charset=utf-8", headers=HEADERS)


def attachment(data: bytes, media: str, names: tuple[str, str]) -> Response:
    """A file to keep: under its name, or a plain one for old browsers."""
    plain = f"attachment; filename={names[1]}; filename*=UTF-8''{quote(names[0], safe='')}"
    return Response(data, media_type=media, headers={**HEADERS, "Content-Disposition": plain})


def told(request: Request, error: GradmatchError) -> Response:
    """An error as a page; one of ours leaves only an incident number, as everywhere."""
    kind = kind_of(error)
    if kind.status >= 500 or getattr(error, "log", False):
        problem_of(error)  # into the log
    what, cures = words.of(error)
    return page(request, "told.html", status=kind.status, title=kind.title.zh, what=what, cures=cures)


def fault(request: Request, error: Exception) -> Response:
    """An error nobody foresaw, as a page."""
    problem_of_fault(error)
    return page(request, "told.html", status=500, title="服务内部错误", what="请稍后再试。", cures=[])


def to(request: Request, path: str) -> Response:
    """Go there next, also where htmx asked."""
    target = f"{PREFIX}{path}"
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={**HEADERS, "HX-Redirect": target})
    return RedirectResponse(target, 303, headers=HEADERS)


@cache
def static(name: str) -> bytes:
    """A file that pages need; only those of `STATIC` are asked for."""
    return (files("api.pages") / "static" / name).read_bytes()


@cache
def _versioned(name: str) -> str:
    return f"{PREFIX}/static/{name}?v={hashlib.sha256(static(name)).hexdigest()[:12]}"


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("api.pages"), autoescape=True,  trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.globals |= {"prefix": PREFIX, "static": _versioned}
    made.filters |= words.FILTERS
    return made


def router_of() -> APIRouter:
    """A router of pages: not described in OpenAPI, errors as pages."""
    return APIRouter(prefix=PREFIX, route_class=PageRoute, include_in_schema=False)
