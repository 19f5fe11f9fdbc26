"""Systems beside each other: paired differences with intervals and tests, corrected for how many there are."""

from __future__ import annotations

import polars as pl
from pydantic import BaseModel, ConfigDict

from eval.evaluation import ALL, Evaluation

BASELINE = "bm25"
"""What the other systems are compared with, where it is among them; else it is the first of them."""


class Difference(BaseModel):
    """Mean difference, `system` less `baseline`, over the same queries.

    `low` and `high` are the bootstrap interval (null where one query alone is judged), `p` is that of the paired
    randomisation test, `p_holm` the same corrected for all the comparisons of the report.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    baseline: str
    measure: str
    mean: float
    low: float | None
    high: float | None
    p: float
    p_holm: float


def differences_of(evaluation: Evaluation) -> list[Difference]:
    """Each system beside the baseline over every query, measure by measure; none where there is one system only."""
    rows = evaluation.differences.filter(pl.col("axis") == ALL)
    return [Difference.model_validate(row) for row in rows.select(list(Difference.model_fields)).iter_rows(named=True)]
