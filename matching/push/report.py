"""What a plan does to the market: congestion, coverage, evenness, worth, reach; the same figures for every rule.

A posting's *load* is the applications that its sends are expected to bring, with those that came already; it is over
its capacity where that is more than it wants.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from matching.push.bound import Flags
from matching.push.market import Floats, Market

_EDGE = 1e-6
"""A load this little over what is wanted is rounding."""


@dataclass(frozen=True)
class Effects:
    """What a plan does. NaN where nobody and nothing is there to measure.

    Parameters
    ----------
    utility : float
        Expected applications that are answered, if every posting had room for all.
    useful : float
        The same with those who come to a full posting shared out: load beyond what is wanted brings nothing.
    over : float
        Share of the open postings whose load is more than they want.
    crowded : float
        Share of the expected applications that go to such postings.
    waiting : float
        Rounds until one's turn, over applications, where a posting serves as many a round as it wants: (load ÷
        wanted + 1) ÷ 2, at least 1.
    coverage : float
        Share of the open postings sent to anybody.
    gini_postings, gini_graduates : float
        Unevenness of the load over open postings, and of the utility over graduates with a budget: 0 all alike.
    reach, priority_reach : float
        Share of the graduates with a budget, and of those of priority groups, who get anything.
    """

    utility: float
    useful: float
    over: float
    crowded: float
    waiting: float
    coverage: float
    gini_postings: float
    gini_graduates: float
    reach: float
    priority_reach: float

    def as_dict(self) -> dict[str, float]:
        """The figures by name."""
        return asdict(self)


def most_covered(market: Market) -> int:
    """How many postings one night could send to anybody, whatever else that costs: no rule covers more.

    The largest matching of postings with the places in digests (Hopcroft and Karp). Diversity and the employers'
    limits are left out, so it may be a little more than can be had.
    """
    owner = np.repeat(np.arange(market.graduates), np.minimum(market.budget, market.width))
    lines = market.posting[owner]
    place, column = np.nonzero(lines >= 0)
    pairs = csr_array((np.ones(len(place)), (place, lines[place, column])), shape=(len(owner), market.postings))
    return int((maximum_bipartite_matching(pairs, perm_type="row") >= 0).sum())


def effects(
    market: Market,
    held: Flags,
    apply: Floats,
    *,
    answer: Floats,
    wanted: Floats,
    priority: Flags,
    came: Floats | None = None,
) -> Effects:
    """What the plan `held` does.

    Parameters
    ----------
    market : Market
    held : bool array (g, width)
    apply, answer : float64 arrays (g, width)
        Chances of each cell: of an application, and of an answer to it.
    wanted : float64 array (p,)
        Applications wanted; a posting that wants none is not open and counts in no share of postings.
    priority : bool array (g,)
    came : float64 array (g, width), optional
        Applications that came of each cell, where that is known: they make the load, and the chances the utility.
    """
    row, column = np.nonzero(held)
    posting = market.posting[row, column]
    applications = apply[row, column]
    worth = applications * answer[row, column]
    arrived = applications if came is None else came[row, column]
    load = np.bincount(posting, arrived, minlength=market.postings).astype(np.float64)
    is_open, budgeted = wanted > 0, market.budget > 0
    over = load > wanted + _EDGE
    share = np.minimum(1.0, np.divide(wanted, load, out=np.ones_like(load), where=load > 0))
    rounds = np.maximum((load / np.maximum(wanted, 0.5) + 1) / 2, 1.0)
    of_graduate = np.bincount(row, worth, minlength=market.graduates).astype(np.float64)
    got = np.bincount(row, minlength=market.graduates) > 0
    sent = np.bincount(posting, minlength=market.postings) > 0
    return Effects(
        utility=float(worth.sum()),
        useful=float((worth * share[posting]).sum()),
        over=_share(over, is_open),
        crowded=_weighted(over[posting].astype(np.float64), arrived),
        waiting=_weighted(rounds[posting], arrived),
        coverage=_share(sent, is_open),
        gini_postings=gini(load[is_open]),
        gini_graduates=gini(of_graduate[budgeted]),
        reach=_share(got, budgeted),
        priority_reach=_share(got, budgeted & priority),
    )


def gini(values: Floats) -> float:
    """Gini coefficient: mean difference between two of the values, over twice their mean. NaN where all are 0.

    The same as `eval.market.gini`, which looks at lists; this looks at amounts.
    """
    total, n = float(values.sum()), len(values)
    if total <= 0:
        return float("nan")
    rank = np.arange(1, n + 1)
    return float(((2 * rank - n - 1) * np.sort(values)).sum() / (n * total))


def table(rows: dict[str, Effects]) -> str:
    """The figures of several rules, a line each, in columns."""
    names = list(Effects.__dataclass_fields__)
    width = max([len(name) for name in rows] + [4])
    head = " " * width + "".join(f"{name.replace('_', ' '):>16}" for name in names)
    lines = [f"{name:<{width}}" + "".join(f"{v:16.3f}" for v in of.as_dict().values()) for name, of in rows.items()]
    return "\n".join([head, *lines])


def _share(part: Flags, whole: Flags) -> float:
    return float((part & whole).sum() / whole.sum()) if whole.any() else float("nan")


def _weighted(values: Floats, weights: Floats) -> float:
    return float((values * weights).sum() / weights.sum()) if weights.sum() > 0 else float("nan")
