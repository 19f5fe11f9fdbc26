"""Measures as values: each prints as it is defined, and says what it does with empty, missing, tied and unjudged.

All are computed per query first; means are taken afterwards. The four that reports on tasks show (`STANDARD`) are
computed by trec_eval where there are few queries, and by `eval.relevance` where there are many: the same numbers to
1e-9. Ties are settled before anything is measured (`eval.run.Order`): a ranking is a list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval import relevance
from eval.judged import Floats, Judged
from eval.rankings import Rows
from eval.trec import per_query
from matching.language import Words

__all__ = [
    "MEAN_AVERAGE_PRECISION",
    "MEAN_RECIPROCAL_RANK",
    "NDCG_AT_10",
    "RECALL_AT_100",
    "RELEVANCE_HANDLING",
    "STANDARD",
    "Handling",
    "Measure",
    "measure_all",
    "over_slices",
    "per_query",
]


class Handling(NamedTuple):
    """What a measure does with a query without a list, with what is not listed, with ties, with unjudged pairs."""

    empty: Words
    missing: Words
    tied: Words
    unjudged: Words


IN_ORDER = Words("先按分数、再按编号排定后计算", "ordered by score, then by id, before it is measured")
RELEVANCE_HANDLING = Handling(
    Words("无列表计 0", "no list: 0, and counted as unanswered"),
    Words("未列出的相关项计入理想值", "a relevant document that is not listed counts in the ideal"),
    IN_ORDER,
    Words("未标注视为不相关", "an unjudged pair is not relevant"),
)


@dataclass(frozen=True)
class Measure:
    """A measure of lists.

    Parameters
    ----------
    name : str
        What its mean over queries is called: ``"mAP"``.
    definition : str
        What it is for one query; where ir_measures has it, in its notation: ``"AP"``, ``"nDCG@10"``.
    words : Words
        What it tells, in a few words.
    compute : callable
        ``Judged → (queries,) float64``, NaN where it has nothing to say.
    handling : Handling
    group : str
        What it is about: relevance, calibration, market, diversity, novelty, stability, eligibility.
    better : int
        1 where larger is better, -1 where smaller is, 0 where neither is.
    whole : bool
        Whether it looks at all lists together: its value for a query is what the query adds, and the mean of those
        is the measure; over a slice it is computed again.
    """

    name: str
    definition: str
    words: Words
    compute: Callable[[Judged], Floats]
    handling: Handling = RELEVANCE_HANDLING
    group: str = "relevance"
    better: int = 1
    whole: bool = False

    def __str__(self) -> str:
        """As it is defined."""
        return self.definition


MEAN_AVERAGE_PRECISION = Measure(
    "mAP",
    "AP",
    Words("平均精度的均值", "mean of the precision at each relevant document"),
    relevance.average_precision,
)
"""AP: the precision at the rank of each relevant document, summed, over the number of relevant documents.

Over the whole list, without a cutoff. A grade is relevant from 1; higher grades count no more.
"""

MEAN_RECIPROCAL_RANK = Measure(
    "MRR", "RR", Words("首个相关结果的名次倒数", "one over the rank of the first relevant document"),
    relevance.reciprocal_rank,
)  # fmt: skip
"""RR: over the whole list; 0 where no relevant document is listed."""


def ndcg_at(k: int) -> Measure:
    """nDCG@k."""
    return Measure(
        f"nDCG@{k}",
        f"nDCG@{k}",
        Words(f"前 {k} 名的分级增益与最优之比", f"graded gain of the first {k}, over the best there is"),
        lambda lists: relevance.ndcg(lists, k),
    )


def recall_at(k: int) -> Measure:
    """Recall@k."""
    return Measure(
        f"Recall@{k}",
        f"R@{k}",
        Words(f"前 {k} 名找回的比例", f"share of the relevant documents in the first {k}"),
        lambda lists: relevance.recall(lists, k),
    )


def precision_at(k: int) -> Measure:
    """P@k."""
    return Measure(
        f"P@{k}",
        f"P@{k}",
        Words(f"前 {k} 名中相关的比例", f"share of the first {k} that is relevant"),
        lambda lists: relevance.precision(lists, k),
    )


def success_at(k: int) -> Measure:
    """Success@k."""
    return Measure(
        f"Success@{k}",
        f"Success@{k}",
        Words(f"前 {k} 名中有无相关", f"whether the first {k} hold a relevant document"),
        lambda lists: relevance.success(lists, k),
    )


def normalised_recall_at(k: int) -> Measure:
    """nRecall@k."""
    return Measure(
        f"nRecall@{k}",
        f"nRecall@{k}",
        Words(
            f"前 {k} 名找回的，占当时可列出的比例",
            f"relevant documents in the first {k}, over the most that the supply allowed",
        ),
        lambda lists: relevance.normalised_recall(lists, k),
        RELEVANCE_HANDLING._replace(
            missing=Words("当时不在供给中的相关项不计", "a relevant document that was not in supply does not count")
        ),
    )


NDCG_AT_10, RECALL_AT_100 = ndcg_at(10), recall_at(100)
STANDARD = (MEAN_AVERAGE_PRECISION, NDCG_AT_10, MEAN_RECIPROCAL_RANK, RECALL_AT_100)
"""What every report on a task shows, in its order."""


def measure_all(measures: Sequence[Measure], lists: Judged) -> NDArray[np.float64]:
    """Value of each measure for each query, (queries, measures)."""
    values = [measure.compute(lists) for measure in measures]
    return np.stack(values, axis=1) if values else np.empty((len(lists), 0))


def over_slices(measures: Sequence[Measure], lists: Judged) -> Callable[[Rows], NDArray[np.float64]]:
    """What `Scores.whole` wants: the measures that look at all lists together, over some of the queries."""
    whole = [measure for measure in measures if measure.whole]

    def again(rows: Rows) -> NDArray[np.float64]:
        return measure_all(whole, lists.take(rows))

    return again
