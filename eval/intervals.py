"""How sure a mean is: bootstrap intervals over queries, and the paired randomisation test between two systems.

Queries are the sample; the corpus is taken as given. Everything is seeded: the same values give the same interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.errors import InputError

CONFIDENCE = 0.95
RESAMPLES = 10_000
_DRAWS_AT_ONCE = 2_000_000
_EXACT_UP_TO = 13
"""Pairs up to which all 2^n sign patterns are tried."""
_ROUNDING = 1e-12


class Interval(NamedTuple):
    """A mean with its percentile bootstrap interval; `low` and `high` are None where one query alone is judged."""

    mean: float
    low: float | None
    high: float | None


def bootstrap_intervals(
    values: NDArray[np.float64], *, seed: int = 0, resamples: int = RESAMPLES, confidence: float = CONFIDENCE
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
    means = values.mean(axis=0)
    if n == 1:
        return [Interval(float(mean), None, None) for mean in means]
    resampled = np.concatenate(list(_resampled_means(values, np.random.default_rng(seed), resamples)))
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=0)
    return [Interval(float(m), float(a), float(b)) for m, a, b in zip(means, low, high, strict=True)]


def _resampled_means(
    values: NDArray[np.float64], generator: np.random.Generator, resamples: int
) -> Iterator[NDArray[np.float64]]:
    n, block = len(values), max(1, _DRAWS_AT_ONCE // len(values))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = generator.integers(n, size=(size, n))
        offsets = np.arange(size)[:, None] * n
        counts = np.bincount((drawn + offsets).ravel(), minlength=size * n).reshape(size, n)
        yield counts @ values / n


def randomisation_test(
    a: NDArray[np.float64], b: NDArray[np.float64], *, seed: int = 0, resamples: int = RESAMPLES
) -> float:
    """Two-sided p-value of the paired randomisation (sign-flip) test that `a` and `b` (n,) have the same mean.

    Up to 13 queries all sign patterns are tried and p is exact; beyond, `resamples` random ones, and
    p = (1 + as extreme) / (1 + resamples), which is never 0. Systems that agree on every query have p = 1.

    Raises
    ------
    InputError
        There is no query, or `a` and `b` are not over the same queries.
    """
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise InputError(
            f"values of shape {a.shape} and {b.shape} are not pairs", cure="Measure both systems on the same queries."
        )
    difference = a - b
    extreme = abs(difference.sum()) - _ROUNDING
    n = len(difference)
    if n <= _EXACT_UP_TO:
        signs = (np.arange(2**n)[:, None] >> np.arange(n) & 1) * 2 - 1
        return float((np.abs(signs @ difference) >= extreme).mean())
    generator = np.random.default_rng(seed)
    block, hits = max(1, _DRAWS_AT_ONCE // n), 0
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        signs = generator.integers(0, 2, size=(size, n), dtype=np.int8) * 2 - 1
        hits += int((np.abs(signs @ difference) >= extreme).sum())
    return (1 + hits) / (1 + resamples)


def holm(p_values: list[float]) -> list[float]:
    """`p_values` corrected for their number by Holm's step-down procedure, in the same order; [] for none.

    Holm, S. (1979): A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6.
    """
    corrected, running = [1.0] * len(p_values), 0.0
    for step, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, min(1.0, p_values[place] * (len(p_values) - step)))
        corrected[place] = running
    return corrected
