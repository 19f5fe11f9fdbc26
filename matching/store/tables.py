"""What the store keeps. `migrations` builds the same; a test compares the two.

A record is one row: its key ``"tenant:id"``, the hash of its body, its body (JSON). Keys compare byte by byte on
every database, so an order by key is the same everywhere and one tenant's records are one range of keys.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import TEXT

metadata = MetaData()

BYTEWISE = Text().with_variant(TEXT(collation="C"), "postgresql")
"""Text that compares byte by byte; SQLite's does so anyway."""

_COUNTED = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER


def _records(name: str) -> Table:
    """A table of records; `hash` stands before `body`, so SQLite finds it without reading a long body."""
    return Table(
        name,
        metadata,
        Column("key", BYTEWISE, primary_key=True),
        Column("hash", LargeBinary, nullable=False),
        Column("body", Text, nullable=False),
    )


graduates = _records("graduates")
protected = _records("protected")
employers = _records("employers")
postings = _records("postings")
events = _records("events")

interactions = Table(
    "interactions",
    metadata,
    Column("key", BYTEWISE, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("graduate", BYTEWISE, nullable=False, index=True),
    Column("posting", BYTEWISE, nullable=False, index=True),
    Column("action", Text, nullable=False),
    Column("at", BigInteger, nullable=False, index=True, comment="Microseconds since 1970 in UTC."),
    Column("rank", Integer),
    Column("channel", Text, nullable=False),
)

clock = Table(
    "clock",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)
"""One row. Every writer locks it first, so writers stand in line and a larger seq is a later commit."""

changes = Table(
    "changes",
    metadata,
    Column("type", BYTEWISE, primary_key=True),
    Column("key", BYTEWISE, primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("deleted", Boolean, nullable=False),
    Column("erased", BigInteger, comment="Seq of the last deletion; stays when the record comes back."),
    sqlite_with_rowid=False,
)
"""The latest change of every record that is, or was, here; it does not grow with the number of changes."""

Index(
    "ix_changes_erased",
    changes.c.erased,
    sqlite_where=changes.c.erased.is_not(None),
    postgresql_where=changes.c.erased.is_not(None),
)

access_log = Table(
    "access_log",
    metadata,
    Column("id", _COUNTED, primary_key=True),
    Column("at", BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
    Column("purpose", Text, nullable=False),
    Column("count", Integer, nullable=False, comment="Protected records handed out."),
)
"""Each use of protected attributes (Law 4). Names no person."""

api_keys = Table(
    "api_keys",
    metadata,
    Column("prefix", BYTEWISE, primary_key=True),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the secret; the secret is not kept."),
    Column("tenant", BYTEWISE, nullable=False),
    Column("roles", Text, nullable=False, comment="Separated by a space."),
    Column("note", Text, nullable=False),
    Column("created", BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
    Column("revoked", BigInteger, comment="Microseconds since 1970 in UTC; null while it opens the door."),
)

RECORD_TABLES = {
    "graduate": graduates,
    "protected": protected,
    "employer": employers,
    "posting": postings,
    "event": events,
    "interaction": interactions,
}
"""Table by record type, in the order in which one call writes them: people before what hangs on them."""
