"""What guests say and whether they come: kept for those who are on the list in use, and taken back if need be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from matching.standard.records import Event, key_of
from matching.store.lists import Answer, Lists

if TYPE_CHECKING:
    from matching.store import Store
    from matching.store.lists import Guest, Version

_CAME = {"yes": True, "no": False, "none": None}


class Said(NamedTuple):
    """What is known of one guest: yes, no, or none to take it back; empty leaves it as it is."""

    graduate: str
    answer: str = ""
    came: str = ""


class Kept(NamedTuple):
    """How many answers and attendances were kept, and the places of those who are not on the list in use."""

    answers: int
    attendances: int
    unknown: tuple[int, ...]


def keep_answers(store: Store, event: Event, told: Sequence[Said]) -> Kept:
    """Keep what is told of people on the list in use; the last word of each counts.

    Parameters
    ----------
    told : sequence of Said
        `graduate` is the id within the event's tenant, or the key.

    Raises
    ------
    UnknownId
        There is no list yet.
    StoreError
    """
    lists = Lists(store)
    keys = [key_of(event.tenant, one.graduate) for one in told]
    known = lists.on(event.key, keys)
    given = [(key, one) for key, one in zip(keys, told, strict=True) if key in known]
    answers = lists.answer(event.key, {key: one.answer for key, one in given if one.answer})
    came = lists.attend(event.key, {key: _CAME[one.came] for key, one in given if one.came})
    return Kept(answers, came, tuple(place for place, key in enumerate(keys) if key not in known))


def counts_of_answers(version: Version, answers: Mapping[str, Answer]) -> dict[str, int]:
    """Of those invited: yes, no, none; came, away, and not known yet (pending). Who said no is counted, invited or not.

    After a new wave whoever said no is no longer invited, and is counted all the same.
    """
    counts = dict.fromkeys(("invited", "yes", "no", "none", "came", "away", "pending"), 0)
    for guest in version.guests:
        said = answers.get(guest.graduate, Answer("none", None))
        invited = guest.status == "invited"
        counts["invited"] += invited
        if invited or said.answer != "none":
            counts[said.answer] += 1
        if invited:
            counts["pending" if said.came is None else "came" if said.came else "away"] += 1
    return counts


def late_guests(version: Version, answers: Mapping[str, Answer], *, now: int) -> list[str]:
    """Invited people whose first meeting has begun before slot `now`, and of whom nobody knows whether they came."""
    return [
        guest.graduate
        for guest in version.guests
        if guest.status == "invited" and 0 <= first_slot(guest) < now and _came(answers, guest) is None
    ]


def first_slot(guest: Guest) -> int:
    """The slot of a guest's first meeting; -1 where none has one."""
    slots = [meeting["slot"] for meeting in guest.body.get("meetings", ()) if meeting.get("slot", -1) >= 0]
    return min(slots, default=-1)


def _came(answers: Mapping[str, Answer], guest: Guest) -> bool | None:
    return answers.get(guest.graduate, Answer("none", None)).came
