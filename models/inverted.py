"""Sparse rows by token: which rows hold a token, and with which weight; read only where rows are allowed.

Lists are ordered by row, so a long list is entered by binary search at the runs of rows that a question may
return, and the rest of it is not touched. Sums are in the order of the tokens at single precision: the same
bits whichever rows are asked for, and whichever side asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

_LONG = 2_048
"""Lists from this length on are entered by binary search; shorter ones are read whole."""

Runs = NDArray[np.int64]
"""Shape (r, 2): half-open ranges of rows, ascending, apart from each other."""


class SparseRow(NamedTuple):
    """Token ids (ascending, each once) and the weight of each."""

    tokens: NDArray[np.int32]
    weights: NDArray[np.float32]


class Inverted(NamedTuple):
    """Built rows: token t is held by ``rows[starts[t]:starts[t+1]]``, ascending, with the `weights` beside them."""

    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    n: int

    @classmethod
    def of(cls, sparse: Sequence[SparseRow]) -> Self:
        """The rows, in order; none is fine."""
        if not sparse:
            return cls(np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), 0)
        ids = np.concatenate([row.tokens for row in sparse])
        weights = np.concatenate([row.weights for row in sparse])
        lengths = np.array([len(row.tokens) for row in sparse])
        rows = np.repeat(np.arange(len(sparse), dtype=np.int32), lengths)
        return cls.over(ids, rows, weights, len(sparse))

    @classmethod
    def over(cls, ids: NDArray[np.int32], rows: NDArray[np.int32], weights: NDArray[np.float32], n: int) -> Self:
        """The `n` rows whose entries are the token ids, rows (ascending within a token) and weights given."""
        order = np.argsort(ids, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(ids))]).astype(np.int64)
        return cls(starts, rows[order], weights[order], n)

    def followed_by(self, other: Inverted) -> Inverted:
        """These rows, and those of `other` behind them."""
        ids = np.concatenate([part.tokens() for part in (self, other)])
        rows = np.concatenate([self.rows, other.rows + np.int32(self.n)])
        return Inverted.over(ids, rows, np.concatenate([self.weights, other.weights]), self.n + other.n)

    def at(self, rows: NDArray[np.int64]) -> Inverted:
        """The `rows` (each once) and no others, in that order."""
        place = np.full(self.n, -1, np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        moved = place[self.rows]
        held = moved >= 0
        ids, moved, weights = self.tokens()[held], moved[held], self.weights[held]
        order = np.argsort(ids.astype(np.int64) * max(len(rows), 1) + moved)
        starts = np.concatenate([[0], np.cumsum(np.bincount(ids))]).astype(np.int64)
        return Inverted(starts, moved[order], weights[order], len(rows))

    def tokens(self) -> NDArray[np.int32]:
        """The token of every entry, ascending."""
        return np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))

    def scores(self, query: SparseRow, runs: Runs | None = None) -> NDArray[np.float32]:
        """Score of every row of `runs` (of all rows by default), (n,); other rows' values mean nothing."""
        spans = self._spans(query, runs)
        total = sum([b - a for a, b, _ in spans])
        if not total:
            return np.zeros(self.n, np.float32)
        rows, added, at = np.empty(total, np.int32), np.empty(total, np.float32), 0
        for a, b, weight in spans:
            to = at + b - a
            rows[at:to] = self.rows[a:b]
            np.multiply(self.weights[a:b], weight, out=added[at:to])
            at = to
        column = csc_array((added, rows, np.array([0, total], np.int32)), (self.n, 1))
        sums: NDArray[np.float32] = column @ np.ones(1, np.float32)
        return sums

    def _spans(self, query: SparseRow, runs: Runs | None) -> list[tuple[int, int, np.float32]]:
        """The parts of the lists that lie in `runs`, and the query's weight for each."""
        held = query.tokens < len(self.starts) - 1
        ids = query.tokens[held]
        begins, ends, weights = self.starts[ids].tolist(), self.starts[ids + 1].tolist(), query.weights[held]
        bounds = None if runs is None else runs.ravel().astype(np.int32)
        found: list[tuple[int, int, np.float32]] = []
        for a, b, weight in zip(begins, ends, weights, strict=True):
            if bounds is None or b - a < _LONG:
                found.append((a, b, weight))
                continue
            cuts = (self.rows[a:b].searchsorted(bounds) + a).tolist()
            found += [(x, y, weight) for x, y in zip(cuts[::2], cuts[1::2], strict=True) if x < y]
        return found


def best_rows(rows: NDArray[np.int64], scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Of `rows` (ascending) those of the `k` largest positive scores, ascending; ties at the end by row."""
    least = kth_largest(scores, k) if k > 0 else np.inf
    near = scores >= least if least > 0 else scores > 0
    rows, scores = rows[near], scores[near]
    return np.sort(rows[np.lexsort((rows, -scores))[:k]])


def kth_largest(values: NDArray[np.float32], k: int) -> float:
    """The k-th largest positive value; 0 where there are fewer."""
    if len(values) > 64 * k:  # a guess from a sample spares looking at most of them twice
        sample = values[::16]
        place = max(k // 8, 16)
        guess = np.partition(sample, len(sample) - place)[len(sample) - place]
        above = values[values >= guess] if guess > 0 else values[:0]
        values = above if len(above) >= k else values
    if len(values) < k:
        return 0.0
    return max(float(np.partition(values, len(values) - k)[len(values) - k]), 0.0)
