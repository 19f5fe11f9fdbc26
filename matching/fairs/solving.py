"""How a list is asked for, and the solve: what the event leaves open gives way to what it states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matching.allocation import Chosen, Problem, conflict_in, give_way, relaxed, solve
from matching.allocation.programme import Watch
from matching.errors import NoList
from matching.fairs.words import conflict_words, relax_words
from matching.progress import Progress
from matching.standard.records import Event


@dataclass(frozen=True)
class Wish:
    """How a list is asked for.

    base : the version that it is made from; None for the one in use. pinned, excluded : keys with the reason, kept with
    the list and carried on to the next version. free : keys whose pin or exclusion is lifted. prices : whether the cost
    of every rule is worked out.
    """

    seed: int = 0
    seconds: float = 60.0
    gap: float = 0.01
    base: int | None = None
    pinned: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)
    free: frozenset[str] = frozenset()
    prices: bool = True


def solved_for(
    event: Event, problem: Problem, wish: Wish, progress: Progress | None = None
) -> tuple[Problem, Chosen, dict[str, float]]:
    """The list, where rules that the event leaves open give way to what it states, as little as they must.

    Returns
    -------
    tuple
        The problem that was solved, its list, and how far each rule that gave way is kept, as `relaxed` says it (0:
        not at all).

    Raises
    ------
    NoList
        Only stated rules are in conflict: names the smallest set of them, and what to relax, in words.
    OutOfTime
    """
    gave: dict[str, float] = {}
    watch = Watch(wish.seconds)
    while True:
        try:
            return problem, solve(problem, seconds=wish.seconds, gap=wish.gap, seed=wish.seed, progress=progress), gave
        except NoList:
            conflict = conflict_in(problem, seconds=max(watch.left, 1.0))
            open_ = [rule for rule in conflict.rules if rule in _left_open(event) and rule not in gave]
            if not open_:
                raise _told(problem, conflict.rules, wish) from None
            rule = open_[0]
            amount = relaxed(problem, rule, seconds=max(watch.left / 2, 1.0))
            problem = problem.without(rule) if amount is None else give_way(problem, rule, amount)
            gave[rule] = amount or 0.0


def _left_open(event: Event) -> tuple[str, ...]:
    """Rules of which the event states nothing, the first to give way first."""
    usual = type(event.rules)()
    fields = {
        "least": "employer_least",
        "college": "college_most",
        "county": "county_least",
        "furthest": "furthest_least",
        "hardship": "hardship_least",
    }
    return tuple(rule for rule, name in fields.items() if getattr(event.rules, name) == getattr(usual, name))


def _told(problem: Problem, rules: tuple[str, ...], wish: Wish) -> NoList:
    lines = [relax_words(rule, relaxed(problem, rule, seconds=wish.seconds / 4)) for rule in rules]
    cure = "可选做法 / one of: " + "; ".join(str(line) for line in lines)
    return NoList(str(conflict_words(rules)), where=", ".join(rules), cure=cure)
