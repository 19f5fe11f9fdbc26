"""The store's face: records by key, in bulk and in order, the feed of changes, and the door to the past."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Self

from pydantic import ValidationError
from sqlalchemy import Select, Table, bindparam, func, insert, select

from matching.errors import QueryError, StoreError
from matching.standard.records import RECORD_TYPES, Record
from matching.store import writing
from matching.store.database import Database
from matching.store.migrating import migrate
from matching.store.past import Past
from matching.store.tables import RECORD_TABLES, access_log, changes
from matching.store.times import from_micros
from matching.store.writing import Upserted, chunks

_GUARDED = {
    "protected": "Use Store.protected(keys, purpose): each use is logged.",
    "interaction": "Use Store.past(cutoff): the past has one door.",
}


_PERSONAL = frozenset({"graduate", "protected", "interaction"})
"""What is about a person: once deleted, its bytes go from the disk as well."""


class Change(NamedTuple):
    """A record was written, or deleted; `seq` rises in the order of the commits."""

    seq: int
    type: str
    key: str
    deleted: bool


class Use(NamedTuple):
    """Protected records were handed out: when, what for, how many."""

    at: datetime
    purpose: str
    records: int


class Store:
    """All records of all tenants. Threads may share one; each process opens its own. A context manager.

    What is written is written whole or not at all, also when the process is killed or the disk is full. Every
    method raises `StoreError` where the database is locked, read-only, full, damaged or out of reach.

    Parameters
    ----------
    database : Database
        Open and migrated; use `Store.open`.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def open(cls, url: str, *, patience: float = 30.0) -> Self:
        """Open the store at `url`; make it where there is none, migrate it where it is older than the code.

        Parameters
        ----------
        url : str
            ``sqlite:///path/to/file`` (folders are made) or ``postgresql://user@host/name``.
        patience : float, keyword-only
            Seconds that a writer waits for the writer before it.

        Raises
        ------
        StoreError
            The URL is wrong, the driver missing, the database out of reach, damaged, or newer than the code.
        """
        database = Database(url, patience=patience)
        try:
            migrate(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close the connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def upsert(self, records: Sequence[Record]) -> Upserted:
        """Write records by (tenant, id), in one transaction; types may be mixed.

        Of two records with the same type and key the last counts. A record that is stored already, byte for byte, is
        unchanged: no new number, nothing in the feed. A protected record or an interaction of a graduate who was
        deleted and has not come back is not written (Law 8); it counts as unchanged.

        Returns
        -------
        Upserted
            How many were inserted, updated, unchanged. All 0 for no records.
        """
        if not records:
            return Upserted(0, 0, 0)
        latest = writing.latest(records)  # worked out before the transaction: other writers wait less
        with self.database.writing() as connection:
            return writing.upsert(connection, latest)

    def put(self, record: Record, *, over: Callable[[Record | None], bool]) -> bool:
        """Write a record where `over` holds of the one that is stored, or of None; look and write are one step.

        Returns False, and writes nothing, where it does not hold: somebody else has written meanwhile.
        """
        table, latest = _open_table(record.type), writing.latest([record])
        with self.database.writing() as connection:
            writing.Clock(connection)  # stand in line
            body = connection.execute(select(table.c.body).where(table.c.key == record.key)).scalar_one_or_none()
            if not over(None if body is None else record_of(record.type, record.key, body)):
                return False
            writing.upsert(connection, latest)
        return True

    def delete(self, type_name: str, keys: Sequence[str]) -> int:
        """Delete records; return how many there were. Unknown keys are no error.

        With a graduate go, in the same transaction, its protected record and all its interactions, even where the
        graduate itself is not stored (Law 8). A posting is no person: its interactions stay as history. What was about
        a person is overwritten on the disk in SQLite; PostgreSQL frees it for reuse at its next VACUUM.
        """
        _table(type_name)
        if not keys:
            return 0
        with self.database.writing() as connection:
            deleted = writing.erase(connection, type_name, keys)
        if type_name in _PERSONAL:
            self.database.forget()
        return deleted

    def get(self, type_name: str, key: str) -> Record | None:
        """The record, or None."""
        return self.get_many(type_name, [key]).get(key)

    def get_many(self, type_name: str, keys: Sequence[str]) -> dict[str, Record]:
        """Records by key, in the order of `keys`; those that are not stored are left out.

        Raises
        ------
        StoreError
            Protected records and interactions have doors of their own; or a body no longer fits the standard.
        """
        return self._read(_open_table(type_name), type_name, keys)

    def scan(
        self, type_name: str, *, tenant: str | None = None, batch: int = 1000, after: str = ""
    ) -> Iterator[list[Record]]:
        """All records of a type, or of one tenant, in lists of at most `batch`, by key, byte by byte.

        `after` begins behind a key.

        Each list is a short transaction of its own, so writers go on meanwhile: a record that is there all the time
        comes exactly once; one written or deleted meanwhile may come or not (the feed tells).

        Raises
        ------
        StoreError, QueryError
            As `get_many`; `batch` is below 1.
        """
        table = _open_table(type_name)
        if batch < 1:
            raise QueryError(f"a batch of {batch}", cure="Use at least 1.")
        return self._pages(table, type_name, tenant, batch, after)

    def _pages(
        self, table: Table, type_name: str, tenant: str | None, batch: int, after: str
    ) -> Iterator[list[Record]]:
        asked = select(table.c.key, table.c.body).order_by(table.c.key).limit(batch)
        if tenant is not None:
            asked = asked.where(table.c.key > f"{tenant}:", table.c.key < f"{tenant};")  # ";" follows ":"
        while True:
            with self.database.reading() as connection:
                rows = connection.execute(asked.where(table.c.key > after)).all()
            if rows:
                yield [record_of(type_name, key, body) for key, body in rows]
                after = rows[-1].key
            if len(rows) < batch:
                return

    def count(self, type_name: str) -> int:
        """How many records of a type are stored."""
        with self.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(_table(type_name))).scalar_one()

    def changes(self, after: int, limit: int = 1000) -> list[Change]:
        """Changes with a number above `after`, in the order of the commits; of each record only the latest.

        Whoever asks again with the last number it got misses nothing. Interactions are not in the feed: they are
        read through a cutoff. Empty when there is nothing new.

        Raises
        ------
        QueryError
            `limit` is below 1.
        """
        if limit < 1:
            raise QueryError(f"a limit of {limit}", cure="Use at least 1.")
        with self.database.reading() as connection:
            return [Change(*row) for row in connection.execute(_CHANGES, {"after": after, "limit": limit})]

    def last_change(self) -> int:
        """The number of the newest change; 0 for a store that never held a record."""
        with self.database.reading() as connection:
            return connection.execute(_LAST_CHANGE).scalar_one() or 0

    def erased_since(self, after: int, type_name: str = "graduate") -> set[str]:
        """Keys of records deleted by a change above `after`, also of those that have come back since.

        What was derived from the store as it stood at `after` still holds them (Law 8).
        """
        asked = select(changes.c.key).where(changes.c.type == type_name, changes.c.erased > after)
        with self.database.reading() as connection:
            return set(connection.execute(asked).scalars())

    def past(self, cutoff: datetime) -> Past:
        """The one door to interactions: those strictly before `cutoff`.

        Raises
        ------
        QueryError
            The cutoff has no time zone.
        """
        return Past(self.database, cutoff)

    def protected(self, keys: Sequence[str], purpose: str) -> dict[str, Record]:
        """Protected records by key. The use is logged before anything is handed out (Law 4).

        Raises
        ------
        QueryError
            No purpose is stated.
        """
        if not purpose.strip():
            raise QueryError("protected attributes are used without a purpose", cure="Say what they are used for.")
        found = self._read(RECORD_TABLES["protected"], "protected", keys)
        with self.database.writing() as connection:
            now = time.time_ns() // 1000
            connection.execute(insert(access_log).values(at=now, purpose=purpose.strip(), count=len(found)))
        return found

    def uses_of_protected(self) -> list[Use]:
        """The log of `protected`, oldest first."""
        asked = select(access_log.c.at, access_log.c.purpose, access_log.c.count).order_by(access_log.c.id)
        with self.database.reading() as connection:
            return [Use(from_micros(at), purpose, records) for at, purpose, records in connection.execute(asked)]

    def _read(self, table: Table, type_name: str, keys: Sequence[str]) -> dict[str, Record]:
        bodies: dict[str, str] = {}
        for chunk in chunks(keys):
            with self.database.reading() as connection:
                bodies.update((key, body) for key, body in connection.execute(_bodies(table), {"keys": list(chunk)}))
        return {key: record_of(type_name, key, bodies[key]) for key in keys if key in bodies}


_LAST_CHANGE = select(func.max(changes.c.seq))
_CHANGES = (
    select(changes.c.seq, changes.c.type, changes.c.key, changes.c.deleted)
    .where(changes.c.seq > bindparam("after"))
    .order_by(changes.c.seq)
    .limit(bindparam("limit"))
)
"""Statements that are asked many times a second are made once: making one costs more than asking it."""


@cache
def _bodies(table: Table) -> Select[Any]:
    return select(table.c.key, table.c.body).where(table.c.key.in_(bindparam("keys", expanding=True)))


def _table(type_name: str) -> Table:
    if type_name not in RECORD_TABLES:
        raise StoreError(f"no record type '{type_name}'", cure=f"Use one of {', '.join(RECORD_TABLES)}.")
    return RECORD_TABLES[type_name]


def _open_table(type_name: str) -> Table:
    if type_name in _GUARDED:
        raise StoreError(f"records of type '{type_name}' are not read this way", cure=_GUARDED[type_name])
    return _table(type_name)


def record_of(type_name: str, key: str, body: str) -> Record:
    """The record whose stored body this is.

    Raises
    ------
    StoreError
        It no longer fits the standard.
    """
    try:
        return RECORD_TYPES[type_name].model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise StoreError(
            f"a stored {type_name} no longer fits the standard: {field} {first['type']}".rstrip(),
            where=key,
            cure="Send the record again, or delete it.",
        ) from None
