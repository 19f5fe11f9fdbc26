"""One system over one task: scores → order → run file and measures, a few queries at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from eval.judged import Judged
from eval.measures import STANDARD, measure_all, per_query
from eval.rankings import NOTHING, Judgements, Rankings
from eval.run import Order, RunFile
from eval.task import Task

_PLACES_AT_ONCE = 1_000_000
"""Query–document places that are held together."""
_LIBRARY_UP_TO = 200_000
"""Query–document places up to which trec_eval measures."""
KEPT = 50
"""Places of each list that are kept, for the checks and the report."""

Answers = Iterator[NDArray[np.floating] | None]
"""For each judged query one score a document, or None where the system has no answer."""


@dataclass(frozen=True)
class Trial:
    """What came of one system on one task.

    Attributes
    ----------
    values : ndarray of float64, shape (judged queries, measures)
        In the order of `Task.judged` and `eval.measures.STANDARD`; zeros where unanswered.
    answered : ndarray of bool, shape (judged queries,)
    tied : int
        Queries for which every document scored alike, so that ids alone made the order.
    seconds : float
        Time that the system took for its scores; measuring is not in it.
    lists : Rankings
        The first `KEPT` places of each list, with scores where there are any.
    """

    system: str
    values: NDArray[np.float64]
    answered: NDArray[np.bool_]
    tied: int
    seconds: float
    lists: Rankings


def try_system(
    system: str, task: Task, answers: Answers, *, run_file: RunFile | None = None, step: Callable[[int], object] = int
) -> Trial:
    """Rank every document for every judged query, and measure.

    Parameters
    ----------
    system : str
        Its name, for the report.
    task : Task
        Its judged queries are asked.
    answers : iterator of (ndarray of shape (documents,) or None)
        In the order of `task.judged`; where it ends early the rest is unanswered.
    run_file : RunFile, optional
        Receives the full rankings of the answered queries.
    step : callable, optional
        Called with the number of queries done since its last call.
    """
    documents, judged = list(task.corpus), list(task.judged)
    by_library = len(judged) * len(documents) <= _LIBRARY_UP_TO
    order = Order(documents)
    clock = _Clock(answers)
    parts, kept, tied = [], [], 0
    for batch in _batches(judged, max(1, _PLACES_AT_ONCE // len(documents))):
        rows = np.full((len(batch), len(documents)), NOTHING, np.int32)
        held = np.full(rows[:, :KEPT].shape, np.nan, np.float32)
        for i, (query, scores) in enumerate(zip(batch, clock.take(len(batch)), strict=True)):
            if scores is not None:
                rows[i] = order.rows(scores)
                held[i] = scores[rows[i, :KEPT]]
                tied += bool(scores.min() == scores.max())
                if run_file is not None:
                    run_file.write(query, [documents[row] for row in rows[i].tolist()])
        lists = Rankings(batch, documents, rows)
        parts.append((_values(lists, task, by_library=by_library), lists.answered))
        kept.append((rows[:, :KEPT].copy(), held))
        step(len(batch))
    return Trial(
        system=system,
        values=np.concatenate([values for values, _ in parts]),
        answered=np.concatenate([answered for _, answered in parts]),
        tied=tied,
        seconds=clock.seconds,
        lists=Rankings(judged, documents, *(np.concatenate(part) for part in zip(*kept, strict=True))),
    )


def try_lists(system: str, task: Task, lists: Rankings) -> Trial:
    """Measure lists that somebody else made, over the judged queries and the corpus of a task.

    What is not listed is not found; a query without a list counts 0; a document that is not in the corpus takes its
    place and cannot be relevant.
    """
    judgements = Judgements.of(task.qrels, lists.queries, lists.documents)
    tied = 0
    if lists.scores is not None:
        same = (lists.scores == lists.scores[:, :1]) | ~lists.listed
        tied = int((same.all(axis=1) & (lists.listed.sum(axis=1) > 1)).sum())
    values = measure_all(STANDARD, Judged(lists, judgements))
    return Trial(system, values, lists.answered, tied, 0.0, lists.cut(KEPT))


def _values(lists: Rankings, task: Task, *, by_library: bool) -> NDArray[np.float64]:
    """The standard measures: by trec_eval where there is little to do, else by our own arithmetic (equal to 1e-9)."""
    if not by_library:
        judgements = Judgements.of(task.qrels, lists.queries, lists.documents)
        return measure_all(STANDARD, Judged(lists, judgements))
    named = {
        query: [lists.documents[row] for row in rows.tolist()]
        for query, rows, answered in zip(lists.queries, lists.rows, lists.answered, strict=True)
        if answered
    }
    return per_query(STANDARD, {query: task.qrels[query] for query in lists.queries}, named)


class _Clock:
    """Takes answers, and counts the seconds that they take."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.seconds = 0.0

    def take(self, n: int) -> list[NDArray[np.floating] | None]:
        start = time.perf_counter()
        taken = list(islice(self._answers, n))
        self.seconds += time.perf_counter() - start
        return taken + [None] * (n - len(taken))


def _batches(queries: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(queries), size):
        yield queries[start : start + size]
