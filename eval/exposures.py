"""Logged exposures: what was shown to whom at which place, how likely that was, and what came of it.

A log has one row a posting in a list (`LOG`). Platforms that draw their lists at random write the chances into a
file (`read_log`). From the store, which knows no chances, they are estimated by counting (`stored_log`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from eval.files import read_csv
from eval.run import read_run
from matching.errors import FileError, QueryError
from matching.standard.records import Action, Posting

if TYPE_CHECKING:
    from matching.matcher import Matcher
    from matching.store import Store
    from matching.store.past import Past

LOG: Mapping[str, Any] = {
    "list": pl.String(),
    "graduate": pl.String(),
    "posting": pl.String(),
    "rank": pl.Int64(),
    "propensity": pl.Float64(),
    "reward": pl.Float64(),
}
"""``list`` names the list, ``propensity`` is the chance with which the old system would have put the posting into this
list (at whatever place), ``reward`` what came of it (1 for a click, an application …; 0)."""

TARGET: Mapping[str, Any] = {"list": pl.String(), "posting": pl.String(), "rank": pl.Int64()}
"""What the new system would have shown in the same lists."""

ALL_TOGETHER = "—"
"""The stratum of graduates of whom the major is not known."""


def read_log(path: Path) -> pl.DataFrame:
    """Read a log from CSV or Parquet; columns as in `LOG`, others are left out.

    Raises
    ------
    FileError
        A column is missing or holds something else; a propensity is not above 0 and at most 1, a rank below 1, a
        posting twice in a list, a list of two graduates. Names the first such row.
    """
    try:
        table = pl.read_parquet(path) if path.suffix == ".parquet" else read_csv(path)
        log = table.select(pl.col(name).cast(kind) for name, kind in LOG.items())
    except (OSError, pl.exceptions.PolarsError) as error:
        raise FileError(
            f"exposures cannot be read: {str(error).splitlines()[0]}",
            where=str(path),
            cure=f"Write CSV or Parquet with the columns {', '.join(LOG)}.",
        ) from None
    faults = (
        ("something is missing", pl.any_horizontal(pl.col(name).is_null() for name in LOG)),
        ("a propensity is not above 0 and at most 1", ~pl.col("propensity").is_between(0, 1, closed="right")),
        ("a rank is below 1", pl.col("rank") < 1),
        ("a reward is no finite number", ~pl.col("reward").is_finite()),
        ("a posting stands twice in a list", pl.struct("list", "posting").is_duplicated()),
        ("a list is of two graduates", pl.col("graduate").n_unique().over("list") > 1),
    )
    for what, wrong in faults:
        rows = log.with_row_index("row").filter(wrong)
        if len(rows):
            where = f"{path}, data row {rows['row'][0] + 1}"
            raise FileError(what, where=where, cure=f"Mend it ({len(rows)} rows are like this).")
    return log


def read_target(path: Path, log: pl.DataFrame, *, length: int) -> pl.DataFrame:
    """The new system's lists from a TREC run (queries are graduates), cut at `length`, one for each logged list.

    A graduate whom the run does not know has no list there: it earns nothing, and counts.
    """
    run = read_run(path)
    rows = [
        (graduate, posting, rank)
        for graduate, postings in run.items()
        for rank, posting in enumerate(postings[:length], 1)
    ]
    lists = pl.DataFrame(rows, schema={"graduate": pl.String, "posting": pl.String, "rank": pl.Int64}, orient="row")
    joined = log.select("list", "graduate").unique(maintain_order=True).join(lists, on="graduate")
    return joined.select(*TARGET)


def ranked_target(
    matcher: Matcher, log: pl.DataFrame, *, length: int, watch: Callable[[int], object] = int
) -> pl.DataFrame:
    """What the production path would have put into each list of `log`, asked on the day of the list.

    Parameters
    ----------
    matcher : Matcher
    log : DataFrame
        With ``list``, ``graduate`` and ``day``, as from `stored_log`.
    length : int
        Postings in a list.
    watch : callable, optional
        Told how many lists are made since its last call.

    Returns
    -------
    DataFrame
        Columns as in `TARGET`. A graduate whom the snapshot does not know has no list.
    """
    from matching.errors import UnknownId
    from matching.question import Question

    rows: list[tuple[str, str, int]] = []
    asked: dict[tuple[str, date], list[str]] = {}
    for name, graduate, day in log.select("list", "graduate", "day").unique("list", maintain_order=True).iter_rows():
        if (graduate, day) not in asked:
            question = Question(k=length, today=day, explained=False)
            try:
                asked[graduate, day] = [match.key for match in matcher.postings_for(graduate, question).matches]
            except UnknownId:
                asked[graduate, day] = []
        rows.extend((name, posting, rank) for rank, posting in enumerate(asked[graduate, day], 1))
        watch(1)
    return pl.DataFrame(rows, schema=dict(TARGET), orient="row")


def reordered(log: pl.DataFrame, target: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The question narrowed to the order: the same postings in the same lists, as the new system would sort them.

    What was shown is taken as given, so every propensity is 1 and support is whole. What the new system does not rank
    (it may not be taken any more, say) stays at the end, in the old order.
    """
    wished = target.rename({"rank": "wished"})
    sorted_anew = log.join(wished, on=["list", "posting"], how="left").sort("list", "wished", "rank", nulls_last=True)
    place = pl.int_range(1, pl.len() + 1).over("list").cast(pl.Int64).alias("rank")
    return log.with_columns(propensity=pl.lit(1.0)), sorted_anew.with_columns(place).select(*TARGET)


def stored_log(store: Store, past: Past, *, outcome: Action = Action.CLICKED) -> pl.DataFrame:
    """The store's lists before a cutoff, their propensities counted; columns as in `LOG`, and ``day``.

    What was shown to a graduate at one moment is a list. The chance that a posting is in a list is the share of the
    lists, shown to graduates of the same category of majors while the posting was published, that held it. So the
    old system must have looked at nothing else that also moves the outcome: an assumption, to be told with the
    result. An outcome counts for the last time the pair was shown before it.

    Raises
    ------
    QueryError
        Nothing was shown before the cutoff.
    """
    happened = past.interactions()
    shown = happened.filter(pl.col("action") == Action.SHOWN).unique(["graduate", "posting", "at"], maintain_order=True)
    if not len(shown):
        raise QueryError("nothing was shown before the cutoff", where="interactions", cure="Log what is shown.")
    ends = happened.filter(pl.col("action") == outcome).select("graduate", "posting", pl.col("at").alias("end"))
    credited = (
        ends.sort("end")
        .join_asof(shown.select("graduate", "posting", "at").sort("at"), left_on="end", right_on="at",
                   by=["graduate", "posting"], check_sortedness=False)
        .drop_nulls("at").select("graduate", "posting", "at").unique()
    )  # fmt: skip
    strata = _strata(store, shown["graduate"].unique().sort().to_list())
    log = (
        shown.join(credited.with_columns(reward=1.0), on=["graduate", "posting", "at"], how="left")
        .join(strata, on="graduate", how="left")
        .with_columns(
            pl.concat_str("graduate", pl.lit("@"), pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S%.f")).alias("list"),
            pl.col("at").dt.convert_time_zone("Asia/Shanghai").dt.date().alias("day"),
            pl.col("reward").fill_null(0.0),
            pl.col("stratum").fill_null(ALL_TOGETHER),
            pl.col("rank").cast(pl.Int64).fill_null(pl.int_range(1, pl.len() + 1).over("graduate", "at")),
        )
    )
    windows = _windows(store, log["posting"].unique().sort().to_list())
    return counted(log, windows).select(*LOG, "day")


def counted(log: pl.DataFrame, windows: Mapping[str, tuple[date | None, date | None]]) -> pl.DataFrame:
    """`log` with ``propensity``: of the lists of the stratum in the posting's days, the share that held it.

    Parameters
    ----------
    log : DataFrame
        With ``list``, ``stratum``, ``posting``, ``day``.
    windows : mapping
        First and last day of each posting; None, or a posting that is not there: no limit. A day on which it was
        shown is inside, whatever the record says.
    """
    lists = log.select("stratum", "list", "day").unique()
    days = {
        str(stratum): np.sort(part["day"].cast(pl.Int32).to_numpy())
        for (stratum,), part in lists.group_by("stratum")
    }  # fmt: skip
    cells = log.group_by("stratum", "posting").agg(
        pl.len().alias("held"), pl.col("day").min().alias("low"), pl.col("day").max().alias("high")
    )
    shares = []
    for stratum, posting, held, low, high in cells.iter_rows():
        first, last = windows.get(posting, (None, None))
        of_stratum = days[stratum]
        start = 0 if first is None else np.searchsorted(of_stratum, _number(min(first, low)), side="left")
        stop = len(of_stratum) if last is None else np.searchsorted(of_stratum, _number(max(last, high)), side="right")
        shares.append(held / int(stop - start))
    cells = cells.select("stratum", "posting").with_columns(pl.Series("propensity", shares, pl.Float64))
    return log.join(cells, on=["stratum", "posting"], how="left", maintain_order="left")


def _number(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _strata(store: Store, graduates: list[str]) -> pl.DataFrame:
    from matching.attributes import major_class_of
    from matching.standard.records import Graduate
    from matching.terms.majors import category_of

    rows = []
    for key, record in store.get_many("graduate", graduates).items():
        assert isinstance(record, Graduate)
        found = major_class_of(record)
        rows.append((key, ALL_TOGETHER if found is None else category_of(found)))
    return pl.DataFrame(rows, schema={"graduate": pl.String, "stratum": pl.String}, orient="row")


def _windows(store: Store, postings: list[str]) -> dict[str, tuple[date | None, date | None]]:
    found = store.get_many("posting", postings)
    return {key: (record.published, record.closes) for key, record in found.items() if isinstance(record, Posting)}
