"""The outbox: planned → claimed → sent, suppressed or unclear; nothing is sent that was not claimed before.

A message whose sender was killed, or whose receiver did not answer, may or may not have arrived. It is `unclear`,
stays in the ledger and is never sent again, unless its channel is known to acknowledge idempotency keys: then it is
`repeat`ed under the same key. An answer that comes late still counts. Moments are microseconds since 1970 in UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from matching.store.claiming import Claimed, Terms, claim, item_of
from matching.store.push_tables import anchors, channels, items, ledger, messages, nights
from matching.store.times import from_micros
from matching.store.writing import Clock, chunks

if TYPE_CHECKING:
    import polars as pl

    from matching.store.campaigns import Item
    from matching.store.store import Store


class State(StrEnum):
    """Where a message is. The last three are ends."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    REPEAT = "repeat"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    UNCLEAR = "unclear"


class Verdict(StrEnum):
    """What became of an attempt."""

    SENT = "sent"
    NOT_SENT = "not sent"
    """Surely nothing arrived, and it may be tried later."""
    REFUSED = "refused"
    """Surely nothing arrived, and never will: a dead letter."""
    WITHDRAWN = "withdrawn"
    """We did not send it after all: what it was about is gone."""
    UNCLEAR = "unclear"
    """It may have arrived."""


class Result(NamedTuple):
    """The verdict on one message; `again` is when it may be tried again."""

    message: str
    verdict: Verdict
    reason: str = ""
    again: int = 0


class Letter(NamedTuple):
    """A message as it is listed."""

    id: str
    campaign: str
    graduate: str
    state: State
    reason: str
    attempts: int
    claimed: datetime | None


class Outbox:
    """The outbox of a store.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def claim(self, terms: Terms, name: str, *, now: int, most: int = 32) -> tuple[list[Claimed], int]:
        """Take messages that are due, and spend their budgets; on the disk before this returns.

        Parameters
        ----------
        name : str
            Of this claim, never used before.

        Returns
        -------
        (list of Claimed, int)
            What is to be sent now, and how many messages were looked at: 0 means that nothing is due.
        """
        with self._database.writing(durable=True) as connection:
            Clock(connection)  # locks out other writers, on PostgreSQL too
            return claim(connection, terms, name, now=now, most=most)

    def settle(self, name: str, results: Sequence[Result], *, now: int, repeats: bool, attempts: int = 5) -> None:
        """Write what became of a claim's messages. Saying it twice changes nothing.

        Parameters
        ----------
        repeats : bool
            The channel is known to acknowledge idempotency keys: what is unclear may be repeated.
        attempts : int
            After so many a message ends: suppressed where surely nothing arrived, else unclear.
        """
        by_verdict: dict[Verdict, list[Result]] = {verdict: [] for verdict in Verdict}
        for result in results:
            by_verdict[result.verdict].append(result)
        with self._database.writing(durable=True) as connection:
            Clock(connection)
            _accept(connection, [r.message for r in by_verdict[Verdict.SENT]], now)
            for result in by_verdict[Verdict.REFUSED]:
                _give_back(connection, name, result, State.SUPPRESSED, now=now)
            for result in by_verdict[Verdict.WITHDRAWN]:
                _give_back(connection, name, result, State.SUPPRESSED, now=now)
            for result in by_verdict[Verdict.NOT_SENT]:
                _give_back(connection, name, result, State.PLANNED, now=now, attempts=attempts)
            for result in by_verdict[Verdict.UNCLEAR]:
                _leave(connection, name, result, now=now, attempts=attempts if repeats else 0)

    def drop(self, message: str, postings: Sequence[str], reason: str) -> None:
        """Leave some postings out of a claimed message, and out of the ledger: they were not sent."""
        with self._database.writing() as connection:
            mine = (items.c.message == message, items.c.posting.in_(postings))
            connection.execute(update(items).where(*mine).values(dropped=reason))
            spent = delete(ledger).where(ledger.c.message == message, ledger.c.posting.in_(postings))
            connection.execute(spent)

    def recover(self, *, now: int, lease: int, repeats: frozenset[str] = frozenset(), attempts: int = 5) -> int:
        """What was claimed and never settled within `lease` is unclear, or repeated where its channel is of `repeats`.

        A claim from the future (the clock went back) counts as old.
        """
        stale = (
            messages.c.state == State.CLAIMED,
            or_(messages.c.claimed <= now - lease, messages.c.claimed > now + lease),
        )
        again = (messages.c.channel.in_(sorted(repeats)), messages.c.attempts < attempts)
        reason = "the sender ended before the answer"
        with self._database.writing(durable=True) as connection:
            Clock(connection)
            repeated = update(messages).where(*stale, *again).values(state=State.REPEAT, reason=reason)
            count = connection.execute(repeated).rowcount
            unclear = update(messages).where(*stale).values(state=State.UNCLEAR, reason=reason, ended=now)
            return count + connection.execute(unclear).rowcount

    def acknowledged(self, channel: str, *, now: int) -> None:
        """The channel answered with the idempotency key that it was given."""
        dialect = sqlite if self._database.on_sqlite else postgresql
        adding = dialect.insert(channels).values(name=channel, acknowledged=now)
        with self._database.writing() as connection:
            connection.execute(adding.on_conflict_do_update(index_elements=["name"], set_={"acknowledged": now}))

    def acknowledges(self, channel: str) -> bool:
        """Whether the channel ever acknowledged an idempotency key."""
        with self._database.reading() as connection:
            found = connection.execute(select(channels.c.name).where(channels.c.name == channel))
            return found.scalar_one_or_none() is not None

    def drift(self, boot: str, *, wall: int, ticks: int, accept: bool = False) -> int:
        """How far the clock has moved, in microseconds, since it was first seen in this start of the machine.

        Parameters
        ----------
        boot : str
            Names one start of one machine.
        wall, ticks : int
            What its clock says, and the time since its start, at the same moment.
        accept : bool
            The clock is right as it is now.
        """
        with self._database.writing() as connection:
            if accept:
                connection.execute(delete(anchors).where(anchors.c.boot == boot))
            found = connection.execute(select(anchors).where(anchors.c.boot == boot)).one_or_none()
            if found is None:
                connection.execute(insert(anchors).values(boot=boot, wall=wall, ticks=ticks))
                return 0
            return int((wall - found.wall) - (ticks - found.ticks))

    def counts(self) -> dict[str, int]:
        """How many messages are in each state."""
        with self._database.reading() as connection:
            found = connection.execute(select(messages.c.state, func.count()).group_by(messages.c.state))
            return {row[0]: row[1] for row in found}

    def next_due(self) -> int | None:
        """When the next message that waits may be looked at; None where none waits."""
        waiting = and_(messages.c.state.in_([State.PLANNED, State.REPEAT]), _whole())
        with self._database.reading() as connection:
            moment: int | None = connection.execute(select(func.min(messages.c.not_before)).where(waiting)).scalar_one()
        return moment

    def letters(self, state: State, *, limit: int = 100, attempted: bool = False) -> list[Letter]:
        """Messages in a state, by id; those `attempted` were given to a sender: dead letters, where suppressed."""
        asked = select(messages).where(messages.c.state == state).order_by(messages.c.id).limit(limit)
        if attempted:
            asked = asked.where(messages.c.attempts > 0)
        with self._database.reading() as connection:
            return [
                Letter(
                    row.id,
                    row.campaign,
                    row.graduate,
                    State(row.state),
                    row.reason,
                    row.attempts,
                    None if row.claimed is None else from_micros(row.claimed),
                )
                for row in connection.execute(asked)
            ]

    def find(self, message: str) -> tuple[Letter, list[Item]] | None:
        """One message with all its items, dropped ones included; None where there is none."""
        with self._database.reading() as connection:
            row = connection.execute(select(messages).where(messages.c.id == message)).one_or_none()
            if row is None:
                return None
            inside = connection.execute(select(items).where(items.c.message == message).order_by(items.c.rank))
            claimed = None if row.claimed is None else from_micros(row.claimed)
            fixed = (row.id, row.campaign, row.graduate, State(row.state), row.reason, row.attempts, claimed)
            return Letter(*fixed), [item_of(item) for item in inside]

    def waiting_ids(self, campaign: str) -> list[str]:
        """Ids of a campaign's messages that are planned, in order."""
        mine = messages.c.campaign == campaign
        asked = select(messages.c.id).where(mine, messages.c.state == State.PLANNED, _whole())
        with self._database.reading() as connection:
            return list(connection.execute(asked.order_by(messages.c.id)).scalars())

    def waiting(self, campaign: str, among: Sequence[str] | None = None) -> list[Claimed]:
        """A campaign's messages that are planned, by id; only those `among` some ids, where they are given."""
        which = [messages.c.campaign == campaign, messages.c.state == State.PLANNED, _whole()]
        if among is not None:
            which.append(messages.c.id.in_(among))
        asked = select(messages).where(*which)
        inside = select(items).join(messages, messages.c.id == items.c.message)
        mine = inside.where(*which, items.c.dropped.is_(None))
        of: dict[str, list[Item]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(mine.order_by(items.c.message, items.c.rank)):
                of.setdefault(row.message, []).append(item_of(row))
            return [
                Claimed(m.id, m.graduate, m.campaign, m.plain, m.attempts + 1, m.expires, tuple(of.get(m.id, ())))
                for m in connection.execute(asked.order_by(messages.c.id))
            ]

    def sent(self, *, without: Collection[str] = ()) -> pl.DataFrame:
        """All pairs that were, may have been, or are about to be sent; not those of the nights `without`.

        What a planner left that was killed while it wrote is not about to be sent.

        Returns
        -------
        polars.DataFrame
            graduate, posting, message, at (UTC; null where it is only planned), apply (the chance it was planned
            with). Postings of one message share `at`.
        """
        import polars as pl

        schema = {
            "graduate": pl.String,
            "posting": pl.String,
            "message": pl.String,
            "at": pl.Int64,
            "apply": pl.Float64,
        }
        inside = items.c.message == messages.c.id
        spent = (ledger.c.message == items.c.message) & (ledger.c.posting == items.c.posting)
        asked = (
            select(messages.c.graduate, items.c.posting, items.c.message, ledger.c.at, items.c.apply)
            .select_from(messages.join(items, inside).outerjoin(ledger, spent))
            .where(items.c.dropped.is_(None), messages.c.state != State.SUPPRESSED, _whole())
        )
        if without:
            asked = asked.where(messages.c.night.not_in(sorted(without)))
        with self._database.reading() as connection:
            rows = [tuple(row) for row in connection.execute(asked)]
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        return frame.with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))

    def exposed(self, night_names: Collection[str]) -> pl.DataFrame:
        """What was sent, or may have been, of some nights, as far as it is known with which chance.

        Returns
        -------
        polars.DataFrame
            list (the message), graduate, posting, rank (as sent, from 1), propensity, planned, at (UTC). Messages that
            are not personalised are left out.
        """
        import polars as pl

        m, i = messages.c, items.c
        asked = (
            select(m.id, m.graduate, i.posting, i.rank, i.propensity, i.planned, m.claimed)
            .select_from(messages.join(items, i.message == m.id))
            .where(m.night.in_(sorted(night_names)), m.state.in_([State.SENT, State.UNCLEAR]))
            .where(i.dropped.is_(None), i.propensity.is_not(None), m.plain.is_(False))
            .order_by(m.id, i.rank)
        )
        schema = {"list": pl.String, "graduate": pl.String, "posting": pl.String, "rank": pl.Int64}
        more = {"propensity": pl.Float64, "planned": pl.Boolean, "at": pl.Int64}
        with self._database.reading() as connection:
            rows = [tuple(row) for row in connection.execute(asked)]
        frame = pl.DataFrame(rows, schema={**schema, **more}, orient="row")
        place = pl.int_range(1, pl.len() + 1).over("list").cast(pl.Int64)
        return frame.with_columns(place.alias("rank"), pl.col("at").cast(pl.Datetime("us", "UTC")))

    def every(self) -> Iterator[tuple[Letter, list[Item]]]:
        """All messages with their items, for checks and exports."""
        with self._database.reading() as connection:
            ids = list(connection.execute(select(messages.c.id).order_by(messages.c.id)).scalars())
        for one in ids:
            found = self.find(one)
            if found is not None:
                yield found


def _whole() -> ColumnElement[bool]:
    """Whether a message is of a night that is written whole."""
    return messages.c.night.in_(select(nights.c.id).where(nights.c.ready))


def _accept(connection: Connection, ids: Sequence[str], now: int) -> None:
    """Whatever had been thought of them meanwhile: the receiver says that they arrived."""
    for chunk in chunks(ids):
        open_ = messages.c.state.in_([State.CLAIMED, State.REPEAT, State.UNCLEAR])
        accepted = update(messages).where(messages.c.id.in_(chunk), open_)
        connection.execute(accepted.values(state=State.SENT, reason="", ended=now))


def _give_back(
    connection: Connection, name: str, result: Result, state: State, *, now: int, attempts: int | None = None
) -> None:
    """Surely nothing arrived *of this attempt*. Of a repeated one an earlier attempt may have: then it is unclear."""
    mine = (messages.c.id == result.message, messages.c.claim == name, messages.c.state == State.CLAIMED)
    row = connection.execute(select(messages.c.attempts, messages.c.reason).where(*mine)).one_or_none()
    if row is None:
        return
    doubtful = row.reason != ""
    over = attempts is not None and row.attempts >= attempts
    if doubtful and (over or state is State.SUPPRESSED):
        values = {"state": State.UNCLEAR, "reason": f"{row.reason}; then {result.reason}", "ended": now}
    elif doubtful:
        values = {"state": State.REPEAT, "not_before": result.again}
    elif over or state is State.SUPPRESSED:
        values = {"state": State.SUPPRESSED, "reason": result.reason, "ended": now}
    else:
        values = {"state": State.PLANNED, "not_before": result.again}
    connection.execute(update(messages).where(*mine).values(values))
    if not doubtful:
        connection.execute(delete(ledger).where(ledger.c.message == result.message))


def _leave(connection: Connection, name: str, result: Result, *, now: int, attempts: int) -> None:
    """It may have arrived: repeat it where that is safe, else list it."""
    mine = (messages.c.id == result.message, messages.c.claim == name, messages.c.state == State.CLAIMED)
    again = update(messages).where(*mine, messages.c.attempts < attempts)
    repeated = again.values(state=State.REPEAT, reason=result.reason, not_before=result.again)
    if connection.execute(repeated).rowcount == 0:
        unclear = update(messages).where(*mine)
        connection.execute(unclear.values(state=State.UNCLEAR, reason=result.reason, ended=now))
