"""Relevance of lists, all queries at once; the same numbers as trec_eval, to rounding.

Each takes a `Judged` and gives one value a query: NaN where the query is not judged at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.judged import Floats, Judged


def ndcg(lists: Judged, depth: int | None = None) -> Floats:
    """DCG of the first `depth` (None: all) over that of the best list there could be; gain = grade."""
    gains = lists.gains[:, :depth]
    dcg = gains @ (1 / np.log2(np.arange(gains.shape[1]) + 2))
    return _over(lists, dcg, lists.judgements.ideal(depth))


def average_precision(lists: Judged, depth: int | None = None) -> Floats:
    """Precision at the rank of each relevant document, summed, over all relevant documents."""
    hits = lists.relevant[:, :depth]
    precision = np.cumsum(hits, axis=1) / (np.arange(hits.shape[1]) + 1)
    return _over(lists, np.where(hits, precision, 0.0).sum(axis=1), lists.judgements.relevant)


def reciprocal_rank(lists: Judged, depth: int | None = None) -> Floats:
    """One over the rank of the first relevant document; 0 where none is listed."""
    hits = lists.relevant[:, :depth]
    if not hits.shape[1]:
        return lists.judged_only(np.zeros(len(lists)))
    first = hits.argmax(axis=1)
    return lists.judged_only(np.where(hits.any(axis=1), 1 / (first + 1.0), 0.0))


def recall(lists: Judged, depth: int | None = None) -> Floats:
    """Relevant documents in the first `depth` over all relevant documents."""
    return _over(lists, lists.relevant[:, :depth].sum(axis=1), lists.judgements.relevant)


def precision(lists: Judged, depth: int) -> Floats:
    """Relevant documents in the first `depth`, over `depth`."""
    return lists.judged_only(np.asarray(lists.relevant[:, :depth].sum(axis=1) / depth))


def success(lists: Judged, depth: int) -> Floats:
    """1 where a relevant document is among the first `depth`, else 0."""
    return lists.judged_only(np.asarray(lists.relevant[:, :depth].any(axis=1), np.float64))


def normalised_recall(lists: Judged, depth: int) -> Floats:
    """Relevant documents in the first `depth`, over the most that could stand there.

    That is min(depth, relevant documents in supply): what came later, or is gone, is not held against anyone, so that
    days with different supply can be compared. NaN where nothing relevant is in supply.
    """
    supply = lists.judgements.within(len(lists.rankings.documents))
    most = np.minimum(supply, depth)
    found = lists.relevant[:, :depth].sum(axis=1)
    return np.where(most > 0, found / np.maximum(most, 1), np.nan)


def _over(lists: Judged, value: NDArray[Any], best: NDArray[Any]) -> Floats:
    return lists.judged_only(np.asarray(np.divide(value, best, out=np.zeros(len(lists)), where=best > 0)))
