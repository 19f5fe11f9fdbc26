"""What the store keeps of the push: campaigns, what was planned, the outbox, what was sent, what people want.

A *message* is one digest for one person; its *items* are the postings in it. A message is `planned` until a sender
claims it, and ends `sent`, `suppressed` (with a reason) or `unclear`. The *ledger* holds every pair that was, or may
have been, sent: its key makes a second send of a pair impossible, and budgets are counted in it. Names no person but
by key.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, Table, Text, true

from matching.store.tables import BYTEWISE, metadata

campaigns = Table(
    "push_campaigns",
    metadata,
    Column("id", BYTEWISE, primary_key=True),
    Column("tenant", BYTEWISE, nullable=False, comment="Whose people it reaches; empty: everybody's."),
    Column("title", Text, nullable=False),
    Column("channel", BYTEWISE, nullable=False),
    Column("share", Float, nullable=False, comment="Stage of the roll-out: the share of people it may reach."),
    Column("holdout", Float, nullable=False, comment="Share of people who are planned for and never sent to."),
    Column("stopped", BigInteger, comment="Microseconds since 1970 in UTC; null while it runs."),
    Column("reason", Text, nullable=False, comment="Why it was stopped."),
    Column("created", BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
    Column("limits", Text, nullable=False, server_default="{}", comment="JSON: its own limits, in place of settings'."),
)

nights = Table(
    "push_nights",
    metadata,
    Column("id", BYTEWISE, primary_key=True),
    Column("campaign", BYTEWISE, nullable=False, index=True),
    Column("kind", Text, nullable=False, comment="night, or the trigger: posting, deadline, internship, search."),
    Column("day", Text, nullable=False, comment="ISO 8601, in China."),
    Column("ready", Boolean, nullable=False, comment="False while it is written: nothing of it is sent."),
    Column("certificate", Text, nullable=False, comment="JSON."),
    Column("made", BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
)

messages = Table(
    "push_messages",
    metadata,
    Column("id", BYTEWISE, primary_key=True),
    Column("night", BYTEWISE, nullable=False, index=True),
    Column("campaign", BYTEWISE, nullable=False, index=True),
    Column("graduate", BYTEWISE, nullable=False, index=True),
    Column("channel", BYTEWISE, nullable=False),
    Column("state", BYTEWISE, nullable=False),
    Column("reason", Text, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("gap", BigInteger, nullable=False, comment="Microseconds that must have passed since the last digest."),
    Column("plain", Boolean, nullable=False, comment="Not personalised: the person asked for it."),
    Column("attempts", Integer, nullable=False),
    Column("claim", BYTEWISE, comment="The claim under way or the last one."),
    Column("claimed", BigInteger, comment="When the last claim was made."),
    Column("ended", BigInteger, comment="When it came to its end."),
)
Index("ix_push_messages_due", messages.c.state, messages.c.not_before, messages.c.id)
Index("ix_push_messages_claimed", messages.c.claimed)

items = Table(
    "push_items",
    metadata,
    Column("message", BYTEWISE, primary_key=True),
    Column("posting", BYTEWISE, primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("value", Float, nullable=False),
    Column("price", Float, nullable=False),
    Column("apply", Float, nullable=False),
    Column("eligibility", Text, nullable=False),
    Column("why", Text, nullable=False, comment="Reasons in Chinese, a line each."),
    Column("dropped", Text, comment="Why it was left out of its message; null where it was not."),
    Column("propensity", Float, comment="Chance with which it was put there; null where that is not known."),
    Column("planned", Boolean, nullable=False, server_default=true(), comment="The plan held it; else chance drew it."),
    sqlite_with_rowid=False,
)
Index("ix_push_items_posting", items.c.posting)

ledger = Table(
    "push_ledger",
    metadata,
    Column("graduate", BYTEWISE, primary_key=True),
    Column("posting", BYTEWISE, primary_key=True),
    Column("message", BYTEWISE, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

unreached = Table(
    "push_unreached",
    metadata,
    Column("graduate", BYTEWISE, primary_key=True),
    Column("night", BYTEWISE, primary_key=True),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_push_unreached_night", unreached.c.night)

preferences = Table(
    "push_preferences",
    metadata,
    Column("graduate", BYTEWISE, primary_key=True),
    Column("stop", Boolean, nullable=False, comment="Nothing is sent."),
    Column("until", BigInteger, comment="Nothing is sent before; null: no such wish."),
    Column("plain", Boolean, nullable=False, comment="Nothing personalised is sent."),
    Column("zone", Text, comment="IANA time zone; null: China's."),
    Column("quiet", Text, comment="HH:MM-HH:MM in that zone; null: the settings'."),
    Column("changed", BigInteger, nullable=False),
    Column("message", BYTEWISE, comment="The message whose link was used; null where there was none."),
)

marks = Table(
    "push_marks",
    metadata,
    Column("campaign", BYTEWISE, primary_key=True),
    Column("mark", BYTEWISE, primary_key=True, comment="What fired: kind and posting; or the cursor of the feed."),
    Column("at", BigInteger, nullable=False, comment="Microseconds since 1970 in UTC; of the cursor: the last change."),
    sqlite_with_rowid=False,
)

searches = Table(
    "push_searches",
    metadata,
    Column("graduate", BYTEWISE, primary_key=True),
    Column("id", BYTEWISE, primary_key=True),
    Column("at_once", Boolean, nullable=False, index=True),
    Column("body", Text, nullable=False, comment="JSON: what the person wants to be told of."),
    Column("changed", BigInteger, nullable=False, comment="Microseconds since 1970 in UTC."),
    sqlite_with_rowid=False,
)

channels = Table(
    "push_channels",
    metadata,
    Column("name", BYTEWISE, primary_key=True),
    Column("acknowledged", BigInteger, nullable=False, comment="When it last acknowledged an idempotency key."),
)

anchors = Table(
    "push_anchors",
    metadata,
    Column("boot", BYTEWISE, primary_key=True, comment="One start of one machine."),
    Column("wall", BigInteger, nullable=False, comment="Microseconds since 1970 in UTC, as its clock said."),
    Column("ticks", BigInteger, nullable=False, comment="Microseconds since its start at that moment."),
)
"""A clock that was set afterwards no longer agrees with the time since the machine's start."""
