"""What lists do to the market: who is shown at all, how unevenly, and who waits.

Everybody is taken to follow up one document, the first with more attention than the tenth: 1/log2(rank + 1) over the
first `depth`. A document's *exposure* is the sum of the attention that it gets. Values of measures that look at all
lists together are a query's share of them (infinitesimal jackknife): their mean is the measure, their spread its
uncertainty.
"""

from __future__ import annotations

import numpy as np

from eval.judged import Floats, Judged, Market
from eval.rankings import Rows


def exposure(lists: Judged, depth: int) -> Floats:
    """Attention that each document gets from all lists, (documents,); documents that are not there get none."""
    rows, weights = lists.rankings.rows[:, :depth], lists.attention(depth)
    known = rows >= 0
    found = np.bincount(rows[known], weights=weights[known], minlength=len(lists.rankings.documents))
    return found.astype(np.float64)


def coverage(lists: Judged, depth: int) -> Floats:
    """Share of the live documents that stand in the first `depth` of any list; a query's share of it."""
    market = _market(lists)
    if market is None:
        return _nothing(lists)
    rows, counts = _rows(lists, depth)
    live = int(market.alive.sum())
    share = np.where(rows >= 0, market.alive[rows] / np.maximum(counts[rows], 1), 0.0).sum(axis=1)
    return np.asarray(share * len(lists) / max(live, 1))


def gini(lists: Judged, depth: int) -> Floats:
    """Gini coefficient of the exposure of the live documents: 0 all alike, near 1 one has all. NaN: no exposure."""
    market = _market(lists)
    if market is None:
        return _nothing(lists)
    shown = np.where(market.alive, exposure(lists, depth), np.nan)
    live = np.flatnonzero(market.alive)
    total, n = float(np.nansum(shown)), len(live)
    if total <= 0:
        return _nothing(lists)
    slope = np.zeros(len(shown))
    slope[live] = (2 * _middle_ranks(shown[live]) - n - 1) / (n * total)
    value = float(slope[live] @ shown[live])
    slope[live] -= value / total
    return np.asarray(value + len(lists) * _spread(lists, slope, depth))


def congestion(lists: Judged, depth: int) -> Floats:
    """Share of the documents shown that more are expected to follow up than they have places; a query's share."""
    market = _market(lists)
    if market is None:
        return _nothing(lists)
    rows, counts = _rows(lists, depth)
    over = exposure(lists, depth) > market.places
    shown = int((counts > 0).sum())
    share = np.where(rows >= 0, over[rows] / np.maximum(counts[rows], 1), 0.0).sum(axis=1)
    return np.asarray(share * len(lists) / shown) if shown else _nothing(lists)


def crowding(lists: Judged, depth: int) -> Floats:
    """Share of a query's attention that goes to documents with fewer places than followers. NaN: an empty list."""
    market = _market(lists)
    if market is None:
        return _nothing(lists)
    over = (exposure(lists, depth) > market.places).astype(np.float64)
    return np.where(lists.rankings.answered, _spread(lists, over, depth), np.nan)


def waiting(lists: Judged, depth: int) -> Floats:
    """Rounds until one's turn, where a document serves as many followers a round as it has places.

    For followers e and places c that is (e/c + 1) / 2, at least 1 (no places: as for half a place), weighed by the
    query's attention. NaN: an empty list.
    """
    market = _market(lists)
    if market is None:
        return _nothing(lists)
    rounds = np.maximum((exposure(lists, depth) / np.maximum(market.places, 0.5) + 1) / 2, 1.0)
    return np.where(lists.rankings.answered, _spread(lists, rounds, depth), np.nan)


def _spread(lists: Judged, of_document: Floats, depth: int) -> Floats:
    """Mean of a document's value under each query's attention, (queries,)."""
    rows = lists.rankings.rows[:, :depth]
    values = np.where(rows >= 0, of_document[np.maximum(rows, 0)], 0.0)
    return np.asarray((lists.attention(depth) * values).sum(axis=1))


def _middle_ranks(values: Floats) -> Floats:
    """Rank of each value from 1, smallest first; equal ones (to twelve digits) share the mean of their ranks."""
    _, group, counts = np.unique(np.round(values, 12), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle: Floats = (last - (counts - 1) / 2)[group]
    return middle


def _rows(lists: Judged, depth: int) -> tuple[np.ndarray, Rows]:
    """The first `depth` rows, -1 where nothing known stands; and how many lists each document is in."""
    rows = lists.rankings.rows[:, :depth]
    rows = np.where(rows >= 0, rows, -1)
    return rows, np.bincount(rows[rows >= 0], minlength=len(lists.rankings.documents))


def _market(lists: Judged) -> Market | None:
    return lists.market if lists.market is not None and len(lists.rankings.documents) else None


def _nothing(lists: Judged) -> Floats:
    return np.full(len(lists), np.nan)
