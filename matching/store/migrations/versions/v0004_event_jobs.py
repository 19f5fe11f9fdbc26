"""Long work on events: how far it is, and what came of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT

revision = "0004"
down_revision = "0003"

BYTEWISE = sa.Text().with_variant(TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "event_jobs",
        sa.Column("id", BYTEWISE, primary_key=True),
        sa.Column("event", BYTEWISE, nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, comment="waiting, running, done, failed or interrupted."),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False, comment="How much of the step is done."),
        sa.Column("whole", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
        sa.Column(
            "beat",
            sa.BigInteger,
            nullable=False,
            comment="When its process was last seen at work; microseconds since 1970 in UTC.",
        ),
        sa.Column("result", sa.Text, nullable=False, comment="JSON; names no person."),
    )
