"""Vectors → one byte a number, with a bound on what that costs: how a search skips what cannot be among the best.

Each dimension has its own middle and step; the query is rounded to one byte a number too, so that products are
whole numbers, exact on every machine. What both roundings can be off by is bounded (Cauchy and Schwarz, over
the worst row), so whoever scores the codes knows exactly which rows must be looked at whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.similarity import Halves

LEVELS = 127
_CHUNK = 65_536


class Coded(NamedTuple):
    """A query as it meets codes.

    `query` holds whole numbers, −127 to 127; a row's similarity is ``scale * (query · (code − 128)) + plus``, off by
    at most `off`.
    """

    query: NDArray[np.float32]
    scale: float
    plus: float
    off: float


@dataclass(frozen=True, slots=True)
class Coding:
    """How numbers become bytes.

    Attributes
    ----------
    middle, step : float32 (dim,)
        A byte b stands for ``middle + step * (b - 128)``.
    residual, length : float
        Over the rows that the coding was made for: the greatest length of what the bytes leave out, and of a row of
        ``b - 128``.
    """

    middle: NDArray[np.float32]
    step: NDArray[np.float32]
    residual: float
    length: float

    @classmethod
    def of(cls, halves: Halves) -> tuple[Coding, NDArray[np.uint8]]:
        """The coding made for `halves` (n, dim), and their codes (n, dim); n may be 0."""
        n, dim = halves.shape
        if not n:
            return cls(np.zeros(dim, np.float32), np.ones(dim, np.float32), 0.0, 0.0), np.empty((0, dim), np.uint8)
        parts = range(0, n, _CHUNK)
        low = np.min([halves[i : i + _CHUNK].min(axis=0) for i in parts], axis=0).astype(np.float32)
        high = np.max([halves[i : i + _CHUNK].max(axis=0) for i in parts], axis=0).astype(np.float32)
        step = (high - low) / np.float32(2 * LEVELS)
        plain = cls((low + high) / np.float32(2), np.where(step > 0, step, np.float32(1)), 0.0, 0.0)
        codes, residual, length = np.empty((n, dim), np.uint8), 0.0, 0.0
        for start in parts:
            part = halves[start : start + _CHUNK].astype(np.float32)
            places = plain.places(part)
            codes[start : start + _CHUNK] = (places + 128).astype(np.uint8)
            residual = max(residual, _longest(part - plain.middle - plain.step * places))
            length = max(length, _longest(places))
        return cls(plain.middle, plain.step, residual * 1.001 + 1e-6, length * 1.001), codes

    def places(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Whole numbers, −127 to 127, for `vectors`; what lies outside the range takes its end."""
        out: NDArray[np.float32] = np.clip(np.rint((vectors - self.middle) / self.step), -LEVELS, LEVELS)
        return out

    def question(self, query: NDArray[np.float32]) -> Coded:
        """The query (dim,) as it meets codes."""
        scaled = query.astype(np.float64) * self.step
        scale = max(float(np.abs(scaled).max(initial=0.0)), 1e-30) / LEVELS
        whole = np.rint(scaled / scale)
        lost = float(np.linalg.norm(scaled - scale * whole)) * self.length
        off = self.residual * float(np.linalg.norm(query)) + lost + 1e-6
        return Coded(whole.astype(np.float32), scale, float(query.astype(np.float64) @ self.middle), off)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The values by name, for a file."""
        return {"middle": self.middle, "step": self.step, "bounds": np.array([self.residual, self.length])}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Coding:
        """What `to_arrays` gave."""
        residual, length = arrays["bounds"].tolist()
        return cls(arrays["middle"], arrays["step"], residual, length)


def _longest(rows: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.einsum("ij,ij->i", rows, rows).max(initial=0.0)))
