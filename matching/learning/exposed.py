"""Interactions → what a ranker learns from: who was shown what at which place, who applied, who was answered."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from matching.learning.examination import Examination

_ZONE = "Asia/Shanghai"
_AFTER = ("answered", "interviewed", "offered", "hired", "declined")
"""Actions that show that an application was answered."""
MOST = 1_000_000
"""Exposures that are learned from: the newest."""


def credited(past: pl.DataFrame, outcome: str) -> pl.DataFrame:
    """Every showing, with whether `outcome` came of it (`event`); an outcome counts for the last showing before it.

    Returns
    -------
    DataFrame
        ``graduate``, ``posting``, ``at``, ``rank``, ``event``; by moment. Showings of a pair after its application are
        left out: it is no question any more.
    """
    shown = past.filter(pl.col("action") == "shown").unique(["graduate", "posting", "at"], maintain_order=True)
    pair = ["graduate", "posting"]
    ends = past.filter(pl.col("action") == outcome).select(*pair, pl.col("at").alias("end")).sort("end")
    last = (
        ends.join_asof(shown.select(*pair, "at").sort("at"), left_on="end", right_on="at", by=pair,
                       check_sortedness=False)
        .drop_nulls("at").select(*pair, "at").unique().with_columns(event=pl.lit(value=True))
    )  # fmt: skip
    settled = past.filter(pl.col("action") == "applied").group_by(pair).agg(pl.col("at").min().alias("settled"))
    return (
        shown.join(last, on=[*pair, "at"], how="left")
        .join(settled, on=pair, how="left")
        .filter(pl.col("settled").is_null() | (pl.col("at") < pl.col("settled")))
        .select(*pair, "at", "rank", pl.col("event").fill_null(value=False))
        .sort("at", *pair)
    )


def exposures(past: pl.DataFrame, until: datetime) -> pl.DataFrame:
    """Showings before `until` that had their time to lead to an application, the newest `MOST`; see `credited`.

    A column more: whether the posting was opened (`clicked`), as it was by everybody who applied.
    """
    opened = credited(past, "clicked").select("graduate", "posting", "at", clicked="event")
    shown = credited(past, "applied").join(opened, on=["graduate", "posting", "at"], maintain_order="left")
    return shown.with_columns(pl.col("clicked") | pl.col("event")).filter(pl.col("at") < until).tail(MOST)


def applications(past: pl.DataFrame, until: datetime) -> pl.DataFrame:
    """First applications of pairs before `until`, and whether the employer answered (`event`); by moment."""
    pair = ["graduate", "posting"]
    answered = past.filter(pl.col("action").is_in(_AFTER)).select(*pair).unique().with_columns(event=pl.lit(value=True))
    return (
        past.filter(pl.col("action") == "applied")
        .group_by(pair)
        .agg(pl.col("at").min())
        .filter(pl.col("at") < until)
        .join(answered, on=pair, how="left")
        .select(*pair, "at", pl.col("event").fill_null(value=False))
        .sort("at", *pair)
        .tail(MOST)
    )


def examination_of(past: pl.DataFrame) -> tuple[Examination, str]:
    """How much each place is looked at, by what was clicked (else applied to), and how that was found out.

    Where no posting stood at two places, or nothing was clicked, all places count alike, and the words say so.
    """
    from matching.errors import QueryError

    for outcome in ("clicked", "applied"):
        shown = credited(past, outcome).drop_nulls("rank")
        log = shown.select("posting", pl.col("rank").cast(pl.Int64), reward=pl.col("event").cast(pl.Float64))
        if not len(log):
            continue
        try:
            found = Examination.estimated(log)
        except QueryError:
            continue
        return found, f"examination model: places of the same posting compared by what was {outcome}"
    return Examination.power(0.0, 1), "none: the interactions do not tell how much of a list is looked at"


def days_of(table: pl.DataFrame) -> pl.Series:
    """The day of each row in China, as a day number."""
    epoch = pl.lit(date(1970, 1, 1))
    day = pl.col("at").dt.convert_time_zone(_ZONE).dt.date()
    return table.select((day - epoch).dt.total_days().alias("day"))["day"]


def settled_by(cutoff: datetime, days: float) -> datetime:
    """The moment before which whatever leads to something has had `days` to do so."""
    return cutoff - timedelta(days=days)
