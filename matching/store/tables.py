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

event_lists = Table(
    "event_lists",
    metadata,
    Column("event", BYTEWISE, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("parent", Integer, nullable=False, comment="The version that it was made from; 0 for the first."),
    Column("beside", Boolean, nullable=False, comment="Made from a version that was not the newest: kept, not in use."),
    Column("at", BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
    Column("body", Text, nullable=False, comment="The certificate; names no person."),
)
"""Invitation lists of events; a version never changes, except that a person who is deleted goes from all of them."""

event_guests = Table(
    "event_guests",
    metadata,
    Column("event", BYTEWISE, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("graduate", BYTEWISE, primary_key=True, index=True),
    Column("place", Integer, nullable=False),
    Column("status", Text, nullable=False, comment="invited, waiting or excluded."),
    Column("body", Text, nullable=False),
)

event_answers = Table(
    "event_answers",
    metadata,
    Column("event", BYTEWISE, primary_key=True),
    Column("graduate", BYTEWISE, primary_key=True, index=True),
    Column("answer", Text, nullable=False, comment="yes, no, or none while there is none."),
    Column("came", Boolean),
    Column("at", BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
)

event_jobs = Table(
    "event_jobs",
    metadata,
    Column("id", BYTEWISE, primary_key=True),
    Column("event", BYTEWISE, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False, comment="waiting, running, done, failed or interrupted."),
    Column("step", Text, nullable=False),
    Column("part", Integer, nullable=False, comment="How much of the step is done."),
    Column("whole", Integer, nullable=False),
    Column("at", BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
    Column(
        "beat",
        BigInteger,
        nullable=False,
        comment="When its process was last seen at work; microseconds since 1970 in UTC.",
    ),
    Column("result", Text, nullable=False, comment="JSON; names no person."),
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
