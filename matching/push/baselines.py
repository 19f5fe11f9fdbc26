"""What others ship, from their public descriptions, on the same market: to be compared with, never to be sent.

Each takes everyone's budget from the market and gives the cells that it would send, (g, width). None of them looks at
the market's limits, except by its own device.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.push.bound import Flags
from matching.push.market import Floats, Ints, Market

CAP = 80
"""Applications after which a posting is shown to nobody any more, as services that cap describe it."""


def top_k(market: Market) -> Flags:
    """Everyone's most valuable postings: what a recommender does by default."""
    return _first(market, market.value)


def at_random(market: Market, seed: int) -> Flags:
    """Any of the candidates."""
    return _first(market, np.random.default_rng(seed).random(market.value.shape))


def weighted_shuffle(market: Market, seed: int) -> Flags:
    """Drawn anew each day without putting back, the chance of a posting in proportion to its value.

    The logarithm of the value and a Gumbel number, largest first, is such a draw.
    """
    noise = np.random.default_rng(seed).gumbel(size=market.value.shape)
    with np.errstate(divide="ignore"):
        return _first(market, np.log(np.maximum(market.value, 0.0)) + noise)


def hard_cap(market: Market, apply: Floats, applied: Floats, *, cap: float | Floats = CAP, seed: int = 0) -> Flags:
    """Everyone's most valuable postings that are still open, in order of arrival; one closes at `cap` applications.

    Parameters
    ----------
    market : Market
    apply : float64 array (g, width)
        Chance of an application by each cell.
    applied : float64 array (p,)
        Applications that came already.
    cap : float, or float64 array (p,)
    seed : int
        Of the order of arrival.
    """
    load, most = np.array(applied, np.float64), np.broadcast_to(np.asarray(cap, np.float64), len(applied))
    held = np.zeros(market.posting.shape, bool)
    for row in np.random.default_rng(seed).permutation(market.graduates).tolist():
        mine = market.posting[row]
        mine = mine[mine >= 0]
        chosen = np.flatnonzero(load[mine] < most[mine])[: market.budget[row]]
        held[row, chosen] = True
        load[mine[chosen]] += apply[row, chosen]
    return held


def fewest_applications(market: Market, apply: Floats, applied: Floats, *, openings: Ints, seed: int = 0) -> Flags:
    """Candidates by applications ÷ openings, lowest first, then by value; in order of arrival.

    Parameters
    ----------
    market, apply, applied, seed : as in `hard_cap`
    openings : int64 array (p,)
        Open places; with none a posting comes last.
    """
    load = np.array(applied, np.float64)
    held = np.zeros(market.posting.shape, bool)
    for row in np.random.default_rng(seed).permutation(market.graduates).tolist():
        mine = market.posting[row]
        mine = mine[mine >= 0]
        ratio = np.full(len(mine), np.inf)
        np.divide(load[mine], openings[mine], out=ratio, where=openings[mine] > 0)
        chosen = np.argsort(ratio, kind="stable")[: market.budget[row]]
        held[row, chosen] = True
        load[mine[chosen]] += apply[row, chosen]
    return held


def optimal_transport(market: Market, *, temperature: float = 0.1, rounds: int = 100) -> Flags:
    """Everyone's best under an entropic transport plan whose columns are the postings' places (Sinkhorn).

    Parameters
    ----------
    market : Market
    temperature : float
        Blur of the plan, as a share of the mean of everyone's best value.
    rounds : int
        Of scaling rows and columns in turn.
    """
    valid = market.posting >= 0
    row, posting = np.nonzero(valid)[0], market.posting[valid].astype(np.int64)
    if not len(row):
        return valid
    scale = temperature * float(market.value[:, 0][valid[:, 0]].mean())
    kernel = np.exp((market.value[valid] - market.value[valid].max()) / scale)
    budget, places = market.budget.astype(np.float64), market.capacity.sum(axis=0).astype(np.float64)
    places *= budget.sum() / max(places.sum(), 1.0)
    by_row, by_posting = np.ones(market.graduates), np.ones(market.postings)
    for _ in range(rounds):
        by_row = _over(budget, np.bincount(row, kernel * by_posting[posting], minlength=market.graduates))
        by_posting = _over(places, np.bincount(posting, kernel * by_row[row], minlength=market.postings))
    mass = np.full(market.posting.shape, -np.inf)
    with np.errstate(divide="ignore"):
        mass[valid] = np.log(kernel) + np.log(by_posting[posting])
    return _first(market, mass)


def _over(wanted: Floats, given: NDArray[Any]) -> Floats:
    shared: Floats = np.divide(wanted, given, out=np.zeros_like(wanted), where=given > 0)
    return shared


def _first(market: Market, key: Floats) -> Flags:
    """The cells with the largest keys, as many as the budget; ties fall to the more valuable."""
    valid = market.posting >= 0
    order = np.argsort(np.where(valid, -key, np.inf), axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(market.width), order.shape), axis=1)
    return valid & (rank < market.budget[:, None])
