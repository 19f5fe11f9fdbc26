"""Logging in by key, logging out, and the files that pages need."""

from __future__ import annotations

from fastapi import Request, Response

from api.pages import session
from api.pages.frame import HEADERS, PREFIX, STATIC, page, router_of, static, to
from api.pages.visitor import Here, Running, Secret, Sent, remember
from api.service import in_thread
from matching.errors import NotAuthenticated, UnknownId
from matching.store import Role

router = router_of()
_WRONG = "这把密钥无效或已停用，请检查是否复制完整。"
_NO_READ = "这把密钥没有读取权限（read），不能使用组织者页面。"


@router.get("")
async def begin(request: Request, own: Here) -> Response:
    """The first page."""
    return to(request, "/events")


@router.get("/login")
async def show_login(request: Request, key: Secret) -> Response:
    """The form, under a session of nobody."""
    return _login(request, key)


@router.post("/login")
async def log_in(request: Request, service: Running, key: Secret, form: Sent) -> Response:
    """Exchange an API key for a session; the key itself is not kept."""
    secret = form.one("key")
    try:
        own = await in_thread(service.lookups, service.doorkeeper.verify, secret)
    except NotAuthenticated:
        return _login(request, key, wrong=_WRONG)
    if Role.READ not in own.roles:
        return _login(request, key, wrong=_NO_READ)
    return remember(to(request, "/events"), session.begin(secret), key, secure=request.url.scheme == "https")


@router.post("/logout")
async def log_out(request: Request, form: Sent) -> Response:
    """Forget who was there."""
    answer = to(request, "/login")
    answer.delete_cookie(session.COOKIE, path=PREFIX, httponly=True, samesite="strict")
    return answer


@router.get("/static/{name}")
async def file(name: str) -> Response:
    """A file; its address changes with what it holds."""
    if name not in STATIC:
        raise UnknownId("no such file", where="path")
    lasting = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(static(name), media_type=f"{STATIC[name]}; charset=utf-8", headers={**HEADERS, **lasting})


def _login(request: Request, key: bytes, *, wrong: str = "") -> Response:
    nobody = session.begin()
    request.state.token = session.form_token(nobody, key)
    answer = page(request, "login.html", status=401 if wrong else 200, wrong=wrong)
    return remember(answer, nobody, key, secure=request.url.scheme == "https")
