"""Standard measures by trec_eval (through ir_measures and pytrec_eval-terrier): exact, and slow over many queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eval.texts import shown
from matching.errors import InputError

Qrels = Mapping[str, Mapping[str, int]]
"""Grade by document by query. A document that is not named is unjudged and counts as not relevant."""

_AT_ONCE = 64
"""Queries whose rankings are handed to trec_eval together: bounds the memory of its dictionaries."""


class Defined(Protocol):
    """What has a definition in the notation of ir_measures."""

    @property
    def definition(self) -> str:
        """Such as ``"nDCG@10"``."""
        ...


def per_query(measures: Sequence[Defined], qrels: Qrels, rankings: Mapping[str, Sequence[str]]) -> NDArray[np.float64]:
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
    import ir_measures

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
