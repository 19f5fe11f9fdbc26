"""The lists that people make by hand, for comparison: best score first, by lot, first come first served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from matching.allocation.problem import Flags, Ints, Problem


class Simple(NamedTuple):
    """A simple list: its name, its expected useful meetings, the rules that it breaks, who is invited and meets."""

    name: str
    value: float
    broken: tuple[str, ...]
    invited: Flags
    met: Flags


def simple_lists(problem: Problem, *, seed: int = 0) -> Iterator[Simple]:
    """Top score (best pair first), random, first come (in the order of the rows).

    Each fills the seats in its order; whoever is in meets the best hosts that still have room. Bars are respected, as
    anybody would; the other rules are not known to these lists, and the ones that they break are named.
    """
    top = np.zeros(len(problem.shows))
    np.maximum.at(top, problem.row, problem.worth)
    orders = {
        "top score": np.argsort(-top, kind="stable"),
        "random": np.random.default_rng(seed).permutation(len(top)),
        "first come": np.arange(len(top)),
    }
    for name, order in orders.items():
        invited, met = by_order(problem, order.astype(np.int64))
        yield Simple(name, float(problem.gain[met].sum()), tuple(problem.broken(invited, met)), invited, met)


def by_order(problem: Problem, order: Ints) -> tuple[Flags, Flags]:
    """Invite rows in `order` until the seats are full; each meets its best columns that still have room."""
    low, high = problem.meetings
    room, seats, rooms = problem.most.copy(), problem.seats, problem.rooms
    slots = np.full(len(room), np.inf) if problem.slots is None else problem.slots.copy()
    invited, met = np.zeros(len(problem.shows), np.bool_), np.zeros(len(problem.row), np.bool_)
    pairs = problem.open_pairs()
    pairs = pairs[np.lexsort((-problem.worth[pairs], problem.row[pairs]))]
    starts = np.searchsorted(problem.row[pairs], np.arange(len(problem.shows) + 1))
    for i in order.tolist():
        shows = problem.shows[i]
        mine = pairs[starts[i] : starts[i + 1]]
        hosts = problem.column[mine]
        free = mine[(room[hosts] >= shows) & (slots[hosts] >= 1)][: int(min(high, rooms))]
        if shows > seats or len(free) < low:
            continue
        room[problem.column[free]] -= shows
        slots[problem.column[free]] -= 1
        rooms -= len(free)
        seats -= shows
        invited[i], met[free] = True, True
    return invited, met
