"""The list: prices first, then a small integer programme, then the proof over every pair.

Prices of the limits come from a few steps on the dual and from linear programmes over the pairs that are worth looking
at (sifting: pairs that would pay at the present prices join until none is left). At good prices most people are
clearly in or clearly out; an integer programme decides the rest. How little that loses is proved by the bound, which
looks at every pair; where it is too much, more is left open. One time limit holds for all steps together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from matching.allocation.bound import Oracle, Priced
from matching.allocation.problem import Chosen, Flags, Floats, Ints, Problem
from matching.allocation.programme import Solved, Task, Watch, run
from matching.errors import NoList, OutOfTime
from matching.progress import Progress

_STEPS = 60
"""Steps on the dual before the first linear programme."""
_SMALL = 3_000
"""Pairs up to which nothing is sifted: the programmes are over all pairs."""
_ROUNDS = 12
_WIDENINGS = 5
_LEAST_OPEN = 150
_NODES = 20
"""Branches of an integer programme that is not the last one; a number, not a time, so that a run comes out the same."""
_WITHIN = 0.002
_CLEAR = 1e-4
_RELAX = "Relax one of the rules in conflict."


class _Question(NamedTuple):
    """A problem without bars, its oracle, and how it is to be answered."""

    problem: Problem
    oracle: Oracle
    watch: Watch
    seed: int
    gap: float
    say: Progress

    def run(self, task: Task) -> Solved:
        return run(self.problem, task, watch=self.watch, seed=self.seed)


def solve(
    problem: Problem, *, seconds: float = 60.0, gap: float = 0.01, seed: int = 0, progress: Progress | None = None
) -> Chosen:
    """The most valuable list under the limits, with a proved bound.

    Parameters
    ----------
    seconds : float
        Time for everything together.
    gap : float
        Relative gap at which the search ends.
    seed : int
        The same problem and seed give the same list, unless time runs out (`Chosen.finished`).
    progress : callable, optional
        Told (step, done, total).

    Raises
    ------
    NoList
        The limits contradict each other: proved.
    OutOfTime
        Time ran out before a list was found; there may be one.
    """
    pairs = problem.open_pairs()
    inner = problem.only(pairs)
    say = progress or (lambda step, done, total: None)
    asked = _Question(inner, Oracle.of(inner), Watch(seconds), seed, gap, say)
    _check_pins(inner)
    reached = _priced(asked)
    found = _whole(asked, reached)
    met = np.zeros(len(problem.row), np.bool_)
    met[pairs[found.pairs]] = True
    value, stayed = float(problem.gain[met].sum()), float(problem.extra[found.invited].sum())
    chosen = Chosen(found.invited, met, value, stayed, found.bound, reached.prices, finished=True)
    return chosen._replace(finished=chosen.gap <= gap + 1e-9)


def bound_by_prices(problem: Problem, *, seconds: float = 60.0, seed: int = 0) -> float:
    """What no list is worth more than, without looking for a list; minus infinity where there is none for sure.

    Raises
    ------
    OutOfTime
    """
    inner = problem.only(problem.open_pairs())
    asked = _Question(inner, Oracle.of(inner), Watch(seconds), seed, 0.005, lambda step, done, total: None)
    try:
        return _priced(asked).priced.bound
    except NoList:
        return -np.inf


def _check_pins(problem: Problem) -> None:
    if problem.pinned is None:
        return
    lost = problem.pinned & (np.bincount(problem.row, minlength=len(problem.shows)) < problem.meetings[0])
    if lost.any():
        raise NoList(f"{int(lost.sum())} pinned have too few hosts left to meet", where="pinned", cure=_RELAX)


class _Reached(NamedTuple):
    """Where sifting came to: the best prices, everyone's answers at them, the last pairs and their linear optimum."""

    prices: Floats
    priced: Priced
    kept: Ints
    linear: Solved | None


def _priced(asked: _Question) -> _Reached:
    """Prices that make the bound as tight as sifting gets.

    Raises
    ------
    NoList, OutOfTime
    """
    everything = np.arange(len(asked.problem.row))
    small = len(everything) <= _SMALL
    prices = np.zeros(len(asked.oracle.limits.low)) if small else _first_prices(asked)
    kept = everything if small else _promising(asked, asked.oracle.at(prices), prices)
    best = _Reached(prices, asked.oracle.at(prices), kept, None)
    for turn in range(_ROUNDS):
        asked.say("prices", turn, _ROUNDS)
        linear = asked.run(Task(kept))
        if linear.status == "infeasible":
            kept = _feasible_pairs(asked, kept)
            continue
        if linear.status != "optimal":
            break
        priced = asked.oracle.at(linear.prices)
        better = priced.bound < best.priced.bound or best.linear is None
        best = _Reached(*((linear.prices, priced) if better else best[:2]), kept, linear)
        worth = float(asked.problem.gain[kept] @ linear.pairs + asked.problem.extra @ linear.rows)
        missing = missing_pairs(asked.problem, priced, kept)
        bound = best.priced.bound
        if bound - worth <= 0.1 * asked.gap * max(abs(bound), 1e-12) or not len(missing):
            break
        kept = np.union1d(kept, missing)
    return best


def missing_pairs(problem: Problem, priced: Priced, kept: Ints) -> Ints:
    """The pairs that would pay and are not looked at yet: first those of the rows that may come in at these prices.

    Prices of few pairs are too low for the others, so that nearly everybody would pay: all at once would make the next
    programme as large as the whole problem.
    """
    missing = np.setdiff1d(np.flatnonzero(priced.taken), kept)
    near = missing[_rows_in_reach(problem, priced.net)[problem.row[missing]]]
    return near if len(near) else missing


def _first_prices(asked: _Question) -> Floats:
    """Steps against the excess of each limit, each scaled by how far the limit was off before (as Adagrad does)."""
    oracle = asked.oracle
    limits = oracle.limits
    free = ~np.isfinite(limits.low) & ~np.isfinite(limits.high)
    upper = np.isfinite(limits.high)
    scale = np.full(len(free), float(oracle.gain.mean()) * asked.problem.meetings[1] if len(oracle.gain) else 0.0)
    scale[: limits.tied] /= asked.problem.meetings[1]
    prices, seen = np.zeros(len(free)), np.zeros(len(free))
    best, best_bound = prices, np.inf
    for step in range(_STEPS):
        asked.say("first prices", step, _STEPS)
        if asked.watch.left <= 0:
            break
        priced = oracle.at(prices)
        if priced.bound < best_bound:
            best, best_bound = prices, priced.bound
        excess = np.where(free, 0.0, priced.excess)
        seen += excess**2
        moved = prices + scale * excess / np.sqrt(np.maximum(seen, 1e-12))
        prices = np.where(free, 0.0, np.where(upper, np.maximum(moved, 0.0), np.minimum(moved, 0.0)))
    return best


def _promising(asked: _Question, priced: Priced, prices: Floats) -> Ints:
    """Pairs worth a look at `prices`: the best few of the rows that may come in, and enough for every limit."""
    problem = asked.problem
    rows = _rows_in_reach(problem, priced.net)
    net = problem.gain - asked.oracle.limits.paid(prices)
    among = np.flatnonzero(rows[problem.row])
    by_row = _place_within(problem.row[among], net[among]) < problem.meetings[1] + 3
    by_column = _place_within(problem.column[among], net[among]) < max(3, int(2 * problem.least.max(initial=0)))
    return np.asarray(np.union1d(among[by_row | by_column], np.flatnonzero(priced.taken)), np.int64)


def _rows_in_reach(problem: Problem, net: Floats) -> Flags:
    """Rows by what they are worth until the seats are full one and a half times, and so for each floor's members."""
    order = np.argsort(-net, kind="stable")
    order = order[np.isfinite(net[order])]
    seats = 1.5 * problem.seats
    inside = np.zeros(len(net), np.bool_)
    inside[order[np.cumsum(problem.shows[order]) <= seats]] = True
    for share in problem.shares:
        if share.least > 0:
            mine = order[share.members[order]]
            inside[mine[np.cumsum(problem.shows[mine]) <= share.least * seats]] = True
    return inside if problem.pinned is None else inside | problem.pinned


def _place_within(group: Ints, value: Floats) -> Ints:
    order = np.lexsort((-value, group))
    counts = np.bincount(group)
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group)) - np.repeat(np.cumsum(counts) - counts, counts)
    return place


def _feasible_pairs(asked: _Question, kept: Ints) -> Ints:
    """More pairs, with which the linear programme has an answer.

    Raises
    ------
    NoList
        Even all pairs have none: at the prices found, with gains at zero, the bound is below zero.
    OutOfTime
    """
    oracle = Oracle.of(replace(asked.problem, stay=None), gain=np.zeros(len(asked.problem.row)))
    while True:
        linear = asked.run(Task(kept, elastic=True))
        if linear.status != "optimal":
            raise _late()
        if linear.lack <= 1e-7:
            return kept
        priced = oracle.at(linear.prices)
        if priced.bound < -1e-7:
            raise NoList("no list can keep all rules", where="allocation", cure=_RELAX)
        missing = np.setdiff1d(np.flatnonzero(priced.taken), kept)
        if not len(missing):
            if len(kept) == len(asked.problem.row):
                raise NoList("no list can keep all rules", where="allocation", cure=_RELAX)
            missing = np.arange(len(asked.problem.row))
        kept = np.union1d(kept, missing)


class _Found(NamedTuple):
    invited: Flags
    pairs: Flags
    total: float
    bound: float


def _whole(asked: _Question, reached: _Reached) -> _Found:
    """The best list that integer programmes find: what is near the edge is left open, wider and wider.

    Raises
    ------
    NoList, OutOfTime
    """
    best: _Found | None = None
    bound = reached.priced.bound
    for turn, task in enumerate(_tasks(asked, reached)):
        asked.say("list", turn, _WIDENINGS + 1)
        if best is not None:
            task = task._replace(start=(best.invited, best.pairs[task.pairs]))
        solved = asked.run(task)
        complete = not task.fixed.any() and len(task.pairs) == len(asked.problem.row)
        if complete and solved.status == "infeasible":
            raise NoList("no list can keep all rules", where="allocation", cure=_RELAX)
        if solved.status in ("optimal", "stopped"):
            found = _read(asked.problem, task.pairs, solved, bound=min(bound, solved.bound) if complete else bound)
            best = found if best is None or found.total > best.total else best._replace(bound=found.bound)
            if best.bound - best.total <= asked.gap * abs(best.bound) + 1e-12:
                break
        if asked.watch.left <= 0:
            break
    if best is None:
        raise _late()
    return best


def _tasks(asked: _Question, reached: _Reached) -> Iterator[Task]:
    """Integer programmes from narrow to whole; the last one is over every pair, with nothing fixed."""
    everything = np.arange(len(asked.problem.row))
    if len(everything) > _SMALL and reached.linear is not None:
        room = max(_LEAST_OPEN, 3 * len(asked.oracle.limits.low) // 2)
        score = _distance(asked, reached)
        for turn in range(_WIDENINGS):
            if room < len(reached.kept):
                yield _borderline(reached, score, room)
            room *= 2 if turn < 2 else 4
        yield Task(reached.kept, asked.gap / 2, nodes=_NODES, fixed=np.zeros(len(reached.kept), np.bool_))
    yield Task(everything, asked.gap / 2, fixed=np.zeros(len(everything), np.bool_))


def _distance(asked: _Question, reached: _Reached) -> Floats:
    """How far each kept pair's lot is from turning, in expected useful meetings at the prices, (kept,)."""
    priced, problem = reached.priced, asked.problem
    net = problem.gain - asked.oracle.limits.paid(reached.prices)
    n, (_, high) = len(problem.shows), problem.meetings
    among = priced.own
    least_in, best_out = np.full(n, np.inf), np.zeros(n)
    np.minimum.at(least_in, problem.row[among], net[among])
    np.maximum.at(best_out, problem.row[~among], net[~among])
    full = np.bincount(problem.row[among], minlength=n) >= high
    door = np.where(full, least_in, 0.0)
    row, worth = problem.row, priced.net[problem.row]
    inside = np.where(worth > 0, np.minimum(worth, net - best_out[row]), -worth)
    outside = np.maximum(-worth, door[row] - net)
    far = np.where(among, inside, outside)[reached.kept]
    assert reached.linear is not None
    undecided = (reached.linear.pairs > _CLEAR) & (reached.linear.pairs < 1 - _CLEAR)
    return np.where(undecided, -1.0, np.nan_to_num(far, posinf=1e9))


def _borderline(reached: _Reached, score: Floats, room: int) -> Task:
    """The `room` pairs nearest to turning are open; of the others those that the linear optimum takes are fixed."""
    assert reached.linear is not None
    edge = np.partition(score, room - 1)[room - 1]
    fixed = (reached.linear.pairs >= 1 - _CLEAR) & (score > edge)
    use = fixed | (score <= edge)
    return Task(reached.kept[use], _WITHIN, nodes=_NODES, fixed=fixed[use])


def _read(problem: Problem, pairs: Ints, solved: Solved, *, bound: float) -> _Found:
    invited = solved.rows > 0.5
    met = np.zeros(len(problem.row), np.bool_)
    met[pairs[solved.pairs > 0.5]] = True
    met &= invited[problem.row]
    total = float(problem.gain[met].sum() + problem.extra[invited].sum())
    return _Found(invited, met, total, max(bound, total))


def _late() -> OutOfTime:
    cure = "Give more time, or ask for fewer people or employers."
    return OutOfTime("no list was found in the time given; there may be one", where="allocation", cure=cure)
