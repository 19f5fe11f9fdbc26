"""Whether the comparison finds what is there, and only that: power for true differences, and A/A runs without one.

The pairs of values come from a simulation, or from an evaluation. The simulation makes lists: graduates with 60
postings each, some relevant; two versions of a system see how relevant each is through noise that they mostly share.
A true difference is that of the whole pool, from which each run draws its graduates. Simulated, and labelled so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.evaluation import Evaluation
from eval.intervals import detectable, randomisation_tests
from eval.judged import Judged
from eval.rankings import Judgements, Rankings
from eval.relevance import ndcg
from matching.errors import InputError

Floats = NDArray[np.float64]
POOL, CANDIDATES = 20_000, 60
SHARED = 0.9
"""Share of the noise (as variance) that two versions of a system have in common."""
ALPHA = 0.05
_AT_ONCE = 100


@dataclass(frozen=True)
class Curves:
    """Shares of runs that found a difference.

    Attributes
    ----------
    by_difference : list of (true difference, share found), at `graduates`
    by_graduates : list of (graduates, share found), at the difference `wanted`
    aa : list of (level, share of A/A runs with p at most that level), at `graduates`
    detectable : float
        The least difference found in four runs of five, by formula, at `graduates`.
    """

    graduates: int
    runs: int
    wanted: float
    by_difference: list[tuple[float, float]]
    by_graduates: list[tuple[int, float]]
    aa: list[tuple[float, float]]
    detectable: float
    source: str

    @property
    def power(self) -> float:
        """Share of the runs that found the difference `wanted`."""
        return dict(self.by_difference)[self.wanted]

    @property
    def false_alarms(self) -> float:
        """Share of the A/A runs that found one at the level of 5 %."""
        return dict(self.aa)[ALPHA]

    def record(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "source": self.source,
            "simulated": self.source == "simulation",
            "graduates": self.graduates,
            "runs": self.runs,
            "difference": self.wanted,
            "power": self.power,
            "false_alarms": self.false_alarms,
            "detectable": self.detectable,
            "power_by_difference": [list(point) for point in self.by_difference],
            "power_by_graduates": [list(point) for point in self.by_graduates],
            "aa_share_by_level": [list(point) for point in self.aa],
        }


class Pool:
    """Paired values of two versions, one pair a graduate, at any true difference."""

    source = "simulation"

    def __init__(self, seed: int = 0, *, size: int = POOL, shared: float = SHARED) -> None:
        random = np.random.default_rng(seed)
        shape = (size, CANDIDATES)
        self._worth = random.normal(size=shape).astype(np.float32)
        relevant = random.random(shape) < 1 / (1 + np.exp(3.2 - 1.8 * self._worth))
        relevant[np.arange(size), random.integers(CANDIDATES, size=size)] = True
        query, document = np.nonzero(relevant)
        self._judgements = Judgements.of_arrays(query, document, np.ones(len(query), np.int16), size)
        common = random.normal(size=shape).astype(np.float32) * np.float32(np.sqrt(shared))
        own = [random.normal(size=shape).astype(np.float32) * np.float32(np.sqrt(1 - shared)) for _ in range(2)]
        self._noise = [common + part for part in own]
        self._first = self._values(0, 1.0)

    def differences(self, wanted: float) -> Floats:
        """Value of the second version less that of the first, a graduate; their mean is `wanted` to 1e-4."""
        low, high = 0.8, 1.4
        for _ in range(24):
            middle = (low + high) / 2
            found = self._values(1, middle) - self._first
            if abs(found.mean() - wanted) < 1e-4:
                return found
            low, high = (middle, high) if found.mean() < wanted else (low, middle)
        raise InputError(f"a difference of {wanted} is out of reach", cure="Ask for less.")

    def _values(self, version: int, strength: float) -> Floats:
        scores = strength * self._worth + self._noise[version]
        rows = np.argsort(-scores, axis=1, kind="stable")[:, :10].astype(np.int32)
        names = [str(i) for i in range(CANDIDATES)]
        return ndcg(Judged(Rankings([""] * len(rows), names, rows), self._judgements), 10)


class Measured:
    """Paired values of an evaluation, moved to the difference that is asked for."""

    def __init__(self, evaluation: Evaluation, systems: tuple[str, str], *, direction: str, measure: str) -> None:
        rows = evaluation.values.filter(pl.col("direction") == direction, pl.col("measure") == measure)
        sides = [rows.filter(pl.col("system") == name).select("query", "value").drop_nulls() for name in systems]
        paired = sides[0].join(sides[1], on="query", suffix="_other").sort("query")
        if len(paired) < 30:
            raise InputError(
                f"{len(paired)} queries with values of {systems[0]} and {systems[1]} ({direction}, {measure})",
                cure="Name two systems of the evaluation, with at least 30 queries.",
            )
        found = (paired["value"] - paired["value_other"]).to_numpy()
        self._centred = found - found.mean()
        self.source = f"{systems[0]} - {systems[1]}, {direction}, {measure}, {len(found)} queries"

    def differences(self, wanted: float) -> Floats:
        """The differences of the evaluation with their mean moved to `wanted`."""
        return np.asarray(self._centred + wanted)


def found_share(
    differences: Floats, graduates: int, *, runs: int, random: np.random.Generator, flipped: bool = False
) -> Floats:
    """P of each run: `graduates` drawn from the pool, tested as comparisons are; flipped: with random signs (A/A)."""
    p = []
    for start in range(0, runs, _AT_ONCE):
        size = min(_AT_ONCE, runs - start)
        drawn = differences[random.integers(len(differences), size=(graduates, size))]
        if flipped:
            drawn *= random.choice([-1.0, 1.0], size=drawn.shape)
        p.append(randomisation_tests(drawn, seed=start, resamples=1_000))
    return np.concatenate(p)


def curves(
    pool: Pool | Measured,
    *,
    graduates: int = 5_000,
    runs: int = 1_000,
    wanted: float = 0.01,
    differences: Sequence[float] = (0.0025, 0.005, 0.0075, 0.015),
    seed: int = 0,
) -> Curves:
    """Both curves: power by difference and by graduates, and the share of A/A runs below each level.

    Raises
    ------
    InputError
        A difference is out of the pool's reach.
    """
    random = np.random.default_rng(seed)
    at = {delta: pool.differences(delta) for delta in sorted({*differences, wanted})}
    found = {d: found_share(values, graduates, runs=runs, random=random) for d, values in at.items()}
    sizes = sorted({graduates, *(int(graduates * share) for share in (0.1, 0.2, 0.4, 0.6, 1.5))})
    by_size = {n: found_share(at[wanted], n, runs=runs, random=random) for n in sizes}
    null = pool.differences(0.0)
    null_p = found_share(null, graduates, runs=runs, random=random, flipped=True)
    levels = (0.01, 0.02, ALPHA, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    spread = at[wanted][:, None]
    least = float(detectable(spread)[0] * np.sqrt(len(spread) / graduates))
    return Curves(
        graduates,
        runs,
        wanted,
        [(delta, float((p <= ALPHA).mean())) for delta, p in found.items()],
        [(n, float((p <= ALPHA).mean())) for n, p in by_size.items()],
        [(level, float((null_p <= level).mean())) for level in levels],
        least,
        pool.source,
    )
