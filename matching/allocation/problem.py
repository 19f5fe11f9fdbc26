"""What an invitation list must respect, as arrays; and what was chosen.

Rows are invitees, columns hosts. An invitee who is invited meets between `meetings[0]` and `meetings[1]` hosts; who is
not invited meets none. Whoever is invited comes with the chance `shows`, so loads and seats count expected people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Share(NamedTuple):
    """A group's share of those invited: at least `least`, at most `most`. With nobody invited it holds.

    Shares of one name are one rule (a balance over counties has one share a county).
    """

    name: str
    members: Flags
    least: float = 0.0
    most: float = 1.0


class Bar(NamedTuple):
    """A rule that forbids pairs outright: too many invitations, a clash, another region. `pairs` is (p,)."""

    name: str
    pairs: Flags


@dataclass(frozen=True, slots=True)
class Problem:
    """Pairs, what they are worth, and the limits.

    Attributes
    ----------
    row, column : int64 (p,)
        The pairs that may meet, each once; bars included.
    worth : float (p,)
        Chance that the meeting is useful, given that it takes place; not negative.
    shows : float (n,)
        Chance that an invited row comes, in (0, 1].
    meetings : tuple of int
        Least and most meetings of a row that is invited, 1 ≤ least ≤ most.
    least : float (m,)
        Planned meetings that each column must have.
    most : float (m,)
        Expected meetings that each column can hold.
    seats : float
        Expected people that the place holds.
    slots : float (m,), optional
        Planned meetings that each column has time for.
    rooms : float
        Planned meetings that the place has room for, all columns together.
    shares : tuple of Share
    bars : tuple of Bar
    pinned : bool (n,), optional
        Rows that must be invited.
    stay : float (n,), optional
        What keeping a row invited counts besides its meetings: a device against needless change, no value.
    """

    row: Ints
    column: Ints
    worth: Floats
    shows: Floats
    meetings: tuple[int, int]
    least: Floats
    most: Floats
    seats: float = np.inf
    shares: tuple[Share, ...] = ()
    bars: tuple[Bar, ...] = ()
    pinned: Flags | None = None
    stay: Floats | None = None
    slots: Floats | None = None
    rooms: float = np.inf

    @property
    def gain(self) -> Floats:
        """Expected useful meetings that each pair adds, (p,): worth, if the invited one comes."""
        return self.worth * self.shows[self.row]

    @property
    def extra(self) -> Floats:
        """`stay`, or zeros, (n,)."""
        return np.zeros(len(self.shows)) if self.stay is None else self.stay

    @property
    def rules(self) -> tuple[str, ...]:
        """Names of the rules that can be left out: seats, rooms, slots, least, most, pinned, bars, shares."""
        own = tuple(name for name in ("seats", "rooms") if np.isfinite(getattr(self, name)))
        own += ("slots",) if self.slots is not None else ()
        least = ("least",) if self.least.any() else ()
        most = ("most",) if np.isfinite(self.most).any() else ()
        pins = ("pinned",) if self.pinned is not None and self.pinned.any() else ()
        bars = [bar.name for bar in self.bars if bar.pairs.any()]
        return (*own, *least, *most, *pins, *dict.fromkeys([*bars, *(share.name for share in self.shares)]))

    def without(self, rule: str) -> Self:
        """The same problem without one rule of `rules`."""
        if rule in ("seats", "rooms"):
            return replace(self, seats=np.inf) if rule == "seats" else replace(self, rooms=np.inf)
        if rule == "slots":
            return replace(self, slots=None)
        if rule == "least":
            return replace(self, least=np.zeros_like(self.least))
        if rule == "most":
            return replace(self, most=np.full_like(self.most, np.inf))
        if rule == "pinned":
            return replace(self, pinned=None)
        return replace(
            self,
            shares=tuple(share for share in self.shares if share.name != rule),
            bars=tuple(bar for bar in self.bars if bar.name != rule),
        )

    def open_pairs(self) -> Ints:
        """Places of the pairs that no bar forbids and whose row has enough of them to be invited."""
        free = np.ones(len(self.row), np.bool_)
        for bar in self.bars:
            free &= ~bar.pairs
        enough = np.bincount(self.row[free], minlength=len(self.shows)) >= self.meetings[0]
        return np.flatnonzero(free & enough[self.row])

    def only(self, pairs: Ints) -> Self:
        """The same problem over some of its pairs, without bars."""
        return replace(self, row=self.row[pairs], column=self.column[pairs], worth=self.worth[pairs], bars=())

    def broken(self, invited: Flags, met: Flags, *, tolerance: float = 1e-6) -> list[str]:
        """Names of the rules that a choice breaks, ``"meetings"`` among them; empty for one that holds."""
        each = np.bincount(self.row[met], minlength=len(self.shows))
        low, high = self.meetings
        hosts = len(self.least)
        load = np.bincount(self.column[met], self.shows[self.row[met]], minlength=hosts)
        planned = np.bincount(self.column[met], minlength=hosts)
        found = {
            "meetings": (each[~invited] > 0).any() or (each[invited] < low).any() or (each[invited] > high).any(),
            "seats": self.shows[invited].sum() > self.seats + tolerance,
            "rooms": int(met.sum()) > self.rooms + tolerance,
            "slots": self.slots is not None and bool((planned > self.slots + tolerance).any()),
            "least": (planned < self.least - tolerance).any(),
            "most": (load > self.most + tolerance).any(),
            "pinned": self.pinned is not None and bool((self.pinned & ~invited).any()),
        }
        for bar in self.bars:
            found[bar.name] = found.get(bar.name, False) or bool((bar.pairs & met).any())
        count = int(invited.sum())
        for share in self.shares:
            inside = int((invited & share.members).sum())
            outside = inside < share.least * count - tolerance or inside > share.most * count + tolerance
            found[share.name] = found.get(share.name, False) or outside
        return [name for name, breaks in found.items() if breaks]


class Chosen(NamedTuple):
    """A list and its certificate.

    Attributes
    ----------
    invited : bool (n,)
    met : bool (p,)
    value : float
        Expected useful meetings of the list.
    stayed : float
        What `Problem.stay` counted on top; 0 without it.
    bound : float
        No list under the same limits has more value and stay together: proved from `prices`, whatever the solver did.
    prices : float (limits,)
        The multipliers of the proof, see `matching.allocation.bound`.
    finished : bool
        False where time ran out before the gap asked for was proved; then another run may find another list.
    """

    invited: Flags
    met: Flags
    value: float
    stayed: float
    bound: float
    prices: Floats
    finished: bool

    @property
    def gap(self) -> float:
        """How much the best list could be worth more, as a share of the bound; 0 where the bound is 0."""
        missing = max(self.bound - self.value - self.stayed, 0.0)
        return missing / self.bound if self.bound > 1e-12 else 0.0
