"""What triggers have done already: each posting fires once for each kind of trigger, in each campaign.

A trigger's messages and its marks are written in one transaction, which holds whole or not at all; so a run may be
killed at any moment and repeated every minute, also by two at once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from matching.store.campaigns import Draft, write_messages
from matching.store.push_tables import campaigns, marks, nights, unreached
from matching.store.tables import changes
from matching.store.writing import Clock, chunks

if TYPE_CHECKING:
    from matching.store.store import Store

_CURSOR = "cursor"


class Marks:
    """The marks of one campaign."""

    def __init__(self, store: Store, campaign: str) -> None:
        self._database, self._campaign = store.database, campaign

    def cursor(self) -> int | None:
        """The last change of the store that was looked at; None before the first run."""
        asked = select(marks.c.at).where(marks.c.campaign == self._campaign, marks.c.mark == _CURSOR)
        with self._database.reading() as connection:
            found: int | None = connection.execute(asked).scalar_one_or_none()
        return found

    def move(self, cursor: int) -> None:
        """Changes up to `cursor` have been looked at; it never goes back."""
        dialect = sqlite if self._database.on_sqlite else postgresql
        adding = dialect.insert(marks).values(campaign=self._campaign, mark=_CURSOR, at=cursor)
        later = adding.on_conflict_do_update(
            index_elements=["campaign", "mark"], set_={"at": cursor}, where=marks.c.at < cursor
        )
        with self._database.writing() as connection:
            connection.execute(later)

    def among(self, asked: Sequence[str]) -> set[str]:
        """Those of `asked` that are set."""
        found: set[str] = set()
        for chunk in chunks(asked):
            with self._database.reading() as connection:
                found |= _held(connection, self._campaign, chunk)
        return found

    def write(
        self,
        night: str,
        drafts: Sequence[Draft],
        set_: Sequence[str],
        *,
        kind: str,
        day: date,
        missed: Mapping[str, str],
        certificate: Mapping[str, Any],
    ) -> bool:
        """Write what a trigger planned, and that it fired; whether it was written.

        False, and nothing is written, where a mark is set already or the campaign was stopped. Drafts of people who
        were deleted meanwhile are left out (Law 8). Without drafts only the marks are set.
        """
        with self._database.writing(durable=True) as connection:
            Clock(connection)  # stand in line
            row = connection.execute(select(campaigns).where(campaigns.c.id == self._campaign)).one()
            if row.stopped is not None or any(_held(connection, self._campaign, part) for part in chunks(set_)):
                return False
            now = time.time_ns() // 1000
            for part in chunks(set_):
                connection.execute(insert(marks), [{"campaign": self._campaign, "mark": m, "at": now} for m in part])
            gone = _gone(connection, [draft.graduate for draft in drafts] + list(missed))
            kept = [draft for draft in drafts if draft.graduate not in gone]
            if not kept:
                return True
            told = {"id": night, "campaign": self._campaign, "kind": kind, "day": day.isoformat(), "ready": True}
            said = json.dumps(dict(certificate), ensure_ascii=False)
            connection.execute(insert(nights).values(**told, certificate=said, made=now))
            for some in chunks(kept):
                write_messages(connection, night, self._campaign, row.channel, some)
            lost = [{"graduate": k, "night": night, "reason": why} for k, why in missed.items() if k not in gone]
            if lost:
                connection.execute(insert(unreached), lost)
        return True


def _held(connection: Connection, campaign: str, asked: Sequence[str]) -> set[str]:
    found = select(marks.c.mark).where(marks.c.campaign == campaign, marks.c.mark.in_(asked))
    return set(connection.execute(found).scalars())


def _gone(connection: Connection, people: Sequence[str]) -> set[str]:
    gone: set[str] = set()
    for chunk in chunks(people):
        asked = select(changes.c.key).where(changes.c.type == "graduate", changes.c.deleted, changes.c.key.in_(chunk))
        gone |= set(connection.execute(asked).scalars())
    return gone
