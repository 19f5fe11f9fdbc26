"""Records, interactions, changes, the clock, the log of protected uses, API keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT

revision = "0001"
down_revision = None

BYTEWISE = sa.Text().with_variant(TEXT(collation="C"), "postgresql")
COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    for name in ("graduates", "protected", "employers", "postings", "events"):
        op.create_table(
            name,
            sa.Column("key", BYTEWISE, primary_key=True),
            sa.Column("hash", sa.LargeBinary, nullable=False),
            sa.Column("body", sa.Text, nullable=False),
        )
    op.create_table(
        "interactions",
        sa.Column("key", BYTEWISE, primary_key=True),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("graduate", BYTEWISE, nullable=False, index=True),
        sa.Column("posting", BYTEWISE, nullable=False, index=True),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True, comment="Microseconds since 1970 in UTC."),
        sa.Column("rank", sa.Integer),
        sa.Column("channel", sa.Text, nullable=False),
    )
    clock = op.create_table(
        "clock",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(clock, [{"id": 1, "seq": 0}])
    changes = op.create_table(
        "changes",
        sa.Column("type", BYTEWISE, primary_key=True),
        sa.Column("key", BYTEWISE, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False, unique=True),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("erased", sa.BigInteger, comment="Seq of the last deletion; stays when the record comes back."),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_changes_erased",
        "changes",
        ["erased"],
        sqlite_where=changes.c.erased.is_not(None),
        postgresql_where=changes.c.erased.is_not(None),
    )
    op.create_table(
        "access_log",
        sa.Column("id", COUNTED, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False, comment="Protected records handed out."),
    )
    op.create_table(
        "api_keys",
        sa.Column("prefix", BYTEWISE, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, comment="SHA-256 of the secret; the secret is not kept."),
        sa.Column("tenant", BYTEWISE, nullable=False),
        sa.Column("roles", sa.Text, nullable=False, comment="Separated by a space."),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
        sa.Column("revoked", sa.BigInteger, comment="Microseconds since 1970 in UTC; null while it opens the door."),
    )
