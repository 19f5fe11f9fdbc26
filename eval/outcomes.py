"""Interactions after the cutoff → judgements: what came of a pair, as a grade.

For a graduate, a posting that was shown and came to nothing is judged 0; the more came of it, the higher. For a
posting, only people who applied are judged: 0 where the employer did not answer. A pair that nobody saw is unjudged.
A pair that the graduate had applied to before the cutoff is no question any more and is left out on both sides, and so
is a posting that repeats one applied to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from eval.evaluation import Direction
from eval.rankings import Judgements
from matching.learning.exposed import credited, examination_of

Grades = Mapping[str, int]

GRADES: dict[Direction, Grades] = {
    Direction.POSTINGS: {
        "shown": 0,
        "clicked": 0,
        "dismissed": 0,
        "saved": 1,
        "applied": 2,
        "answered": 3,
        "interviewed": 3,
        "offered": 4,
        "hired": 5,
        "declined": 4,
    },
    Direction.GRADUATES: {"applied": 0, "answered": 1, "interviewed": 2, "offered": 3, "hired": 4, "declined": 3},
}
"""Grade of a pair by the furthest that it came; actions that are not named judge nothing."""

COMES_ABOUT: Mapping[Direction, int] = {Direction.POSTINGS: 2, Direction.GRADUATES: 1, Direction.DOCUMENTS: 1}
"""The least grade at which has come about what chances are given for: the graduate applied; the employer answered."""

_SETTLED = ("applied", "answered", "interviewed", "offered", "hired", "declined")
"""After one of these the pair is no question any more."""


class Pairs(NamedTuple):
    """Judged pairs by key: `query`, `document`, `grade`; and those that were settled before: `query`, `document`."""

    judged: pl.DataFrame
    settled: pl.DataFrame


def judged_pairs(
    past: pl.DataFrame, future: pl.DataFrame, direction: Direction, *, same: Mapping[str, str] | None = None
) -> Pairs:
    """Grade the pairs of `future`; see the module.

    Parameters
    ----------
    past, future : DataFrame
        As in `eval.split.Split`.
    same : mapping of str to str, optional
        The posting that each posting repeats; those that repeat none may be missing. Postings are judged, and
        settled, together with all that repeat them.
    """
    query, document = ("graduate", "posting") if direction is Direction.POSTINGS else ("posting", "graduate")
    grades = pl.DataFrame(
        list(GRADES[direction].items()), schema={"action": pl.String, "grade": pl.Int16}, orient="row"
    )

    def one(table: pl.DataFrame) -> pl.DataFrame:
        names = pl.col("posting") if not same else pl.col("posting").replace(same)
        return table.with_columns(posting=names).rename({query: "query", document: "document"})

    settled = one(past.filter(pl.col("action").is_in(_SETTLED))).select("query", "document").unique(maintain_order=True)
    judged = (
        one(future)
        .join(grades, on="action", how="inner")
        .join(settled, on=["query", "document"], how="anti")
        .group_by("query", "document")
        .agg(pl.col("grade").max())
        .sort("query", "document")
    )
    return Pairs(judged, settled)


def with_looks(
    judged: pl.DataFrame, past: pl.DataFrame, future: pl.DataFrame, same: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """`Pairs.judged` of postings for graduates, and how often each pair was looked at (`looked`) in the future.

    A showing is as many looks as its place is looked at, beside the first place; that curve is estimated from the past
    alone (`matching.learning.exposed.examination_of`). A pair that was judged without a showing was looked at once.
    """
    if "rank" not in future.columns:
        return judged.with_columns(looked=pl.lit(1.0))
    examination, _ = examination_of(past)
    shown = credited(future, "applied")
    chance = examination(shown["rank"].cast(pl.Int64).fill_null(1).to_numpy())
    names = pl.col("posting") if not same else pl.col("posting").replace(same)
    looks = (
        shown.select(pl.col("graduate").alias("query"), names.alias("document"))
        .with_columns(looked=pl.Series(chance, dtype=pl.Float64))
        .group_by("query", "document")
        .agg(pl.col("looked").sum())
    )
    return judged.join(looks, on=["query", "document"], how="left").with_columns(pl.col("looked").fill_null(1.0))


def judgements(judged: pl.DataFrame, queries: list[str], documents: list[str]) -> Judgements:
    """`Pairs.judged` by rows; documents that cannot be listed get rows behind the others, other queries are dropped."""
    asked = pl.DataFrame({"query": pl.Series(queries, dtype=pl.String)}).with_row_index("q")
    known = pl.DataFrame({"document": pl.Series(documents, dtype=pl.String)}).with_row_index("d")
    table = judged.join(asked, on="query", how="inner").join(known, on="document", how="left")
    away = pl.col("document").rank("dense").cast(pl.Int64) - 1 + len(documents)
    rows = table.with_columns(pl.coalesce(pl.col("d").cast(pl.Int64), away).alias("d"))
    looked = rows["looked"].to_numpy() if "looked" in rows.columns else None
    return Judgements.of_arrays(
        rows["q"].to_numpy().astype(np.int64),
        rows["d"].to_numpy(),
        rows["grade"].to_numpy(),
        len(queries),
        looked=looked,
    )
