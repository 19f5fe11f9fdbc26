"""The certificate: from prices for the limits to a value that no list can exceed (Lagrangian duality).

Limits that tie invitees together are paid for at a price instead of kept. At fixed prices each invitee is a small
question of its own with an exact answer: take the best meetings, at least the fewest, and come if that is worth it.
Any prices of the right sign give a true bound; good ones give a tight one. The check needs no solver, and with all
gains at zero the same bound, once below zero, proves that there is no list at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from scipy import sparse

from matching.allocation.problem import Flags, Floats, Ints, Problem


class Limits(NamedTuple):
    """``low ≤ invited · rows + met · pairs ≤ high``, one line a limit that ties invitees together.

    The first `tied` of them count pairs, the others rows.
    """

    rows: sparse.csr_array
    pairs: sparse.csr_array
    low: Floats
    high: Floats
    tied: int

    def paid(self, prices: Floats) -> Floats:
        """What each pair pays at `prices`, (p,)."""
        return np.asarray(self.pairs[: self.tied].T @ prices[: self.tied])


def limits_of(problem: Problem) -> Limits:
    """The limits of `problem`: columns' least, most and slots, rooms; seats, then each share's least and most."""
    n, p, m = len(problem.shows), len(problem.row), len(problem.least)
    place = (problem.column, np.arange(p))
    planned = sparse.csr_array((np.ones(p), place), shape=(m, p))
    ties = [planned, sparse.csr_array((problem.shows[problem.row], place), shape=(m, p))]
    tied = [np.full(m, np.inf), problem.most]
    if problem.slots is not None:
        ties, tied = [*ties, planned], [*tied, problem.slots]
    if np.isfinite(problem.rooms):
        ties, tied = [*ties, sparse.csr_array(np.ones((1, p)))], [*tied, np.array([problem.rooms])]
    count = sum(len(high) for high in tied)
    lines = [problem.shows]
    high = [problem.seats]
    for share in problem.shares:
        inside = share.members.astype(np.float64)
        lines += [share.least - inside, inside - share.most]
        high += [0.0, 0.0]
    rows = sparse.vstack([sparse.csr_array((count, n)), sparse.csr_array(np.array(lines))], format="csr")
    pairs = sparse.vstack([*ties, sparse.csr_array((len(lines), p))], format="csr")
    low = np.concatenate([problem.least, np.full(count - m + len(lines), -np.inf)])
    return Limits(rows, pairs, low, np.concatenate([*tied, high]), count)


class Priced(NamedTuple):
    """Everyone's own answer at given prices.

    bound : nobody can do better than this. net : (n,) what inviting the row is worth. taken : (p,) the pairs that
    each row takes. own : (p,) those that each row would take if it were invited. excess : (limits,) how far the answers
    together are over (or, below zero, under) a limit.
    """

    bound: float
    net: Floats
    taken: Flags
    own: Flags
    excess: Floats


@dataclass(frozen=True, slots=True)
class Oracle:
    """Answers at prices, quickly: pairs as a padded matrix, one line a row, in the order of the columns."""

    problem: Problem
    limits: Limits
    gain: Floats
    place: Ints
    starts: Ints

    @classmethod
    def of(cls, problem: Problem, *, gain: Floats | None = None) -> Self:
        """The oracle of a problem without bars; `gain` (p,) in place of its own."""
        n = len(problem.shows)
        counts = np.bincount(problem.row, minlength=n)
        order = np.argsort(problem.row, kind="stable")
        starts = np.cumsum(counts) - counts
        place = np.empty(len(order), np.int64)
        width = max(int(counts.max(initial=0)), 1)
        place[order] = problem.row[order] * width + np.arange(len(order)) - starts[problem.row[order]]
        return cls(problem, limits_of(problem), problem.gain if gain is None else gain, place, counts)

    def at(self, prices: Floats) -> Priced:
        """The answers at `prices`, one a limit; prices of the wrong sign count as 0."""
        problem, limits = self.problem, self.limits
        paid = np.where(prices > 0, np.isfinite(limits.high), np.isfinite(limits.low)) * prices
        edge = np.where(paid > 0, limits.high, limits.low)
        fixed = float((paid[paid != 0] * edge[paid != 0]).sum())
        net, mine = self._best_sets(self.gain - limits.paid(paid))
        net = net + problem.extra - limits.rows.T @ paid
        pinned = np.zeros(len(net), np.bool_) if problem.pinned is None else problem.pinned
        comes = (net > 0) | pinned
        taken = mine & comes[problem.row]
        used = limits.rows @ comes.astype(np.float64) + limits.pairs @ taken.astype(np.float64)
        nearest = np.where(np.isfinite(limits.high), limits.high, limits.low)
        return Priced(fixed + float(net[comes].sum()), net, taken, mine, used - nearest)

    def _best_sets(self, net: Floats) -> tuple[Floats, Flags]:
        """For each row the most that an allowed number of its pairs is worth, and which; -inf with too few pairs."""
        low, high = self.problem.meetings
        n, p = len(self.problem.shows), len(net)
        width = max(int(self.starts.max(initial=0)), 1)
        flat = np.full(n * width, -np.inf)
        flat[self.place] = net
        matrix = flat.reshape(n, width)
        depth = min(high, width)
        top = np.argpartition(-matrix, depth - 1, axis=1)[:, :depth]
        best = np.take_along_axis(matrix, top, axis=1)
        inner = np.argsort(-best, axis=1, kind="stable")
        top, best = np.take_along_axis(top, inner, axis=1), np.take_along_axis(best, inner, axis=1)
        take = np.isfinite(best) & ((best > 0) | (np.arange(depth) < low))
        total = np.where(take, best, 0.0).sum(axis=1)
        chosen = np.zeros((n, width), np.bool_)
        np.put_along_axis(chosen, top, take, axis=1)
        enough = self.starts >= low
        return np.where(enough, total, -np.inf), chosen.reshape(-1)[self.place] if p else np.zeros(0, np.bool_)


def bound_of(problem: Problem, prices: Floats) -> float:
    """No list of `problem` is worth more than this, for any `prices` (one a limit; wrong signs count as 0).

    Minus infinity where a pinned row has too few pairs: then there is no list.
    """
    return Oracle.of(problem.only(problem.open_pairs())).at(prices).bound
