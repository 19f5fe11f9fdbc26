"""What a claim looks at, in one transaction: wishes, quiet hours, budgets over all campaigns, what is no news.

A message that may go out now is marked as claimed and its pairs are entered in the ledger *before* anything is sent;
one that may not is put off, or suppressed with the reason. Writers stand in line, so two claims never see one budget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update

from matching.store.campaigns import Item
from matching.store.preferences import Wish, wishes_of
from matching.store.push_tables import campaigns, items, ledger, messages, nights
from matching.store.tables import interactions
from matching.store.times import to_micros

MINUTE = 60_000_000
"""Microseconds."""

Spent = dict[str, list[tuple[int, str]]]
"""Person → when each pair was sent, and in which message."""


class Terms(NamedTuple):
    """What every claim keeps to.

    Attributes
    ----------
    channel : str
    window, in_window : int
        At most `in_window` postings to one person within any `window` microseconds, over all campaigns.
    gap : int
        Least microseconds between two digests to one person.
    opens : callable
        From a person's wish and a moment to the first moment, not before it, that is not quiet.
    per_minute : int
        Messages that the channel may be given in a minute.
    """

    channel: str
    window: int
    in_window: int
    gap: int
    opens: Callable[[Wish, int], int]
    per_minute: int = 1_000_000


class Claimed(NamedTuple):
    """A message that is to be sent now; `attempt` is 1 the first time."""

    id: str
    graduate: str
    campaign: str
    plain: bool
    attempt: int
    expires: int
    items: tuple[Item, ...]


@dataclass
class Fates:
    """What a claim decided, until it is written."""

    ends: list[dict[str, Any]] = field(default_factory=list)
    waits: list[dict[str, Any]] = field(default_factory=list)
    drops: list[dict[str, Any]] = field(default_factory=list)
    claimed: list[Claimed] = field(default_factory=list)
    spent: list[dict[str, Any]] = field(default_factory=list)
    again: list[dict[str, Any]] = field(default_factory=list)

    def end(self, message: Any, state: str, reason: str) -> None:  # noqa: ANN401
        """`message` ends here."""
        self.ends.append({"stored": message.id, "state": state, "reason": reason})

    def wait(self, message: Any, until: int, reason: str) -> None:  # noqa: ANN401
        """`message` waits, or ends where it would wait beyond its own time."""
        if until < message.expires:
            self.waits.append({"stored": message.id, "not_before": until})
        elif message.state == "repeat":
            self.end(message, "unclear", "its time was over before it could be repeated")
        else:
            self.end(message, "suppressed", reason)


def claim(connection: Connection, terms: Terms, name: str, *, now: int, most: int) -> tuple[list[Claimed], int]:
    """Claim what is due under the name `name`: (at most `most` messages to be sent, how many were looked at)."""
    room = min(most, terms.per_minute - _claimed_since(connection, terms.channel, now - MINUTE))
    due = _due(connection, terms.channel, now, room) if room > 0 else []
    if not due:
        return [], 0
    fates = _fates(connection, due, terms, now)
    _write(connection, fates, name, now)
    return fates.claimed, len(due)


def _claimed_since(connection: Connection, channel: str, moment: int) -> int:
    recent = messages.c.claimed > moment
    return connection.execute(select(func.count()).where(recent, messages.c.channel == channel)).scalar_one()


def _due(connection: Connection, channel: str, now: int, most: int) -> list[Any]:
    asked = (
        select(messages)
        .join(nights, nights.c.id == messages.c.night)
        .join(campaigns, campaigns.c.id == messages.c.campaign)
        .where(
            messages.c.not_before <= now, messages.c.channel == channel, nights.c.ready, campaigns.c.stopped.is_(None)
        )
        .order_by(messages.c.not_before, messages.c.id)
    )
    found: list[Any] = []
    for state in ("repeat", "planned"):
        if len(found) < most:
            found += connection.execute(asked.where(messages.c.state == state).limit(most - len(found))).all()
    return found


def _fates(connection: Connection, due: Sequence[Any], terms: Terms, now: int) -> Fates:
    people = sorted({m.graduate for m in due})
    wishes, spent = wishes_of(connection, people), _spent(connection, people)
    inside, old = _items(connection, [m.id for m in due]), _not_news(connection, people)
    fates = Fates()
    for message in due:
        if _may_go(message, wishes.get(message.graduate, Wish()), terms, now, fates):
            if message.state == "repeat":
                _repeat(message, inside.get(message.id, []), spent, terms, now, fates)
            else:
                _take(message, inside.get(message.id, []), (spent, old), terms, now, fates)
    return fates


def _may_go(message: Any, wish: Wish, terms: Terms, now: int, fates: Fates) -> bool:  # noqa: ANN401
    """Whether nothing about time or the person's wishes stands in the way."""
    again = message.state == "repeat"
    if message.expires <= now:
        fates.end(message, "unclear" if again else "suppressed", "its time was over")
    elif wish.stop or (wish.plain and not message.plain):
        fates.end(message, "unclear" if again else "suppressed", "opted out")
    elif wish.until is not None and to_micros(wish.until) > now:
        fates.wait(message, to_micros(wish.until), "snoozed")
    else:
        opens = terms.opens(wish, now)
        if opens <= now:
            return True
        fates.wait(message, opens, "quiet hours")
    return False


def _repeat(
    message: Any,  # noqa: ANN401
    inside: Sequence[Item],
    spent: Spent,
    terms: Terms,
    now: int,
    fates: Fates,
) -> None:
    """Claim it again: its pairs are in the ledger, from now on as of this moment, and its budget is spent."""
    others = [at for at, of in spent.get(message.graduate, []) if of != message.id]
    rest = max(others, default=0) + max(terms.gap, message.gap)
    if others and rest > now:
        fates.wait(message, rest, "budget")
        return
    mine = [(now if of == message.id else at, of) for at, of in spent.get(message.graduate, [])]
    spent[message.graduate] = mine
    fates.again.append({"of": message.id, "at": now})
    fates.claimed.append(_claimed(message, inside))


def _take(
    message: Any,  # noqa: ANN401
    inside: Sequence[Item],
    past: tuple[Spent, set[tuple[str, str]]],
    terms: Terms,
    now: int,
    fates: Fates,
) -> None:
    """Claim what budget and news allow of a message."""
    spent, old = past
    entries = spent.setdefault(message.graduate, [])
    sent = [at for at, _ in entries]
    rest = max(sent, default=0) + max(terms.gap, message.gap)
    if sent and rest > now:
        fates.wait(message, rest, "budget")
        return
    room = terms.in_window - sum(at > now - terms.window for at in sent)
    kept: list[Item] = []
    for item in inside:
        reason = "not news" if (message.graduate, item.posting) in old else "" if len(kept) < room else "budget"
        if reason:
            fates.drops.append({"of": message.id, "in": item.posting, "dropped": reason})
        else:
            kept.append(item)
            old.add((message.graduate, item.posting))
    if not kept:
        fates.end(message, "suppressed", "budget" if room <= 0 else "no news")
        return
    entries += [(now, message.id)] * len(kept)
    fates.spent += [
        {"graduate": message.graduate, "posting": i.posting, "message": message.id, "at": now} for i in kept
    ]
    fates.claimed.append(_claimed(message, kept))


def _claimed(message: Any, inside: Sequence[Item]) -> Claimed:  # noqa: ANN401
    return Claimed(
        message.id,
        message.graduate,
        message.campaign,
        message.plain,
        message.attempts + 1,
        message.expires,
        tuple(inside),
    )


def _spent(connection: Connection, people: Sequence[str]) -> Spent:
    """What was sent to each of `people`, future moments included: a clock that went back forgives nothing."""
    found: Spent = {}
    asked = select(ledger.c.graduate, ledger.c.at, ledger.c.message).where(ledger.c.graduate.in_(people))
    for row in connection.execute(asked):
        found.setdefault(row.graduate, []).append((row.at, row.message))
    return found


def _not_news(connection: Connection, people: Sequence[str]) -> set[tuple[str, str]]:
    """Pairs that were sent, or of which anything has happened."""
    pairs: set[tuple[str, str]] = set()
    for table in (ledger, interactions):
        asked = select(table.c.graduate, table.c.posting).where(table.c.graduate.in_(people))
        pairs.update((row.graduate, row.posting) for row in connection.execute(asked))
    return pairs


def _items(connection: Connection, ids: Sequence[str]) -> dict[str, list[Item]]:
    asked = select(items.c.message, *_ITEM).where(items.c.message.in_(ids), items.c.dropped.is_(None))
    found: dict[str, list[Item]] = {}
    for message, posting, rank, value, price, apply, eligibility, why in connection.execute(
        asked.order_by(items.c.rank)
    ):
        item = Item(posting, rank, value, price, apply, eligibility, _reasons(why))
        found.setdefault(message, []).append(item)
    return found


def item_of(row: Any) -> Item:  # noqa: ANN401
    """A row of items, as it is handed out."""
    values = {name: getattr(row, name) for name in Item._fields}
    return Item(**{**values, "why": _reasons(row.why)})


def _reasons(why: str) -> tuple[str, ...]:
    return tuple(why.split("\n")) if why else ()


_ITEM = [items.c[name] for name in Item._fields[:7]]
"""What a sender needs of an item; the rest is for those who look back."""


def _write(connection: Connection, fates: Fates, name: str, now: int) -> None:
    mine = update(messages).where(messages.c.id == bindparam("stored"))
    if fates.ends:
        connection.execute(mine, [{**end, "ended": now} for end in fates.ends])
    if fates.waits:
        connection.execute(mine, fates.waits)
    if fates.drops:
        among = (items.c.message == bindparam("of"), items.c.posting == bindparam("in"))
        connection.execute(update(items).where(*among), fates.drops)
    if fates.spent:
        connection.execute(insert(ledger), fates.spent)
    if fates.again:
        own = update(ledger).where(ledger.c.message == bindparam("of"))
        connection.execute(
            own.values(at=bindparam("moment")), [{"of": a["of"], "moment": a["at"]} for a in fates.again]
        )
    if fates.claimed:
        taken = [
            {"stored": m.id, "state": "claimed", "claim": name, "claimed": now, "attempts": m.attempt}
            for m in fates.claimed
        ]
        connection.execute(mine, taken)
