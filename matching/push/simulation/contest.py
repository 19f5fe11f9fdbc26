"""All rules on the same world with the same luck, measured alike by the hidden truth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from matching.push import baselines as others
from matching.push.market import market_of
from matching.push.plan import plan
from matching.push.report import Effects, effects
from matching.push.simulation.habits import Habits
from matching.push.simulation.nights import Outcome, Rule, cells_of, simulate
from matching.push.simulation.world import World

if TYPE_CHECKING:
    from matching.settings import PushSettings

OURS, TOP, NO_FLOORS = "gradmatch", "top-k", "gradmatch, no floors"

BASELINES: dict[str, Rule] = {
    TOP: lambda t: others.top_k(t.market),
    "random": lambda t: others.at_random(t.market, t.night),
    "hard cap 80": lambda t: others.hard_cap(t.market, t.apply, t.applied, seed=t.night),
    "hard cap at what is wanted": lambda t: others.hard_cap(t.market, t.apply, t.applied, cap=t.wanted, seed=t.night),
    "applications ÷ openings": lambda t: others.fewest_applications(
        t.market, t.apply, t.applied, openings=t.places, seed=t.night
    ),
    "weighted shuffle": lambda t: others.weighted_shuffle(t.market, t.night),
    "optimal transport": lambda t: others.optimal_transport(t.market),
}
"""What others ship. All see the same values, budgets and news as we do; none sees our limits."""

_GAP = 0.02
"""What a simulated plan may be short of the best one; a real night proves 1 %."""

Row = Mapping[str, float]
"""One rule's figures, by the names of `COLUMNS`."""

TIGHTNESS = (0.25, 0.5, 2.0, 4.0)
"""Our own front: the applications that the plan allows, as multiples of what is wanted."""


def front_of(push: PushSettings) -> dict[str, PushSettings]:
    """Ours without floors, and with tighter and looser limits, by name."""
    found = {NO_FLOORS: push.model_copy(update={"floor": 0})}
    for times in TIGHTNESS:
        found[f"{OURS} × {times:g}"] = push.model_copy(update={"wanted": push.wanted * times})
    return found


@dataclass(frozen=True)
class Found:
    """One rule's figures.

    Parameters
    ----------
    effects : Effects
        Of all nights together; applications by attention and hidden truth.
    outcome : Outcome
    priority_utility : float
        Utility of priority groups, a graduate.
    """

    effects: Effects
    outcome: Outcome
    priority_utility: float

    @property
    def nightly(self) -> float:
        """Mean share of the open postings sent to anybody in a night."""
        return float(self.outcome.nightly.mean())

    @property
    def could(self) -> float:
        """The most that this could be in each night's state, in the mean."""
        return float(self.outcome.could.mean())


def contest(
    world: World,
    push: PushSettings,
    habits: Habits,
    *,
    nights: int = 30,
    luck: int = 0,
    variants: Mapping[str, PushSettings] | None = None,
    among: Collection[str] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Found]:
    """Figures of every rule, ours first.

    Parameters
    ----------
    world : World
    push : PushSettings
    habits : Habits
    nights, luck : int
    variants : mapping, optional
        Also ours under other settings, by name: `front_of`, or what if budgets were others. All are measured by what
        `push` says is wanted.
    among : collection of str, optional
        Only the rules of these names: `contest` in parts, which add up, since all have the same luck.
    """
    rule: Rule = lambda t: plan(t.market, gap=_GAP).held  # noqa: E731
    asked = {OURS: (rule, push), **{name: (other, push) for name, other in BASELINES.items()}}
    asked |= {name: (rule, other) for name, other in (variants or {}).items()}
    asked = {name: one for name, one in asked.items() if among is None or name in among}
    found = {}
    for done, (name, (how, settings)) in enumerate(asked.items(), 1):
        found[name] = measured(world, simulate(world, how, settings, habits, nights=nights, luck=luck), push)
        progress(done, len(asked))
    return found


def measured(world: World, outcome: Outcome, push: PushSettings) -> Found:
    """The figures of one course of nights."""
    n, p = len(world.graduate), world.postings
    limits = (np.ones((1, p), np.int64), np.zeros((1, p)))
    market = market_of(world.graduate, world.posting, np.ones(n), graduates=world.graduates, limits=limits)
    cell = cells_of(market, world.graduate, world.posting)
    held, apply, answer, came = (np.zeros(market.posting.size) for _ in range(4))
    held[cell], answer[cell], came[cell] = outcome.sent >= 0, world.true_answer, outcome.came
    apply[cell] = outcome.looked * world.true_apply
    shape = market.posting.shape
    figures = effects(
        market,
        held.reshape(shape) > 0,
        apply.reshape(shape),
        answer=answer.reshape(shape),
        wanted=np.asarray(world.places * push.wanted, np.float64),
        priority=world.priority,
        came=came.reshape(shape),
    )
    own = outcome.looked * world.true_apply * world.true_answer * world.priority[world.graduate]
    return Found(figures, outcome, float(own.sum() / max(world.priority.sum(), 1)))


def better_than(rows: Mapping[str, Row]) -> list[str]:
    """Baselines with no more congestion than ours and more use: should be none."""
    ours = rows[OURS]
    return [
        name for name in BASELINES if rows[name]["over%"] <= ours["over%"] and rows[name]["useful"] > ours["useful"]
    ]


def told(rows: Mapping[str, Row]) -> str:
    """The figures in columns, a line a rule; what each column is stands in docs/push.md."""
    width = max(len(name) for name in rows)
    lines = [" " * width + "".join(f"{name:>9}" for name in COLUMNS)]
    for name, values in rows.items():
        lines.append(
            f"{name:<{width}}" + "".join(f"{values[column]:9.{places}f}" for column, places in COLUMNS.items())
        )
    return "\n".join(lines)


def figures(one: Found) -> dict[str, float]:
    """One rule's figures by the names of `COLUMNS`."""
    of, came = one.effects, one.outcome
    return {
        "utility": of.utility,
        "useful": of.useful,
        "over%": 100 * of.over,
        "crowded%": 100 * of.crowded,
        "waiting": of.waiting,
        "days": came.waited,
        "cover%": 100 * of.coverage,
        "nightly%": 100 * one.nightly,
        "could%": 100 * one.could,
        "gini p": of.gini_postings,
        "gini g": of.gini_graduates,
        "reach%": 100 * of.reach,
        "first%": 100 * of.priority_reach,
        "first u": one.priority_utility,
        "sent": float((came.sent >= 0).sum()),
        "applied": float(came.came.sum()),
        "answered": float(came.answered),
        "hired": float(came.hired),
        "muted%": 100 * float(came.muted.mean()),
    }


COLUMNS = {
    "utility": 1,
    "useful": 1,
    "over%": 2,
    "crowded%": 1,
    "waiting": 2,
    "days": 2,
    "cover%": 1,
    "nightly%": 1,
    "could%": 1,
    "gini p": 3,
    "gini g": 3,
    "reach%": 1,
    "first%": 1,
    "first u": 3,
    "sent": 0,
    "applied": 0,
    "answered": 0,
    "hired": 0,
    "muted%": 2,
}
"""Names of the columns, and their decimals."""


def summary(rows: Mapping[str, Row]) -> dict[str, float]:
    """Ours beside top-k: change of congestion, shares of utility, coverage; and what the floors cost and bring."""
    ours, top = rows[OURS], rows[TOP]
    result = {
        "over capacity, change %": 100 * _ratio(ours["over%"], top["over%"]) - 100,
        "utility, share %": 100 * _ratio(ours["utility"], top["utility"]),
        "useful utility, share %": 100 * _ratio(ours["useful"], top["useful"]),
        "coverage a night, times": _ratio(ours["nightly%"], top["nightly%"]),
        "coverage of all nights, times": _ratio(ours["cover%"], top["cover%"]),
        "most coverage of all nights that is possible, times": _ratio(100.0, top["cover%"]),
        "most coverage a night that its state allows, % had": 100 * _ratio(ours["nightly%"], ours["could%"]),
        "baselines ahead": float(len(better_than(rows))),
    }
    if NO_FLOORS in rows:
        free = rows[NO_FLOORS]
        result["floors cost, % of useful utility"] = 100 - 100 * _ratio(ours["useful"], free["useful"])
        result["floors bring to priority groups, % of their utility"] = (
            100 * _ratio(ours["first u"], free["first u"]) - 100
        )
    return result


def _ratio(one: float, other: float) -> float:
    return one / other if other > 0 else float("nan")
