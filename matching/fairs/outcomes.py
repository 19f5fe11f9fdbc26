"""What came of the meetings of an event, as interactions: the past from which chances and rankings are learned.

A meeting that took place was seen and wanted by the graduate (shown at its place on their list, applied: they sat down
at the table). What the employer made of it follows. A meeting that did not take place teaches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from matching.errors import QueryError
from matching.fairs.times import slot_times
from matching.language import Words
from matching.standard.records import Action, Event, Interaction
from matching.store.lists import Lists

if TYPE_CHECKING:
    from matching.store import Store
    from matching.store.lists import Guest

CHANNEL = "fair"
"""The channel of everything that comes of an event."""

_SEEN = (Action.SHOWN, Action.APPLIED)
_WANTED = (*_SEEN, Action.ANSWERED)
_TALKED = (*_WANTED, Action.INTERVIEWED)
OUTCOMES: dict[str, tuple[Action, ...]] = {
    "absent": (),
    "met": _SEEN,
    "not_for_me": (Action.SHOWN, Action.DISMISSED),
    "wanted": _WANTED,
    "interviewed": _TALKED,
    "offered": (*_TALKED, Action.OFFERED),
    "hired": (*_TALKED, Action.OFFERED, Action.HIRED),
}
"""What can come of a meeting, and the interactions that say so; who was absent met nobody."""

NAMES: dict[str, Words] = {
    "absent": Words("未到场", "was absent"),
    "met": Words("已面谈", "met"),
    "not_for_me": Words("毕业生无意向", "the graduate is not interested"),
    "wanted": Words("单位有意向", "the employer wants more"),
    "interviewed": Words("已面试", "was interviewed"),
    "offered": Words("已录用意向", "got an offer"),
    "hired": Words("已签约", "was hired"),
}


class Outcome(NamedTuple):
    """What came of the meeting of a graduate with an employer (`host`: its key or its name, as the list has it)."""

    graduate: str
    host: str
    outcome: str


def kept_of(store: Store, event: Event, graduates: Sequence[str], *, now: datetime) -> dict[tuple[str, str], str]:
    """What has been kept of the meetings of these graduates: the furthest outcome by graduate and posting.

    An absence is no outcome of a meeting; `Lists.answers` knows it.
    """
    past = store.past(now).of(graduates)
    seen: dict[tuple[str, str], set[str]] = {}
    for graduate, posting, action, at, _, channel in past.rows():
        if channel == CHANNEL and event.starts_at <= at <= event.ends_at:
            seen.setdefault((graduate, posting), set()).add(action)
    return {pair: name for pair, actions in seen.items() if (name := _furthest(actions))}


def _furthest(actions: set[str]) -> str:
    names = [name for name, needed in OUTCOMES.items() if needed and actions >= set(needed)]
    return names[-1] if names else ""


class Kept(NamedTuple):
    """Interactions that are new, attendances noted, and the places of outcomes that fit no meeting of the list."""

    interactions: int
    attendances: int
    unknown: tuple[int, ...]


def keep_outcomes(store: Store, event: Event, outcomes: Sequence[Outcome], *, now: datetime) -> Kept:
    """Keep what came of meetings of the list in use. Sending it again changes nothing; a later word adds to it.

    Raises
    ------
    QueryError
        The event has not begun, or an outcome is none of `OUTCOMES`.
    UnknownId, StoreError
    """
    if now < event.starts_at:
        cure = "Report outcomes once the event has begun."
        raise QueryError("the event has not begun, so nothing can have come of it", where=event.key, cure=cure)
    lists = Lists(store)
    guests = {g.graduate: g for g in lists.get(event.key).guests if g.status == "invited"}
    came: dict[str, bool] = {}
    made: list[Interaction] = []
    unknown = []
    for place, one in enumerate(outcomes):
        if one.outcome not in OUTCOMES:
            cure = f"Use one of {', '.join(OUTCOMES)}."
            raise QueryError("that is no outcome of a meeting", where=f"outcome {place + 1}", cure=cure)
        found = _meeting(guests.get(one.graduate), one.host)
        if found is None:
            unknown.append(place)
            continue
        there = one.outcome != "absent"
        came[one.graduate] = came.get(one.graduate, False) or there
        made += _interactions(event, one, *found, now=now)
    attended = lists.attend(event.key, came)
    return Kept(store.upsert(made).inserted, attended, tuple(unknown))


def _meeting(guest: Guest | None, host: str) -> tuple[int, Mapping[str, Any]] | None:
    meetings = guest.body["meetings"] if guest else ()
    # by key, or by the name that organisers know
    return next(((rank, m) for rank, m in enumerate(meetings, start=1) if host in (m["host"], m["name"])), None)


def _interactions(
    event: Event, one: Outcome, rank: int, meeting: Mapping[str, Any], *, now: datetime
) -> list[Interaction]:
    slot = meeting.get("slot", -1)
    begins = slot_times(event, slot)[0] if slot >= 0 else event.starts_at
    at = begins if begins <= now else event.starts_at  # a meeting held before its time
    tenant = one.graduate.partition(":")[0]
    return [
        Interaction(
            tenant=tenant,
            id=f"fair-{_name(event.key, one.graduate, meeting['posting'], action)}",
            graduate=one.graduate,
            posting=meeting["posting"],
            action=action,
            at=at + timedelta(microseconds=order),
            rank=rank if action is Action.SHOWN else None,
            channel=CHANNEL,
        )
        for order, action in enumerate(OUTCOMES[one.outcome])
    ]


def _name(*parts: str) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
