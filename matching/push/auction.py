"""Who gets what, by an auction: postings in demand rise in price until as many want them as they bear.

Graduates with room in their digest bid for their best postings at today's prices, each so much that it would be as
glad of the next best one, and `step` more. A lot keeps its highest bids, an employer the highest of all its lots;
whoever is outbid bids again. Prices only rise, and what was never full costs nothing, so at the end nobody would
gain more than `step` a posting by another digest: the total is within `step` times the pairs sent of the best one
(Bertsekas' auction, with places in lots and nested limits; both sides' limits are laminar, so the best is whole).
Ties fall to the lower number; nothing is drawn by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.push.market import Floats, Ints, Market
from matching.push.picks import best_digests


@dataclass(frozen=True)
class Outcome:
    """What an auction ends with.

    Parameters
    ----------
    held : bool array (g, width)
        Candidates that are sent.
    price : float64 array (p,)
        What the cheapest place of each posting costs; inf where it has none.
    employer_price : float64 array (e,)
        How much of it is due to the employer's own limit.
    rounds, bids : int
        How long it took.
    """

    held: np.ndarray
    price: Floats
    employer_price: Floats
    rounds: int
    bids: int


class Auction:
    """The state of an auction between rounds; `Auction.run` is the way to use it.

    Parameters
    ----------
    market : Market
    step : float
        Least raise of a bid, above 0.
    start : (int64 (n,), float64 (n,)), optional
        Cells that are held from the start, and what was bid for each; those beyond a limit fall out.
    """

    def __init__(self, market: Market, step: float, *, start: tuple[Ints, Floats] | None = None) -> None:
        if not step > 0:
            raise ValueError("the step of an auction must be above 0")
        self.market, self.step = market, step
        self.held = np.zeros(market.posting.shape, bool)
        self.count = np.zeros(market.graduates, np.int64)
        self.lots = _Lots(market)
        if start is not None:
            self._begin(*start)
        self.active = np.flatnonzero((market.budget > self.count) & (market.posting >= 0).any(axis=1))
        self.rounds = self.bids = 0

    def run(self, rounds: int) -> bool:
        """Go on for at most `rounds` rounds; whether nobody bids any more."""
        for _ in range(rounds):
            cells, bids = self._bids()
            if not len(cells):
                return True
            self._settle(cells, bids)
            self.rounds += 1
            self.bids += len(cells)
        return not len(self.active)

    def _begin(self, cells: Ints, bids: Floats) -> None:
        self.lots.load(cells, bids)
        self.held.reshape(-1)[self.lots.cell] = True
        self.count = self.held.sum(axis=1)

    def outcome(self) -> Outcome:
        """The state as it is: always within all limits."""
        return Outcome(self.held.copy(), self.lots.price.copy(), self.lots.owner_low.copy(), self.rounds, self.bids)

    def _bids(self) -> tuple[Ints, Floats]:
        """Cells (row × width + column) and bids of all active graduates; those who want nothing more fall out."""
        parts = [self._bids_of(rows) for rows in self.market.chunks(self.active)]
        self.active = np.concatenate([rows for rows, _, _ in parts] or [np.empty(0, np.int64)])
        cells = np.concatenate([cells for _, cells, _ in parts] or [np.empty(0, np.int64)])
        return cells, np.concatenate([bids for _, _, bids in parts] or [np.empty(0)])

    def _bids_of(self, rows: Ints) -> tuple[Ints, Ints, Floats]:
        market = self.market
        posting, value = market.posting[rows], market.value[rows]
        free = market.budget[rows] - self.count[rows]
        slot = self.count[rows][:, None] + np.arange(int(free.max(initial=0)))
        bonus = np.where(slot < market.floor[rows][:, None], market.bonus, 0.0)
        found = best_digests(
            value - self.lots.price[posting],
            market.employer[posting],
            self.held[rows],
            free=free,
            bonus=bonus,
            most=market.per_employer,
        )
        row, turn = np.nonzero(found.column >= 0)
        column = found.column[row, turn]
        chosen = posting[row, column]
        last = bonus[row, np.maximum(found.taken[row] - 1, 0)]
        other_lot = value[row, column] - self.lots.next_price[chosen]
        instead = np.maximum(np.maximum(found.instead[row, turn], other_lot) + last, 0.0)
        bid = self.lots.price[chosen] + (found.gain[row, turn] + last - instead) + self.step
        return rows[found.taken > 0], rows[row] * market.width + column, bid

    def _settle(self, cells: Ints, bids: Floats) -> None:
        """Lots and employers keep the highest bids; the graduates learn what they hold."""
        kept, dropped = self.lots.settle(cells, bids)
        flat = self.held.reshape(-1)
        width = self.market.width
        flat[dropped] = False
        flat[kept] = True
        np.subtract.at(self.count, dropped // width, 1)
        np.add.at(self.count, kept // width, 1)
        again = np.union1d(self.active, dropped // width)
        self.active = again[self.count[again] < self.market.budget[again]]


class _Lots:
    """The postings' side: who holds which place at which bid, and what the next place costs."""

    def __init__(self, market: Market) -> None:
        self.market = market
        lots, p = market.capacity.shape
        self.capacity, self.cost = market.capacity.reshape(-1), market.cost.reshape(-1)
        self.owner = np.tile(market.employer, lots)
        self.full, self.low = self.capacity == 0, np.zeros(lots * p)
        self.low[self.full] = np.inf
        self.owner_low = np.zeros(len(market.employer_limit))
        self.owner_low[market.employer_limit == 0] = np.inf
        self.reserve = np.zeros(lots * p)
        self.cell = np.empty(0, np.int64)
        self.lot = np.empty(0, np.int64)
        self.net = np.empty(0)
        self._reprice()

    def settle(self, cells: Ints, bids: Floats) -> tuple[Ints, Ints]:
        """Take new bids in: (cells that hold a place now and did not, cells that held one and do not any more)."""
        lot = self.cheapest[self.market.posting.reshape(-1)[cells]]
        touched = np.zeros(len(self.owner_low), bool)
        touched[self.owner[lot]] = True
        mine = touched[self.owner[self.lot]]
        cell = np.concatenate([self.cell[mine], cells])
        net = np.concatenate([self.net[mine], bids - self.cost[lot]])
        lot = np.concatenate([self.lot[mine], lot])
        new = np.arange(len(cell)) >= int(mine.sum())
        keep = self._keep(cell, lot, net, touched)
        rest = ~mine
        self.cell = np.concatenate([self.cell[rest], cell[keep]])
        self.lot = np.concatenate([self.lot[rest], lot[keep]])
        self.net = np.concatenate([self.net[rest], net[keep]])
        self._reprice()
        return cell[keep & new], cell[~keep & ~new]

    def load(self, cells: Ints, bids: Floats) -> None:
        """Hold these and nothing else: of each posting the highest bids, its cheapest places first.

        What was bid stays the least that a place of that lot costs, so that one who leaves unsettles nobody.
        """
        posting = self.market.posting.reshape(-1)[cells].astype(np.int64)
        order = np.lexsort((cells, -bids, posting))
        cells, bids, posting = cells[order], bids[order], posting[order]
        below = np.cumsum(self.market.capacity, axis=0)
        row = (_turns(posting) >= below[:, posting]).sum(axis=0)
        fits = row < len(below)
        lot = row[fits] * len(self.market.employer) + posting[fits]
        cells, net = cells[fits], np.maximum(bids[fits] - self.cost[lot], 0.0)
        np.maximum.at(self.reserve, lot, net)
        keep = self._keep(cells, lot, net, np.ones(len(self.owner_low), bool))
        self.cell, self.lot, self.net = cells[keep], lot[keep], net[keep]
        self._reprice()

    def _keep(self, cell: Ints, lot: Ints, net: Floats, touched: np.ndarray) -> np.ndarray:
        """Highest bids of each lot, of these the highest of each employer; notes the lowest kept of the full ones."""
        keep = np.zeros(len(cell), bool)
        order = np.lexsort((cell, -net, lot))
        order = order[_turns(lot[order]) < self.capacity[lot[order]]]
        owner = self.owner[lot]
        order = order[np.lexsort((cell[order], -net[order], owner[order]))]
        order = order[_turns(owner[order]) < self.market.employer_limit[owner[order]]]
        keep[order] = True
        lots, owners = np.unique(lot[order]), np.flatnonzero(touched)
        mine = touched[self.owner]
        self.full[mine] = self.capacity[mine] == 0
        self.full[lots] = np.bincount(lot[order], minlength=len(self.full))[lots] == self.capacity[lots]
        self.low[lots] = np.inf
        np.minimum.at(self.low, lot[order], net[order])
        lowest = np.full(len(self.owner_low), np.inf)
        np.minimum.at(lowest, owner[order], net[order])
        count = np.bincount(owner[order], minlength=len(lowest))
        full = count[owners] == self.market.employer_limit[owners]
        self.owner_low[owners] = np.where(full, lowest[owners], 0.0)
        return keep

    def _reprice(self) -> None:
        """What the cheapest and the next place of each posting cost."""
        shape = self.market.capacity.shape
        asked = (
            self.cost + np.where(self.full, self.low, np.maximum(self.owner_low[self.owner], self.reserve))
        ).reshape(shape)
        row = asked.argmin(axis=0)
        at = np.arange(shape[1])
        self.cheapest = row * shape[1] + at
        self.price = asked[row, at]
        asked[row, at] = np.inf
        self.next_price = asked.min(axis=0)


def _turns(sorted_groups: Ints) -> Ints:
    """0, 1, 2, … within each run of equal values."""
    n = len(sorted_groups)
    starts = np.ones(n, bool)
    starts[1:] = sorted_groups[1:] != sorted_groups[:-1]
    at = np.arange(n)
    return np.asarray(at - np.maximum.accumulate(np.where(starts, at, 0)))
