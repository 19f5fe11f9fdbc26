"""Which fair to hold next: theme, city and week, and from there straight into the wizard."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from api.event_work import state_of
from api.pages.draft import draft_of
from api.pages.frame import page, router_of
from api.pages.tables import Bar
from api.pages.visitor import Here, Running, Today, Visitor
from api.service import Service, in_thread
from matching.errors import NotAllowed
from matching.fairs.suggesting import Asked, Suggestion, suggest
from matching.fairs.weeks import Span
from matching.language import Words
from matching.store import Keys, Role

router = router_of()
_SHOWN = 6


def wanted(
    tenant: Annotated[str, Query(max_length=32)] = "",
    weeks: Annotated[int, Query(ge=1, le=26)] = 8,
    first: Annotated[str, Query(max_length=10)] = "",
    last: Annotated[str, Query(max_length=10)] = "",
    why: Annotated[str, Query(max_length=100)] = "",
) -> dict[str, Any]:
    """Dependency: what the form asks for."""
    return {"tenant": tenant, "weeks": weeks, "first": first, "last": last, "why": why}


Wanted = Annotated[dict[str, Any], Depends(wanted)]


@router.get("/suggest")
async def show(request: Request, own: Here, service: Running, wanted: Wanted) -> Response:
    """The form; what is found follows, because it takes seconds."""
    tenants = await in_thread(service.lookups, _tenants, service, own)
    query = urlencode({name: value for name, value in wanted.items() if value})
    return page(request, "suggest.html", wanted=wanted, tenants=tenants, query=query)


@router.get("/suggest/found")
async def found(request: Request, own: Here, service: Running, wanted: Wanted, day: Today) -> Response:
    """The suggestions, best first."""
    tenants = await in_thread(service.lookups, _tenants, service, own)
    tenant = (wanted["tenant"] or (tenants[0] if tenants else "")) if own.province else own.own.tenant
    if not own.own.may(Role.READ, tenant):
        raise NotAllowed("the key is for another tenant", where="tenant", cure="Use a key of that tenant.")
    fault, avoid = _avoided(wanted)
    items: list[dict[str, Any]] = []
    if not fault and tenant:
        asked = Asked(tenant, weeks=wanted["weeks"], top=_SHOWN, avoid=avoid)
        items = await in_thread(service.searches, _look, service, asked, day)
    whole = not request.headers.get("hx-request")
    template = "suggested.html" if whole else "_suggestions.html"
    return page(request, template, items=items, fault=fault, wanted=wanted, tenants=tenants, query="")


def _look(service: Service, asked: Asked, day: date) -> list[dict[str, Any]]:
    return [_told(one) for one in suggest(service.store, state_of(service), service.settings, asked, today=day)]


def _told(one: Suggestion) -> dict[str, Any]:
    """A suggestion, its weeks as bars, and the wizard's fields of its draft."""
    most = max((served for _, served in one.weeks), default=0.0) or 1.0
    weeks = [Bar(f"{monday:%m-%d}", 0, served, 0.0, round(100 * served / most, 1), 0.0) for monday, served in one.weeks]
    fields = [(name, value) for name, values in draft_of(one.draft).values.items() for value in values]
    return {"one": one, "weeks": weeks, "fields": fields}


def _avoided(wanted: dict[str, Any]) -> tuple[str, tuple[Span, ...]]:
    first, last = wanted["first"] or wanted["last"], wanted["last"] or wanted["first"]
    if not first:
        return "", ()
    try:
        span = Span(date.fromisoformat(first), date.fromisoformat(last), Words(wanted["why"] or "不可用的日期", "out"))
        if span.last < span.first:
            raise ValueError
    except ValueError:
        return "“避开的日期”有误：请写年-月-日，且先后次序正确。", ()
    return "", (span,)


def _tenants(service: Service, own: Visitor) -> list[str]:
    """Whose people can be looked at; empty where the key is for one tenant."""
    return sorted({key.tenant for key in Keys(service.store).list()}) if own.province else []
