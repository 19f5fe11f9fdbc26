"""Triggers: what should not wait for the night, through the night's own door, under the same limits.

A trigger is a reason to look, and candidates; who gets what is decided by `plan_night`: budgets over all campaigns,
rests, news, posting limits, stages, hold-out, wishes. What it plans lies in the same outbox, so quiet hours, the ledger
and the stop hold as for the night. Those who want nothing personalised are not reached by triggers.

posting, internship   it was opened a few days ago at most: its best few
search                a new posting answers a search that its person wants to be told of at once
deadline              it closes in a few days and has places left: its best few who were not sent it yet
event                 somebody is on the list in use of a fair that is ahead
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from matching.bulk import RANKED
from matching.matcher import Matcher
from matching.progress import Progress
from matching.push.invitations import invitations
from matching.push.planning import Question, plan_night
from matching.push.reasons import with_reasons
from matching.push.seekers import scored
from matching.push.wanted import Names, lines_of, marked, of_postings
from matching.push.wanted import Wanted as Asked
from matching.question import CHINA
from matching.question import Question as Search
from matching.standard.records import Kind, Posting
from matching.store import Campaign, Marks, Searches

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.state import State
    from matching.store import Store

POSTING, INTERNSHIP, SEARCH, DEADLINE, EVENT = KINDS = ("posting", "internship", "search", "deadline", "event")
_LINES = {
    POSTING: "刚刚发布的新岗位",
    INTERNSHIP: "刚刚开放报名的见习/实习",
    DEADLINE: "即将截止，您还没有看过",
}
_AT_ONCE = 200
"""Postings that a run looks at, of each kind; the rest comes with the next run."""
_FEED = 5_000
_NOBODY: Names = {}


class Fired(NamedTuple):
    """What a run did: messages planned by kind, postings that were looked at by kind, and whether more waits."""

    planned: dict[str, int]
    looked: dict[str, int]
    more: bool


class _Due(NamedTuple):
    """A trigger that fires: its kind, its marks, and candidates with a line on each pair."""

    kind: str
    marks: tuple[str, ...]
    pairs: pl.DataFrame
    lines: Names
    places: pl.DataFrame | None = None


@dataclass(frozen=True)
class Triggers:
    """The triggers of one campaign.

    Parameters
    ----------
    store : Store
    settings : Settings
    state : State
        Caught up with the store; what came later waits for the next run.
    campaign : Campaign
    """

    store: Store
    settings: Settings
    state: State
    campaign: Campaign

    def run(self, now: datetime, *, progress: Progress = lambda step, done, total: None) -> Fired:
        """Look once, plan what is due, write it. Safe to kill, to repeat, and to run twice at once.

        The first run of a campaign looks at nothing that was there before it, but for deadlines and fairs.

        Raises
        ------
        QueryError
            The campaign was stopped.
        StoreError
        """
        marks, today = Marks(self.store, self.campaign.id), now.astimezone(CHINA).date()
        fresh, cursor, more = self._fresh(marks, today)
        planned: dict[str, int] = {}
        looked: dict[str, int] = {}
        for make in (self._searched, self._posted, self._interned, self._closing, self._invited):
            for due in make(fresh, today, now):
                progress(due.kind, len(planned), len(KINDS))
                planned[due.kind] = planned.get(due.kind, 0) + self._fire(marks, due, now)
                looked[due.kind] = looked.get(due.kind, 0) + len(due.marks)
        marks.move(cursor)
        return Fired(planned, looked, more)

    def _fire(self, marks: Marks, due: _Due, now: datetime) -> int:
        """Decide and write one trigger; how many messages were planned."""
        day = now.astimezone(CHINA).date()
        question = Question(self.campaign, day, now, kind=f"{due.kind}-{_short(due.marks)}", price=False)
        people = sorted(set(due.pairs["graduate"].to_list()))
        table = due.pairs.to_arrow()
        found = plan_night(self.store, self.settings, table, people, question, places=due.places)
        drafts = with_reasons(found.drafts, self.state, self.settings, day, first=due.lines)
        written = marks.write(
            question.night,
            drafts,
            due.marks,
            kind=due.kind,
            day=day,
            missed=found.missed,
            certificate=found.certificate,
        )
        return len(drafts) if written else 0

    def _fresh(self, marks: Marks, today: date) -> tuple[list[Posting], int, bool]:
        """Postings opened lately that came since the last run; where the feed was left, and whether it goes on."""
        cursor = marks.cursor()
        if cursor is None:
            return [], self.state.change, False
        oldest = today - timedelta(days=self.settings.push.fresh_days)
        found: list[Posting] = []
        feed = [c for c in self.store.changes(cursor, _FEED) if c.seq <= self.state.change]
        for change in feed:
            row = None if change.type != "posting" or change.deleted else self.state.postings.row_of(change.key)
            if row is not None:
                record = Posting.model_validate_json(self.state.postings.body(row))
                if record.published is None or record.published >= oldest:
                    found.append(record)
            cursor = change.seq
            if len(found) == _AT_ONCE:
                return found, cursor, True
        return found, cursor, len(feed) == _FEED

    def _searched(self, fresh: Sequence[Posting], today: date, now: datetime) -> Iterator[_Due]:
        keys = self._unmarked(SEARCH, [p.key for p in fresh])
        if keys:
            saved = Searches(self.store).every(at_once=True)
            asked = of_postings(saved, self.state, self.settings, keys, today=today)
            yield _Due(SEARCH, _marks(SEARCH, keys), marked(RANKED.empty_table(), asked), lines_of(asked.names))

    def _posted(self, fresh: Sequence[Posting], today: date, now: datetime) -> Iterator[_Due]:
        yield from self._best_few(POSTING, [p.key for p in fresh if p.kind is not Kind.INTERNSHIP], today)

    def _interned(self, fresh: Sequence[Posting], today: date, now: datetime) -> Iterator[_Due]:
        yield from self._best_few(INTERNSHIP, [p.key for p in fresh if p.kind is Kind.INTERNSHIP], today)

    def _closing(self, fresh: Sequence[Posting], today: date, now: datetime) -> Iterator[_Due]:
        days = self.settings.push.deadline_days
        if days == 0:
            return
        side = self.state.postings
        rows, first = side.at(slice(None)), (today - date(1970, 1, 1)).days
        near = (rows.closes >= first) & (rows.closes <= first + days) & rows.open & (rows.vacancies != 0)
        keys = [side.keys[row] for row in np.flatnonzero(near & np.asarray(side.alive[: len(side)], bool)).tolist()]
        yield from self._best_few(DEADLINE, keys, today)

    def _invited(self, fresh: Sequence[Posting], today: date, now: datetime) -> Iterator[_Due]:
        for one in invitations(self.store, now, within=timedelta(days=self.settings.push.event_days)):
            if not self.campaign.tenant or one.tenant == self.campaign.tenant:
                again = f"{one.key}:{one.version}:{today}"  # whoever had no budget is asked again tomorrow
                if len(one.pairs) and self._unmarked(EVENT, [again]):
                    yield _Due(EVENT, _marks(EVENT, [again]), one.pairs, one.lines, one.places)

    def _best_few(self, kind: str, keys: Sequence[str], today: date) -> Iterator[_Due]:
        """The best graduates of each posting that has not fired yet, with what makes them candidates."""
        wanted = self._unmarked(kind, keys)[:_AT_ONCE]
        if not wanted:
            return
        finder, few = Matcher(self.state, self.settings, None), self.settings.push.best_few
        question = Search(k=max(few, 1), today=today, explained=False)
        both = [
            (g, row)
            for key in wanted
            if few and (row := self.state.postings.row_of(key)) is not None
            for g in finder.best_graduates(row, question).tolist()
        ]
        pairs = scored(finder, self.settings, np.array(sorted(both), np.int64).reshape(-1, 2), today)
        table = marked(pairs, Asked(RANKED.empty_table(), _NOBODY))
        lines = dict.fromkeys(zip(table["graduate"], table["posting"], strict=True), _LINES[kind])
        yield _Due(kind, _marks(kind, wanted), table, lines)

    def _unmarked(self, kind: str, keys: Sequence[str]) -> list[str]:
        held = Marks(self.store, self.campaign.id).among(_marks(kind, keys))
        return [key for key in dict.fromkeys(keys) if f"{kind}:{key}" not in held]


def _marks(kind: str, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{kind}:{key}" for key in dict.fromkeys(keys))


def _short(marks: Sequence[str]) -> str:
    return blake2b("|".join(marks).encode(), digest_size=4).hexdigest()
