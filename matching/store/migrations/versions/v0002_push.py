"""The push: campaigns, nights, messages with items, ledger, who was not reached, preferences, channels, anchors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT

revision = "0002"
down_revision = "0001"

BYTEWISE = sa.Text().with_variant(TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    _plans()
    _outbox()
    _people()


def _plans() -> None:
    op.create_table(
        "push_campaigns",
        sa.Column("id", BYTEWISE, primary_key=True),
        sa.Column("tenant", BYTEWISE, nullable=False, comment="Whose people it reaches; empty: everybody's."),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("channel", BYTEWISE, nullable=False),
        sa.Column(
            "share", sa.Float, nullable=False, comment="Stage of the roll-out: the share of people it may reach."
        ),
        sa.Column(
            "holdout", sa.Float, nullable=False, comment="Share of people who are planned for and never sent to."
        ),
        sa.Column("stopped", sa.BigInteger, comment="Microseconds since 1970 in UTC; null while it runs."),
        sa.Column("reason", sa.Text, nullable=False, comment="Why it was stopped."),
        sa.Column("created", sa.BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
    )
    op.create_table(
        "push_nights",
        sa.Column("id", BYTEWISE, primary_key=True),
        sa.Column("campaign", BYTEWISE, nullable=False, index=True),
        sa.Column(
            "kind", sa.Text, nullable=False, comment="night, or the trigger: posting, deadline, internship, search."
        ),
        sa.Column("day", sa.Text, nullable=False, comment="ISO 8601, in China."),
        sa.Column("ready", sa.Boolean, nullable=False, comment="False while it is written: nothing of it is sent."),
        sa.Column("certificate", sa.Text, nullable=False, comment="JSON."),
        sa.Column("made", sa.BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
    )
    op.create_table(
        "push_unreached",
        sa.Column("graduate", BYTEWISE, primary_key=True),
        sa.Column("night", BYTEWISE, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_push_unreached_night", "push_unreached", ["night"])


def _outbox() -> None:
    op.create_table(
        "push_messages",
        sa.Column("id", BYTEWISE, primary_key=True),
        sa.Column("night", BYTEWISE, nullable=False, index=True),
        sa.Column("campaign", BYTEWISE, nullable=False, index=True),
        sa.Column("graduate", BYTEWISE, nullable=False, index=True),
        sa.Column("channel", BYTEWISE, nullable=False),
        sa.Column("state", BYTEWISE, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column(
            "gap", sa.BigInteger, nullable=False, comment="Microseconds that must have passed since the last digest."
        ),
        sa.Column("plain", sa.Boolean, nullable=False, comment="Not personalised: the person asked for it."),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("claim", BYTEWISE, comment="The claim under way or the last one."),
        sa.Column("claimed", sa.BigInteger, comment="When the last claim was made."),
        sa.Column("ended", sa.BigInteger, comment="When it came to its end."),
    )
    op.create_index("ix_push_messages_due", "push_messages", ["state", "not_before", "id"])
    op.create_index("ix_push_messages_claimed", "push_messages", ["claimed"])
    op.create_table(
        "push_items",
        sa.Column("message", BYTEWISE, primary_key=True),
        sa.Column("posting", BYTEWISE, primary_key=True),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("price", sa.Float, nullable=False),
        sa.Column("apply", sa.Float, nullable=False),
        sa.Column("eligibility", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False, comment="Reasons in Chinese, a line each."),
        sa.Column("dropped", sa.Text, comment="Why it was left out of its message; null where it was not."),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_push_items_posting", "push_items", ["posting"])
    op.create_table(
        "push_ledger",
        sa.Column("graduate", BYTEWISE, primary_key=True),
        sa.Column("posting", BYTEWISE, primary_key=True),
        sa.Column("message", BYTEWISE, nullable=False, index=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _people() -> None:
    op.create_table(
        "push_preferences",
        sa.Column("graduate", BYTEWISE, primary_key=True),
        sa.Column("stop", sa.Boolean, nullable=False, comment="Nothing is sent."),
        sa.Column("until", sa.BigInteger, comment="Nothing is sent before; null: no such wish."),
        sa.Column("plain", sa.Boolean, nullable=False, comment="Nothing personalised is sent."),
        sa.Column("zone", sa.Text, comment="IANA time zone; null: China's."),
        sa.Column("quiet", sa.Text, comment="HH:MM-HH:MM in that zone; null: the settings'."),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("message", BYTEWISE, comment="The message whose link was used; null where there was none."),
    )
    op.create_table(
        "push_channels",
        sa.Column("name", BYTEWISE, primary_key=True),
        sa.Column(
            "acknowledged", sa.BigInteger, nullable=False, comment="When it last acknowledged an idempotency key."
        ),
    )
    op.create_table(
        "push_anchors",
        sa.Column("boot", BYTEWISE, primary_key=True, comment="One start of one machine."),
        sa.Column("wall", sa.BigInteger, nullable=False, comment="Microseconds since 1970 in UTC, as its clock said."),
        sa.Column("ticks", sa.BigInteger, nullable=False, comment="Microseconds since its start at that moment."),
    )
