"""What the replay of one direction stands on: who asks, what can be listed, under which rules, with what texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eval.evaluation import Direction
from eval.judged import Market
from eval.rankings import NOTHING, Judgements, Rankings

RowSet = NDArray[np.bool_]


@dataclass(frozen=True)
class Ground:
    """One direction of a replay, for all systems alike.

    Attributes
    ----------
    queries, documents : list of str
        Keys; documents are those that could be listed at the cutoff.
    judgements : Judgements
        Of what came after.
    market : Market
    allowed : callable, optional
        Query row → bool (documents,): the hard rules on the day of the cutoff. None: there are no rules.
    settled : list of int arrays
        By query: rows of documents that are no question any more (and of what repeats them); never listed.
    same : int64 (documents,)
        The first document that each one repeats.
    query_texts, document_texts : callable
        Their texts, for baselines; empty lists where there are none.
    columns : dict
        What slices are made of, by axis: a name a query.
    comes_about : int
        The grade from which on has come about what chances are given for (`eval.outcomes.COMES_ABOUT`).
    """

    direction: Direction
    queries: list[str]
    documents: list[str]
    judgements: Judgements
    market: Market
    allowed: Callable[[int], RowSet] | None
    settled: Sequence[NDArray[np.int64]]
    same: NDArray[np.int64]
    query_texts: Callable[[], list[str]] = list
    document_texts: Callable[[], list[str]] = list
    columns: dict[str, list[str]] = field(default_factory=dict)
    comes_about: int = 1

    def open_to(self, query: int) -> RowSet:
        """What may be listed for a query: what the rules allow, less what is settled."""
        out = np.ones(len(self.documents), np.bool_) if self.allowed is None else self.allowed(query).copy()
        out[self.settled[query]] = False
        return out

    def eligible(self, rankings: Rankings) -> RowSet | None:
        """Whether the pair at each place passes the rules; None where there are no rules."""
        if self.allowed is None:
            return None
        out = np.zeros(rankings.rows.shape, np.bool_)
        for query, rows in enumerate(rankings.rows):
            known = rows >= 0
            if known.any():
                out[query, known] = self.allowed(query)[rows[known]]
        return out

    def without_settled(self, rankings: Rankings, depth: int) -> Rankings:
        """The lists without what is settled, at most `depth` long, closed up."""
        keep = rankings.rows != NOTHING
        for query, rows in enumerate(self.settled):
            if len(rows):
                keep[query] &= ~np.isin(rankings.rows[query], rows)
        order = np.argsort(~keep, axis=1, kind="stable")[:, :depth].astype(np.int64)
        gone = ~np.take_along_axis(keep, order, axis=1)
        rows = np.take_along_axis(rankings.rows, order, axis=1).astype(np.int32)
        rows[gone] = NOTHING
        scores, chances = (
            None if held is None else np.where(gone, np.float32(np.nan), np.take_along_axis(held, order, axis=1))
            for held in (rankings.scores, rankings.chances)
        )
        return Rankings(self.queries, self.documents, rows.astype(np.int32), scores, chances)
