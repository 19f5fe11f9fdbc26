"""Many graduates at once: the same answers as the endpoint's, as a table.

One partition function for everything that ranks in bulk (the night run, fairs, the nightly push, other machines):
it reads a state, takes some of its graduates, and gives their best postings. It holds nothing between calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from matching.eligibility import Status
from matching.matcher import Matcher
from matching.question import CHINA, Best, Question

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.state import State

RANKED = pa.schema(
    [
        ("graduate", pa.string()),
        ("posting", pa.string()),
        ("score", pa.float64()),
        ("similarity", pa.float32()),
        ("rank", pa.int32()),
        ("eligibility", pa.dictionary(pa.int8(), pa.string())),
    ]
)
"""What `rank_block` gives: keys of both, score and similarity, rank (1 is best), ``"pass"`` or ``"unknown"``."""

VERDICTS = tuple(status.word for status in Status)
"""The words of eligibility, by its number."""


_TOGETHER = 32
"""Graduates searched by one product: neighbours in the snapshot are allowed much the same postings."""


def rank_block(
    state: State, settings: Settings, rows: NDArray[np.int64], *, k: int = 20, today: date | None = None
) -> pa.Table:
    """The best `k` postings of each of the graduates at `rows`.

    Parameters
    ----------
    state : State
    settings : Settings
    rows : int64 array (m,)
        Rows of ``state.graduates``; dead ones and any order are allowed, each gives its own lines.
    k : int
        At most this many postings each, as the endpoint's `k`.
    today : date, optional
        The day on which the rules are asked; default: today in China.

    Returns
    -------
    pyarrow.Table
        Schema `RANKED`; graduates in the order of `rows`, postings best first. A graduate without an eligible
        posting, or that is no longer alive, has no line.
    """
    question = Question(k=k, today=today or datetime.now(CHINA).date(), explained=False)
    matcher, side = Matcher(state, settings, None), state.graduates
    asked = [row for row in np.asarray(rows, np.int64).tolist() if side.alive[row]]
    found = [matcher.best_postings(asked[i : i + _TOGETHER], question) for i in range(0, len(asked), _TOGETHER)]
    return _table(side.keys[np.array(asked, np.int64)], found)


def _table(who: NDArray[np.object_], found: Sequence[Best]) -> pa.Table:
    if not found:
        return RANKED.empty_table()
    counts, keys, scores, similarities, statuses = (np.concatenate(parts) for parts in zip(*found, strict=True))
    graduates = np.repeat(who, counts)
    ranks = (np.arange(len(keys)) - np.repeat(np.cumsum(counts) - counts, counts) + 1).astype(np.int32)
    verdicts = pa.DictionaryArray.from_arrays(pa.array(statuses), pa.array(VERDICTS))
    return pa.table(
        [pa.array(graduates, pa.string()), pa.array(keys, pa.string()), scores, similarities, ranks, verdicts],
        schema=RANKED,
    )
