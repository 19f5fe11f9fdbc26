"""All pages, and what is said where there is none."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.pages import (
    routes_answers,
    routes_campaign_looks,
    routes_campaigns,
    routes_day,
    routes_door,
    routes_events,
    routes_list,
    routes_rules,
    routes_suggest,
    routes_wizard,
)
from api.pages.frame import page, router_of
from api.pages.visitor import Here

_rest = router_of()


@_rest.get("/{rest:path}")
async def nowhere(request: Request, own: Here, rest: str) -> Response:
    """There is no such page."""
    return page(request, "told.html", status=404, title="没有这个页面", what="网址可能写错了。", cures=[])


def page_routers() -> tuple[APIRouter, ...]:
    """The routers of the pages, in the order in which they are asked."""
    rooms = (
        routes_door,
        routes_events,
        routes_list,
        routes_answers,
        routes_rules,
        routes_day,
        routes_suggest,
        routes_wizard,
        routes_campaign_looks,
        routes_campaigns,
    )
    return (*(room.router for room in rooms), _rest)
