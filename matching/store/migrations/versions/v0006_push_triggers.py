"""Triggers of the push: what has fired; saved searches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT

revision = "0006"
down_revision = "0005"

BYTEWISE = sa.Text().with_variant(TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "push_marks",
        sa.Column("campaign", BYTEWISE, primary_key=True),
        sa.Column(
            "mark", BYTEWISE, primary_key=True, comment="What fired: kind and posting; or the cursor of the feed."
        ),
        sa.Column(
            "at",
            sa.BigInteger,
            nullable=False,
            comment="Microseconds since 1970 in UTC; of the cursor: the last change.",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "push_searches",
        sa.Column("graduate", BYTEWISE, primary_key=True),
        sa.Column("id", BYTEWISE, primary_key=True),
        sa.Column("at_once", sa.Boolean, nullable=False, index=True),
        sa.Column("body", sa.Text, nullable=False, comment="JSON: what the person wants to be told of."),
        sa.Column("changed", sa.BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
        sqlite_with_rowid=False,
    )
