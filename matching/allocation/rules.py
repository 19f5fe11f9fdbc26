"""What the rules cost, which of them contradict each other, and how far one would have to give way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from matching.allocation.problem import Chosen, Problem
from matching.allocation.programme import Watch
from matching.allocation.solve import bound_by_prices, solve
from matching.errors import NoList, OutOfTime


class Price(NamedTuple):
    """What keeping a rule costs in expected useful meetings.

    cost : the proved bound without the rule less the one with it, at least 0. most : the rule costs no more than this,
    whatever the gaps are: the bound without it less the list that was found.
    """

    rule: str
    cost: float
    most: float


class Conflict(NamedTuple):
    """Rules that no list can keep together; `minimal`: leave out any one of them, and the rest can be kept."""

    rules: tuple[str, ...]
    minimal: bool


def price_of(problem: Problem, kept: Chosen, rule: str, *, seconds: float = 60.0, seed: int = 0) -> Price:
    """What `rule` costs, given the list `kept` with it. Cheap: it needs no list without the rule, only a bound.

    Raises
    ------
    OutOfTime
    """
    free = bound_by_prices(problem.without(rule), seconds=seconds, seed=seed)
    return Price(rule, max(free - kept.bound, 0.0), max(free - kept.value - kept.stayed, 0.0))


def conflict_in(problem: Problem, *, seconds: float = 60.0) -> Conflict:
    """A smallest set of rules that no list can keep together; empty where a list exists.

    Each rule is left out in turn: where the rest is still impossible it was not needed for the conflict. The least
    number of meetings is no such rule: it says what a list is.

    Raises
    ------
    OutOfTime
        It could not even be settled whether there is a list.
    """
    watch = Watch(seconds)
    settled = _possible(problem, watch)
    if settled is None:
        raise OutOfTime("whether there is a list was not settled in time", where="allocation", cure="Give more time.")
    if settled:
        return Conflict((), minimal=True)
    needed, minimal = [], True
    for rule in problem.rules:
        without = _possible(problem.without(rule), watch)
        if without is False:
            problem = problem.without(rule)
        else:
            needed.append(rule)
            minimal = minimal and without is not None
    return Conflict(tuple(needed), minimal)


def relaxed(problem: Problem, rule: str, *, seconds: float = 30.0) -> float | None:
    """How far `rule` alone has to give way until there is a list; None where none was found however far it gives way.

    Where it is not settled in time how little is enough, it is more than the least; a list is proved to exist.

    seats, rooms: how many there must be. least: how many meetings of each column can be had. most, slots: how many
    more each column must hold. A share: the fraction of it that can be kept, in steps of a twentieth.
    """
    total = float(problem.shows.sum())
    if rule == "seats":
        return _first(lambda k: replace(problem, seats=float(k)), int(np.ceil(problem.seats)), int(total) + 1, seconds)
    if rule == "least":
        top = int(problem.least.max(initial=0))
        found = _first(lambda k: replace(problem, least=np.minimum(problem.least, top - k)), 0, top, seconds)
        return None if found is None else top - found
    if rule == "rooms":
        low, high = int(problem.rooms), max(int(problem.rooms), len(problem.row))
        return _first(lambda k: replace(problem, rooms=float(k)), low, high, seconds)
    if rule == "slots" and problem.slots is not None:
        own = problem.slots
        return _first(lambda k: replace(problem, slots=own + k), 0, len(problem.shows), seconds)
    if rule == "most":
        return _first(lambda k: replace(problem, most=problem.most + k), 0, int(total) + 1, seconds)
    if any(share.name == rule for share in problem.shares):
        found = _first(lambda k: _eased(problem, rule, 1 - k / 20), 0, 20, seconds)
        return None if found is None else 1 - found / 20
    return None


def give_way(problem: Problem, rule: str, amount: float) -> Problem:
    """The problem with `rule` only as far as `relaxed` says that it can be kept (`amount`)."""
    if rule == "least":
        return replace(problem, least=np.minimum(problem.least, amount))
    if rule in ("seats", "rooms"):
        return replace(problem, seats=amount) if rule == "seats" else replace(problem, rooms=amount)
    if rule == "most":
        return replace(problem, most=problem.most + amount)
    if rule == "slots" and problem.slots is not None:
        return replace(problem, slots=problem.slots + amount)
    return _eased(problem, rule, amount)


def _eased(problem: Problem, rule: str, kept: float) -> Problem:
    shares = tuple(
        share._replace(least=share.least * kept, most=1 - (1 - share.most) * kept) if share.name == rule else share
        for share in problem.shares
    )
    return replace(problem, shares=shares)


def _first(made: Callable[[int], Problem], low: int, high: int, seconds: float) -> int | None:
    """The smallest number from `low` to `high` for which a list was found (it then exists for all above)."""
    watch = Watch(seconds)
    if not _possible(made(high), watch):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _possible(made(middle), watch) else (middle + 1, high)
    return low


def _possible(problem: Problem, watch: Watch) -> bool | None:
    """Whether a list exists; None where time ran out before that was settled."""
    try:
        solve(problem, seconds=watch.left, gap=1.0)
    except NoList:
        return False
    except OutOfTime:
        return None
    return True
