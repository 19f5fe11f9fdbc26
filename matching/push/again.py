"""A plan made again after a small change: what still stands is kept, and bidding goes on from the earlier prices.

Every pair of the earlier plan that is still possible is held at its price, and no place becomes cheaper than
it was; then the auction goes on for those who have room. What comes is measured as any plan is: prices that are now too
high leave places empty, the gap tells, and where it is larger than asked for, all is planned from nothing.
"""

from __future__ import annotations

import numpy as np

from matching.push.auction import Auction
from matching.push.market import Floats, Ints, Market
from matching.push.plan import BOLD, Plan, certified, plan, typical

_ROUNDS = 2_000


def replan(market: Market, before: Plan, *, graduate: Ints, posting: Ints, gap: float = 0.01) -> Plan:
    """The best digests after a change, near to those of an earlier plan.

    Parameters
    ----------
    market : Market
        As it is now.
    before : Plan
    graduate, posting : int64 (g,), (p,)
        Number in the earlier market of each that is there now; -1: it was not there.
    gap : float
        See `matching.push.plan`.

    Returns
    -------
    Plan
        Within all limits, its gap measured; `plan` of the market where the gap would be larger than `gap`.
    """
    step = BOLD * gap * typical(market)
    cells, bids = _kept(market, before, graduate, posting)
    auction = Auction(market, step, start=(cells, bids))
    auction.run(_ROUNDS)
    found = certified(market, auction.outcome())
    return found if found.gap <= gap else plan(market, gap=gap)


def stays(found: Plan, before: Plan, *, graduate: Ints, posting: Ints) -> float:
    """Share of the earlier plan's pairs, if still possible, that are in the new plan too; 1 where there is none."""
    cells, _ = _kept(found.market, before, graduate, posting)
    return float(found.held.reshape(-1)[cells].mean()) if len(cells) else 1.0


def _kept(market: Market, before: Plan, graduate: Ints, posting: Ints) -> tuple[Ints, Floats]:
    """Cells of the earlier plan's pairs that are candidates now, of those with a budget, and the prices they had."""
    pairs, old = before.pairs(), before.market
    known = np.sort(pairs.graduate * old.postings + pairs.posting)
    price = np.nan_to_num(before.price, posinf=0.0)
    found: list[Ints] = []
    for rows in market.chunks(np.flatnonzero((graduate >= 0) & (market.budget > 0))):
        line = market.posting[rows]
        was = np.where(line >= 0, posting[line], -1)
        key = graduate[rows][:, None] * old.postings + was
        at = np.minimum(np.searchsorted(known, key), max(len(known) - 1, 0))
        row, column = np.nonzero((was >= 0) & (known[at] == key)) if len(known) else (rows[:0], rows[:0])
        found.append(_within(market, rows[row], column))
    cells = np.concatenate([*found, np.empty(0, np.int64)])
    return cells, price[posting[market.posting.reshape(-1)[cells]]]


def _within(market: Market, rows: Ints, columns: Ints) -> Ints:
    """Cells, the most valuable of each graduate, within its budget and its limit for an employer."""
    first = np.arange(len(rows)) - np.searchsorted(rows, rows) < market.budget[rows]
    rows, columns = rows[first], columns[first]
    owner = market.employer[market.posting[rows, columns]]
    order = np.lexsort((columns, owner, rows))
    same = rows[order] * len(market.employer_limit) + owner[order]
    turn = np.arange(len(same)) - np.searchsorted(same, same)
    keep = np.sort(order[turn < market.per_employer])
    return np.asarray(rows[keep] * market.width + columns[keep])
