"""A little chance in the plan, on purpose and on record: so that the log can say what another rule would have brought.

The plan is decided for everyone first. Then a person drawn by lot, with the chance `share`, gets as many postings drawn
at random instead: from the plan's own for that person, and those candidates whose postings and employers have room even
if every other person drawn took them. So no limit is ever broken, nobody gets more than planned, and each posting's
chance of being in each person's digest is known exactly, given who else was drawn:

    (1 − share) · [it is in the plan] + share · postings in the digest ÷ postings that could be drawn
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from matching.push.bound import Flags
from matching.push.market import Floats, Ints, Market


class Explored(NamedTuple):
    """What is sent in the end.

    Attributes
    ----------
    held : bool array (g, width)
    propensity : float64 array (g, width)
        Chance that each cell is sent; 0 where it never could be.
    drawn : int
        People whose digest was drawn.
    """

    held: Flags
    propensity: Floats
    drawn: int


def explore(market: Market, held: Flags, people: Sequence[str], *, share: float, seed: str) -> Explored:
    """Draw the digests of some people.

    Parameters
    ----------
    market : Market
    held : bool array (g, width)
        The plan.
    people : sequence of str (g,)
        Keys of the graduates: whose digest is drawn, and what, hangs on them and the seed alone.
    share : float
        In [0, 1): 0 leaves the plan as it is.
    seed : str
        Another seed (another night) draws others.
    """
    if share == 0 or not held.any():
        return Explored(held, held.astype(np.float64), 0)
    draws = [np.random.default_rng(_number(seed, key)) for key in people]
    chosen = np.array([draw.random() < share for draw in draws]) & held.any(axis=1)
    open_ = _open(market, held, chosen)
    shown, chance = held.copy(), np.where(held, 1.0 - share, 0.0)
    for row in np.flatnonzero(held.any(axis=1)).tolist():
        could = _could(market, held[row], open_[row], row)
        count = int(held[row].sum())
        chance[row, could] += share * count / len(could)
        if chosen[row]:
            shown[row] = False
            shown[row, draws[row].choice(could, count, replace=False)] = True
    return Explored(shown, chance, int(chosen.sum()))


def _open(market: Market, held: Flags, chosen: Flags) -> Flags:
    """Cells that have room, whatever the others who are drawn take; the plan's own always have."""
    valid = market.posting >= 0
    mine = valid & chosen[:, None]
    posting = np.where(valid, market.posting, 0)
    owner = market.employer[posting]
    used = np.bincount(posting[held], minlength=market.postings)
    rivals = np.bincount(posting[mine], minlength=market.postings)
    free = market.capacity.sum(axis=0) - used
    room = free[posting] >= 1 + rivals[posting] - mine
    employers = len(market.employer_limit)
    used_of = np.bincount(owner[held], minlength=employers)
    most = market.per_employer
    wanting = np.zeros(employers, np.int64)
    for row in np.flatnonzero(chosen).tolist():
        wanting[np.unique(owner[row][valid[row]])] += most
    own = np.where(chosen[:, None], most, 0)
    room &= (market.employer_limit - used_of)[owner] >= most + wanting[owner] - own
    return np.asarray(held | (valid & room))


def _could(market: Market, held: Flags, open_: Flags, row: int) -> Ints:
    """Columns that may be drawn for one person: of each employer as many as a digest may hold, the plan's own first."""
    columns = np.flatnonzero(open_)
    columns = columns[np.lexsort((columns, ~held[columns]))]
    taken: dict[int, int] = {}
    kept = []
    for column in columns.tolist():
        owner = int(market.employer[market.posting[row, column]])
        if taken.get(owner, 0) < market.per_employer:
            taken[owner] = taken.get(owner, 0) + 1
            kept.append(column)
    return np.array(sorted(kept), np.int64)


def _number(seed: str, key: str) -> int:
    return int.from_bytes(blake2b(f"{seed}|{key}".encode(), digest_size=8).digest(), "big")
