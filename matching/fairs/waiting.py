"""The waiting list: who is called next, in which order, and where it ends.

On it is whoever is not invited, may be, and would add something that shows: the chance of at least one useful meeting
with the best hosts whom they may meet, once these have time for them, in the digits in which a list states chances.
First comes who is nearest to being invited at the prices of the limits, then whose chance is larger. It goes no further
than `TIMES` the invited: not even if every one of them declined would a call come to those behind.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from matching.allocation import Chosen, Problem
from matching.allocation.bound import Oracle
from matching.allocation.fairness import chances
from matching.allocation.problem import Flags, Floats, Ints
from matching.fairs.words import CHANCE_DIGITS, WAITING_FEWEST, WAITING_TIMES

_TIE = 9
"""Digits in which prices tell people apart; beyond them is noise of the solver."""


class Waiting(NamedTuple):
    """Who waits.

    rows : (w,) rows of the problem in their order. chance : (n,) of at least one useful meeting, if invited.
    best : (p,) the pairs that each row would have. nothing, beyond : how many were left off because their chance shows
    as 0, and because the list is long enough.
    """

    rows: Ints
    chance: Floats
    best: Flags
    nothing: int
    beyond: int


def waiting_of(problem: Problem, chosen: Chosen) -> Waiting:
    """The waiting list behind `chosen`; whom a bar keeps out, or who has too few hosts, does not wait."""
    pairs = problem.open_pairs()
    net = np.round(Oracle.of(problem.only(pairs)).at(chosen.prices).net, _TIE)
    best = _best(problem, pairs)
    chance = chances(problem, best)
    able = ~chosen.invited & np.isfinite(net)
    waits = np.flatnonzero(able & (np.round(chance, CHANCE_DIGITS) > 0))
    order = waits[np.lexsort((waits, -chance[waits], -net[waits]))]
    rows = order[: max(WAITING_FEWEST, WAITING_TIMES * int(chosen.invited.sum()))]
    return Waiting(rows, chance, best, int(able.sum()) - len(order), len(order) - len(rows))


def _best(problem: Problem, pairs: Ints) -> Flags:
    """The best pairs of each row among `pairs`, as many as an invited one may have, (p,)."""
    order = pairs[np.lexsort((pairs, -problem.worth[pairs], problem.row[pairs]))]
    rows = problem.row[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    best = np.zeros(len(problem.row), np.bool_)
    best[order[place < problem.meetings[1]]] = True
    return best
