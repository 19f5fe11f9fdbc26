"""The whole of a plan from a home: the current snapshot ranked for everyone, decided, given its reasons, written.

Killed at any moment, the next run goes on: ranked files stay until the night is written, a half-written night is
replaced, and a night that is written is not written twice.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from matching.bulk import RANKED
from matching.errors import QueryError
from matching.night import current_state, rank_everyone
from matching.parts import in_processes
from matching.progress import Progress
from matching.push.planning import Question, Tonight, plan_night
from matching.push.reasons import with_reasons
from matching.push.seekers import with_seekers
from matching.push.wanted import Names, lines_of, marked, nightly
from matching.store import Campaigns, Overtaken, standing

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.state import State
    from matching.store import Store


class Candidates(NamedTuple):
    """What a night is decided from: pairs (with ``asked``), who seeks work, which searches asked, and the state."""

    pairs: pa.Table
    people: list[str]
    names: Names
    state: State


_TRIES = 4
"""Times that a night is decided again because senders took what would have changed."""
_SMALL = 2_000
"""Graduates for whom a pool of processes is not worth its start."""


def tonight(
    store: Store,
    settings: Settings,
    question: Question,
    *,
    ranked: Path | None = None,
    progress: Progress = lambda step, done, total: None,
) -> Tonight:
    """Plan for everyone; writes nothing to the store.

    Parameters
    ----------
    ranked : Path, optional
        Folder that ``gradmatch night`` wrote; default: rank now, into `home`, taken up again after a kill.

    Raises
    ------
    NoSnapshot, SnapshotDamaged, SnapshotMismatch, StoreError, FileError, QueryError
    """
    found = candidates(store, settings, question, ranked=ranked, progress=progress)
    return _explained(store, settings, question, found, progress)


def renewed(
    store: Store,
    settings: Settings,
    question: Question,
    *,
    ranked: Path | None = None,
    progress: Progress = lambda step, done, total: None,
    keep: bool = True,
) -> Tonight:
    """Decide again what waits of the campaign's newest night, and write it, unless it is not to be kept.

    Where a sender claims meanwhile what would have changed, it is decided again, a few times: the ranking holds.

    Raises
    ------
    QueryError
        Nothing waits, or see `plan_night`.
    Overtaken
        Senders were quicker each time. Nothing was written.
    """
    own = first = again(store, question)
    found = candidates(store, settings, own, ranked=ranked, progress=progress)
    for _ in range(_TRIES):
        night = _explained(store, settings, own, found, progress)
        with suppress(Overtaken):
            if not keep or night.write(store):
                break
        own = again(store, question)
    else:
        cure = "Plan again once the senders have sent what is due."
        raise Overtaken("what would have changed was claimed each time", where=own.campaign.id, cure=cure)
    if own.night != first.night:  # its files have the first one's name
        clear(settings, first)
    return night


def again(store: Store, question: Question) -> Question:
    """The question as one that decides again what waits.

    Raises
    ------
    QueryError
        Nothing waits.
    """
    campaign = question.campaign.id
    before = standing(store, campaign)
    if before is None:
        cure = "Plan the next night, or plan for those who have no message (--again)."
        raise QueryError("nothing of its last night waits", where=campaign, cure=cure)
    return next_turn(store, replace(question, standing=before, turn=2))


def next_turn(store: Store, question: Question) -> Question:
    """The question with the first turn, from its own on, that is not written yet."""
    written = set(Campaigns(store).nights(question.campaign.id))
    while question.night in written:
        question = replace(question, turn=question.turn + 1)
    return question


def _explained(store: Store, settings: Settings, question: Question, found: Candidates, progress: Progress) -> Tonight:
    night = plan_night(store, settings, found.pairs, found.people, question)
    told = lambda done, total: progress("explain", done, total)  # noqa: E731
    first = lines_of(found.names)
    drafts = with_reasons(night.drafts, found.state, settings, question.day, first=first, progress=told)
    return replace(night, drafts=drafts)


def candidates(
    store: Store,
    settings: Settings,
    question: Question,
    *,
    ranked: Path | None = None,
    progress: Progress = lambda step, done, total: None,
) -> Candidates:
    """Everything that a night is decided from; see `tonight`."""
    folder = ranked or settings.home / "push" / question.night
    if ranked is None:
        processes = 1 if store.count("graduate") <= _SMALL else 0
        k = settings.push.candidates
        rank_everyone(settings, folder, k=k, today=question.day, spread=in_processes(processes), progress=progress)
    state = current_state(store, settings)
    side = state.graduates
    seeking = np.flatnonzero(side.at(slice(None)).seeking & np.asarray(side.alive[: len(side)], bool))
    keys = [side.keys[row] for row in seeking.tolist()]
    sought = lambda done, total: progress("seekers", done, total)  # noqa: E731
    pairs = with_seekers(read_ranked(folder), state, settings, today=question.day, progress=sought)
    looked = lambda done, total: progress("searches", done, total)  # noqa: E731
    asked = nightly(store, state, settings, today=question.day, progress=looked)
    return Candidates(marked(pairs, asked).to_arrow(), keys, asked.names, state)


def clear(settings: Settings, question: Question) -> None:
    """Remove the ranked files of a night that is written: they name people."""
    shutil.rmtree(settings.home / "push" / question.night, ignore_errors=True)


def read_ranked(folder: Path) -> pa.Table:
    """All pairs of a folder that ``gradmatch night`` wrote; none where nobody has a candidate."""
    parts = [pq.read_table(path, schema=RANKED) for path in sorted(folder.glob("part-*.parquet"))]
    return pa.concat_tables(parts) if parts else RANKED.empty_table()
