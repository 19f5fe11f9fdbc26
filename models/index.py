"""Vectors → nearest rows, under a row set: FAISS for the bulk, a growing tail for live rows.

The only home of FAISS. Similarity is the inner product of unit vectors (cosine); larger is better.
Vectors are kept at half precision: the similarities are exact for the vectors as kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from models.growing import Growing

Vectors = NDArray[np.float32]
"""Shape (n, dim), rows of length 1."""
RowSet = NDArray[np.bool_]
"""Shape (n,): which rows a search may return."""

_TIE_ROOM = 32
_LEAST_HALF = 2.0**-14
"""The least normal number at half precision."""


class Hits(NamedTuple):
    """Rows found for one query: best first, ties by row; no padding, no sentinels."""

    rows: NDArray[np.int64]
    similarities: NDArray[np.float32]


class Index(Protocol):
    """What every index does."""

    def __len__(self) -> int: ...

    def search(self, query: NDArray[np.float32], k: int, allowed: RowSet | None = None) -> Hits:
        """The `k` allowed rows most similar to `query` (dim,); fewer where fewer are allowed."""
        ...

    def appended(self, vectors: Vectors) -> Self:
        """The index with `vectors` behind the present rows; the present index stays as it is."""
        ...


def rounded(vectors: Vectors) -> Vectors:
    """`vectors` as an index keeps them: rounded to half precision, without subnormals (FAISS drops them)."""
    half = vectors.astype(np.float16).astype(np.float32)
    half[np.abs(half) < _LEAST_HALF] = 0.0
    return half


def ranked(rows: NDArray[np.int64], similarities: NDArray[np.float32], k: int) -> Hits:
    """Best `k` of the given rows, ties by row."""
    order = np.lexsort((rows, -similarities))[:k]
    return Hits(rows[order], similarities[order])


def similarity_of(vectors: Vectors, query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inner product of each row with `query`, summed at double precision.

    So a pair has one similarity, to the bit, wherever its row lies and whichever search found it.
    """
    products = vectors.astype(np.float64) * query.astype(np.float64)
    out: NDArray[np.float32] = products.sum(axis=1).astype(np.float32)
    return out


class ExactIndex:
    """The reference: every product, in numpy. For tests and small collections."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = rounded(vectors)

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, query: NDArray[np.float32], k: int, allowed: RowSet | None = None) -> Hits:
        """See `Index.search`."""
        rows = np.arange(len(self), dtype=np.int64) if allowed is None else np.flatnonzero(allowed)
        return ranked(rows, similarity_of(self._vectors[rows], query), k)

    def appended(self, vectors: Vectors) -> ExactIndex:
        """See `Index.appended`."""
        return ExactIndex(np.concatenate([self._vectors, rounded(vectors)]))


class VectorIndex:
    """FAISS (flat, half precision) over the built rows, numpy over the live tail; exact.

    Immutable: `appended` gives a new index that shares the memory, so readers are never paused.
    """

    def __init__(self, base: faiss.Index, tail: Growing) -> None:
        self._base = base
        self._tail = tail

    @classmethod
    def from_vectors(cls, vectors: Vectors) -> VectorIndex:
        """An index over `vectors` (n, dim); n may be 0."""
        base = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        base.train(np.zeros((1, vectors.shape[1]), np.float32))
        if len(vectors):
            base.add(np.ascontiguousarray(rounded(vectors)))
        return cls(base, Growing(np.empty((0, vectors.shape[1]), np.float16)))

    def __len__(self) -> int:
        return int(self._base.ntotal) + len(self._tail)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._base.d)

    def vectors(self, rows: NDArray[np.int64] | None = None) -> Vectors:
        """The vectors of `rows` (all rows by default) as kept, shape (len(rows), dim)."""
        n = int(self._base.ntotal)
        rows = np.arange(len(self), dtype=np.int64) if rows is None else np.asarray(rows, np.int64)
        out = np.empty((len(rows), self.dim), np.float32)
        built = rows < n
        if built.any():
            out[built] = self._base.reconstruct_batch(rows[built])
        if not built.all():
            out[~built] = self._tail.values[rows[~built] - n]
        return out

    def similarities(self, query: NDArray[np.float32], rows: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Similarity of `query` (dim,) with each of `rows` (all rows by default)."""
        return similarity_of(self.vectors(rows), query)

    def search(self, query: NDArray[np.float32], k: int, allowed: RowSet | None = None) -> Hits:
        """The `k` allowed rows most similar to `query`; see `Index.search`."""
        found = np.concatenate([self._search_base(query, k, allowed), self._search_tail(query, k, allowed)])
        return ranked(found, self.similarities(query, found), k)

    def appended(self, vectors: Vectors) -> VectorIndex:
        """The index with `vectors` behind the present rows; shares their memory."""
        return VectorIndex(self._base, self._tail.appended(rounded(vectors).astype(np.float16)))

    def save(self, path: Path) -> None:
        """Write all rows, tail included, as one FAISS file."""
        whole = self if not len(self._tail) else VectorIndex.from_vectors(self.vectors())
        faiss.write_index(whole._base, str(path))

    @classmethod
    def load(cls, path: Path) -> VectorIndex:
        """Read what `save` wrote."""
        base = faiss.read_index(str(path))
        return cls(base, Growing(np.empty((0, base.d), np.float16)))

    def _search_base(self, query: NDArray[np.float32], k: int, allowed: RowSet | None) -> NDArray[np.int64]:
        n = int(self._base.ntotal)
        most = n if allowed is None else int(np.count_nonzero(allowed[:n]))
        k = min(k, most)
        if k == 0:
            return np.empty(0, np.int64)
        parameters = None
        if most < n:
            packed = np.packbits(allowed[:n], bitorder="little")  # type: ignore[index]
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(packed))
        room = _TIE_ROOM
        while True:  # FAISS cuts a group of equal rows at will: ask for more until the group is whole
            wanted = min(k + room, most)
            similarities, rows = self._base.search(query[None, :], wanted, params=parameters)
            if wanted == most or similarities[0, -1] < similarities[0, k - 1]:
                return np.asarray(rows[0], np.int64)
            room *= 4

    def _search_tail(self, query: NDArray[np.float32], k: int, allowed: RowSet | None) -> NDArray[np.int64]:
        n, m = int(self._base.ntotal), len(self._tail)
        if m == 0:
            return np.empty(0, np.int64)
        rows = np.arange(m) if allowed is None else np.flatnonzero(allowed[n : n + m])
        similarities = self._tail.values[rows].astype(np.float32) @ query
        if len(rows) > k + _TIE_ROOM:
            least = np.partition(similarities, len(rows) - k)[len(rows) - k]
            rows = rows[similarities >= least - 1e-6]
        return (rows + n).astype(np.int64)
