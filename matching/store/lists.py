"""Invitation lists: each version is kept whole; two organisers at once lose nothing, and the second is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update

from matching.errors import ListChanged, UnknownId
from matching.store.tables import changes, event_answers, event_guests, event_lists
from matching.store.times import from_micros
from matching.store.writing import CHUNK, Clock, chunks

if TYPE_CHECKING:
    from matching.store.store import Store


class Guest(NamedTuple):
    """One person on a list: key, status (invited, waiting, excluded), and what is said of the invitation."""

    graduate: str
    status: str
    body: dict[str, Any]


class Version(NamedTuple):
    """One version of an event's list.

    parent : the version that it was made from, 0 for the first. beside : it was made from one that was not the
    newest any more, so it is kept and not in use. about : the certificate and how it was asked for; names no person.
    """

    event: str
    version: int
    parent: int
    beside: bool
    at: datetime
    about: dict[str, Any]
    guests: tuple[Guest, ...]


class Answer(NamedTuple):
    """What a guest said (yes, no, none), and whether they came; None while that is not known."""

    answer: str
    came: bool | None


class Lists:
    """The lists of a store."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def save(self, event: str, guests: Sequence[Guest], about: Mapping[str, Any], *, base: int) -> int:
        """Keep a new version made from version `base` (0: from nothing); return its number.

        People who have been deleted meanwhile are left out (Law 8).

        Raises
        ------
        ListChanged
            `base` is not the newest version. What was sent is kept all the same, as a version that is not in use.
        """
        with self._database.writing() as connection:
            Clock(connection)  # stand in line
            newest, last = _newest(connection, event), _last(connection, event)
            beside = newest != base
            now = time.time_ns() // 1000
            row = {"event": event, "version": last + 1, "parent": base, "beside": beside, "at": now}
            connection.execute(insert(event_lists).values(**row, body=json.dumps(about, ensure_ascii=False)))
            _add_guests(connection, event, last + 1, guests)
        if beside:
            raise ListChanged(
                f"the list is at version {newest}, yours was made from {base}",
                where=event,
                cure=f"Yours is kept as version {last + 1}, not in use. Look at version {newest} and do it again.",
            )
        return last + 1

    def newest(self, event: str) -> int:
        """Number of the version in use; 0 where there is no list."""
        with self._database.reading() as connection:
            return _newest(connection, event)

    def get(self, event: str, version: int | None = None) -> Version:
        """A version, or the one in use.

        Raises
        ------
        UnknownId
        """
        with self._database.reading() as connection:
            number = version or _newest(connection, event)
            asked = select(event_lists).where(event_lists.c.event == event, event_lists.c.version == number)
            row = connection.execute(asked).first()
            if row is None:
                raise _no_list(event, number)
            g = event_guests.c
            mine = select(g.graduate, g.status, g.body).where(g.event == event, g.version == number).order_by(g.place)
            guests = tuple(Guest(key, status, json.loads(body)) for key, status, body in connection.execute(mine))
        return _version(row, guests)

    def versions(self, event: str) -> list[Version]:
        """Every version, the newest first, without guests."""
        v = event_lists.c
        with self._database.reading() as connection:
            rows = connection.execute(select(event_lists).where(v.event == event).order_by(v.version.desc())).all()
        return [_version(row) for row in rows]

    def headline(self, event: str, version: int | None = None) -> Version | None:
        """A version, or the one in use, without guests; None where there is none."""
        v = event_lists.c
        wanted = v.beside.is_(False) if version is None else v.version == version
        with self._database.reading() as connection:
            asked = select(event_lists).where(v.event == event, wanted).order_by(v.version.desc()).limit(1)
            row = connection.execute(asked).first()
        return None if row is None else _version(row)

    def invited(self, event: str) -> set[str]:
        """Keys of those whom the version in use invites."""
        with self._database.reading() as connection:
            g = event_guests.c
            asked = select(g.graduate).where(
                g.event == event, g.version == _newest(connection, event), g.status == "invited"
            )
            return set(connection.execute(asked).scalars())

    def on(self, event: str, graduates: Sequence[str]) -> set[str]:
        """Those of `graduates` who are on the version in use.

        Raises
        ------
        UnknownId
            There is no list yet.
        """
        g, found = event_guests.c, set()
        with self._database.reading() as connection:
            number = _newest(connection, event)
            if not number:
                raise _no_list(event, None)
            for chunk in chunks(graduates):
                mine = select(g.graduate).where(g.event == event, g.version == number, g.graduate.in_(chunk))
                found |= set(connection.execute(mine).scalars())
        return found

    def answer(self, event: str, answers: Mapping[str, str]) -> int:
        """Keep answers (yes, no; none takes one back) by graduate; the last one counts. Returns how many were kept."""
        return self._put(event, {key: {"answer": said} for key, said in answers.items()})

    def attend(self, event: str, came: Mapping[str, bool | None]) -> int:
        """Keep who came; None takes it back."""
        return self._put(event, {key: {"came": there} for key, there in came.items()})

    def answers(self, event: str) -> dict[str, Answer]:
        """Answers and attendance by graduate."""
        a = event_answers.c
        with self._database.reading() as connection:
            rows = connection.execute(select(a.graduate, a.answer, a.came).where(a.event == event)).all()
        return {key: Answer(said, came) for key, said, came in rows}

    def answered(self) -> list[tuple[str, str]]:
        """Who has answered an invitation, and which event's, whatever they said; by graduate."""
        a = event_answers.c
        asked = select(a.graduate, a.event).where(a.answer != "none").order_by(a.graduate, a.event)
        with self._database.reading() as connection:
            return [(row.graduate, row.event) for row in connection.execute(asked)]

    def _put(self, event: str, values: Mapping[str, Mapping[str, Any]]) -> int:
        a, now = event_answers.c, time.time_ns() // 1000
        with self._database.writing() as connection:
            Clock(connection)
            keys = _living(connection, list(values))
            held = set(connection.execute(select(a.graduate).where(a.event == event)).scalars())
            rows = [{**values[key], "event": event, "graduate": key, "at": now} for key in keys]
            if new := [{"answer": "none", **row} for row in rows if row["graduate"] not in held]:
                connection.execute(insert(event_answers), new)
            if old := [
                {f"new_{name}": value for name, value in row.items()} for row in rows if row["graduate"] in held
            ]:
                names = [name for name in rows[0] if name not in ("event", "graduate")]
                same = (a.event == bindparam("new_event")) & (a.graduate == bindparam("new_graduate"))
                changed = update(event_answers).where(same).values({name: bindparam(f"new_{name}") for name in names})
                connection.execute(changed, old)
        return len(keys)


def _no_list(event: str, number: int | None) -> UnknownId:
    cure = "Make one with `gradmatch event invite`."
    return UnknownId(f"event '{event}' has no list {number or ''}".rstrip(), where="event", cure=cure)


def _version(row: Any, guests: tuple[Guest, ...] = ()) -> Version:  # noqa: ANN401
    at, about = from_micros(row.at), json.loads(row.body)
    return Version(row.event, row.version, row.parent, row.beside, at, about, guests)


def _newest(connection: Connection, event: str) -> int:
    v = event_lists.c
    asked = select(func.max(v.version)).where(v.event == event, v.beside.is_(False))
    return connection.execute(asked).scalar_one() or 0


def _last(connection: Connection, event: str) -> int:
    v = event_lists.c
    return connection.execute(select(func.max(v.version)).where(v.event == event)).scalar_one() or 0


def _living(connection: Connection, keys: Sequence[str]) -> list[str]:
    gone: set[str] = set()
    for chunk in chunks(keys):
        asked = select(changes.c.key).where(changes.c.type == "graduate", changes.c.deleted, changes.c.key.in_(chunk))
        gone |= set(connection.execute(asked).scalars())
    return [key for key in keys if key not in gone]


def _add_guests(connection: Connection, event: str, version: int, guests: Iterable[Guest]) -> None:
    held = list(guests)
    living = set(_living(connection, [guest.graduate for guest in held]))
    rows = [
        {
            "event": event,
            "version": version,
            "graduate": guest.graduate,
            "place": place,
            "status": guest.status,
            "body": json.dumps(guest.body, ensure_ascii=False),
        }
        for place, guest in enumerate(held)
        if guest.graduate in living
    ]
    for start in range(0, len(rows), CHUNK):
        connection.execute(insert(event_guests), rows[start : start + CHUNK])
