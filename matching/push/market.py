"""The night's question as arrays: who may get what, what each pair is worth, what each side bears.

Pairs lie in a matrix, one line a graduate, padded at the right; a posting's places lie in *lots*: the first ones may
carry a premium (their cost is negative), the next ones are free, those over the soft limit cost something.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNLIMITED = np.int64(2**40)
"""A limit that never binds; small enough that sums of it stay integers."""

_CHUNK = 1 << 20
"""Cells looked at in one go: what fits a cache is faster than what fits the memory."""


@dataclass(frozen=True)
class Market:
    """One night's candidates and limits, g graduates, p postings, e employers.

    Parameters
    ----------
    posting : int32 array (g, width)
        Postings of each graduate's candidates, -1 where there are no more. None twice in a line.
    value : float64 array (g, width)
        Expected surplus of sending the pair; -inf at the padding.
    budget : int64 array (g,)
        At most so many postings for the graduate tonight.
    floor, bonus : int64 (g,), float
        The first `floor` postings of a graduate count `bonus` more: a floor with a published highest price.
    capacity, cost : int64, float64 arrays (lots, p)
        Places of each lot and what one of its places costs; cost rises from lot to lot.
    employer, employer_limit : int64 (p,), int64 (e,)
        Whose posting it is, and how many sends all postings of an employer bear together.
    per_employer : int
        At most so many postings of one employer in a digest.
    """

    posting: NDArray[np.int32]
    value: Floats
    budget: Ints
    floor: Ints
    bonus: float
    capacity: Ints
    cost: Floats
    employer: Ints
    employer_limit: Ints
    per_employer: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be a market.

        Raises
        ------
        ValueError
            Shapes that do not fit, negative limits, or a value that is not a number.
        """
        g, p = len(self.posting), self.employer.size
        fits = self.value.shape == self.posting.shape and self.budget.shape == self.floor.shape == (g,)
        if not (fits and self.capacity.shape == self.cost.shape and self.capacity.shape[1:] == (p,)):
            raise ValueError("a market's arrays do not fit each other")
        if min(_least(self.budget), _least(self.floor), _least(self.capacity), _least(self.employer_limit)) < 0:
            raise ValueError("a limit is negative")
        if np.isnan(self.value).any() or not (np.diff(self.cost, axis=0) >= 0).all() or self.bonus < 0:
            raise ValueError("a value is no number, a lot costs less than the one before, or the bonus is negative")
        if self.per_employer < 1 or (p and self.employer.max() >= len(self.employer_limit)):
            raise ValueError("per_employer is below 1, or an employer has no limit")

    @property
    def graduates(self) -> int:
        """How many graduates."""
        return len(self.posting)

    @property
    def postings(self) -> int:
        """How many postings."""
        return len(self.employer)

    @property
    def width(self) -> int:
        """Candidates of the graduate with most of them."""
        return int(self.posting.shape[1])

    def chunks(self, rows: Ints) -> Iterator[Ints]:
        """`rows` in parts of a size that suits the cache."""
        step = max(_CHUNK // max(self.width, 1), 1)
        return (rows[i : i + step] for i in range(0, len(rows), step))

    def without_floors(self) -> Market:
        """The same night without any floor: what the floors cost is the difference."""
        return replace(self, floor=np.zeros_like(self.floor), bonus=0.0)


def market_of(
    graduate: ArrayLike,
    posting: ArrayLike,
    value: ArrayLike,
    *,
    graduates: int,
    limits: tuple[Ints, Floats],
    budget: ArrayLike = 3,
    floor: ArrayLike = 0,
    bonus: float = 0.0,
    employer: ArrayLike | None = None,
    employer_limit: ArrayLike | None = None,
    per_employer: int = 1,
) -> Market:
    """A market from a list of pairs.

    Parameters
    ----------
    graduate, posting, value : (n,)
        Numbers of both sides and what the pair is worth. Of a pair given twice the higher value counts; a pair that
        is worth nothing or less is left out. Any order gives the same market.
    graduates : int
        How many there are, with and without candidates.
    limits : (capacity, cost)
        Each (lots, p), as `Market` has them; see `matching.push.limits`.
    budget, floor : int or (graduates,)
    bonus, per_employer : as `Market` has them
    employer : (p,), optional
        Default: each posting has its own.
    employer_limit : (e,), optional
        Default: none.

    Raises
    ------
    ValueError
        A number that is out of range, or see `Market`.
    """
    capacity, cost = np.asarray(limits[0], np.int64), np.asarray(limits[1], np.float64)
    p = capacity.shape[1]
    owner = np.arange(p) if employer is None else np.asarray(employer, np.int64)
    most = np.full(int(owner.max(initial=-1)) + 1, UNLIMITED) if employer_limit is None else employer_limit
    matrix, worth = _matrix(
        np.asarray(graduate, np.int64), np.asarray(posting, np.int64), np.asarray(value, np.float64), (graduates, p)
    )
    return Market(
        posting=matrix,
        value=worth,
        budget=np.array(np.broadcast_to(np.asarray(budget, np.int64), graduates)),
        floor=np.array(np.broadcast_to(np.asarray(floor, np.int64), graduates)),
        bonus=bonus,
        capacity=np.minimum(capacity, UNLIMITED),
        cost=cost,
        employer=owner,
        employer_limit=np.minimum(np.asarray(most, np.int64), UNLIMITED),
        per_employer=per_employer,
    )


def _matrix(rows: Ints, columns: Ints, value: Floats, shape: tuple[int, int]) -> tuple[NDArray[np.int32], Floats]:
    """Pairs as a padded matrix, best first, then by posting."""
    if len(rows) and not (
        rows.min() >= 0 and rows.max() < shape[0] and columns.min() >= 0 and columns.max() < shape[1]
    ):
        raise ValueError("a pair names a graduate or posting that is not there")
    if np.isnan(value).any():
        raise ValueError("the value of a pair is not a number")
    order = np.lexsort((-value, columns, rows))
    rows, columns, value = rows[order], columns[order], value[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    first &= value > 0
    rows, columns, value = rows[first], columns[first], value[first]
    order = np.lexsort((columns, -value, rows))
    rows, columns, value = rows[order], columns[order], value[order]
    counts = np.bincount(rows, minlength=shape[0])
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    posting = np.full((shape[0], int(counts.max(initial=0))), -1, np.int32)
    worth = np.full(posting.shape, -np.inf)
    posting[rows, place], worth[rows, place] = columns, value
    return posting, worth


def _least(values: NDArray[np.int64]) -> int:
    return int(values.min(initial=0))
