"""What one system scored in one direction: a matrix of queries × measures, and the tables made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.evaluation import VALUES, Direction
from eval.measures import Measure

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """Values of one system, query by query.

    Attributes
    ----------
    queries : sequence of str
        The same, in the same order, for all systems of a direction.
    values : float64 (queries, measures)
        NaN where the measure has nothing to say about the query.
    answered : bool (queries,)
    whole : callable, optional
        For measures that look at all lists together (`Measure.whole`): their columns again, over the given rows
        alone. None where there are none, or where a slice of them is the same as a slice of `values`.
    """

    system: str
    direction: Direction
    queries: Sequence[str]
    measures: tuple[Measure, ...]
    values: NDArray[np.float64]
    answered: NDArray[np.bool_]
    whole: Callable[[Rows], NDArray[np.float64]] | None = None

    def over(self, rows: Rows | None) -> NDArray[np.float64]:
        """The values of some queries (None: all), as if there were no others."""
        if rows is None:
            return self.values
        found = self.values[rows]
        columns = [i for i, measure in enumerate(self.measures) if measure.whole]
        if columns and self.whole is not None:
            found[:, columns] = self.whole(rows)
        return found


def values_table(scores: Sequence[Scores]) -> pl.DataFrame:
    """One row a system, direction, measure and query: see `eval.evaluation.VALUES`."""
    parts = [pl.DataFrame(schema=dict(VALUES))]
    for of_system in scores:
        queries = pl.Series("query", list(of_system.queries), pl.String)
        answered = pl.Series("answered", of_system.answered)
        for measure, column in zip(of_system.measures, of_system.values.T, strict=True):
            named = {"system": of_system.system, "direction": of_system.direction.value, "measure": measure.name}
            parts.append(
                pl.DataFrame([queries, pl.Series("value", column).fill_nan(None), answered])
                .with_columns(*(pl.lit(value, pl.Categorical).alias(name) for name, value in named.items()))
                .select(list(VALUES))
            )
    return pl.concat(parts, rechunk=False)
