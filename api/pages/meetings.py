"""Meetings as the outcomes' page shows them: when, where, with whom, whether they are there, and what came of it."""

from __future__ import annotations

from datetime import datetime
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from api.pages.tables import invited_meetings
from matching.fairs.outcomes import kept_of
from matching.standard.records import Event, Graduate
from matching.store.lists import Lists, Version

if TYPE_CHECKING:
    from matching.store import Store

PAGE = 60


class Met(NamedTuple):
    """A meeting: guest, record, the meeting, whether the guest came (None: not known), what was kept of it."""

    graduate: str
    record: Graduate | None
    meeting: dict[str, Any]
    came: bool | None
    outcome: str


class Meetings(NamedTuple):
    """A page of meetings, how many there are, and of these how many have an outcome."""

    rows: list[Met]
    total: int
    pages: int
    told: int


def meetings_of(store: Store, event: Event, version: Version, host: str, *, page: int, now: datetime) -> Meetings:
    """Meetings of one employer, or of all: by time, then by employer, then by chance."""
    found = [(guest.graduate, m) for guest, m in invited_meetings(version) if not host or m["host"] == host]
    kept = kept_of(store, event, now=now)
    pages = max(-(-len(found) // PAGE), 1)
    begin = (min(max(page, 1), pages) - 1) * PAGE
    part = nsmallest(begin + PAGE, found, key=_order)[begin:]
    known = cast("dict[str, Graduate]", store.get_many("graduate", sorted({key for key, _ in part})))
    said = Lists(store).answers(event.key)
    rows = [
        Met(key, known.get(key), m, said[key].came if key in said else None, kept.get((key, m["posting"]), ""))
        for key, m in part
    ]
    told = sum((key, meeting["posting"]) in kept for key, meeting in found)
    return Meetings(rows, len(found), pages, told)


def _order(one: tuple[str, dict[str, Any]]) -> tuple[bool, int, str, float, str]:
    key, meeting = one
    slot = meeting.get("slot", -1)
    return slot < 0, slot, meeting["name"], -meeting["chance"], key
