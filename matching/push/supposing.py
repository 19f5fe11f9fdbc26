"""What tonight would come to under other limits: decided, counted, and forgotten; nothing is written or sent.

Both answers stand on the same ranking and on what is known at this moment, as if tonight were not planned yet. Of more
people than can be ranked while somebody waits, a part is drawn by lot, and postings' places are scaled to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from matching.bulk import RANKED, rank_block
from matching.progress import Progress
from matching.push.planning import Question, Tonight, lot, plan_night
from matching.push.seekers import with_seekers
from matching.store import Campaigns

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.state import State
    from matching.store import Store

MOST = 3_000
"""People who are ranked at most."""
_BLOCK = 50
_SEEKERS = 300


def suppose(
    store: Store,
    settings: Settings,
    state: State,
    question: Question,
    limits: Mapping[str, float],
    *,
    progress: Progress = lambda step, done, total: None,
) -> dict[str, Any]:
    """Tonight under the campaign's limits, and under `limits` in their place.

    Returns
    -------
    dict
        people (who seek work, of the campaign's tenant), asked (how many of them were ranked), and ``now`` and
        ``tried``: what each plan says of itself, with why people get nothing. Names nobody.

    Raises
    ------
    QueryError
        Limits that are none, or the campaign was stopped.
    StoreError
    """
    rows = _seeking(state, question.campaign.tenant)
    chosen = rows[np.sort(np.argsort([lot("what-if", state.graduates.keys[row]) for row in rows.tolist()])[:MOST])]
    part = len(chosen) / max(len(rows), 1)
    pairs = _ranked(state, settings, chosen, question, progress)
    if len(chosen) == len(rows):
        few = settings.model_copy(update={"push": settings.push.model_copy(update={"seekers_most": _SEEKERS})})
        pairs = with_seekers(
            pairs, state, few, today=question.day, progress=lambda done, total: progress("seekers", done, total)
        )
    keys = [state.graduates.keys[row] for row in chosen.tolist()]
    planned = Campaigns(store).nights_of(question.campaign.id, question.day)
    asked = replace(question, part=max(part, 1e-9), overlook=frozenset(planned), price=False)
    tried = replace(asked, campaign=question.campaign._replace(limits=dict(limits)))
    told: dict[str, Any] = {"people": len(rows), "asked": len(chosen)}
    for number, (name, one) in enumerate((("now", asked), ("tried", tried))):
        progress("decide", number, 2)
        told[name] = _told(plan_night(store, settings, pairs, keys, one))
    return told


def _told(found: Tonight) -> dict[str, Any]:
    sends = found.night.sends
    return {
        **found.certificate,
        "sends": sum(len(draft.items) for draft in found.drafts),
        "expected applications": float(sends["apply"].sum()) if len(sends) else 0.0,
        "reasons": dict(sorted(Counter(found.missed.values()).items())),
    }


def _seeking(state: State, tenant: str) -> NDArray[np.int64]:
    side = state.graduates
    rows = np.flatnonzero(side.at(slice(None)).seeking & np.asarray(side.alive[: len(side)], bool))
    if not tenant:
        return rows
    return np.array([row for row in rows.tolist() if side.keys[row].startswith(f"{tenant}:")], np.int64)


def _ranked(
    state: State, settings: Settings, rows: NDArray[np.int64], question: Question, progress: Progress
) -> pa.Table:
    parts = [RANKED.empty_table()]
    for start in range(0, len(rows), _BLOCK):
        progress("rank", start, len(rows))
        block = rows[start : start + _BLOCK]
        parts.append(rank_block(state, settings, block, k=settings.push.candidates, today=question.day))
    return pa.concat_tables(parts)
