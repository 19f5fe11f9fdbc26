"""Measures as values: each prints as it is defined, and says what it does with the empty case.

All are computed per query by trec_eval (through ir_measures and pytrec_eval-terrier); means are taken afterwards.
For all of them

empty       a ranking without documents, or none at all, is unanswered: 0
missing     a relevant document that is not ranked, or not even in the corpus, adds nothing but is counted in the ideal
tied        there are no ties: a ranking is a list, and trec_eval is given scores that fall strictly with the rank
unjudged    a document without a judgement counts as not relevant; so do grades below 1
hopeless    a query without a relevant document has 0, as in trec_eval
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import ir_measures
import numpy as np
from numpy.typing import NDArray

from eval.task import Qrels
from eval.texts import shown
from matching.errors import InputError
from matching.language import Words

_AT_ONCE = 64
"""Queries whose rankings are handed to trec_eval together: bounds the memory of its dictionaries."""


@dataclass(frozen=True)
class Measure:
    """A measure of one ranking.

    Parameters
    ----------
    name : str
        What its mean over queries is called: ``"mAP"``.
    definition : str
        What it is for one query, in the notation of ir_measures: ``"AP"``, ``"nDCG@10"``.
    words : Words
        What it tells, in a few words.
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
    group: str = "relevance"
    better: int = 1
    whole: bool = False

    def __str__(self) -> str:
        """As it is defined."""
        return self.definition


MEAN_AVERAGE_PRECISION = Measure(
    "mAP", "AP", Words("平均精度的均值", "mean of the precision at each relevant document")
)
"""AP: the precision at the rank of each relevant document, summed, over the number of relevant documents.

Over the full ranking, without a cutoff. A grade is relevant from 1; higher grades count no more.
"""

NDCG_AT_10 = Measure(
    "nDCG@10", "nDCG@10", Words("前十名的分级增益", "graded gain of the first ten, over the best there is")
)
"""DCG of the first ten over that of the best possible ten: gain = grade, discount 1/log2(rank + 1).

Grades below 1 gain nothing. Fewer than ten relevant: the best possible is over those there are.
"""

MEAN_RECIPROCAL_RANK = Measure(
    "MRR", "RR", Words("首个相关结果的名次倒数", "one over the rank of the first relevant document")
)
"""RR: over the full ranking; 0 where no relevant document is ranked."""

RECALL_AT_100 = Measure(
    "Recall@100", "R@100", Words("前一百名找回的比例", "share of the relevant documents in the first hundred")
)
"""R@100: relevant documents in the first hundred over all relevant documents.

It stays below 1 where more than a hundred are relevant. A corpus of a hundred documents or
fewer, ranked in full, always has 1 (but for missing ones).
"""

STANDARD = (MEAN_AVERAGE_PRECISION, NDCG_AT_10, MEAN_RECIPROCAL_RANK, RECALL_AT_100)
"""What every report shows, in its order."""


def per_query(measures: Sequence[Measure], qrels: Qrels, rankings: Mapping[str, Sequence[str]]) -> NDArray[np.float64]:
    """Value of each measure for each query of `qrels`.

    Parameters
    ----------
    measures : sequence of Measure
        What to compute; the columns of the answer.
    qrels : mapping
        Grade by document by query.
    rankings : mapping of str to sequence of str
        Documents by query, best first, each once. Queries that are not judged are not looked at.

    Returns
    -------
    ndarray of float64, shape (len(qrels), len(measures))
        In the order of `qrels` and `measures`. A query without a ranking, or with an empty one, has zeros.

    Raises
    ------
    InputError
        A ranking names a document twice.
    """
    rows = {query: row for row, query in enumerate(qrels)}
    columns = {measure.definition: column for column, measure in enumerate(measures)}
    parsed = [ir_measures.parse_measure(measure.definition) for measure in measures]
    values = np.zeros((len(qrels), len(measures)))
    for queries in _batches(query for query in qrels if rankings.get(query)):
        grades = {query: {d: max(grade, 0) for d, grade in qrels[query].items()} for query in queries}
        scores = {query: _falling(query, rankings[query]) for query in queries}
        for found in ir_measures.pytrec_eval.evaluator(parsed, grades).iter_calc(scores):
            values[rows[found.query_id], columns[str(found.measure)]] = found.value
    return values


def _falling(query: str, documents: Sequence[str]) -> dict[str, float]:
    """Scores that fall by one a rank: exact at single precision, so that trec_eval measures our order."""
    scores = {document: float(len(documents) - place) for place, document in enumerate(documents)}
    if len(scores) != len(documents):
        raise InputError(f"the ranking of query {shown(query)} names a document twice", cure="Rank each document once.")
    return scores


def _batches(queries: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(queries, _AT_ONCE)):
        yield batch
