"""How far a plan can be from the best one: its value beside an upper bound that any prices give.

Whatever the prices, no plan is worth more than what everyone would gain by their best digest at these prices plus
what all places would earn (weak duality). A plan's own prices make the bound tight; that it holds does not depend on
how they were found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.push.market import Floats, Market
from matching.push.picks import best_digests

Flags = NDArray[np.bool_]


def upper_bound(market: Market, price: Floats, employer_price: Floats) -> float:
    """No plan is worth more than this, floors' bonus included.

    Parameters
    ----------
    market : Market
    price : float64 array (p,)
        Any numbers; inf is read as so high that nobody pays it.
    employer_price : float64 array (e,)
        Any numbers of at least 0, as above.
    """
    much = _too_much(market)
    most = much + float(np.abs(market.cost).max(initial=0.0))  # an employer without a place leaves its lots nothing
    price, share = np.nan_to_num(price, posinf=much), np.nan_to_num(employer_price, posinf=most)
    return _buyers(market, price) + _sellers(market, price, share)


def _buyers(market: Market, price: Floats) -> float:
    total = 0.0
    slots = np.arange(int(market.budget.max(initial=0)))
    for rows in market.chunks(np.arange(market.graduates)):
        posting = market.posting[rows]
        bonus = np.where(slots < market.floor[rows][:, None], market.bonus, 0.0)
        found = best_digests(
            market.value[rows] - price[posting],
            market.employer[posting],
            np.zeros(posting.shape, bool),
            free=market.budget[rows],
            bonus=bonus,
            most=market.per_employer,
        )
        total += float(found.gain.sum() + bonus[found.column >= 0].sum())
    return total


def _sellers(market: Market, price: Floats, share: Floats) -> float:
    own = np.maximum(price - market.cost - share[market.employer], 0.0)
    used = np.bincount(market.posting[market.posting >= 0], minlength=market.postings)
    places = np.minimum(market.capacity, used)  # more places than candidates never serve anyone
    offered = np.bincount(market.employer, weights=used, minlength=len(share))
    return float((own * places).sum() + (share * np.minimum(market.employer_limit, offered)).sum())


def worth(market: Market, held: Flags) -> tuple[float, float]:
    """(value of a plan less the cost of its places, bonus of the floors that it meets)."""
    sent = np.bincount(market.posting[held], minlength=market.postings)
    below = np.cumsum(market.capacity, axis=0) - market.capacity
    used = np.clip(sent - below, 0, market.capacity)
    met = np.minimum(held.sum(axis=1), market.floor)
    return float(market.value[held].sum() - (used * market.cost).sum()), float(met.sum() * market.bonus)


def broken_limits(market: Market, held: Flags) -> dict[str, int]:
    """How many limits a plan breaks, by name; the auction's plans break none."""
    stray = int((market.posting[held] < 0).sum())
    held = held & (market.posting >= 0)
    sent = np.bincount(market.posting[held], minlength=market.postings)
    owner = market.employer[market.posting]
    rows, columns = np.nonzero(held)
    pairs = rows * (len(market.employer_limit) + 1) + owner[rows, columns]
    of_employer = np.bincount(market.employer, weights=sent, minlength=len(market.employer_limit))
    return {
        "not a candidate": stray,
        "budget": int((held.sum(axis=1) > market.budget).sum()),
        "posting": int((sent > market.capacity.sum(axis=0)).sum()),
        "employer": int((of_employer > market.employer_limit).sum()),
        "same employer twice": int((np.unique(pairs, return_counts=True)[1] > market.per_employer).sum()),
    }


def _too_much(market: Market) -> float:
    return float(market.value.max(initial=0.0)) + market.bonus + 1.0
