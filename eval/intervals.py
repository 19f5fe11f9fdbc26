"""How sure a mean is: bootstrap intervals over queries, and the paired randomisation test between two systems.

Queries are the sample; the corpus is taken as given. Everything is seeded: the same values give the same interval.
A resample is a row of counts, one a query, so that all measures, systems and slices share it, and means of
thousands of resamples are one matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.errors import InputError

CONFIDENCE = 0.95
RESAMPLES = 10_000
POWER = 0.8
_DRAWS_AT_ONCE = 2_000_000
_EXACT_UP_TO = 13
"""Pairs up to which all 2^n sign patterns are tried."""
_NORMAL_FROM = 5_000
"""Pairs from which the sum of randomly signed differences is taken as normal."""
_ROUNDING = 1e-12

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """A mean with its percentile bootstrap interval; `low` and `high` are None where one query alone is judged."""

    mean: float
    low: float | None
    high: float | None


def bootstrap_intervals(
    values: Floats, *, seed: int = 0, resamples: int = RESAMPLES, confidence: float = CONFIDENCE
) -> list[Interval]:
    """Mean and interval of each column of `values`, (n queries, m measures); all columns see the same resamples.

    Percentiles of the means of `resamples` samples of n queries, drawn with replacement. With few queries (n = 10)
    such an interval is somewhat too narrow; values that are all alike have an interval of width 0, which says that
    the sample shows no spread, not that there is none.

    Raises
    ------
    InputError
        There is no query: a mean of nothing is not a number, and not 0.
    """
    n = len(values)
    if n == 0:
        raise InputError("no query to take a mean of", cure="Judge at least one query.")
    (found,) = sliced_intervals([values], [None], n, seed=seed, resamples=resamples, confidence=confidence)
    return found


def sliced_intervals(
    values: Sequence[Floats],
    rows: Sequence[NDArray[np.int64] | None],
    n: int,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> list[list[Interval]]:
    """Intervals of the columns of several slices of the same `n` queries, from the same resamples of all of them.

    Parameters
    ----------
    values : sequence of (rows of the slice, m) arrays
        NaN where a column has nothing to say about a query: such a query is not in the mean.
    rows : sequence of int arrays, or None for all queries
        Which of the n queries each slice holds.

    Returns
    -------
    list, by slice, of list, by column, of Interval
        The mean is NaN where the slice has no value at all. `low` and `high` are None where fewer than two queries
        have one. A resample without any query of a slice is passed over for that slice.
    """
    sums = [_Sums.of(part) for part in values]
    means: list[list[Floats]] = [[] for _ in sums]
    for counts in resample_counts(n, seed, resamples):
        for place, (part, of_slice) in enumerate(zip(sums, rows, strict=True)):
            means[place].append(part.means(counts if of_slice is None else counts[:, of_slice]))
    tail = (1 - confidence) / 2
    return [
        part.intervals(np.concatenate(found), tail) if found else part.intervals(np.empty((0, part.columns)), tail)
        for part, found in zip(sums, means, strict=True)
    ]


class _Sums(NamedTuple):
    """Columns with their holes filled by 0, and which pattern of holes each has (columns share few patterns)."""

    filled: Floats
    patterns: Floats
    pattern_of: NDArray[np.intp]

    @classmethod
    def of(cls, values: Floats) -> _Sums:
        there = ~np.isnan(values)
        patterns, pattern_of = np.unique(there, axis=1, return_inverse=True)
        return cls(np.where(there, values, 0.0), patterns.astype(np.float64), pattern_of.reshape(-1))

    @property
    def columns(self) -> int:
        return int(self.filled.shape[1])

    def means(self, counts: Floats) -> Floats:
        held = counts @ self.patterns
        with np.errstate(invalid="ignore", divide="ignore"):
            out: Floats = (counts @ self.filled) / held[:, self.pattern_of]
        return out

    def intervals(self, resampled: Floats, tail: float) -> list[Interval]:
        n = self.patterns.sum(axis=0)[self.pattern_of]
        with np.errstate(invalid="ignore", divide="ignore"):
            means = self.filled.sum(axis=0) / n
        bounds = _quantiles(resampled, tail)
        return [
            Interval(float(mean), None, None) if size < 2 else Interval(float(mean), float(low), float(high))
            for mean, size, low, high in zip(means, n, *bounds, strict=True)
        ]


def _quantiles(resampled: Floats, tail: float) -> Floats:
    """Shape (2, columns); NaN where there is no resample at all."""
    if not len(resampled):
        return np.full((2, resampled.shape[1]), np.nan)
    if not np.isnan(resampled).any():
        return np.asarray(np.quantile(resampled, [tail, 1 - tail], axis=0))
    out = np.full((2, resampled.shape[1]), np.nan)
    for column in range(resampled.shape[1]):
        held = resampled[~np.isnan(resampled[:, column]), column]
        if len(held):
            out[:, column] = np.quantile(held, [tail, 1 - tail])
    return out


def resample_counts(n: int, seed: int, resamples: int) -> Iterator[Floats]:
    """How often each of n queries is in each resample, some resamples at a time: (block, n)."""
    generator = np.random.default_rng(seed)
    block = max(1, _DRAWS_AT_ONCE // max(n, 1))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = generator.integers(n, size=(size, n))
        offsets = np.arange(size)[:, None] * n
        yield np.bincount((drawn + offsets).ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


def randomisation_test(a: Floats, b: Floats, *, seed: int = 0, resamples: int = RESAMPLES) -> float:
    """Two-sided p-value of the paired randomisation (sign-flip) test that `a` and `b` (n,) have the same mean.

    See `randomisation_tests`.

    Raises
    ------
    InputError
        There is no query, or `a` and `b` are not over the same queries.
    """
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise InputError(
            f"values of shape {a.shape} and {b.shape} are not pairs", cure="Measure both systems on the same queries."
        )
    return float(randomisation_tests((a - b)[:, None], seed=seed, resamples=resamples)[0])


def randomisation_tests(differences: Floats, *, seed: int = 0, resamples: int = RESAMPLES) -> Floats:
    """Two-sided p-value, for each column of paired differences (n, m), that its mean is 0; shape (m,).

    Under the null hypothesis each difference is as likely with the other sign. Up to 13 queries all sign patterns
    are tried and p is exact; up to 5,000, `resamples` random ones, and p = (1 + as extreme) / (1 + resamples). Where
    none of them was as extreme, that says no more than "below 1 / resamples", too little to survive a correction for
    many comparisons: p is then Hoeffding's bound 2·exp(-(Σd)² / 2Σd²), if it is smaller. Beyond 5,000 the sum of
    randomly signed differences is taken as normal, with its exact variance Σd². A missing value (NaN) is no difference
    and adds nothing. Systems that agree on every query have p = 1.

    Source: Hoeffding, W. (1963): Probability inequalities for sums of bounded random variables. JASA 58.
    """
    held = np.where(np.isnan(differences), 0.0, differences)
    n = len(held)
    extreme = np.abs(held.sum(axis=0)) - _ROUNDING
    if n <= _EXACT_UP_TO:
        signs = (np.arange(2**n)[:, None] >> np.arange(n) & 1) * 2.0 - 1.0
        return np.asarray((np.abs(signs @ held) >= extreme).mean(axis=0))
    if n > _NORMAL_FROM:
        return _normal_p(held)
    generator = np.random.default_rng(seed)
    block, hits = max(1, _DRAWS_AT_ONCE // n), np.zeros(held.shape[1])
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        signs = generator.integers(0, 2, size=(size, n), dtype=np.int8) * 2.0 - 1.0
        hits += (np.abs(signs @ held) >= extreme).sum(axis=0)
    sampled = (1 + hits) / (1 + resamples)
    return np.where(hits == 0, np.minimum(sampled, _bound(held)), sampled)


def _bound(held: Floats) -> Floats:
    """Least upper bound that holds for any differences: the randomly signed sum is sub-Gaussian with variance Σd²."""
    variance = (held**2).sum(axis=0)
    ratio = np.divide(held.sum(axis=0) ** 2, 2 * variance, out=np.zeros(held.shape[1]), where=variance > 0)
    return np.asarray(np.minimum(2 * np.exp(-ratio), 1.0))


def _normal_p(held: Floats) -> Floats:
    scale = np.sqrt((held**2).sum(axis=0))
    ratios = np.divide(np.abs(held.sum(axis=0)), scale, out=np.zeros(held.shape[1]), where=scale > 0)
    return np.array([math.erfc(ratio / math.sqrt(2)) for ratio in ratios.tolist()])


def detectable(differences: Floats, *, confidence: float = CONFIDENCE, power: float = POWER) -> Floats:
    """The least true difference that as many queries would show, for each column of paired differences (n, m).

    "Show" is a two-sided test at 1 - `confidence` that finds it with chance `power`: (z₁₋α/₂ + z_power) · s / √n.
    NaN where fewer than two queries have a difference. Missing values (NaN) are passed over.
    """
    from statistics import NormalDist

    z = NormalDist().inv_cdf(1 - (1 - confidence) / 2) + NormalDist().inv_cdf(power)
    n = (~np.isnan(differences)).sum(axis=0)
    centred = np.where(np.isnan(differences), 0.0, differences - _column_means(differences, n))
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.sqrt((centred**2).sum(axis=0) / np.where(n > 1, n - 1, np.nan))
        out: Floats = z * spread / np.sqrt(n)
    return out


def _column_means(values: Floats, n: NDArray[np.int64]) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        out: Floats = np.where(np.isnan(values), 0.0, values).sum(axis=0) / n
    return out


def holm(p_values: list[float]) -> list[float]:
    """`p_values` corrected for their number by Holm's step-down procedure, in the same order; [] for none.

    Holm, S. (1979): A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6.
    """
    corrected, running = [1.0] * len(p_values), 0.0
    for step, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, min(1.0, p_values[place] * (len(p_values) - step)))
        corrected[place] = running
    return corrected
