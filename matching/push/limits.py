"""How many sends a posting bears: its open places, what comes of a send, and what has come already.

A posting *wants* so many applications for each open place. It bears n sends softly where even its n keenest
candidates would not be expected to apply more often than it still wants; so no choice among its candidates, whoever
they are, floods it (only a first send is always borne, while it has an open place). The hard limit is the same with
more applications wanted; the sends between the two cost something each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from matching.push.market import Floats, Ints


@dataclass(frozen=True)
class Load:
    """What a posting bears.

    Parameters
    ----------
    wanted : float
        Applications wanted for an open place.
    hard : float
        The hard limit, as a multiple of the soft one's applications; at least 1.
    over : float
        Cost of a send beyond the soft limit, as a share of the mean value of a pair.
    help : float
        Premium on the first send of a posting, as a share of the mean value of a pair: postings that few suit get
        a hearing. 0: none.
    sure : float
        How much chance is allowed for, in standard deviations of the number of applications (taken as Poisson's):
        what is left unsent tonight can be sent once it is known what came.
    """

    wanted: float = 5.0
    hard: float = 1.5
    over: float = 0.5
    help: float = 0.0
    sure: float = 0.0

    def __post_init__(self) -> None:
        """Refuse impossible loads."""
        if not (self.wanted > 0 and self.hard >= 1 and min(self.over, self.help, self.sure) >= 0):
            raise ValueError(f"no load that a posting could bear: {self}")


def posting_limits(
    posting: ArrayLike, apply: ArrayLike, value: ArrayLike, *, wanted: ArrayLike, load: Load
) -> tuple[Ints, Floats]:
    """Lots of all postings: the first send, further ones up to the soft limit, those up to the hard limit.

    Parameters
    ----------
    posting : int array (n,)
        Number of each pair's posting.
    apply, value : (n,)
        Chance that the graduate applies when sent the posting; what the pair is worth.
    wanted : (p,)
        Applications that each posting still wants: open places × `load.wanted`, less those that came already. At
        or below 0 it bears none.
    load : Load

    Returns
    -------
    (int64 (3, p), float64 (3, p))
        Places and cost of a place, as `Market` takes them.
    """
    need = np.asarray(wanted, np.float64)
    column, chance = np.asarray(posting, np.int64), np.asarray(apply, np.float64)
    mean = float(np.asarray(value, np.float64).mean()) if len(column) else 0.0
    soft, hard = (borne(column, chance, need * times, sure=load.sure) for times in (1.0, load.hard))
    capacity = np.stack([np.minimum(soft, 1), np.maximum(soft - 1, 0), hard - soft])
    cost = np.array([-load.help * mean, 0.0, load.over * mean])
    return capacity, np.broadcast_to(cost[:, None], capacity.shape).copy()


def borne(column: Ints, chance: Floats, wanted: Floats, *, sure: float = 0.0) -> Ints:
    """Sends that bring at most `wanted` expected applications, whoever is chosen, (p,); 1 at least where any is wanted.

    A posting bears no more than it has candidates. With `sure`, so many standard deviations more fit, too.
    """
    order = np.lexsort((-chance, column))
    column, chance = column[order], chance[order]
    counts = np.bincount(column, minlength=len(wanted))
    total = np.cumsum(chance)
    before = np.concatenate([[0.0], total])[np.cumsum(counts) - counts]
    expected = total - before[column]
    expected += sure * np.sqrt(np.maximum(expected, 0.0))
    fits = np.bincount(column, weights=expected <= wanted[column] * (1 + 1e-9), minlength=len(wanted))
    return np.where((wanted > 0) & (counts > 0), np.maximum(fits.astype(np.int64), 1), 0)
