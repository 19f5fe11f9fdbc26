"""What came of the meetings of an event, as interactions: the past from which chances and rankings are learned.

A meeting that took place was seen and wanted by the graduate (shown at its place on their list, applied: they sat down
at the table). What the employer made of it follows. A meeting that did not take place teaches nothing. An outcome can
be withdrawn: its interactions are deleted, so nothing is learned from them any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from matching.errors import QueryError
from matching.fairs.times import slot_times
from matching.language import Words
from matching.standard.records import Action, Event, Interaction, key_of
from matching.store.lists import Lists

if TYPE_CHECKING:
    from matching.store import Store
    from matching.store.lists import Answer, Guest, Version

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

WITHDRAWN = "none"
"""The word that takes back whatever was kept of a meeting."""
_EVERYTHING = tuple(dict.fromkeys(action for actions in OUTCOMES.values() for action in actions))

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


def kept_of(store: Store, event: Event, *, now: datetime) -> dict[tuple[str, str], str]:
    """What has been kept of the meetings of an event's time: the furthest outcome by graduate and posting.

    An absence is no outcome of a meeting; `Lists.answers` knows it.
    """
    past = store.past(now).during(event.starts_at, event.ends_at, channel=CHANNEL)
    seen: dict[tuple[str, str], set[str]] = {}
    for graduate, posting, action in past.select("graduate", "posting", "action").iter_rows():
        seen.setdefault((graduate, posting), set()).add(action)
    return {pair: name for pair, actions in seen.items() if (name := _furthest(actions))}


def _furthest(actions: set[str]) -> str:
    names = [name for name, needed in OUTCOMES.items() if needed and actions >= set(needed)]
    return names[-1] if names else ""


_Place = tuple[int, Mapping[str, Any]]
_Told = tuple[Outcome, int, Mapping[str, Any]]


class Kept(NamedTuple):
    """Interactions that are new, attendances noted, places of outcomes that fit no meeting, interactions withdrawn."""

    interactions: int
    attendances: int
    unknown: tuple[int, ...]
    withdrawn: int = 0


def keep_outcomes(store: Store, event: Event, outcomes: Sequence[Outcome], *, now: datetime) -> Kept:
    """Keep what came of meetings of the list in use, in the order given. Sending it again changes nothing.

    A later word adds to an earlier one. `WITHDRAWN` takes back what was kept of a meeting, of an earlier version of the
    list, too; an absence with it, but not that somebody came, which may be known from the door.

    Raises
    ------
    QueryError
        The event has not begun, or an outcome is neither of `OUTCOMES` nor `WITHDRAWN`.
    UnknownId, StoreError
    """
    if now < event.starts_at:
        cure = "Report outcomes once the event has begun."
        raise QueryError("the event has not begun, so nothing can have come of it", where=event.key, cure=cure)
    lists = Lists(store)
    meetings = _meetings(lists, event, _checked(outcomes))
    told = [(one, *found) for one, found in zip(outcomes, meetings, strict=True) if found is not None]
    unknown = tuple(place for place, found in enumerate(meetings) if found is None)
    made, gone = _changed(event, told, now)
    withdrawn = store.delete("interaction", sorted(gone))
    attended = lists.attend(event.key, _came(told, lists.answers(event.key)))
    return Kept(store.upsert(list(made.values())).inserted, attended, unknown, withdrawn)


def _changed(event: Event, told: Sequence[_Told], now: datetime) -> tuple[dict[str, Interaction], set[str]]:
    """Interactions to keep, and keys of those to delete before."""
    made: dict[str, Interaction] = {}
    gone: set[str] = set()
    for one, rank, meeting in told:
        if one.outcome == WITHDRAWN:
            back = {_key(event, one.graduate, meeting["posting"], action) for action in _EVERYTHING}
            made = {key: record for key, record in made.items() if key not in back}
            gone |= back
        else:
            made |= {record.key: record for record in _interactions(event, one, rank, meeting, now=now)}
    return made, gone


def _came(told: Sequence[_Told], known: Mapping[str, Answer]) -> dict[str, bool | None]:
    """Who came, by one meeting at least; None takes an absence back."""
    came: dict[str, bool | None] = {}
    for one, _, _ in told:
        if one.outcome != WITHDRAWN:
            came[one.graduate] = bool(came.get(one.graduate)) or one.outcome != "absent"
        elif one.graduate in known and known[one.graduate].came is False:
            came.setdefault(one.graduate, None)
    return came


def _checked(outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    for place, one in enumerate(outcomes, start=1):
        if one.outcome not in OUTCOMES and one.outcome != WITHDRAWN:
            cure = f"Use one of {', '.join(OUTCOMES)}, or {WITHDRAWN} to take back what was kept."
            raise QueryError("that is no outcome of a meeting", where=f"outcome {place}", cure=cure)
    return outcomes


def _meetings(lists: Lists, event: Event, outcomes: Sequence[Outcome]) -> list[_Place | None]:
    """The meeting of each outcome with its place on the guest's list; of one that is withdrawn, in any version."""
    found = _meetings_in(lists.get(event.key), outcomes)
    if any(meeting is None and one.outcome == WITHDRAWN for one, meeting in zip(outcomes, found, strict=True)):
        for version in lists.versions(event.key):
            before = _meetings_in(lists.get(event.key, version.version), outcomes)
            found = [
                was if meeting is None and one.outcome == WITHDRAWN else meeting
                for one, meeting, was in zip(outcomes, found, before, strict=True)
            ]
    return found


def _meetings_in(version: Version, outcomes: Sequence[Outcome]) -> list[_Place | None]:
    guests = {guest.graduate: guest for guest in version.guests if guest.status == "invited"}
    return [_meeting(guests.get(one.graduate), one.host) for one in outcomes]


def _meeting(guest: Guest | None, host: str) -> _Place | None:
    meetings = guest.body["meetings"] if guest else ()
    # by key, or by the name that organisers know
    return next(((rank, m) for rank, m in enumerate(meetings, start=1) if host in (m["host"], m["name"])), None)


def _interactions(
    event: Event, one: Outcome, rank: int, meeting: Mapping[str, Any], *, now: datetime
) -> list[Interaction]:
    slot = meeting.get("slot", -1)
    begins = slot_times(event, slot)[0] if slot >= 0 else event.starts_at
    at = begins if begins <= now else event.starts_at  # a meeting held before its time
    return [
        Interaction(
            tenant=one.graduate.partition(":")[0],
            id=_id(event, one.graduate, meeting["posting"], action),
            graduate=one.graduate,
            posting=meeting["posting"],
            action=action,
            at=at + timedelta(microseconds=order),
            rank=rank if action is Action.SHOWN else None,
            channel=CHANNEL,
        )
        for order, action in enumerate(OUTCOMES[one.outcome])
    ]


def _id(event: Event, graduate: str, posting: str, action: Action) -> str:
    told = "\n".join((event.key, graduate, posting, action))
    return f"fair-{blake2b(told.encode(), digest_size=16).hexdigest()}"


def _key(event: Event, graduate: str, posting: str, action: Action) -> str:
    return key_of(graduate.partition(":")[0], _id(event, graduate, posting, action))
