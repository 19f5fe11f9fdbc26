"""Interactions before a cutoff, and what happened after it: the only place where evaluation opens the past's door."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from eval.evaluation import Finding
from matching.errors import FileError, InputError
from matching.standard.records import Action

if TYPE_CHECKING:
    from matching.store import Store

INTERACTIONS = {
    "graduate": pl.String(),
    "posting": pl.String(),
    "action": pl.String(),
    "at": pl.Datetime("us", "UTC"),
}
"""Columns that a split needs."""


@dataclass(frozen=True)
class Split:
    """What the system may know, and what it is measured by.

    Attributes
    ----------
    cutoff, until : datetime
        The system stands at `cutoff`; it is measured by what happened from then until `until` (not included).
    past, future : DataFrame
        Interactions: see `INTERACTIONS`.
    """

    cutoff: datetime
    until: datetime
    past: pl.DataFrame
    future: pl.DataFrame

    @property
    def fingerprint(self) -> str:
        """SHA-256 over both parts, whatever the order of their rows."""
        digest = hashlib.sha256()
        for part in (self.past, self.future):
            columns = list(INTERACTIONS)
            digest.update(part.select(columns).sort(columns).write_csv().encode())
        return digest.hexdigest()


def temporal_split(store: Store, cutoff: datetime, horizon: timedelta) -> Split:
    """Split the store's interactions at `cutoff`; what happened after `horizon` is not looked at.

    Raises
    ------
    QueryError
        The cutoff has no time zone.
    InputError
        Nothing happened within the horizon, so nothing can be measured.
    """
    return split_frame(store.past(end_of(cutoff, horizon)).interactions(), cutoff, horizon)


def end_of(cutoff: datetime, horizon: timedelta) -> datetime:
    """When the watch is over.

    Raises
    ------
    InputError
        The horizon is not above 0, or ends beyond the calendar.
    """
    if horizon <= timedelta(0):
        raise InputError(f"a horizon of {horizon}", cure="Watch for some time after the cutoff.")
    try:
        return cutoff + horizon
    except OverflowError:
        raise InputError(f"a horizon of {horizon} from {cutoff:%Y-%m-%d}", cure="Choose a shorter one.") from None


def split_frame(interactions: pl.DataFrame, cutoff: datetime, horizon: timedelta) -> Split:
    """Split a table of interactions; see `temporal_split`."""
    until = end_of(cutoff, horizon)
    past = interactions.filter(pl.col("at") < cutoff)
    future = interactions.filter((pl.col("at") >= cutoff) & (pl.col("at") < until))
    if future.is_empty():
        raise InputError(
            f"nothing happened from {cutoff.isoformat()} to {until.isoformat()}",
            cure="Choose another cutoff or a longer horizon.",
        )
    return Split(cutoff, until, past, future)


def split_findings(split: Split) -> list[Finding]:
    """Whether the parts are what they are called: everything past before the cutoff, everything future after it."""
    late = split.past.filter(pl.col("at") >= split.cutoff).height
    early = split.future.filter(pl.col("at") < split.cutoff).height
    both = split.past.join(split.future, on=list(INTERACTIONS), how="semi").height
    if not late + early + both:
        return []
    return [
        Finding(
            fault="swapped split",
            fatal=True,
            zh=f"切分有误：{late} 条训练互动不早于截止时刻，{early} 条检验互动早于截止时刻，{both} 条两边都有",
            en=f"the split is wrong: {late} interactions of the past are not before the cutoff, {early} of the future "
            f"are before it, {both} are on both sides",
            evidence={"late": late, "early": early, "both": both},
        )
    ]


def read_interactions(path: Path) -> pl.DataFrame:
    """A Parquet file of interactions: graduate, posting, action (as in the data standard), at (with a time zone).

    Further columns are dropped. Moments without a zone are refused: they are not moments.

    Raises
    ------
    FileError
        The file cannot be read, a column is missing or of another type, or an action is unknown.
    """
    try:
        table = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        cure = "Write it with polars or Arrow."
        raise FileError(f"no Parquet can be read: {error}", where=str(path), cure=cure) from None
    missing = [name for name in INTERACTIONS if name not in table.columns]
    if missing:
        raise FileError(f"no column {missing[0]}", where=str(path), cure=f"Give columns {', '.join(INTERACTIONS)}.")
    kind = table.schema["at"]
    if not isinstance(kind, pl.Datetime) or kind.time_zone is None:
        raise FileError(f"'at' is {kind}, no moment with a time zone", where=str(path), cure="Write it in UTC.")
    table = table.select(pl.col(name).cast(wanted) for name, wanted in INTERACTIONS.items())
    keyless = table.filter(
        pl.any_horizontal(pl.col("graduate", "posting").fill_null("") == "") | pl.col("at").is_null()
    )
    if len(keyless):
        raise FileError(f"{len(keyless)} rows have no graduate, posting or moment", where=str(path), cure="Drop them.")
    unknown = table.filter(~pl.col("action").is_in([str(action) for action in Action]))
    if len(unknown):
        cure = f"Use {', '.join(Action)}."
        raise FileError(f"unknown action '{unknown['action'][0]}'", where=str(path), cure=cure)
    return table
