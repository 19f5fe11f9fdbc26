"""A plan made again after a small change: what still stands is kept, and bidding goes on from the earlier prices.

Every pair of the earlier plan that is still possible is held at its price, and no place becomes cheaper than
it was; then the auction goes on for those who have room. What comes is measured as any plan is: prices that are now too
high leave places empty, the gap tells, and where it is larger than asked for, all is planned from nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from matching.push.auction import Auction
from matching.push.market import Floats, Ints, Market
from matching.push.plan import BOLD, Plan, certified, plan, typical

_ROUNDS = 2_000


class Held(NamedTuple):
    """Pairs of an earlier plan, none twice, in numbers of the market as it is now.

    Attributes
    ----------
    graduate, posting : int64 (n,)
    price : float64 (n,)
        What a place of the posting cost.
    """

    graduate: Ints
    posting: Ints
    price: Floats


def replan(market: Market, before: Held, *, gap: float = 0.01) -> Plan:
    """The best digests after a change, near to those of an earlier plan.

    Parameters
    ----------
    market : Market
        As it is now.
    before : Held
        Pairs of graduates or postings that are not there any more are left out of it.
    gap : float
        See `matching.push.plan`.

    Returns
    -------
    Plan
        Within all limits, its gap measured, `begun` the pairs that it began with; `plan` of the market where the gap
        would be larger than `gap`.
    """
    start, bold = _kept(market, before), BOLD * gap * typical(market)
    for step in (bold, bold / 4):
        auction = Auction(market, step, start=start)
        begun = int(auction.count.sum())
        auction.run(_ROUNDS)
        found = certified(market, auction.outcome())
        if found.gap <= gap:
            return replace(found, begun=begun)
    return plan(market, gap=gap)


def stays(found: Plan, before: Held) -> float:
    """Share of the earlier plan's pairs, if still possible, that are in the new plan too; 1 where there is none."""
    cells, _ = _kept(found.market, before)
    return float(found.held.reshape(-1)[cells].mean()) if len(cells) else 1.0


def _kept(market: Market, before: Held) -> tuple[Ints, Floats]:
    """Cells of the earlier plan's pairs that are candidates now, of those with a budget, and the prices they had."""
    key = before.graduate * market.postings + before.posting
    order = np.argsort(key, kind="stable")
    known, price = key[order], np.nan_to_num(before.price[order], posinf=0.0)
    people = np.unique(before.graduate)
    found: list[Ints] = []
    for rows in market.chunks(people[market.budget[people] > 0]):
        line = market.posting[rows]
        asked = rows[:, None] * market.postings + line
        at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        row, column = np.nonzero((line >= 0) & (known[at] == asked))
        found.append(_within(market, rows[row], column))
    cells = np.concatenate([*found, np.empty(0, np.int64)])
    again = cells // max(market.width, 1) * market.postings + market.posting.reshape(-1)[cells]
    return cells, price[np.searchsorted(known, again)]


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
