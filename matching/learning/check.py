"""How good an encoder is on the development split while it is trained: mean average precision of title ranking.

A quick look with the tower itself; what is reported is measured by ``gradmatch eval task`` (docs/encoders.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.tower import Reads


class Check:
    """Title ranking on groups of titles: each title asks for the others of its groups, among all titles.

    Parameters
    ----------
    tasks : mapping of str to sequence of tuple of str
        Groups of titles by name of the task; a title may stand in several groups.
    """

    def __init__(self, tasks: Mapping[str, Sequence[tuple[str, ...]]]) -> None:
        self._tasks = {name: _relevance(groups) for name, groups in tasks.items()}

    def each(self, tower: Reads) -> dict[str, float]:
        """Mean average precision of each task."""
        return {name: self._one(tower, titles, relevant) for name, (titles, relevant) in self._tasks.items()}

    def mean(self, tower: Reads) -> float:
        """The mean over the tasks."""
        return float(np.mean(list(self.each(tower).values())))

    def _one(self, tower: Reads, titles: list[str], relevant: NDArray[np.bool_]) -> float:
        queries, passages = (tower.encode([prompt + title for title in titles]) for prompt in tower.prompts)
        return mean_average_precision((queries @ passages.T).numpy(), relevant)


def mean_average_precision(scores: NDArray[np.float32], relevant: NDArray[np.bool_]) -> float:
    """Over the rows that have something relevant; the diagonal (a title asking for itself) is left out.

    Of equal scores the earlier column is first. No such row: 0.
    """
    values = []
    for i in np.flatnonzero(relevant.any(axis=1)):
        order = np.argsort(-scores[i], kind="stable")
        hits = relevant[i, order[order != i]]
        precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        values.append(float((precision * hits).sum() / hits.sum()))
    return float(np.mean(values)) if values else 0.0


def _relevance(groups: Sequence[tuple[str, ...]]) -> tuple[list[str], NDArray[np.bool_]]:
    titles = list(dict.fromkeys(title for group in groups for title in group))
    row = {title: i for i, title in enumerate(titles)}
    relevant = np.zeros((len(titles), len(titles)), np.bool_)
    for group in groups:
        rows = [row[title] for title in group]
        relevant[np.ix_(rows, rows)] = True
    np.fill_diagonal(relevant, False)
    return titles, relevant
