"""Features → scores, additively: every feature has its own curve, and the score is the sum of the curves.

So an explanation costs nothing and is exact (contributions are whole micro-points, and integers add up).
`AdditiveRanker` is the shape of both the documented prior and of what is learned from interactions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

MICRO = 1_000_000
"""Micro-points in a point of score."""

Features = NDArray[np.float32]
"""Shape (n, f), columns in the order of `feature_names`; NaN is a missing value."""
Contributions = NDArray[np.int64]
"""Shape (n, f), micro-points."""


class Ranker(Protocol):
    """What scores pairs."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns that it reads, in order."""
        ...

    def contributions(self, features: Features) -> Contributions:
        """What each feature adds to each pair's score, shape (n, f), in micro-points."""
        ...


@dataclass(frozen=True, slots=True)
class Curve:
    """What one feature adds to the score: straight between `knots`, flat outside, `missing` for NaN.

    Knots ascend strictly; `values` are points, one a knot.
    """

    knots: tuple[float, ...]
    values: tuple[float, ...]
    missing: float = 0.0

    def __post_init__(self) -> None:
        """Refuse knots that do not ascend, or values that do not match them."""
        if len(self.knots) != len(self.values) or not self.knots:
            raise ValueError(f"a curve needs one value a knot: {len(self.knots)} knots, {len(self.values)} values")
        if any(b <= a for a, b in zip(self.knots, self.knots[1:], strict=False)):
            raise ValueError(f"knots must ascend: {self.knots}")

    def __call__(self, feature: NDArray[np.float32]) -> NDArray[np.int64]:
        """Micro-points for each value of `feature`."""
        points = np.interp(feature.astype(np.float64), self.knots, self.values)
        micro: NDArray[np.int64] = np.rint(np.where(np.isnan(feature), self.missing, points) * MICRO).astype(np.int64)
        return micro

    def scaled(self, factor: float) -> Curve:
        """The same curve, `factor` times as high."""
        return Curve(self.knots, tuple(v * factor for v in self.values), self.missing * factor)


@dataclass(frozen=True, slots=True)
class AdditiveRanker:
    """A sum of curves."""

    curves: Mapping[str, Curve]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features, in the order of the curves."""
        return tuple(self.curves)

    def contributions(self, features: Features) -> Contributions:
        """See `Ranker.contributions`."""
        columns = [curve(features[:, i]) for i, curve in enumerate(self.curves.values())]
        return np.stack(columns, axis=1) if columns else np.zeros((len(features), 0), np.int64)

    def to_dict(self) -> dict[str, Any]:
        """The curves as plain values, for the manifest."""
        return {
            name: {"knots": list(c.knots), "values": list(c.values), "missing": c.missing}
            for name, c in self.curves.items()
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], names: Sequence[str]) -> AdditiveRanker:
        """The ranker that gave `data`, its curves in the order of `names` (JSON objects have none)."""
        return cls(
            {n: Curve(tuple(data[n]["knots"]), tuple(data[n]["values"]), float(data[n]["missing"])) for n in names}
        )


def order(
    scores: NDArray[np.int64],
    similarities: NDArray[np.float32],
    keys: Callable[[NDArray[np.intp]], Sequence[str]],
    of: NDArray[np.int64],
) -> NDArray[np.intp]:
    """List after list, each best first: score, then similarity, then key (Law 3).

    Parameters
    ----------
    keys : callable
        Places of rows → their keys. Asked only of rows that tie.
    of : int64 (n,)
        The list that each row belongs to; lists ascend.
    """
    every = np.lexsort((-similarities, -scores, of))
    same = np.ones(max(len(every) - 1, 0), np.bool_)
    for values in (of, scores, similarities):
        ordered = values[every]
        same &= ordered[1:] == ordered[:-1]
    if same.any():
        after = np.append(False, same)
        tied = np.flatnonzero(after | np.append(same, False))
        rows, run = every[tied], np.cumsum(~after)[tied]
        every[tied] = rows[np.lexsort((np.array(keys(rows), dtype=np.str_), run))]
    return every
