"""What one tap on a link of a digest does. The signature is the key: whoever holds a link may do this one thing."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from api.openapi import problems
from api.service import Service, in_thread, running
from matching.language import Words
from matching.sending.letter import page
from matching.sending.links import Link, Links, Tap, secret_of
from matching.sending.offers import offers_of
from matching.sending.taps import Shown, asks, message_of, posting_of, tap

router = APIRouter(prefix="/p", tags=["push"])

Running = Annotated[Service, Depends(running)]
Token = Annotated[str, Path(min_length=1, max_length=200, description="The link's token, as the digest has it.")]
_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "A page in Chinese."}
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "X-Frame-Options": "DENY",
}


@router.get(
    "/{token}",
    operation_id="show_tap",
    summary="What a link can do",
    description="Changes nothing, because programs open links as well: shows what the link does, with a button; the "
    "page of a whole message shows everything that can be done about it.",
    response_class=Response,
    responses={**_PAGE, **problems(400, 503)},
    openapi_extra={"security": []},
)
async def show(token: Token, service: Running) -> Response:
    """The page."""
    return await in_thread(service.lookups, _show, service, token)


@router.post(
    "/{token}",
    operation_id="tap",
    summary="Do what a link says",
    description="Not interested in a posting, not coming to a fair, pause, stop, or nothing personalised; doing it "
    "again changes nothing. Mail programs use it for one-click unsubscription (RFC 8058).",
    response_class=Response,
    responses={**_PAGE, **problems(400, 503)},
    openapi_extra={"security": []},
)
async def do(token: Token, service: Running) -> Response:
    """Write it, then say so."""
    return await in_thread(service.writes, _do, service, token)


def _show(service: Service, token: str) -> Response:
    links = _links(service)
    link = links.read(token, now=int(time.time()))
    shown = message_of(service.store, link)
    if link.tap is not Tap.PAGE:
        about = posting_of(shown, link.rank) if link.tap is Tap.DISMISS else ""
        return _page("请确认", buttons=[_button(links, link, asks(link.tap, about), "")])
    buttons = _entries(service, links, link, shown)
    rest = (Tap.SNOOZE, Tap.PLAIN, Tap.STOP)
    buttons += [_button(links, replace(link, tap=one, rank=0), asks(one), "") for one in rest]
    return _page("为您推送的岗位和活动", buttons=buttons)


def _entries(service: Service, links: Links, link: Link, shown: Shown) -> list[dict[str, str]]:
    """A button for each posting and fair of the message that is still stored."""
    offers = offers_of(service.store, [item.posting for item in shown.items])
    return [
        _button(
            links,
            replace(link, tap=Tap.DISMISS, rank=item.rank),
            asks(Tap.DISMISS, item.posting),
            offers[item.posting].title,
        )
        for item in shown.items
        if item.posting in offers
    ]


def _do(service: Service, token: str) -> Response:
    link = _links(service).read(token, now=int(time.time()))
    return _page("好的", done=tap(service.store, link).zh)


def _button(links: Links, target: Link, label: Words, about: str) -> dict[str, str]:
    return {"action": f"/p/{links.token(target)}", "label": label.zh, "about": about}


def _links(service: Service) -> Links:
    return Links(secret_of(service.settings.home))


def _page(title: str, *, done: str = "", buttons: list[dict[str, str]] | None = None) -> Response:
    text = page({"title": title, "done": done, "buttons": buttons or []})
    return Response(text, media_type="text/html; charset=utf-8", headers=_HEADERS)
