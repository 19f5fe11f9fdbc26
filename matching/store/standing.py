"""What a campaign's newest night planned and nobody has claimed yet: another plan may take its place.

A message that waits can be withdrawn and written anew; one that was claimed cannot, whatever became of it. Messages of
the hold-out never go out, and belong to the night all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, update

from matching.errors import StoreError
from matching.store.push_tables import items, messages, nights
from matching.store.writing import chunks

if TYPE_CHECKING:
    import polars as pl

    from matching.store.store import Store

HELD = "hold-out"
"""The reason of messages that are planned and never sent."""
ANEW = "planned anew"
"""The reason of messages in whose place a later plan has put another decision."""


class Overtaken(StoreError):
    """A sender, or another plan, took what was to be withdrawn; nothing was written."""


class Standing(NamedTuple):
    """What waits of one night, in all the plans of its day.

    Attributes
    ----------
    day : date
        Whose night it is.
    pairs : polars.DataFrame
        message, graduate, posting, rank, price, plain, held (of the hold-out), expires (microseconds), channel; by
        message, then rank.
    drawn : bool
        Chance put some of it there.
    """

    day: date
    pairs: pl.DataFrame
    drawn: bool


def standing(store: Store, campaign: str) -> Standing | None:
    """What waits of the newest night of a campaign; None where there is no such night, or all of it was claimed."""
    import polars as pl

    night = and_(nights.c.campaign == campaign, nights.c.kind == "night", nights.c.ready)
    newest = select(func.max(nights.c.day)).where(night)
    with store.database.reading() as connection:
        day = connection.execute(newest).scalar_one()
        rows = [] if day is None else [tuple(row) for row in connection.execute(_asked(night, day))]
    schema = {
        "message": pl.String, "graduate": pl.String, "posting": pl.String, "rank": pl.Int64, "price": pl.Float64,
        "plain": pl.Boolean, "held": pl.Boolean, "expires": pl.Int64, "channel": pl.String, "propensity": pl.Float64,
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    if not len(frame) or bool(frame["held"].all()):
        return None
    drawn = bool((frame["propensity"].fill_null(1.0) < 1).any())
    return Standing(date.fromisoformat(day), frame.drop("propensity"), drawn)


def withdraw(connection: Connection, some: Sequence[str], now: int) -> None:
    """Withdraw messages inside a transaction.

    Raises
    ------
    Overtaken
        One of them does not wait any more; the transaction is to be undone.
    """
    for chunk in chunks(some):
        ended = update(messages).where(messages.c.id.in_(chunk), _waits())
        done = connection.execute(ended.values(state="suppressed", reason=ANEW, ended=now)).rowcount
        if done != len(chunk):
            raise Overtaken(
                f"{len(chunk) - done} messages that were to be planned anew were taken meanwhile",
                where="the outbox",
                cure="Plan again; where senders are quicker each time, let them end first.",
            )


def _waits() -> ColumnElement[bool]:
    held = and_(messages.c.state == "suppressed", messages.c.reason == HELD)
    return or_(messages.c.state == "planned", held)


def _asked(night: ColumnElement[bool], day: str) -> Select[tuple[object, ...]]:
    m, i = messages.c, items.c
    theirs = messages.join(items, i.message == m.id).join(nights, nights.c.id == m.night)
    held = (m.state == "suppressed").label("held")
    asked = select(m.id, m.graduate, i.posting, i.rank, i.price, m.plain, held, m.expires, m.channel, i.propensity)
    mine = asked.select_from(theirs).where(night, nights.c.day == day, _waits(), i.dropped.is_(None))
    return mine.order_by(m.id, i.rank)
