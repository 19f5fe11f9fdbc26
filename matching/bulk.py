"""Many graduates at once: the same answers as the endpoint's, as a table.

One partition function for everything that ranks in bulk (the night run, fairs, the nightly push, other machines):
it reads a state, takes some of its graduates, and gives their best postings. It holds nothing between calls.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from matching.matcher import CHINA, Matcher, Question

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

_WORDS = ("fail", "unknown", "pass")


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
    day = today or datetime.now(CHINA).date()
    question = Question(k=k, today=day, explained=False)
    matcher = Matcher(state, settings, None)
    side = state.graduates
    lines: list[tuple[str, str, float, float, int, int]] = []
    for row in np.asarray(rows, np.int64).tolist():
        if side.alive[row]:
            key = side.keys.values[row]
            found = matcher.postings_for(key, question).matches
            lines += [(key, m.key, m.score, m.similarity, m.rank, int(m.eligibility.status)) for m in found]
    return _table(lines)


def _table(lines: list[tuple[str, str, float, float, int, int]]) -> pa.Table:
    columns = list(zip(*lines, strict=True)) if lines else [()] * len(RANKED)
    plain = [pa.array(column, field.type) for column, field in zip(columns[:5], list(RANKED)[:5], strict=True)]
    verdicts = pa.DictionaryArray.from_arrays(pa.array(columns[5], pa.int8()), pa.array(_WORDS))
    return pa.table([*plain, verdicts], schema=RANKED)
