"""Saved searches: what a person asked to be told of; kept with the person, gone with the person."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import delete, insert, select, update

from matching.errors import QueryError, UnknownId
from matching.standard.records import Kind, Line, Region
from matching.store.push_tables import searches
from matching.store.tables import graduates
from matching.store.writing import Clock

if TYPE_CHECKING:
    from matching.store.store import Store

MOST = 20
"""Searches that one person may keep."""
_BATCH = 2_000


class Search(BaseModel):
    """What a person wants to be told of: words that a posting must hold, and what it must be; empty: no matter.

    `at_once` sends a match as soon as it is posted, within the person's budgets; else it waits for the nightly digest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    title: Annotated[Line, Field(max_length=40, description="As the digest names it; empty: its words.")] = ""
    text: Annotated[Line, Field(max_length=100, description="Each of its words stands in the posting.")] = ""
    kinds: Annotated[list[Kind], Field(max_length=10)] = []
    regions: Annotated[list[Region], Field(max_length=20, description="Within these (GB/T 2260, any level).")] = []
    industries: Annotated[
        list[Annotated[str, Field(pattern="^[A-T]$")]], Field(max_length=20, description="Sections of GB/T 4754.")
    ] = []
    at_once: bool = False

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not (self.text or self.kinds or self.regions or self.industries):
            raise PydanticCustomError("asks_for_nothing", "says neither words nor what a posting must be")
        return self

    @property
    def name(self) -> str:
        """How a digest calls it."""
        return self.title or self.text or "条件"


class Saved(NamedTuple):
    """A search as it is kept: whose it is, and its id among that person's."""

    graduate: str
    id: str
    search: Search


class Searches:
    """The saved searches of a store."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def put(self, graduate: str, name: str, search: Search) -> bool:
        """Keep a search, new or in place of the one with its id; whether it is new.

        Raises
        ------
        UnknownId
            The person is not stored.
        QueryError
            The person keeps `MOST` others.
        """
        s = searches.c
        body, now = search.model_dump_json(exclude_defaults=True), time.time_ns() // 1000
        values = {"body": body, "at_once": search.at_once, "changed": now}
        with self._database.writing() as connection:
            Clock(connection)  # stand in line: nobody is deleted meanwhile
            if not connection.execute(select(graduates.c.key).where(graduates.c.key == graduate)).first():
                raise UnknownId(f"no graduate '{graduate}'", where="graduate", cure="Send the record first.")
            mine = update(searches).where(s.graduate == graduate, s.id == name)
            if connection.execute(mine.values(values)).rowcount:
                return False
            held = connection.execute(select(s.id).where(s.graduate == graduate)).all()
            if len(held) >= MOST:
                raise QueryError(f"{MOST} searches are kept already", where="id", cure="Delete one first.")
            connection.execute(insert(searches).values(graduate=graduate, id=name, **values))
        return True

    def of(self, graduate: str) -> list[Saved]:
        """A person's searches, by id."""
        asked = select(searches).where(searches.c.graduate == graduate).order_by(searches.c.id)
        with self._database.reading() as connection:
            return [_saved(row) for row in connection.execute(asked)]

    def delete(self, graduate: str, name: str) -> bool:
        """Forget a search; whether there was one."""
        s = searches.c
        with self._database.writing() as connection:
            return connection.execute(delete(searches).where(s.graduate == graduate, s.id == name)).rowcount > 0

    def every(self, *, at_once: bool) -> Iterator[Saved]:
        """All searches that are told at once, or all that wait for the night, by person and id."""
        s, after = searches.c, ("", "")
        asked = select(searches).where(s.at_once == at_once).order_by(s.graduate, s.id).limit(_BATCH)
        while True:
            with self._database.reading() as connection:
                behind = (s.graduate > after[0]) | ((s.graduate == after[0]) & (s.id > after[1]))
                rows = connection.execute(asked.where(behind)).all()
            yield from (_saved(row) for row in rows)
            if len(rows) < _BATCH:
                return
            after = (rows[-1].graduate, rows[-1].id)


def _saved(row: object) -> Saved:
    graduate, name, body = (getattr(row, column) for column in ("graduate", "id", "body"))
    return Saved(graduate, name, Search.model_validate_json(body))
