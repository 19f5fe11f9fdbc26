"""The decision of a night, with its proof.

`plan` runs the auction with a bold step and then measures the gap: the plan's own value beside an upper bound on every
plan's. Where it is larger than asked for, it runs again with a smaller one. What is printed is measured, not promised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.push.auction import Auction, Outcome
from matching.push.bound import Flags, broken_limits, upper_bound, worth
from matching.push.market import Floats, Ints, Market

_ROUNDS = 2_000
"""Rounds between two looks at the gap; most nights end well within."""
BOLD = 4.0
"""The first step, in gaps of a typical value. It promises less than the gap that is asked for, but what comes is a
fraction of what is promised: steps 8 times as large as the promise would need take a fifth of the time and leave 0.2 %
where 1 % is asked for (`scripts/bench push-plan`). Where it is not enough, a quarter is tried."""


@dataclass(frozen=True)
class Planned:
    """Pairs that are sent, by graduate, best first.

    Parameters
    ----------
    graduate, posting : int64 (n,)
    rank : int64 (n,)
        Place in the graduate's digest, from 1.
    value, price : float64 (n,)
        What the pair is worth, and what the posting's place costs tonight: the demand for it.
    """

    graduate: Ints
    posting: Ints
    rank: Ints
    value: Floats
    price: Floats


@dataclass(frozen=True)
class Plan:
    """A night's decision and its certificate.

    Parameters
    ----------
    held : bool (g, width)
        Cells of the market's matrix that are sent.
    value : float
        Sum of the values less the cost of places beyond soft limits.
    bonus : float
        Bonus of the floors' units that are met; a device of the decision, no value.
    bound : float
        No plan at all has more value and bonus together.
    price, employer_price : float64 (p,), (e,)
    rounds, bids : int
    begun : int
        Pairs of an earlier plan that it began with; 0: it was made from nothing.
    """

    market: Market
    held: Flags
    value: float
    bonus: float
    bound: float
    price: Floats
    employer_price: Floats
    rounds: int
    bids: int
    begun: int = 0

    @property
    def gap(self) -> float:
        """The most that any plan could be better, as a share of this one's value; 0 where nothing is worth sending."""
        missing = max(self.bound - self.value - self.bonus, 0.0)
        return missing / self.value if self.value > 0 else (0.0 if missing <= 1e-12 else np.inf)

    @property
    def sent(self) -> int:
        """How many pairs are sent."""
        return int(self.held.sum())

    def pairs(self) -> Planned:
        """What is sent, by graduate, the most valuable first."""
        row, column = np.nonzero(self.held)
        posting = self.market.posting[row, column].astype(np.int64)
        starts = np.searchsorted(row, row)
        return Planned(
            row, posting, np.arange(len(row)) - starts + 1, self.market.value[row, column], self.price[posting]
        )

    def floors(self) -> tuple[int, int]:
        """(units of the floors that are met, units promised)."""
        met = np.minimum(self.held.sum(axis=1), self.market.floor)
        return int(met.sum()), int(np.minimum(self.market.floor, self.market.budget).sum())


def plan(market: Market, *, gap: float = 0.01, patience: int = 20_000) -> Plan:
    """The best digests for all graduates together, within all limits.

    Parameters
    ----------
    market : Market
    gap : float
        No plan shall be better by more than this share.
    patience : int
        Give up narrowing the gap after so many rounds of bidding; the plan is within all limits all the same, and
        says how large its gap is.

    Returns
    -------
    Plan
        Nothing is sent where nothing is worth it. The same market gives the same plan.

    Raises
    ------
    ValueError
        `gap` is not above 0.
    """
    if not gap > 0:
        raise ValueError("a gap of 0 is not to be had by bidding; ask for a small one")
    step = BOLD * gap * typical(market)
    rounds = 0
    while True:
        auction = Auction(market, step)
        done = False
        while not done and rounds + auction.rounds < patience:
            done = auction.run(min(_ROUNDS, patience - rounds - auction.rounds))
        found = certified(market, auction.outcome())
        rounds += auction.rounds
        if found.gap <= gap or rounds >= patience:
            return found
        step /= 4


def floor_price(market: Market, with_floors: Plan, *, gap: float = 0.01) -> float:
    """What the floors cost: value of the plan without them less the value with them (at least 0)."""
    return max(plan(market.without_floors(), gap=gap).value - with_floors.value, 0.0)


def typical(market: Market) -> float:
    """Mean of everyone's best value; 1 where there is none."""
    best = market.value.max(axis=1, initial=-np.inf)
    known = best[np.isfinite(best)]
    return float(known.mean()) if len(known) else 1.0


def certified(market: Market, outcome: Outcome) -> Plan:
    """An auction's outcome with its value and the bound that its prices give."""
    broken = broken_limits(market, outcome.held)
    if any(broken.values()):
        raise AssertionError(f"the auction broke limits: {broken}")
    value, bonus = worth(market, outcome.held)
    bound = upper_bound(market, outcome.price, outcome.employer_price)
    return Plan(
        market,
        outcome.held,
        value,
        bonus,
        bound,
        outcome.price,
        outcome.employer_price,
        outcome.rounds,
        outcome.bids,
    )
