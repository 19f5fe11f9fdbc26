"""Lists of several systems over one ground → the tables of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from eval.calibration import reliability
from eval.catalogue import of_replay
from eval.evaluation import LISTS, RELIABILITY
from eval.ground import Ground
from eval.judged import Judged
from eval.measures import Measure, measure_all, over_slices
from eval.rankings import UNJUDGED, Rankings
from eval.scores import Scores, values_table
from eval.slices import members_table, slices_of
from eval.summary import Sampling, summarise


@dataclass(frozen=True)
class Measured:
    """The tables of one direction, and what they were made from."""

    ground: Ground
    judged: dict[str, Judged]
    scores: list[Scores]
    values: pl.DataFrame
    summary: pl.DataFrame
    differences: pl.DataFrame
    members: pl.DataFrame
    lists: pl.DataFrame
    reliability: pl.DataFrame


def measure_ground(
    ground: Ground,
    lists: Mapping[str, Rankings],
    *,
    depth: int,
    sampling: Sampling,
    before: Mapping[str, Rankings] | None = None,
) -> Measured:
    """Measure every system's lists by everything that a replay shows, over every slice of the ground.

    Parameters
    ----------
    ground : Ground
    lists : mapping of str to Rankings
        By system, over the queries and documents of the ground.
    depth : int
        Length of the lists.
    sampling : Sampling
    before : mapping of str to Rankings, optional
        The lists of an earlier snapshot, by system.
    """
    measures = of_replay(depth)
    judged = {system: judged_lists(ground, found, (before or {}).get(system)) for system, found in lists.items()}
    scores = [_scores(system, ground, measures, found) for system, found in judged.items()]
    slices = slices_of(ground.columns, len(ground.queries), small=sampling.small)
    found = summarise(scores, slices, sampling)
    return Measured(
        ground,
        judged,
        scores,
        values_table(scores),
        found.summary,
        found.differences,
        members_table(slices, ground.direction, ground.queries),
        pl.concat([pl.DataFrame(schema=dict(LISTS)), *(lists_table(s, ground, found) for s, found in judged.items())]),
        pl.concat([pl.DataFrame(schema=dict(RELIABILITY)), *(_curve(s, ground, found) for s, found in judged.items())]),
    )


def judged_lists(ground: Ground, rankings: Rankings, before: Rankings | None = None) -> Judged:
    """Lists with what the ground knows of them; a query without anything relevant says nothing about relevance."""
    return Judged(
        rankings,
        ground.judgements,
        ground.market,
        ground.eligible(rankings),
        ground.same,
        before,
        comes_about=ground.comes_about,
        hopeless=np.nan,
    )


def _scores(system: str, ground: Ground, measures: tuple[Measure, ...], judged: Judged) -> Scores:
    return Scores(
        system,
        ground.direction,
        ground.queries,
        measures,
        measure_all(measures, judged),
        judged.rankings.answered,
        over_slices(measures, judged),
    )


def lists_table(system: str, ground: Ground, judged: Judged) -> pl.DataFrame:
    """One row a place of a list: see `eval.evaluation.LISTS`. A document that is not there is named ``?``."""
    rankings = judged.rankings
    query, rank = np.nonzero(rankings.listed)
    rows = rankings.rows[query, rank]
    names = np.array([*rankings.documents, "?"], dtype=object)
    scores = np.full(len(rows), np.nan, np.float32) if rankings.scores is None else rankings.scores[query, rank]
    grades = judged.grades[query, rank].astype(np.int64)
    rules = None if judged.eligible is None else judged.eligible[query, rank]
    table = pl.DataFrame(
        {
            "query": pl.Series(np.array(rankings.queries, dtype=object)[query].tolist(), dtype=pl.String),
            "rank": pl.Series(rank + 1, dtype=pl.Int32),
            "document": pl.Series(names[np.where(rows >= 0, rows, -1)].tolist(), dtype=pl.String),
            "score": pl.Series(scores, dtype=pl.Float32).fill_nan(None),
            "grade": pl.Series(grades, dtype=pl.Int64),
            "eligible": pl.Series([None] * len(rows) if rules is None else rules, dtype=pl.Boolean),
        }
    )
    return table.select(
        pl.lit(system, pl.Categorical).alias("system"),
        pl.lit(ground.direction.value, pl.Categorical).alias("direction"),
        "query",
        "rank",
        "document",
        "score",
        pl.when(pl.col("grade") != UNJUDGED).then(pl.col("grade")).cast(pl.Int16).alias("grade"),
        "eligible",
    )


def _curve(system: str, ground: Ground, judged: Judged) -> pl.DataFrame:
    found = reliability(judged)
    if found is None:
        return pl.DataFrame(schema=dict(RELIABILITY))
    return pl.DataFrame(
        {
            "bin": pl.Series(np.arange(len(found.n)), dtype=pl.Int32),
            "predicted": pl.Series(found.predicted).fill_nan(None),
            "observed": pl.Series(found.observed).fill_nan(None),
            "n": pl.Series(found.n, dtype=pl.Int64),
        }
    ).select(pl.lit(system).alias("system"), pl.lit(ground.direction.value).alias("direction"), pl.all())
