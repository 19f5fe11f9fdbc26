"""Saying something of one guest (an answer, an attendance), and the rows that show it: two pages do the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response

from api.event_work import own_event
from api.pages.frame import page, to
from api.pages.people import Asking, people_of
from api.pages.routes_list import held
from api.pages.visitor import Form
from api.service import Service, in_thread
from matching.fairs.answering import Kept, Said, keep_answers
from matching.fairs.times import slot_at, slot_count
from matching.question import CHINA
from matching.standard.records import Event
from matching.store import Access, Role

WORDS = ("yes", "no", "none")
_PAGES = {"answer": ("answers", "answers.html"), "came": ("day", "day.html")}


async def shown(
    request: Request, service: Service, own: Access, given: tuple[str, Asking], told: dict[str, Any] | None = None,
    *, status: int = 200,
) -> Response:  # fmt: skip
    """The page of an event (its key, and what is asked): whole, or its rows alone where htmx asks."""
    key, asked = given

    def read() -> dict[str, Any]:
        event, found, newest = held(service, own, key)
        people = people_of(service.store, service.live.matcher.state, found, asked) if found else None
        return {"event": event, "version": found, "newest": newest, "people": people, **clock_at(event)}

    values = await in_thread(service.lookups, read)
    tab, whole = _PAGES[asked.kind]
    template = "_people.html" if request.headers.get("hx-target") == "found" else whole
    return page(request, template, status=status, tab=tab, asked=asked, told=told or {}, **values)


async def keep(request: Request, service: Service, own: Access, given: tuple[str, str], form: Form) -> Response:
    """Keep what is said of one person of an event (its key, and which kind), and show the rows anew."""
    key, kind = given
    word = next((word for word in WORDS if form.one(word)), "")

    def work() -> Kept:
        event = own_event(service.store, own, key, role=Role.WRITE)
        return keep_answers(service.store, event, [Said(form.one(word), **{kind: word})] if word else [])

    kept = await in_thread(service.writes, work)
    asked = asking(form, kind)
    if request.headers.get("hx-request"):
        return await shown(request, service, own, (key, asked), {"gone": bool(kept.unknown)})
    query = {"value": asked.value, "host": asked.host, "text": asked.text, "page": asked.page}
    return to(request, f"/events/{key}/{_PAGES[kind][0]}?{urlencode(query)}")


def asking(form: Form, kind: str) -> Asking:
    """The filter that a form carries along."""
    value, number = form.one("value"), form.one("page")
    place = int(number[:7]) if number.isascii() and number.isdigit() else 1
    return Asking(kind, value if value in WORDS else "", form.one("host"), form.one("text")[:100], max(place, 1))


def clock_at(event: Event, now: datetime | None = None) -> dict[str, Any]:
    """Whether the event is ``before``, ``on`` or ``over``; the slot that has begun last; what a clock would show."""
    now = now or datetime.now(CHINA)
    state = "before" if now < event.starts_at else "on" if now < event.ends_at else "over"
    moment = now if state == "on" else event.starts_at
    return {"when": state, "slot": min(slot_at(event, moment), slot_count(event)), "clock": moment.astimezone(CHINA)}
