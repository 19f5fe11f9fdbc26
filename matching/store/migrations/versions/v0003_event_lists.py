"""Invitation lists of events, their guests, and the guests' answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT

revision = "0003"
down_revision = "0002"

BYTEWISE = sa.Text().with_variant(TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "event_lists",
        sa.Column("event", BYTEWISE, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("parent", sa.Integer, nullable=False, comment="The version that it was made from; 0 for the first."),
        sa.Column(
            "beside",
            sa.Boolean,
            nullable=False,
            comment="Made from a version that was not the newest: kept, not in use.",
        ),
        sa.Column("at", sa.BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
        sa.Column("body", sa.Text, nullable=False, comment="The certificate; names no person."),
    )
    op.create_table(
        "event_guests",
        sa.Column("event", BYTEWISE, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("graduate", BYTEWISE, primary_key=True, index=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False, comment="invited, waiting or excluded."),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "event_answers",
        sa.Column("event", BYTEWISE, primary_key=True),
        sa.Column("graduate", BYTEWISE, primary_key=True, index=True),
        sa.Column("answer", sa.Text, nullable=False, comment="yes, no, or none while there is none."),
        sa.Column("came", sa.Boolean),
        sa.Column("at", sa.BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
    )
