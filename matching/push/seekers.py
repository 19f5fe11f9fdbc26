"""Candidates from the postings' side: graduates for postings that are hardly anybody's candidate.

Everyone's best postings leave many postings out, however many candidates each person has: those that few suit, and
those that are good for many but best for nobody. For each of these its best graduates are looked for, and the pairs are
scored as all others are: by the ranker, from the graduate's side.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from matching.bulk import RANKED, VERDICTS
from matching.eligibility import Rules
from matching.matcher import Matcher
from matching.question import Question
from models.index import similarity_of
from models.ranker import MICRO

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.state import State

Ints = NDArray[np.int64]


def with_seekers(
    pairs: pa.Table,
    state: State,
    settings: Settings,
    *,
    today: date,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> pa.Table:
    """`pairs` and those that postings with too few candidates bring.

    Parameters
    ----------
    pairs : pyarrow.Table
        Schema `matching.bulk.RANKED`: everyone's best.
    state : State
    settings : Settings
        ``push.seekers`` is how many candidates a posting shall have at least; 0 leaves `pairs` as they are.
        ``push.seekers_most`` bounds the time: those with the fewest candidates come first.
    today : date

    Returns
    -------
    pyarrow.Table
        Schema `RANKED`; `pairs` first, then by graduate and posting, ranked 0: they are nobody's best. No pair twice;
        of a posting and its reposts only one is looked for, and none who has one of them already. Closed postings
        bring nobody.
    """
    few = settings.push.seekers
    if few == 0:
        return pairs
    finder = Matcher(state, settings, None)
    held, twin = _held(pairs, state), _twins(state)
    found = []
    question = Question(k=few, today=today, explained=False)
    wanted = _lacking(held, twin, state, few)[: settings.push.seekers_most]
    for done, row in enumerate(wanted.tolist(), 1):
        rows = finder.best_graduates(row, question)
        found.append(np.stack([rows, np.full(len(rows), row)], axis=1))
        progress(done, len(wanted))
    new = _unknown(np.concatenate([np.empty((0, 2), np.int64), *found]), held, twin)
    return pa.concat_tables([pairs, scored(finder, settings, new, today)]) if len(new) else pairs


def _held(pairs: pa.Table, state: State) -> Ints:
    """Rows of both sides of `pairs`, (n, 2); those that the state does not have are left out."""
    sides = []
    for name, side in (("graduate", state.graduates), ("posting", state.postings)):
        keys = pc.dictionary_encode(pairs[name].combine_chunks())
        rows = [side.row_of(key) for key in keys.dictionary.to_pylist()]
        at = np.array([-1 if row is None else row for row in rows], np.int64)
        sides.append(at[np.asarray(keys.indices)] if len(at) else np.empty(0, np.int64))
    both = np.stack(sides, axis=1)
    return both[(both >= 0).all(axis=1)]


def _twins(state: State) -> Ints:
    """A number for every row: the same for a posting and its reposts."""
    _, code = np.unique(np.asarray(state.postings.at(slice(None)).twin), return_inverse=True)
    return np.asarray(code, np.int64)


def _lacking(held: Ints, twin: Ints, state: State, few: int) -> Ints:
    """One row of each posting (reposts are one) that fewer than `few` have as a candidate; alive, the fewest first."""
    side = state.postings
    count = np.bincount(twin[held[:, 1]], minlength=int(twin.max(initial=-1)) + 1)
    alive = np.flatnonzero(np.asarray(side.alive[: len(side)], bool))
    _, first = np.unique(twin[alive], return_index=True)
    rows = alive[np.sort(first)]
    rows = rows[count[twin[rows]] < few]
    return rows[np.argsort(count[twin[rows]], kind="stable")]


def _unknown(found: Ints, held: Ints, twin: Ints) -> Ints:
    """Those of `found` whose graduate has neither the posting nor a repost of it, by graduate and posting."""
    most = len(twin) + 1
    mine, theirs = (pairs[:, 0] * most + twin[pairs[:, 1]] for pairs in (found, held))
    fresh = found[~np.isin(mine, theirs)]
    return fresh[np.lexsort((fresh[:, 1], fresh[:, 0]))]


def scored(finder: Matcher, settings: Settings, pairs: Ints, today: date) -> pa.Table:
    """Pairs of rows (n, 2), by graduate, as `RANKED`; those that the rules forbid are left out."""
    state, own = finder.state, settings.eligibility
    rules = Rules(today, unknown=own.unknown, unstated=own.unstated)
    parts = [RANKED.empty_table()]
    starts = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1)).tolist()
    for low, high in zip(starts, [*starts[1:], len(pairs)][: len(starts)], strict=True):
        row, postings = int(pairs[low, 0]), pairs[low:high, 1]
        scores = state.ranker.contributions(finder.features_of(row, postings, today)).sum(axis=1) / MICRO
        one = np.array([row], np.int64)
        near = similarity_of(state.postings.vectors.halves(postings), state.graduates.vectors.vectors(one)[0])
        status = rules.statuses(state.graduates.at(one), state.postings.at(postings))
        parts.append(_table(state, (row, postings), scores, near, status))
    return pa.concat_tables(parts).filter(pc.field("eligibility") != "fail")


def _table(
    state: State,
    pair: tuple[int, Ints],
    scores: NDArray[np.float64],
    similarities: NDArray[np.float32],
    statuses: NDArray[np.int8],
) -> pa.Table:
    row, postings = pair
    verdicts = pa.DictionaryArray.from_arrays(pa.array(statuses, pa.int8()), pa.array(VERDICTS))
    keys = [state.postings.keys[i] for i in postings.tolist()]
    columns = [
        pa.array([state.graduates.keys[row]] * len(keys), pa.string()),
        pa.array(keys, pa.string()),
        scores,
        np.asarray(similarities, np.float32),
        np.zeros(len(keys), np.int32),
        verdicts,
    ]
    return pa.table(columns, schema=RANKED)
