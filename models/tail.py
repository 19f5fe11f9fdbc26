"""Live rows by token: a few loose ones as they came, all others sealed into inverted segments that merge as they grow.

So a question reads the lists of its own tokens, not every token of every live row, and taking in a row costs the
same whether there are ten live rows or ten thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.growing import Growing
from models.inverted import Inverted, SparseRow

LOOSE = 256
"""Rows that are kept loose at most; then they are sealed."""
_RATIO = 4
"""A segment joins the one before it unless that one has more than so many times its rows."""


class Tail(NamedTuple):
    """Live rows, immutable: first those of the segments `sealed`, in order, then the loose ones.

    Loose row i holds the tokens from the end of row i - 1 to ``ends[i]``.
    """

    sealed: tuple[Inverted, ...]
    ends: Growing
    tokens: Growing
    weights: Growing

    @classmethod
    def empty(cls, sealed: tuple[Inverted, ...] = ()) -> Tail:
        """No loose rows behind the segments."""
        return cls(sealed, *(Growing(np.empty(0, kind)) for kind in (np.int64, np.int32, np.float32)))

    def __len__(self) -> int:
        """How many rows."""
        return sum(segment.n for segment in self.sealed) + len(self.ends)

    def appended(self, sparse: Sequence[SparseRow]) -> Tail:
        """The rows with `sparse` behind them."""
        ends = np.cumsum([len(row.tokens) for row in sparse]) + len(self.tokens)
        loose = Tail(
            self.sealed,
            self.ends.appended(ends),
            self.tokens.appended(np.concatenate([row.tokens for row in sparse])),
            self.weights.appended(np.concatenate([row.weights for row in sparse])),
        )
        return loose if len(loose.ends) < LOOSE else Tail.empty(_merged([*self.sealed, loose._sealed()]))

    def whole(self) -> Inverted:
        """All rows in one segment."""
        out = self._sealed()
        for segment in reversed(self.sealed):
            out = segment.followed_by(out)
        return out

    def scores(self, query: SparseRow) -> Iterator[NDArray[np.float32]]:
        """Scores of every row for `query`, in parts: of each segment, then of the loose rows."""
        for segment in self.sealed:
            yield segment.scores(query)
        if len(self.ends):
            yield self._loose_scores(query)

    def _loose_scores(self, query: SparseRow) -> NDArray[np.float32]:
        out = np.zeros(len(self.ends), np.float32)
        held = self.tokens.values
        if len(held) and len(query.tokens):
            wanted = np.zeros(max(int(held.max()), int(query.tokens[-1])) + 1, np.float32)
            wanted[query.tokens] = query.weights
            found = wanted[held]
            hit = np.flatnonzero(found)
            rows = np.searchsorted(self.ends.values, hit, side="right")
            np.add.at(out, rows, found[hit] * self.weights.values[hit])
        return out

    def _sealed(self) -> Inverted:
        ends = self.ends.values
        lengths = np.diff(ends, prepend=0)
        rows = np.repeat(np.arange(len(ends), dtype=np.int32), lengths)
        return Inverted.over(self.tokens.values, rows, self.weights.values, len(ends))


def _merged(segments: list[Inverted]) -> tuple[Inverted, ...]:
    """The same rows in fewer segments, each more than `_RATIO` times as long as the next."""
    while len(segments) > 1 and segments[-2].n <= _RATIO * segments[-1].n:
        later, earlier = segments.pop(), segments.pop()
        segments.append(earlier.followed_by(later))
    return tuple(segments)
