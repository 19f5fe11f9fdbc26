"""The list's meetings into slots and rooms: made for a version, kept as the next one; and again on the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from matching.errors import QueryError
from matching.fairs.times import slot_count
from matching.fairs.words import TOO_SHORT
from matching.standard.records import Event
from matching.store.lists import Guest, Lists
from matching.timetable import Day, Timetable, plan, replan, rooms_of
from matching.timetable.day import OUT

if TYPE_CHECKING:
    from matching.store import Store


@dataclass(frozen=True)
class Hours:
    """Who is there when: slots from 0, half-open ranges; who is not named is there all the time.

    tables : interviews that a host holds at once, by host key; by default what the event says.
    """

    graduates: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    hosts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    tables: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Placed:
    """A timetable that was kept as `version`: meetings with a slot, without one, and what is proved."""

    version: int
    placed: int
    left: int
    exact: bool
    clashes: int
    how: str


def make_timetable(
    store: Store, event: Event, hours: Hours | None = None, *, seconds: float = 30.0, seed: int = 0
) -> Placed:
    """Place all meetings of the list in use, but those of people who said no.

    Raises
    ------
    UnknownId, ListChanged, QueryError
    """
    lists = Lists(store)
    version = lists.get(event.key)
    gone = {key for key, said in lists.answers(event.key).items() if said.answer == "no"}
    at = [(i, j) for i, j in _meetings(version.guests) if version.guests[i].graduate not in gone]
    day, _ = _day(event, version.guests, at, hours or Hours())
    return _kept(lists, version, day, plan(day, seconds=seconds, seed=seed), at)


def replan_timetable(
    store: Store,
    event: Event,
    *,
    now: int,
    absent: frozenset[str] = frozenset(),
    walk_ins: Mapping[str, list[dict[str, Any]]] | None = None,
    hours: Hours | None = None,
) -> Placed:
    """The day from slot `now` on, without the `absent`, with `walk_ins` (key → meetings as a list has them).

    Raises
    ------
    UnknownId, ListChanged, QueryError
    """
    lists = Lists(store)
    version = lists.get(event.key)
    coming = walk_ins or {}
    guests = tuple(g for g in version.guests if g.graduate not in coming or g.status == "invited")
    known = {g.graduate for g in guests}
    new = [
        Guest(k, "invited", {"meetings": list(m), "chance": 0.0, "shows": 1.0, "walk_in": True})
        for k, m in coming.items()
        if k not in known
    ]
    version = version._replace(guests=(*guests, *new))
    at = list(_meetings(version.guests))
    day, people = _day(event, version.guests, at, hours or Hours())
    held = np.array([version.guests[i].body["meetings"][j].get("slot", OUT) for i, j in at], np.int64)
    away = np.array([place for key, place in people.items() if key in absent], np.int64)
    return _kept(lists, version, day, replan(day, held, now=now, absent=away), at)


def _meetings(guests: tuple[Guest, ...]) -> list[tuple[int, int]]:
    """(guest, meeting) of everyone invited, the likeliest meeting first."""
    found = [(i, j) for i, g in enumerate(guests) if g.status == "invited" for j in range(len(g.body["meetings"]))]
    return sorted(found, key=lambda at: (-guests[at[0]].body["meetings"][at[1]]["chance"], at))


def _day(
    event: Event, guests: tuple[Guest, ...], at: list[tuple[int, int]], hours: Hours
) -> tuple[Day, dict[str, int]]:
    slots = slot_count(event)
    if slots < 1:
        raise QueryError(TOO_SHORT.en, where=event.key, cure="Make slot_minutes shorter.")
    people = {key: n for n, key in enumerate(dict.fromkeys(guests[i].graduate for i, _ in at))}
    hosts = {key: n for n, key in enumerate(dict.fromkeys(guests[i].body["meetings"][j]["host"] for i, j in at))}
    free = np.array([_there(hours.graduates.get(key), slots) for key in people], np.bool_).reshape(len(people), slots)
    here = np.array([_there(hours.hosts.get(key), slots) for key in hosts], np.bool_).reshape(len(hosts), slots)
    tables = here * np.array([hours.tables.get(key, event.tables) for key in hosts], np.int64)[:, None]
    guest = np.array([people[guests[i].graduate] for i, _ in at], np.int64)
    host = np.array([hosts[guests[i].body["meetings"][j]["host"]] for i, j in at], np.int64)
    return Day(guest, host, free, tables, event.rooms or 2**31), people


def _there(hours: tuple[int, int] | None, slots: int) -> list[bool]:
    low, high = hours or (0, slots)
    return [low <= slot < high for slot in range(slots)]


def _kept(lists: Lists, version: Any, day: Day, found: Timetable, at: list[tuple[int, int]]) -> Placed:  # noqa: ANN401
    rooms = rooms_of(day, found.slot)
    bodies = [{**g.body, "meetings": [dict(m) for m in g.body.get("meetings", ())]} for g in version.guests]
    for body in bodies:
        for meeting in body["meetings"]:
            meeting.pop("slot", None)
            meeting.pop("room", None)
    for (i, j), slot, room in zip(at, found.slot.tolist(), rooms.tolist(), strict=True):
        if slot != OUT:
            bodies[i]["meetings"][j] |= {"slot": slot, "room": room}
    guests = tuple(g._replace(body=body) for g, body in zip(version.guests, bodies, strict=True))
    left, whole = len(at) - found.placed, day.clashes(found.slot)
    told = {"placed": found.placed, "left": left, "exact": found.exact, "how": found.how}
    number = lists.save(version.event, guests, {**version.about, "timetable": told}, base=version.version)
    return Placed(number, found.placed, left, found.exact, whole, found.how)
