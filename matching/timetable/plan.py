"""A timetable without clashes that places every meeting, whenever there is one.

Where everybody is always there, the meetings are the edges of a graph and the slots its colours; taking in each slot
a matching that serves everyone who has no slot to spare is then exact (König, de Werra). People come and go, so this
is only the start: meetings left over are placed by opening a few slots at a time and solving them anew, exactly; and
what is still left is settled by one integer programme over the whole day, which places all, or proves that nobody can.
"""

from __future__ import annotations

import time

import numpy as np
from scipy.optimize import linear_sum_assignment

from matching.timetable.day import OUT, Day, Ints, Timetable
from matching.timetable.exact import best_slots

_STARTS = 6
_REPAIRS = 40
_OPEN = 4
"""Slots opened together in a repair: small enough to be solved in hundredths of a second."""


def plan(day: Day, *, seconds: float = 30.0, seed: int = 0) -> Timetable:
    """Slots for as many meetings as can be, with a bound.

    The same day and seed give the same timetable, unless time runs out before the bound is reached.
    """
    until, rng = time.monotonic() + seconds, np.random.default_rng(seed)
    best = np.full(len(day.guest), OUT, np.int64)
    for turn in range(_STARTS):
        found = _slot_by_slot(day, rng, noise=0.0 if not turn else 0.3, scarce_first=turn % 2 == 1)
        best = found if (found != OUT).sum() > (best != OUT).sum() else best
        if (best != OUT).all():
            return Timetable(best, len(best), "matchings")
    best = _repaired(day, best, rng, until)
    if (best != OUT).all():
        return Timetable(best, len(best), "repair")
    return _settled(day, best, until, seed)


def _settled(day: Day, best: Ints, until: float, seed: int) -> Timetable:
    """The linear relaxation may already show that no timetable places more; else the whole day is solved."""
    everything = np.ones((len(day.guest), day.slots), np.bool_)
    left = max(until - time.monotonic(), 0.1)
    linear = best_slots(day, everything, seconds=left, relaxed=True)
    bound = int(np.floor(min(linear.bound, len(best)) + 1e-6))
    if (best != OUT).sum() >= bound:
        return Timetable(best, bound, "repair, proved by the relaxation")
    whole = best_slots(day, everything, held=best, seconds=max(until - time.monotonic(), 0.1), seed=seed)
    if (whole.slot != OUT).sum() > (best != OUT).sum():
        best = whole.slot
    return Timetable(best, min(bound, int(np.floor(whole.bound + 1e-6))), "integer programme")


def _slot_by_slot(day: Day, rng: np.random.Generator, *, noise: float, scarce_first: bool) -> Ints:
    """In each slot the matching that serves best those who have the fewest slots to spare."""
    slot = np.full(len(day.guest), OUT, np.int64)
    may = day.may()
    order = np.argsort(may.sum(axis=0), kind="stable") if scarce_first else np.arange(day.slots)
    n, m = len(day.guest_free), len(day.tables)
    for place, t in enumerate(order.tolist()):
        coming = order[place:]
        left = np.flatnonzero((slot == OUT) & may[:, t])
        if not len(left):
            continue
        waits = slot == OUT
        load_guest = np.bincount(day.guest[waits], minlength=n) / np.maximum(day.guest_free[:, coming].sum(axis=1), 1)
        load_host = np.bincount(day.host[waits], minlength=m) / np.maximum(day.tables[:, coming].sum(axis=1), 1)
        own = 1 / np.maximum(may[:, coming].sum(axis=1), 1)
        weight = _urgency(load_guest[day.guest[left]]) + _urgency(load_host[day.host[left]]) + own[left]
        weight = weight * (1 + noise * rng.random(len(left)))
        slot[left[_matching(day, left, weight, t)]] = t
    return slot


def _urgency(load: np.ndarray) -> np.ndarray:
    """Who needs every slot that is left comes before all others."""
    return np.asarray(np.where(load >= 1 - 1e-9, 1_000.0, 0.0) + 10.0 * load**4 + load)


def _matching(day: Day, left: Ints, weight: np.ndarray, t: int) -> Ints:
    """Which of the meetings `left` to hold in slot `t`: an assignment of the most weight, within the rooms."""
    hosts, host = np.unique(day.host[left], return_inverse=True)
    guests, guest = np.unique(day.guest[left], return_inverse=True)
    tables = day.tables[hosts, t]
    line = np.repeat(np.arange(len(hosts)), tables)
    idle = max(len(line) - day.rooms, 0)
    worth = np.zeros((len(hosts), len(guests)))
    worth[host, guest] = weight
    matrix = np.zeros((len(line), len(guests) + idle + len(line)))
    matrix[:, : len(guests)] = worth[line]
    matrix[:, len(guests) : len(guests) + idle] = 1e6  # so many tables must stay empty
    at, to = linear_sum_assignment(matrix, maximize=True)
    taken = (to < len(guests)) & (matrix[at, to] > 0)
    index = np.full(worth.shape, -1)
    index[host, guest] = np.arange(len(left))
    return np.asarray(index[line[at[taken]], to[taken]], np.int64)


def _repaired(day: Day, slot: Ints, rng: np.random.Generator, until: float) -> Ints:
    """Open a few slots that a left-over meeting could take, and place everything in them anew, exactly."""
    may = day.may()
    for turn in range(_REPAIRS):
        out = np.flatnonzero(slot == OUT)
        if not len(out) or time.monotonic() > until:
            break
        one = out[turn % len(out)]
        could = np.flatnonzero(may[one])
        if not len(could):
            continue
        chosen = rng.permutation(could)[: max(_OPEN // 2, 2)]
        chosen = np.union1d(chosen, rng.permutation(day.slots)[: _OPEN - len(chosen) + turn // 10])
        opened = np.zeros(day.slots, np.bool_)
        opened[chosen] = True
        moved = (slot == OUT) | opened[np.maximum(slot, 0)] & (slot != OUT)
        part = Day(day.guest[moved], day.host[moved], day.guest_free & opened, day.tables * opened, day.rooms)
        held = slot[moved]
        found = best_slots(part, np.ones((len(held), day.slots), np.bool_), held=held, seconds=2.0)
        if (found.slot != OUT).sum() >= (held != OUT).sum():
            slot = slot.copy()
            slot[moved] = found.slot
    return slot
