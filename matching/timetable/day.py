"""A day of interviews as arrays, and a timetable of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

OUT = -1
"""The slot of a meeting that is not placed."""


@dataclass(frozen=True, slots=True)
class Day:
    """Meetings to place, and who can when.

    Attributes
    ----------
    guest, host : int64 (q,)
        The meetings, none twice.
    guest_free : bool (n, t)
        Slots in which each guest is there.
    tables : int64 (m, t)
        Interviews that each host can hold at once in each slot; 0 while it is away.
    rooms : int
        Interviews that the place can hold at once.
    """

    guest: Ints
    host: Ints
    guest_free: Flags
    tables: Ints
    rooms: int = 2**31

    @property
    def slots(self) -> int:
        """How many slots the day has."""
        return int(self.guest_free.shape[1])

    def may(self) -> Flags:
        """Slots in which both sides of each meeting are there, (q, t)."""
        return np.asarray(self.guest_free[self.guest] & (self.tables[self.host] > 0))

    def clashes(self, slot: Ints) -> int:
        """Meetings that a timetable of this day places where they cannot be: someone away, twice, or no room."""
        placed = np.flatnonzero(slot != OUT)
        away = int((~self.may()[placed, slot[placed]]).sum())
        per_guest = np.zeros(self.guest_free.shape, np.int64)
        per_host = np.zeros(self.tables.shape, np.int64)
        np.add.at(per_guest, (self.guest[placed], slot[placed]), 1)
        np.add.at(per_host, (self.host[placed], slot[placed]), 1)
        rooms = np.bincount(slot[placed], minlength=self.slots)
        twice = int(np.maximum(per_guest - 1, 0).sum() + np.maximum(per_host - np.maximum(self.tables, 1), 0).sum())
        return away + twice + int(np.maximum(rooms - self.rooms, 0).sum())


class Timetable(NamedTuple):
    """Slots of the meetings.

    slot : int64 (q,), `OUT` for one that is not placed. bound : no timetable places more meetings. exact : the
    bound is reached, so this one places as many as can be. how : what found it.
    """

    slot: Ints
    bound: int
    how: str

    @property
    def placed(self) -> int:
        """Meetings that have a slot."""
        return int((self.slot != OUT).sum())

    @property
    def whole(self) -> bool:
        """Whether every meeting has a slot."""
        return bool((self.slot != OUT).all())

    @property
    def exact(self) -> bool:
        """Whether no timetable places more meetings: proved."""
        return self.placed >= self.bound
