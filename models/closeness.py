"""Similarity made comparable: half-centred, in standard deviations of a random pair.

Cosines of an encoder crowd in a narrow band, and texts that are near to everything (hubs) win too
often. Taking half of each side's mean vector away thins the hubs; the rest is measured against pairs
drawn from the collection. The value of a pair is the same from both sides:

    semantic(q, d) = ((q − ½ q̄) · (d − ½ d̄) − centre) / spread

Half, because on two development tasks the whole mean helped one and hurt the other (docs/ranking.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.similarity import Halves, Vectors

HALF = np.float32(0.5)
_SAMPLE = 512
_CHUNK = 65_536
_FEW = 30
"""With fewer vectors than this a side has no mean worth taking away: nothing is taken away on it."""


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close two vectors are beside a random pair.

    Attributes
    ----------
    query_mean, document_mean : float32 (dim,)
    centre, spread : float
        Mean and standard deviation of the half-centred products of random pairs; spread > 0.
    """

    query_mean: NDArray[np.float32]
    document_mean: NDArray[np.float32]
    centre: float
    spread: float

    @classmethod
    def of(cls, queries: Vectors, documents: Vectors) -> Closeness:
        """Measure two collections; either may be empty (both empty: plain similarity)."""
        query_mean, document_mean = _mean(queries, documents.shape[1]), _mean(documents, documents.shape[1])
        q = _spaced(queries if len(queries) >= _FEW else documents, 0) - HALF * query_mean
        d = _spaced(documents if len(documents) >= _FEW else queries, 1) - HALF * document_mean
        if not len(q) or not len(d):
            return cls(query_mean, document_mean, 0.0, 1.0)
        products = (q @ d.T).astype(np.float64)
        spread = float(products.std())
        return cls(query_mean, document_mean, float(products.mean()), spread if spread > 1e-6 else 1.0)

    def __call__(self, similarities: NDArray[np.float32], queries: Vectors, documents: Vectors) -> NDArray[np.float32]:
        """Closeness of n pairs.

        Parameters
        ----------
        similarities : float32 (n,)
            Their inner products.
        queries, documents : float32 (n, dim) or (1, dim)
            Their vectors; one row is broadcast.
        """
        to_documents = offsets_of(queries, self.document_mean)
        return self.of_offsets(similarities, to_documents, offsets_of(documents, self.query_mean))

    def of_offsets(
        self, similarities: NDArray[np.float32], queries: NDArray[np.float64], documents: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Closeness of n pairs whose `offsets_of` the other side's mean are known; (n,) or (1,) each."""
        means = float(self.query_mean.astype(np.float64) @ self.document_mean.astype(np.float64))
        centred = similarities.astype(np.float64) - 0.5 * queries - 0.5 * documents + 0.25 * means
        out: NDArray[np.float32] = ((centred - self.centre) / self.spread).astype(np.float32)
        return out

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The values by name, for a snapshot."""
        return {
            "query_mean": self.query_mean,
            "document_mean": self.document_mean,
            "scale": np.array([self.centre, self.spread]),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Closeness:
        """What `to_arrays` gave."""
        centre, spread = arrays["scale"].tolist()
        return cls(arrays["query_mean"], arrays["document_mean"], centre, spread)


def _spaced(vectors: Vectors, offset: int) -> Vectors:
    """At most `_SAMPLE` rows, evenly spaced; different offsets avoid pairing a row with itself."""
    step = max(len(vectors) // _SAMPLE, 2 if len(vectors) > 2 * _FEW else 1)
    return vectors[offset % max(len(vectors), 1) :: step][:_SAMPLE]


def _mean(vectors: Vectors, dim: int) -> NDArray[np.float32]:
    if len(vectors) < _FEW:
        return np.zeros(dim, np.float32)
    mean: NDArray[np.float32] = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def offsets_of(vectors: Vectors | Halves, mean: NDArray[np.float32]) -> NDArray[np.float64]:
    """Inner product of each row with `mean`, (n,), at double precision."""
    out = np.empty(len(vectors), np.float64)
    for start in range(0, len(vectors), _CHUNK):  # bounds the memory
        part = vectors[start : start + _CHUNK].astype(np.float64)
        part *= mean.astype(np.float64)
        out[start : start + _CHUNK] = part.sum(axis=1)
    return out
