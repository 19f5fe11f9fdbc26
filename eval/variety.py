"""Variety of lists: diversity within one, difference between people, novelty, stability; and what must not be there."""

from __future__ import annotations

import numpy as np

from eval.judged import Floats, Judged
from eval.rankings import FOREIGN

_QUERIES_AT_ONCE = 2_000


def intra_list_distance(lists: Judged, depth: int) -> Floats:
    """Mean of 1 - cosine over all pairs of the first `depth`. NaN: fewer than two documents, or no vectors.

    The sum of all cosines of k unit vectors is the squared length of their sum, so no pair is looked at by itself.
    """
    if lists.market is None or lists.market.vectors is None:
        return np.full(len(lists), np.nan)
    rows, vectors = lists.rankings.rows[:, :depth], lists.market.vectors
    sums = np.empty(len(rows))
    own = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    for start in range(0, len(rows), _QUERIES_AT_ONCE):
        part = rows[start : start + _QUERIES_AT_ONCE]
        total = np.zeros((len(part), vectors.shape[1]), np.float32)
        for place in range(part.shape[1]):
            known = part[:, place] >= 0
            if known.all():
                total += vectors[part[:, place]]
            else:
                total[known] += vectors[part[known, place]]
        sums[start : start + len(part)] = np.einsum("ij,ij->i", total, total, dtype=np.float64)
    known = rows >= 0
    n = known.sum(axis=1)
    sums -= np.where(known, own[np.maximum(rows, 0)], 0.0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 1, 1 - sums / (n * (n - 1.0)), np.nan)


def variety(lists: Judged, depth: int) -> Floats:
    """Different groups (employers) over documents in the first `depth`. NaN: an empty list, or no groups known.

    A document whose group is not known is a group of its own.
    """
    if lists.market is None or lists.market.groups is None:
        return np.full(len(lists), np.nan)
    rows = lists.rankings.rows[:, :depth]
    groups = np.where(rows >= 0, lists.market.groups[np.maximum(rows, 0)], -1)
    groups = np.where(groups >= 0, groups, -1 - np.arange(groups.shape[1]))
    ordered = np.sort(groups, axis=1)
    again = (ordered[:, 1:] == ordered[:, :-1]).sum(axis=1)
    n = lists.rankings.listed[:, :depth].sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, (n - again) / n, np.nan)


def novelty(lists: Judged, depth: int) -> Floats:
    """Mean surprise of the first `depth`, in bits: -log2 of a document's share of the interactions before the cutoff.

    Each document has one interaction more than it has, so that one without any has a share. NaN: an empty list.
    """
    if lists.market is None or not len(lists.market.popularity):
        return np.full(len(lists), np.nan)
    counts = lists.market.popularity + 1
    bits = -np.log2(counts / counts.sum())
    rows = lists.rankings.rows[:, :depth]
    known = rows >= 0
    n = known.sum(axis=1)
    total = np.where(known, bits[np.maximum(rows, 0)], 0.0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, total / n, np.nan)


def personalisation(lists: Judged, depth: int) -> Floats:
    """1 less the share of a list that another query's list shares, on the mean; 0: everybody gets the same.

    A query's value is its own against all others. NaN: an empty list, or nobody else.
    """
    rows = lists.rankings.rows[:, :depth]
    known = rows >= 0
    counts = np.bincount(rows[known], minlength=len(lists.rankings.documents) + 1)
    n = known.sum(axis=1)
    others = int((n > 0).sum()) - 1
    shared = np.where(known, counts[np.maximum(rows, 0)] - 1, 0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((n > 0) & (others > 0), 1 - shared / (n * max(others, 1)), np.nan)


def stability(lists: Judged, depth: int) -> Floats:
    """Documents that the first `depth` share with an earlier list, over the longer of the two.

    NaN: there is no earlier list, or both are empty.
    """
    if lists.before is None:
        return np.full(len(lists), np.nan)
    now, then = lists.rankings.rows[:, :depth], _as_now(lists)[:, :depth]
    both = np.concatenate([np.where(now >= 0, now, -1), np.where(then >= 0, then, -1)], axis=1)
    ordered = np.sort(both, axis=1)
    shared = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).sum(axis=1)
    longer = np.maximum((now >= 0).sum(axis=1), (then >= 0).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(longer > 0, shared / longer, np.nan)


def _as_now(lists: Judged) -> np.ndarray:
    """The earlier lists by today's rows; what is gone since has rows behind them."""
    before = lists.before
    assert before is not None
    if before.documents is lists.rankings.documents:
        return before.rows
    place = {document: row for row, document in enumerate(lists.rankings.documents)}
    moved = np.array([place.get(document, len(place) + i) for i, document in enumerate(before.documents)], np.int64)
    return np.where(before.rows >= 0, moved[np.maximum(before.rows, 0)], before.rows)


def violations(lists: Judged, depth: int) -> Floats:
    """Documents among the first `depth` that the hard rules forbid, or that are not there at all; must be 0.

    NaN: an empty list, or the rules are not known.
    """
    if lists.eligible is None:
        return np.full(len(lists), np.nan)
    rows = lists.rankings.rows[:, :depth]
    wrong = (rows == FOREIGN) | ((rows >= 0) & ~lists.eligible[:, :depth])
    return np.where(lists.rankings.answered, wrong.sum(axis=1).astype(np.float64), np.nan)
