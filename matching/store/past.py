"""The one door to interactions (Law 6): what had happened before a cutoff, and nothing later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select

from matching.store.database import Database
from matching.store.tables import interactions
from matching.store.times import to_micros
from matching.store.writing import chunks

if TYPE_CHECKING:
    import polars as pl

_BATCH = 50_000


class Past:
    """The store's interactions strictly before `cutoff`.

    Made by `Store.past`.

    Parameters
    ----------
    database : Database
    cutoff : datetime
        The moment the system stands at; must have a time zone.

    Raises
    ------
    QueryError
        The cutoff has no time zone.
    """

    def __init__(self, database: Database, cutoff: datetime) -> None:
        self._before = to_micros(cutoff)
        self._database = database
        self.cutoff = cutoff.astimezone(UTC)

    def interactions(self) -> pl.DataFrame:
        """All interactions before the cutoff, by moment, then by key; of one state of the store.

        Returns
        -------
        polars.DataFrame
            graduate, posting (keys), action (str), at (UTC, microseconds), rank (1 is best; null where it was not
            shown in a list), channel (empty where not stated). No rows, the same columns, where nothing happened.

        Raises
        ------
        StoreError
        """
        return self._read()

    def of(self, graduates: Sequence[str]) -> pl.DataFrame:
        """The same of these graduates only; small where they are few.

        Raises
        ------
        StoreError
        """
        import polars as pl

        parts = [self._read(interactions.c.graduate.in_(chunk)) for chunk in chunks(list(graduates))]
        return pl.concat(parts) if parts else self._read(interactions.c.graduate.in_([]))

    def during(self, first: datetime, last: datetime, *, channel: str) -> pl.DataFrame:
        """The same of one channel from `first` to `last`, both included, as far as it is before the cutoff.

        Raises
        ------
        StoreError
        """
        at = interactions.c.at
        return self._read(at >= to_micros(first), at <= to_micros(last), interactions.c.channel == channel)

    def _read(self, *also: ColumnElement[bool]) -> pl.DataFrame:
        import polars as pl

        schema: dict[str, pl.DataType] = {
            "graduate": pl.String(),
            "posting": pl.String(),
            "action": pl.String(),
            "at": pl.Datetime("us", "UTC"),
            "rank": pl.Int32(),
            "channel": pl.String(),
        }
        asked = (
            select(*(interactions.c[name] for name in schema))
            .where(interactions.c.at < self._before, *also)
            .order_by(interactions.c.at, interactions.c.key)
        )
        parts = [pl.DataFrame(schema=schema)]
        with self._database.reading() as connection:
            found = connection.execution_options(yield_per=_BATCH).execute(asked)
            for batch in found.partitions():
                rows = pl.DataFrame(batch, schema={**schema, "at": pl.Int64()}, orient="row")
                parts.append(rows.with_columns(rows["at"].cast(schema["at"])))
        return pl.concat(parts)
