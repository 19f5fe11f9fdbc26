"""What people want of the push: nothing, nothing for a while, nothing personal, and when they want quiet."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from matching.store.push_tables import preferences
from matching.store.times import from_micros, to_micros
from matching.store.writing import chunks

if TYPE_CHECKING:
    from matching.store.store import Store


class Wish(NamedTuple):
    """What one person wants; the defaults are those of someone who never said anything.

    Attributes
    ----------
    stop : bool
        Nothing is sent.
    until : datetime, optional
        Nothing is sent before.
    plain : bool
        Nothing personalised is sent: the same postings go to everyone who asked for it.
    zone, quiet : str, optional
        Time zone (IANA) and hours of quiet in it, ``"22:00-07:30"``; None: those of the settings.
    """

    stop: bool = False
    until: datetime | None = None
    plain: bool = False
    zone: str | None = None
    quiet: str | None = None


class Wishes:
    """The wishes of all people.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def of(self, graduates: Iterable[str]) -> dict[str, Wish]:
        """The wishes of those of `graduates` who said something."""
        with self._database.reading() as connection:
            return wishes_of(connection, list(dict.fromkeys(graduates)))

    def every(self) -> dict[str, Wish]:
        """All wishes, by key of the person."""
        with self._database.reading() as connection:
            return {row.graduate: _wish(row) for row in connection.execute(select(preferences))}

    def set(self, graduate: str, wish: Wish, *, message: str | None = None) -> None:
        """Keep what a person wants, in place of what was wanted before; it holds from the next claim on.

        Parameters
        ----------
        message : str, optional
            The message whose link was used.

        Raises
        ------
        QueryError
            `until` has no time zone.
        StoreError
        """
        row = {
            "graduate": graduate,
            **wish._asdict(),
            "until": None if wish.until is None else to_micros(wish.until),
            "changed": time.time_ns() // 1000,
            "message": message,
        }
        dialect = sqlite if self._database.on_sqlite else postgresql
        adding = dialect.insert(preferences)
        replaced = {name: adding.excluded[name] for name in row if name != "graduate"}
        with self._database.writing(durable=True) as connection:
            connection.execute(adding.on_conflict_do_update(index_elements=["graduate"], set_=replaced), row)


def wishes_of(connection: Connection, graduates: list[str]) -> dict[str, Wish]:
    """The wishes of some people, inside a transaction."""
    found: dict[str, Wish] = {}
    for chunk in chunks(graduates):
        asked = select(preferences).where(preferences.c.graduate.in_(chunk))
        found.update((row.graduate, _wish(row)) for row in connection.execute(asked))
    return found


def _wish(row: object) -> Wish:
    values = {name: getattr(row, name) for name in Wish._fields}
    until = values["until"]
    return Wish(**{**values, "until": None if until is None else from_micros(until)})
