"""Means and differences, slice by slice: all systems, measures and slices from the same resamples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.evaluation import DIFFERENCES, SUMMARY
from eval.intervals import (
    CONFIDENCE,
    RESAMPLES,
    Interval,
    detectable,
    holm,
    randomisation_tests,
    sliced_intervals,
)
from eval.measures import Measure
from eval.scores import Scores
from eval.slices import SMALL, Slice


@dataclass(frozen=True)
class Sampling:
    """How means are resampled and tested.

    Attributes
    ----------
    baseline : str
        What the other systems are set beside; where it is not among them, the first of them.
    flips : int
        Random sign patterns of the paired test.
    small : int
        Slices of fewer queries are marked as too small to judge.
    """

    seed: int = 0
    resamples: int = RESAMPLES
    confidence: float = CONFIDENCE
    baseline: str = "bm25"
    flips: int = 10_000
    small: int = SMALL


class Summary(NamedTuple):
    """`summary` and `differences`: see `eval.evaluation`."""

    summary: pl.DataFrame
    differences: pl.DataFrame


def summarise(scores: Sequence[Scores], slices: Sequence[Slice], sampling: Sampling) -> Summary:
    """Summarise the systems of one direction, over the same queries.

    Parameters
    ----------
    scores : sequence of Scores
        Of the same direction, queries and measures. None of them: empty tables.
    slices : sequence of Slice
    sampling : Sampling

    Notes
    -----
    The tests of an axis (all its slices, systems and measures; everyone is an axis of its own) are corrected together
    (Holm): each axis asks one question. Slices that are too small are tested as well and marked: leaving them out would
    be a choice made after looking.
    """
    if not scores:
        return Summary(pl.DataFrame(schema=dict(SUMMARY)), pl.DataFrame(schema=dict(DIFFERENCES)))
    names = [of_system.system for of_system in scores]
    base = names.index(sampling.baseline) if sampling.baseline in names else 0
    blocks = [_block(scores, one, base) for one in slices]
    intervals = sliced_intervals(
        blocks,
        [one.rows for one in slices],
        len(scores[0].queries),
        seed=sampling.seed,
        resamples=sampling.resamples,
        confidence=sampling.confidence,
    )
    parts = [_Part(*part) for part in zip(slices, blocks, intervals, strict=True)]
    summary = [row for part in parts for row in _means(scores, part, sampling)]
    differences = [row for part in parts for row in _differences(scores, base, part, sampling)]
    for axis in dict.fromkeys(row["axis"] for row in differences):
        family = [row for row in differences if row["axis"] == axis]
        for row, p in zip(family, holm([row["p"] for row in family]), strict=True):
            row["p_holm"] = p
    return Summary(
        pl.DataFrame(summary, schema=dict(SUMMARY), orient="row"),
        pl.DataFrame(differences, schema=dict(DIFFERENCES), orient="row"),
    )


class _Part(NamedTuple):
    """One slice: its block of columns (systems, then differences), and their intervals."""

    one: Slice
    block: NDArray[np.float64]
    intervals: list[Interval]


def _block(scores: Sequence[Scores], one: Slice, base: int) -> NDArray[np.float64]:
    """Columns: each system's measures, then the difference of each system (but the baseline) from the baseline."""
    values = [of_system.over(one.rows) for of_system in scores]
    return np.concatenate(values + [found - values[base] for i, found in enumerate(values) if i != base], axis=1)


def _means(scores: Sequence[Scores], part: _Part, sampling: Sampling) -> Iterator[dict[str, Any]]:
    width = len(scores[0].measures)
    for i, of_system in enumerate(scores):
        missing = ~(of_system.answered if part.one.rows is None else of_system.answered[part.one.rows])
        for j, measure in enumerate(of_system.measures):
            there = ~np.isnan(part.block[:, i * width + j])
            yield {
                "system": of_system.system,
                "direction": of_system.direction.value,
                "axis": part.one.axis,
                "slice": part.one.name,
                "measure": measure.name,
                **_numbers(_inside(part.intervals[i * width + j], measure)),
                "n": int(there.sum()),
                "unanswered": int((missing & there).sum()),
                "small": int(there.sum()) < sampling.small,
            }


def _differences(scores: Sequence[Scores], base: int, part: _Part, sampling: Sampling) -> Iterator[dict[str, Any]]:
    others = [of_system for i, of_system in enumerate(scores) if i != base]
    width, start = len(scores[0].measures), len(scores) * len(scores[0].measures)
    found = part.block[:, start:]
    p = randomisation_tests(found, seed=sampling.seed, resamples=sampling.flips)
    least = detectable(found, confidence=sampling.confidence)
    for i, of_system in enumerate(others):
        for j, measure in enumerate(of_system.measures):
            column = i * width + j
            n = int((~np.isnan(found[:, column])).sum())
            if n == 0:
                continue
            yield {
                "system": of_system.system,
                "baseline": scores[base].system,
                "direction": of_system.direction.value,
                "axis": part.one.axis,
                "slice": part.one.name,
                "measure": measure.name,
                **_numbers(part.intervals[start + column]),
                "p": float(p[column]),
                "p_holm": float(p[column]),
                "n": n,
                "detectable": _or_none(float(least[column])),
                "small": n < sampling.small,
            }


def _inside(interval: Interval, measure: Measure) -> Interval:
    """The interval cut to 0 and 1, for measures of all lists together: they are shares, their parts may be more."""
    if not measure.whole or interval.low is None or interval.high is None:
        return interval
    return interval._replace(low=min(max(interval.low, 0.0), 1.0), high=min(max(interval.high, 0.0), 1.0))


def _numbers(interval: Interval) -> dict[str, float | None]:
    return {name: _or_none(value) for name, value in interval._asdict().items()}


def _or_none(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
