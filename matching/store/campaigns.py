"""Campaigns and their nights: what may be sent, in which stage, what was planned, who was not reached, what became."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from matching.errors import QueryError, UnknownId
from matching.store.push_tables import campaigns, items, messages, nights, preferences, unreached
from matching.store.standing import Overtaken, withdraw
from matching.store.tables import interactions
from matching.store.times import from_micros
from matching.store.writing import chunks

if TYPE_CHECKING:
    from matching.store.store import Store


class Campaign(NamedTuple):
    """A campaign; `stopped` is None while it runs.

    Attributes
    ----------
    tenant : str
        Whose people it reaches; empty: everybody's.
    share : float
        Stage of the roll-out: the share of people it may reach, in (0, 1].
    holdout : float
        Share of people who are planned for and never sent to, in [0, 1).
    limits : dict
        What it wants otherwise than the settings; see `matching.push.limited`.
    """

    id: str
    tenant: str = ""
    title: str = ""
    channel: str = "files"
    share: float = 1.0
    holdout: float = 0.0
    stopped: datetime | None = None
    reason: str = ""
    limits: Mapping[str, float] = MappingProxyType({})


OPEN = "待确认："
"""A line of `Item.why` that begins so is no reason, but says what the rules could not judge."""


class Item(NamedTuple):
    """A posting in a message.

    `why` are its reasons in Chinese (see `OPEN`), `dropped` why it was left out; `propensity` is the chance with which
    it was put there (None: not known), `planned` whether the plan held it, or chance drew it.
    """

    posting: str
    rank: int
    value: float = 0.0
    price: float = 0.0
    apply: float = 0.0
    eligibility: str = "pass"
    why: tuple[str, ...] = ()
    dropped: str | None = None
    propensity: float | None = None
    planned: bool = True


class Draft(NamedTuple):
    """A message as it is planned. Moments and the gap are microseconds (since 1970 in UTC).

    Attributes
    ----------
    held : str
        Why it is not to be sent at all (the hold-out); empty where it is.
    """

    id: str
    graduate: str
    items: tuple[Item, ...]
    not_before: int
    expires: int
    gap: int = 0
    plain: bool = False
    held: str = ""


class Funnel(NamedTuple):
    """How many messages of a campaign are in each state, how many wished to hear no more of it, items by fate."""

    states: dict[str, int]
    reasons: dict[str, int]
    stops: int


class Reached(NamedTuple):
    """People whom a campaign sent anything; those who then stopped by a link of its messages; those who complained."""

    people: int
    stops: int
    complaints: int


class Campaigns:
    """The campaigns of a store.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def create(self, campaign: Campaign) -> bool:
        """Make a campaign, or change what it says; whether it is new. A stopped one stays stopped.

        Raises
        ------
        QueryError
            Shares that are none.
        """
        if not (0 < campaign.share <= 1 and 0 <= campaign.holdout < 1):
            raise QueryError(
                f"a share of {campaign.share} and a hold-out of {campaign.holdout}",
                where=campaign.id,
                cure="Give a share above 0 up to 1, and a hold-out from 0 to below 1.",
            )
        row = {name: getattr(campaign, name) for name in ("id", "tenant", "title", "channel", "share", "holdout")}
        row["limits"] = json.dumps(dict(campaign.limits), sort_keys=True)
        with self._database.writing() as connection:
            changed = connection.execute(update(campaigns).where(campaigns.c.id == campaign.id).values(row)).rowcount
            if not changed:
                connection.execute(insert(campaigns).values(**row, reason="", created=_now()))
        return not changed

    def widen(self, campaign: str, share: float, *, base: float) -> bool:
        """Give it the next stage, where its share is still `base` and it is not stopped; whether it was given."""
        mine = (campaigns.c.id == campaign, campaigns.c.share == base, campaigns.c.stopped.is_(None))
        with self._database.writing() as connection:
            return connection.execute(update(campaigns).where(*mine).values(share=share)).rowcount == 1

    def get(self, campaign: str) -> Campaign:
        """The campaign.

        Raises
        ------
        UnknownId
        """
        with self._database.reading() as connection:
            row = connection.execute(select(campaigns).where(campaigns.c.id == campaign)).one_or_none()
        if row is None:
            raise UnknownId(f"no campaign '{campaign}'", cure="See `gradmatch push campaigns`.")
        return _campaign(row)

    def every(self) -> list[Campaign]:
        """All campaigns, by id."""
        with self._database.reading() as connection:
            return [_campaign(row) for row in connection.execute(select(campaigns).order_by(campaigns.c.id))]

    def stop(self, campaign: str, reason: str) -> int:
        """Stop it: what is planned is suppressed, what is under way comes to its end. How many were suppressed.

        Raises
        ------
        UnknownId
        """
        self.get(campaign)
        with self._database.writing(durable=True) as connection:
            running = campaigns.c.stopped.is_(None)
            connection.execute(
                update(campaigns).where(campaigns.c.id == campaign, running).values(stopped=_now(), reason=reason)
            )
            mine = messages.c.campaign == campaign
            again = update(messages).where(mine, messages.c.state == "repeat")
            connection.execute(again.values(state="unclear", reason="the campaign was stopped", ended=_now()))
            waiting = update(messages).where(mine, messages.c.state == "planned")
            return connection.execute(waiting.values(state="suppressed", reason="stopped", ended=_now())).rowcount

    def write_night(
        self,
        night: str,
        campaign: str,
        drafts: Iterable[Draft],
        *,
        kind: str = "night",
        day: date,
        missed: Mapping[str, str] | None = None,
        certificate: Mapping[str, Any] | None = None,
        instead_of: Sequence[str] = (),
    ) -> bool:
        """Write what a night decided; whether it was written (False: it had been, and nothing changed).

        Nothing of it is sent before all of it is there. What a planner left that was killed is replaced.

        Parameters
        ----------
        missed : mapping of graduate → reason, optional
            Who gets nothing, and why.
        instead_of : sequence of str
            Messages that wait and are withdrawn in the same moment.

        Raises
        ------
        UnknownId
            No such campaign.
        Overtaken
            One of `instead_of` waits no more: nothing is withdrawn, and nothing of the night is sent.
        """
        channel = self.get(campaign).channel
        if not self._begin(night, campaign, kind, day, certificate or {}):
            return False
        for part in chunks(list(drafts)):
            with self._database.writing() as connection:
                write_messages(connection, night, campaign, channel, part)
        for lost in chunks(sorted((missed or {}).items())):
            rows = [{"graduate": key, "night": night, "reason": reason} for key, reason in lost]
            with self._database.writing() as connection:
                connection.execute(insert(unreached), rows)
        try:
            self._switch(night, campaign, instead_of)
        except Overtaken:
            with self._database.writing() as connection:
                _discard(connection, night)
            raise
        return True

    def _switch(self, night: str, campaign: str, instead_of: Sequence[str]) -> None:
        """In one moment: the night may be sent, and what it replaces may not."""
        with self._database.writing(durable=True) as connection:
            withdraw(connection, instead_of, _now())
            connection.execute(update(nights).where(nights.c.id == night).values(ready=True))
            if connection.execute(select(campaigns.c.stopped).where(campaigns.c.id == campaign)).scalar_one():
                waiting = (messages.c.night == night, messages.c.state == "planned")
                ended = update(messages).where(*waiting)
                connection.execute(ended.values(state="suppressed", reason="stopped", ended=_now()))

    def _begin(self, night: str, campaign: str, kind: str, day: date, certificate: Mapping[str, Any]) -> bool:
        with self._database.writing() as connection:
            ready = connection.execute(select(nights.c.ready).where(nights.c.id == night)).scalar_one_or_none()
            if ready:
                return False
            _discard(connection, night)
            told = json.dumps(dict(certificate), ensure_ascii=False)
            row = {"id": night, "campaign": campaign, "kind": kind, "day": day.isoformat(), "ready": False}
            connection.execute(insert(nights).values(**row, certificate=told, made=_now()))
        return True

    def certificate(self, night: str) -> dict[str, Any] | None:
        """What the night says of itself, with day, kind and campaign; None where it is not written whole."""
        with self._database.reading() as connection:
            row = connection.execute(select(nights).where(nights.c.id == night, nights.c.ready)).one_or_none()
        if row is None:
            return None
        return {
            "night": row.id,
            "campaign": row.campaign,
            "kind": row.kind,
            "day": row.day,
            **json.loads(row.certificate),
        }

    def nights(self, campaign: str) -> list[str]:
        """The nights of a campaign that are written whole, oldest first."""
        asked = select(nights.c.id).where(nights.c.campaign == campaign, nights.c.ready)
        with self._database.reading() as connection:
            return list(connection.execute(asked.order_by(nights.c.made, nights.c.id)).scalars())

    def nights_of(self, campaign: str, day: date) -> list[str]:
        """The nights of a campaign that are of one day, written whole or not."""
        asked = select(nights.c.id).where(nights.c.campaign == campaign, nights.c.day == day.isoformat())
        with self._database.reading() as connection:
            return list(connection.execute(asked.order_by(nights.c.id)).scalars())

    def nights_since(self, night: str) -> list[str]:
        """The night, and all that were made later, of any campaign; none where it is not there."""
        when = select(nights.c.made).where(nights.c.id == night).scalar_subquery()
        with self._database.reading() as connection:
            return list(connection.execute(select(nights.c.id).where(nights.c.made >= when)).scalars())

    def why_unreached(self, night: str) -> dict[str, int]:
        """How many got nothing that night, by reason."""
        asked = select(unreached.c.reason, func.count()).where(unreached.c.night == night)
        with self._database.reading() as connection:
            found = connection.execute(asked.group_by(unreached.c.reason).order_by(unreached.c.reason))
            return {row[0]: row[1] for row in found}

    def unreached(self, night: str) -> dict[str, str]:
        """Who got nothing that night, and why."""
        asked = select(unreached.c.graduate, unreached.c.reason).where(unreached.c.night == night)
        with self._database.reading() as connection:
            return {row.graduate: row.reason for row in connection.execute(asked.order_by(unreached.c.graduate))}

    def funnel(self, campaign: str) -> Funnel:
        """Where its messages are."""
        mine = messages.c.campaign == campaign
        states = select(messages.c.state, func.count()).where(mine).group_by(messages.c.state)
        told = select(messages.c.reason, func.count()).where(mine, messages.c.reason != "").group_by(messages.c.reason)
        with self._database.reading() as connection:
            return Funnel(
                {row[0]: row[1] for row in connection.execute(states)},
                {row[0]: row[1] for row in connection.execute(told)},
                _stops(connection, campaign),
            )

    def outcomes(self, campaign: str) -> dict[str, int]:
        """Of how many of its messages each action is known, since they were claimed, of any posting in them."""
        theirs = messages.join(items, items.c.message == messages.c.id).join(
            interactions,
            (interactions.c.graduate == messages.c.graduate) & (interactions.c.posting == items.c.posting),
        )
        asked = select(interactions.c.action, func.count(messages.c.id.distinct())).select_from(theirs)
        mine = asked.where(
            messages.c.campaign == campaign,
            messages.c.state.in_(("sent", "unclear")),
            items.c.dropped.is_(None),
            interactions.c.at >= messages.c.claimed,
        )
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(mine.group_by(interactions.c.action))}

    def reached(self, campaign: str) -> Reached:
        """Whom it reached, and how many of them it annoyed. A complaint is an interaction about a posting it sent."""
        sent = select(func.count(messages.c.graduate.distinct())).where(
            messages.c.campaign == campaign, messages.c.state == "sent"
        )
        with self._database.reading() as connection:
            people = connection.execute(sent).scalar_one()
            return Reached(people, _stops(connection, campaign), _complaints(connection, campaign))


def write_messages(connection: Connection, night: str, campaign: str, channel: str, drafts: Sequence[Draft]) -> None:
    """Write messages with their items, inside a transaction."""
    common = {"night": night, "campaign": campaign, "channel": channel, "attempts": 0}
    rows = [
        {
            **common,
            "id": d.id,
            "graduate": d.graduate,
            "state": "suppressed" if d.held else "planned",
            "reason": d.held,
            "not_before": d.not_before,
            "expires": d.expires,
            "gap": d.gap,
            "plain": d.plain,
            "ended": _now() if d.held else None,
        }
        for d in drafts
    ]
    connection.execute(insert(messages), rows)
    inside = [{"message": d.id, **i._asdict(), "why": "\n".join(i.why)} for d in drafts for i in d.items]
    if inside:
        connection.execute(insert(items), inside)


def _discard(connection: Connection, night: str) -> None:
    """What was written of a night that never became whole."""
    mine = select(messages.c.id).where(messages.c.night == night)
    connection.execute(delete(items).where(items.c.message.in_(mine)))
    connection.execute(delete(messages).where(messages.c.night == night))
    connection.execute(delete(unreached).where(unreached.c.night == night))
    connection.execute(delete(nights).where(nights.c.id == night))


def _stops(connection: Connection, campaign: str) -> int:
    by_link = select(func.count()).where(
        preferences.c.message.in_(select(messages.c.id).where(messages.c.campaign == campaign)), preferences.c.stop
    )
    return connection.execute(by_link).scalar_one()


def _complaints(connection: Connection, campaign: str) -> int:
    """People who complained about a posting that a message of the campaign brought them."""
    theirs = messages.join(items, items.c.message == messages.c.id).join(
        interactions,
        (interactions.c.graduate == messages.c.graduate) & (interactions.c.posting == items.c.posting),
    )
    asked = select(func.count(messages.c.graduate.distinct())).select_from(theirs)
    told = asked.where(
        messages.c.campaign == campaign,
        messages.c.state.in_(("sent", "unclear")),
        interactions.c.action == "complained",
    )
    return int(connection.execute(told).scalar_one())


def _campaign(row: Any) -> Campaign:  # noqa: ANN401
    values = {name: getattr(row, name) for name in Campaign._fields}
    stopped = None if row.stopped is None else from_micros(row.stopped)
    return Campaign(**{**values, "stopped": stopped, "limits": json.loads(row.limits)})


def _now() -> int:
    return time.time_ns() // 1000
