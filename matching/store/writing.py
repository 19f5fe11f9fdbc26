"""How records are written and deleted: one transaction a call, writers in line, each change numbered.

Every call first locks the clock's one row. So the numbers rise in the order of the commits, and a reader that
has seen number s has seen all up to s; a number taken from a sequence would not promise that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Insert, Select, Table, Update, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from matching.standard.records import Interaction, Record
from matching.store.push_tables import items, ledger, messages, preferences, searches, unreached
from matching.store.tables import (
    RECORD_TABLES,
    changes,
    clock,
    event_answers,
    event_guests,
    event_jobs,
    event_lists,
    interactions,
    protected,
)
from matching.store.times import to_micros

CHUNK = 1_000
"""Keys or rows in one statement; far below every driver's limit of parameters."""

_T = TypeVar("_T")
_Row = dict[str, Any]
Latest = dict[str, dict[str, _Row]]
"""Rows to write, by type and key."""


class Upserted(NamedTuple):
    """What one call of `Store.upsert` did, in records; the sum is the number of different records given."""

    inserted: int
    updated: int
    unchanged: int


class Clock:
    """The numbers of changes, taken inside one writing transaction; locks out other writers until it ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._start: int = connection.execute(_TIME).scalar_one()
        self.seq = self._start

    def take(self, count: int) -> range:
        """The next `count` numbers."""
        taken = range(self.seq + 1, self.seq + count + 1)
        self.seq += count
        return taken

    def keep(self) -> None:
        """Write down how far the clock has come."""
        if self.seq != self._start:
            self._connection.execute(_SET_TIME, {"seq": self.seq})


def latest(records: Iterable[Record]) -> Latest:
    """The rows of `records` by type and key: of those with the same type and key the last."""
    found: Latest = {type_name: {} for type_name in RECORD_TABLES}
    for record in records:
        row = _row(record)
        found[record.type][row["key"]] = row
    return found


def upsert(connection: Connection, rows: Latest) -> Upserted:
    """Write the rows that `latest` gave; see `Store.upsert`."""
    ticks = Clock(connection)
    counts = [
        _upsert_chunk(connection, ticks, type_name, chunk)
        for type_name, of_type in rows.items()
        for chunk in chunks(list(of_type.values()))
    ]
    ticks.keep()
    return Upserted(*(sum(column) for column in zip((0, 0, 0), *counts, strict=True)))


def erase(connection: Connection, type_name: str, keys: Iterable[str]) -> int:
    """Delete records by key; with a graduate go its protected record and interactions. See `Store.delete`."""
    ticks, deleted = Clock(connection), 0
    for chunk in chunks(list(dict.fromkeys(keys))):
        gone = _delete(connection, RECORD_TABLES[type_name], "key", chunk)
        deleted += len(gone)
        if type_name == "graduate":
            gone_protected = _delete(connection, protected, "key", chunk)
            acted = _delete(connection, interactions, "graduate", chunk)
            _number(connection, ticks, "protected", [k for k in chunk if k in gone_protected], deleted=True)
            gone |= gone_protected | acted | forget_guests(connection, chunk)
            _forget_push(connection, chunk)
        if type_name == "event":
            for table in (event_lists, event_guests, event_answers, event_jobs):
                _delete(connection, table, "event", chunk)
        if type_name != "interaction":
            _number(connection, ticks, type_name, [k for k in chunk if k in gone], deleted=True)
    ticks.keep()
    return deleted


def forget_guests(connection: Connection, graduates: Sequence[str]) -> set[str]:
    """Take people out of every version of every event's list, and delete their answers."""
    invited = _delete(connection, event_guests, "graduate", graduates)
    return invited | _delete(connection, event_answers, "graduate", graduates)


def chunks(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """`items` in parts of at most `CHUNK`."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def _upsert_chunk(connection: Connection, ticks: Clock, type_name: str, rows: Sequence[_Row]) -> Upserted:
    table = RECORD_TABLES[type_name]
    known = _hashes(connection, table, [row["key"] for row in rows])
    written = [row for row in rows if known.get(row["key"]) != row["hash"]]
    if type_name in ("protected", "interaction"):
        gone = _erased_people(connection, [_person(row) for row in written])
        written = [row for row in written if _person(row) not in gone]
    new = [row for row in written if row["key"] not in known]
    old = [row for row in written if row["key"] in known]
    if new:
        connection.execute(_adding(table), new)
    if old:
        connection.execute(
            _replacing(table), [{"stored" if n == "key" else n: v for n, v in row.items()} for row in old]
        )
    if type_name != "interaction":
        _number(connection, ticks, type_name, [row["key"] for row in written], deleted=False)
    return Upserted(len(new), len(old), len(rows) - len(written))


def _row(record: Record) -> _Row:
    body = record.model_dump_json(exclude_defaults=True)
    row: _Row = {"key": record.key, "hash": blake2b(body.encode(), digest_size=16).digest()}
    if not isinstance(record, Interaction):
        return {**row, "body": body}
    return {
        **row,
        "graduate": record.graduate,
        "posting": record.posting,
        "action": record.action.value,
        "at": to_micros(record.at),
        "rank": record.rank,
        "channel": record.channel,
    }


def _person(row: _Row) -> str:
    """The key of the graduate whom a protected record or an interaction is about."""
    return str(row.get("graduate", row["key"]))


def _hashes(connection: Connection, table: Table, keys: Sequence[str]) -> dict[str, bytes]:
    found = connection.execute(_asking_hashes(table), {"keys": list(keys)})
    return {key: bytes(digest) for key, digest in found}


def _erased_people(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Those of `keys` whose graduate was deleted and has not come back: nothing about them is written again."""
    asked = select(changes.c.key).where(
        changes.c.type == "graduate", changes.c.deleted, changes.c.key.in_(sorted(set(keys)))
    )
    return set(connection.execute(asked).scalars())


def _delete(connection: Connection, table: Table, column: str, keys: Sequence[str]) -> set[str]:
    """Delete rows where `column` is among `keys`; the values of `column` that were there."""
    among = table.c[column].in_(keys)
    there = set(connection.execute(select(table.c[column]).where(among).distinct()).scalars())
    if there:
        connection.execute(delete(table).where(among))
    return there


def _forget_push(connection: Connection, keys: Sequence[str]) -> None:
    """All that the push knows of people, but that they want to be left alone: this wish outlives the record."""
    theirs = select(messages.c.id).where(messages.c.graduate.in_(keys))
    connection.execute(delete(items).where(items.c.message.in_(theirs)))
    for table in (messages, ledger, unreached, searches):
        connection.execute(delete(table).where(table.c.graduate.in_(keys)))
    among = preferences.c.graduate.in_(keys)
    connection.execute(delete(preferences).where(among, ~preferences.c.stop, ~preferences.c.plain))
    connection.execute(update(preferences).where(among).values(until=None, zone=None, quiet=None, message=None))


def _number(connection: Connection, ticks: Clock, type_name: str, keys: Sequence[str], *, deleted: bool) -> None:
    """Give each of `keys` the next number, in place of the one it had."""
    if not keys:
        return
    rows = [
        {"type": type_name, "key": key, "seq": seq, "deleted": deleted, "erased": seq if deleted else None}
        for key, seq in zip(keys, ticks.take(len(keys)), strict=True)
    ]
    connection.execute(_numbering(connection.dialect.name, deleted), rows)


# Statements are made once: for one record, making one costs more than executing it.

_TIME = select(clock.c.seq).with_for_update()
_SET_TIME = update(clock)


@cache
def _adding(table: Table) -> Insert:
    return insert(table)


@cache
def _replacing(table: Table) -> Update:
    return update(table).where(table.c.key == bindparam("stored"))


@cache
def _asking_hashes(table: Table) -> Select[Any]:
    return select(table.c.key, table.c.hash).where(table.c.key.in_(bindparam("keys", expanding=True)))


@cache
def _numbering(dialect: str, deleted: bool) -> Insert:
    adding = (sqlite if dialect == "sqlite" else postgresql).insert(changes)
    replaced = {"seq": adding.excluded.seq, "deleted": adding.excluded.deleted}
    if deleted:
        replaced["erased"] = adding.excluded.seq
    numbering: Insert = adding.on_conflict_do_update(index_elements=["type", "key"], set_=replaced)
    return numbering
