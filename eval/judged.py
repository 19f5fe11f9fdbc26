"""Lists with all that measures read of them: grades, the market's places, vectors, eligibility, an earlier list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eval.rankings import UNJUDGED, Judgements, Rankings, Rows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Market:
    """What is known of the documents, beside their relevance; every array has a value a document.

    Attributes
    ----------
    places : float64 (documents,)
        How many can be served: a posting's free places, 1 for a graduate. 1 where it is not stated; may be 0.
    popularity : float64 (documents,)
        Interactions before the cutoff.
    vectors : float32 (documents, dim) or None
        Unit vectors. None: no diversity is measured.
    groups : int64 (documents,) or None
        A number for what a list should vary: a posting's employer, a graduate's class of majors. -1: not known.
    live : bool (documents,) or None
        Which can be shown at all. None: all.
    """

    places: Floats
    popularity: Floats
    vectors: NDArray[np.float32] | None = None
    groups: NDArray[np.int64] | None = None
    live: NDArray[np.bool_] | None = None

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Which documents can be shown."""
        return np.ones(len(self.places), np.bool_) if self.live is None else self.live


@dataclass(frozen=True)
class Judged:
    """Lists of one system, and what they are measured by.

    Attributes
    ----------
    rankings : Rankings
    judgements : Judgements
        Of the same queries and documents.
    market : Market, optional
        Without it no measure of the market, diversity or novelty has a value.
    eligible : bool (queries, depth), optional
        Whether the pair at each place passes the hard rules.
    same : int64 (documents,), optional
        The first document that each one repeats, itself where it repeats none; judgements are of those. A repeat
        within a list takes its place and gains nothing.
    before : Rankings, optional
        What the same system listed for the same queries on an earlier snapshot.
    comes_about : int
        The grade from which on has come about what the chances of the rankings are given for.
    hopeless : float
        Relevance of a query that is judged and has nothing relevant: 0 as in trec_eval, or NaN: it says nothing.
    """

    rankings: Rankings
    judgements: Judgements
    market: Market | None = None
    eligible: NDArray[np.bool_] | None = None
    same: NDArray[np.int64] | None = None
    before: Rankings | None = None
    comes_about: int = 1
    hopeless: float = 0.0

    def __len__(self) -> int:
        """Queries."""
        return len(self.rankings)

    @cached_property
    def grades(self) -> NDArray[np.int16]:
        """Grade at each place, `UNJUDGED` where there is none."""
        rows = self.rankings.rows
        if self.same is None or not len(self.same):
            return self.judgements.grades_of(rows)
        first = np.where(rows >= 0, self.same[np.maximum(rows, 0)], rows).astype(np.int32)
        return np.where(self.repeats, np.int16(UNJUDGED), self.judgements.grades_of(first))

    @cached_property
    def looked(self) -> Floats:
        """How often the pair at each place was looked at, 1 where that is not told, (queries, depth)."""
        rows = self.rankings.rows
        if self.same is None or not len(self.same):
            return self.judgements.looked_at(rows)
        return self.judgements.looked_at(np.where(rows >= 0, self.same[np.maximum(rows, 0)], rows).astype(np.int32))

    @cached_property
    def repeats(self) -> NDArray[np.bool_]:
        """Where a list repeats what it has listed already, (queries, depth)."""
        rows = self.rankings.rows
        if self.same is None:
            return np.zeros(rows.shape, np.bool_)
        first = np.where(rows >= 0, self.same[np.maximum(rows, 0)], -1 - np.arange(rows.shape[1]))
        order = np.argsort(first, axis=1, kind="stable")
        ordered = np.take_along_axis(first, order, axis=1)
        again = np.zeros(rows.shape, np.bool_)
        again[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
        out = np.empty_like(again)
        np.put_along_axis(out, order, again, axis=1)
        return out

    @cached_property
    def relevant(self) -> NDArray[np.bool_]:
        """Where the pair is relevant, (queries, depth)."""
        return self.grades >= 1

    @cached_property
    def gains(self) -> Floats:
        """The grade where it is relevant, else 0, (queries, depth)."""
        return np.where(self.relevant, self.grades, 0).astype(np.float64)

    def judged_only(self, values: Floats) -> Floats:
        """`values` (queries,), NaN where no judgement says anything, and `hopeless` where nothing is relevant."""
        out = np.where(self.judgements.relevant > 0, values, self.hopeless)
        return np.where(self.judgements.judged, out, np.nan)

    def attention(self, depth: int) -> Floats:
        """How a query's attention is spread over the first `depth` of its list: 1/log2(rank + 1), summing to 1.

        Shape (queries, depth); zeros where the list has ended, and everywhere for an empty list.
        """
        listed = self.rankings.listed[:, :depth]
        weights = np.where(listed, 1 / np.log2(np.arange(listed.shape[1]) + 2), 0.0)
        total = weights.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(weights, total, out=np.zeros_like(weights), where=total > 0))

    def take(self, rows: Rows) -> Judged:
        """The lists of some queries (ascending rows)."""
        return replace(
            self,
            rankings=self.rankings.take(rows),
            judgements=self.judgements.take(rows),
            eligible=None if self.eligible is None else self.eligible[rows],
            before=None if self.before is None else self.before.take(rows),
        )
