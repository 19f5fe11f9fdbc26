"""Long work on events, as the store knows it: how far it is, what came of it, and whether anybody still works on it.

A process that works on a job says so every few seconds. A job whose process has been silent for `SILENT_SECONDS` was
interrupted (killed, or the machine went down); nothing has to run for that to be seen.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, delete, insert, select, update

from matching.errors import UnknownId
from matching.store.tables import event_jobs
from matching.store.times import from_micros
from matching.store.writing import Clock

if TYPE_CHECKING:
    from matching.store.store import Store

SILENT_SECONDS = 15.0
UNFINISHED = ("waiting", "running")
_KEPT = 200
"""Ended jobs of an event that are remembered."""


class Job(NamedTuple):
    """A job.

    state : waiting, running, done, failed or interrupted. step, part, whole : how far the present step is.
    at : when it was asked for. result : what came of it, or the problem; names no person.
    """

    id: str
    event: str
    kind: str
    state: str
    step: str
    part: int
    whole: int
    at: datetime
    result: dict[str, Any]

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in UNFINISHED


class Jobs:
    """The jobs of a store."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def begin(self, event: str, kind: str) -> str:
        """Write down a new job, waiting; return its id."""
        name, now = secrets.token_hex(8), _now()
        row = {"id": name, "event": event, "kind": kind, "state": "waiting", "step": "", "part": 0, "whole": 0}
        j = event_jobs.c
        with self._database.writing() as connection:
            Clock(connection)  # stand in line
            old = select(j.id).where(j.event == event, j.state.not_in(UNFINISHED)).order_by(j.at.desc()).offset(_KEPT)
            gone = list(connection.execute(old.limit(1_000)).scalars())
            if gone:
                connection.execute(delete(event_jobs).where(j.id.in_(gone)))
            connection.execute(insert(event_jobs).values(**row, at=now, beat=now, result="{}"))
        return name

    def run(self, job: str, step: str = "", part: int = 0, whole: int = 0) -> None:
        """It is being worked on, and this far."""
        self._set(event_jobs.c.id == job, state="running", step=step, part=part, whole=whole)

    def beat(self, jobs: Collection[str]) -> None:
        """Their process is still there."""
        if jobs:
            self._set(event_jobs.c.id.in_(list(jobs)))

    def end(self, job: str, state: str, result: Mapping[str, Any]) -> None:
        """It is done, failed or interrupted, and this came of it; one that has ended stays as it is."""
        self._set(event_jobs.c.id == job, state=state, result=json.dumps(result, ensure_ascii=False))

    def get(self, event: str, job: str) -> Job:
        """A job of an event.

        Raises
        ------
        UnknownId
        """
        j = event_jobs.c
        with self._database.reading() as connection:
            row = connection.execute(select(event_jobs).where(j.id == job, j.event == event)).first()
        if row is None:
            raise UnknownId("the event has no such job", where="job", cure="Ask for the list of its jobs.")
        return _job(row)

    def of(self, event: str, *, limit: int = 50) -> list[Job]:
        """The jobs of an event, the newest first."""
        j = event_jobs.c
        asked = select(event_jobs).where(j.event == event).order_by(j.at.desc(), j.id).limit(limit)
        with self._database.reading() as connection:
            return [_job(row) for row in connection.execute(asked)]

    def _set(self, which: ColumnElement[bool], **values: Any) -> None:  # noqa: ANN401
        changed = update(event_jobs).where(which, event_jobs.c.state.in_(UNFINISHED)).values(beat=_now(), **values)
        with self._database.writing() as connection:
            connection.execute(changed)


def _job(row: Any) -> Job:  # noqa: ANN401
    silent = row.state in UNFINISHED and _now() - row.beat > SILENT_SECONDS * 1e6
    state = "interrupted" if silent else row.state
    at, result = from_micros(row.at), json.loads(row.result)
    return Job(row.id, row.event, row.kind, state, row.step, row.part, row.whole, at, result)


def _now() -> int:
    return time.time_ns() // 1000
