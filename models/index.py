"""Vectors → nearest rows, under a row set, exactly: FAISS over bytes for the built rows, numpy for the live tail.

The only home of FAISS. Similarity is the inner product of unit vectors (cosine); larger is better.
Built rows lie in *cells*: runs of rows that the asker's rules treat alike. FAISS's inverted lists are
the cells, so a search reads only those that the rules allow. It scores one byte a number; whatever the
bytes cannot exclude is scored from the vectors as kept (half precision), so the answer is that of brute
force, ties by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from models.codes import Coded, Coding
from models.growing import Growing
from models.mapped import mapped
from models.similarity import Halves, Hits, RowSet, Vectors, halved, ranked, rounded, similarity_of, singles

__all__ = ["ExactIndex", "Hits", "Index", "RowSet", "VectorIndex", "Vectors", "ranked", "rounded", "similarity_of"]

_FEW = 128
"""So few rows are cheaper to score whole than by their bytes."""
_ROOM = 64
_ALIKE = 6
"""Up to so many times the rows that a query allows are cheaper scored for many at once than those rows for one."""
_BLOCK = 8_192
"""Rows of one product."""
_SLACK = 1e-5
"""More than a product of unit vectors at single precision can be off."""


class Index(Protocol):
    """What every index does."""

    def __len__(self) -> int: ...

    def search(self, query: NDArray[np.float32], k: int, allowed: RowSet | None = None) -> Hits:
        """The `k` allowed rows most similar to `query` (dim,); fewer where fewer are allowed."""
        ...

    def appended(self, vectors: Vectors) -> Self:
        """The index with `vectors` behind the present rows; the present index stays as it is."""
        ...


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
    """Built rows by cell, and live rows behind them; exact.

    Immutable: `appended` gives a new index that shares the memory, so readers are never paused.
    """

    def __init__(self, halves: Halves, cells: _Cells, tail: Growing) -> None:
        self._halves = halves
        self._cells = cells
        self._tail = tail

    @classmethod
    def from_vectors(cls, vectors: Vectors | Halves, starts: NDArray[np.int64] | None = None) -> VectorIndex:
        """An index over `vectors` (n, dim); n may be 0.

        Parameters
        ----------
        starts : int64 array (cells + 1,)
            Where each cell begins, and n; ascending strictly. Default: one cell.
        """
        halves = halved(vectors)
        whole = np.array([0, len(vectors)], np.int64) if len(vectors) else np.zeros(1, np.int64)
        return cls(halves, _Cells.of(halves, whole if starts is None else starts), _no_tail(halves))

    def __len__(self) -> int:
        return len(self._halves) + len(self._tail)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._halves.shape[1])

    @property
    def built(self) -> int:
        """How many rows are built; the others are live."""
        return len(self._halves)

    def halves(self, rows: NDArray[np.int64]) -> Halves:
        """The vectors of `rows` as kept, shape (len(rows), dim)."""
        n = len(self._halves)
        if not len(self._tail) or not len(rows) or int(rows.max()) < n:
            return np.asarray(self._halves[rows])
        out = np.empty((len(rows), self.dim), np.float16)
        built = rows < n
        out[built] = self._halves[rows[built]]
        out[~built] = self._tail.values[rows[~built] - n]  # exact: the tail holds values at half precision
        return out

    def vectors(self, rows: NDArray[np.int64] | None = None) -> Vectors:
        """The vectors of `rows` (all rows by default) as kept, at single precision."""
        every = np.arange(len(self), dtype=np.int64) if rows is None else np.asarray(rows, np.int64)
        return singles(self.halves(every))

    def similarities(self, query: NDArray[np.float32], rows: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Similarity of `query` (dim,) with each of `rows` (all rows by default)."""
        every = np.arange(len(self), dtype=np.int64) if rows is None else np.asarray(rows, np.int64)
        return similarity_of(self.halves(every), query)

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        allowed: RowSet | None = None,
        *,
        cells: NDArray[np.int64] | None = None,
    ) -> Hits:
        """The `k` allowed rows most similar to `query`; see `Index.search`.

        Parameters
        ----------
        cells : int64 array, optional
            The cells that hold allowed built rows, where the caller knows them; others are not read.
        """
        found = self._built_hits(query, k, allowed, cells)
        live = self._live_rows(query, k, allowed)
        if not len(live):
            return found
        rows = np.concatenate([found.rows, live])
        return ranked(rows, np.concatenate([found.similarities, self.similarities(query, live)]), k)

    def search_many(
        self, queries: Vectors, k: int, allowed: Sequence[RowSet], *, cells: Sequence[NDArray[np.int64] | None]
    ) -> list[Hits]:
        """What `search` gives for each of `queries` (m, dim) with its own row set, by one product with all rows of any.

        Worth it where the row sets are much alike; where they are not, each is searched by itself.
        """
        each = zip(queries, allowed, cells, strict=True)
        if len(queries) <= 1:
            return [self.search(query, k, mask, cells=own) for query, mask, own in each]
        masks = np.stack(allowed)
        rows = np.flatnonzero(masks.any(axis=0))
        if len(rows) * len(queries) > _ALIKE * np.count_nonzero(masks):
            return [self.search(query, k, mask, cells=own) for query, mask, own in each]
        scores = np.empty((len(queries), len(rows)), np.float32)
        for start in range(0, len(rows), _BLOCK):
            part = slice(start, start + _BLOCK)
            np.matmul(queries, self.vectors(rows[part]).T, out=scores[:, part])
        scores[~masks[:, rows]] = -np.inf
        return [self._best_scored(query, k, rows, line) for query, line in zip(queries, scores, strict=True)]

    def _best_scored(
        self, query: NDArray[np.float32], k: int, rows: NDArray[np.int64], scores: NDArray[np.float32]
    ) -> Hits:
        """The best `k` of `rows`, whose products at single precision are `scores`; −∞ for those that may not be."""
        least = np.float32(-np.inf)
        if 0 < k < len(rows):
            off = len(query) * 2.0**-23 * float(np.linalg.norm(query))  # twice the bound of any order of summing
            least = np.partition(scores, len(rows) - k)[len(rows) - k] - np.float32(2 * off)
        near = rows[(scores >= least) & (scores > -np.inf)]
        return ranked(near, self.similarities(query, near), k)

    def appended(self, vectors: Vectors) -> VectorIndex:
        """The index with `vectors` behind the present rows; shares their memory."""
        return VectorIndex(self._halves, self._cells, self._tail.appended(rounded(vectors)))

    def save(self, folder: Path) -> None:
        """Write `vectors.npy` (half precision, plain NumPy), `codes.faiss` and `codes.npz`; without live rows only."""
        if len(self._tail):
            raise ValueError("an index with live rows is not saved; build a new one")
        np.save(folder / "vectors.npy", self._halves)
        self._cells.save(folder)

    @classmethod
    def load(cls, folder: Path) -> VectorIndex:
        """Map what `save` wrote: the files are read where and when a search needs them."""
        halves = mapped(folder / "vectors.npy")
        return cls(halves, _Cells.load(folder), _no_tail(halves))

    def _built_hits(
        self, query: NDArray[np.float32], k: int, allowed: RowSet | None, cells: NDArray[np.int64] | None
    ) -> Hits:
        n = len(self._halves)
        within = None if allowed is None else allowed[:n]
        most = n if within is None else int(np.count_nonzero(within))
        k = min(k, most)
        if most <= max(_FEW, k):
            rows = np.arange(n) if within is None else np.flatnonzero(within)
            return ranked(rows, similarity_of(self._halves[rows], query), k)
        wanted = min(4 * k + 4 * _ROOM, most)
        asked = self._cells.question(query, None if most == n else within, cells)
        while True:
            rows, most_possible = asked.best(wanted)
            similarities = similarity_of(self._halves[rows[: k + _ROOM]], query)
            kth = np.partition(similarities, len(similarities) - k)[len(similarities) - k]
            if wanted == most or most_possible[-1] < kth:  # all that was not returned is below the k-th
                more = rows[k + _ROOM :][most_possible[k + _ROOM :] >= kth]
                rest = similarity_of(self._halves[more], query)
                rows = np.concatenate([rows[: k + _ROOM], more])
                return ranked(rows, np.concatenate([similarities, rest]), k)
            wanted = min(4 * wanted, most)

    def _live_rows(self, query: NDArray[np.float32], k: int, allowed: RowSet | None) -> NDArray[np.int64]:
        n, m = len(self._halves), len(self._tail)
        if m == 0:
            return np.empty(0, np.int64)
        rows = np.arange(m) if allowed is None else np.flatnonzero(allowed[n : n + m])
        if len(rows) > max(k, _FEW):
            similarities = self._tail.values[rows] @ query
            least = np.partition(similarities, len(rows) - k)[len(rows) - k]
            rows = rows[similarities >= least - 2 * _SLACK]
        return (rows + n).astype(np.int64)


class _Cells:
    """FAISS's inverted lists: one list a cell, one byte a number."""

    def __init__(self, lists: faiss.Index | None, coding: Coding, count: int) -> None:
        self._lists = lists
        self._coding = coding
        self._count = count

    @classmethod
    def of(cls, halves: Halves, starts: NDArray[np.int64]) -> _Cells:
        coding, codes = Coding.of(halves)
        n, dim = codes.shape
        if not n:
            return cls(None, coding, 0)
        lists = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dim),
            dim,
            len(starts) - 1,
            faiss.ScalarQuantizer.QT_8bit_direct_signed,
            faiss.METRIC_INNER_PRODUCT,
            False,
        )
        ids = np.arange(n, dtype=np.int64)
        for cell, (a, b) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)):
            lists.invlists.add_entries(cell, b - a, faiss.swig_ptr(ids[a:b]), faiss.swig_ptr(codes[a:b]))
        lists.is_trained = True
        lists.ntotal = n
        return cls(lists, coding, len(starts) - 1)

    def question(self, query: NDArray[np.float32], within: RowSet | None, cells: NDArray[np.int64] | None) -> _Asked:
        every = np.arange(self._count, dtype=np.int64) if cells is None else np.ascontiguousarray(cells, np.int64)
        return _Asked(self._lists, self._coding.question(query), within, every)

    def save(self, folder: Path) -> None:
        np.savez(folder / "codes.npz", count=np.array([self._count]), **self._coding.to_arrays())  # type: ignore[arg-type]
        if self._lists is not None:
            faiss.write_index(self._lists, str(folder / "codes.faiss"))

    @classmethod
    def load(cls, folder: Path) -> _Cells:
        with np.load(folder / "codes.npz", allow_pickle=False) as held:
            coding, count = Coding.from_arrays(dict(held)), int(held["count"][0])
        lists = faiss.read_index(str(folder / "codes.faiss"), faiss.IO_FLAG_MMAP_IFC) if count else None
        return cls(lists, coding, count)


class _Asked:
    """One query put to the cells."""

    def __init__(
        self,
        lists: faiss.Index,
        coded: Coded,
        within: RowSet | None,
        cells: NDArray[np.int64],
    ) -> None:
        self._lists = lists
        self._coded = coded
        self._cells = cells
        self._nearness = np.zeros(len(cells), np.float32)
        selected = {} if within is None else {"sel": faiss.IDSelectorBitmap(np.packbits(within, bitorder="little"))}
        self._parameters = faiss.SearchParametersIVF(nprobe=len(cells), **selected)

    def best(self, k: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The `k` rows whose bytes score best, best first, and the most that the similarity of each can be."""
        products, rows = np.empty((1, k), np.float32), np.empty((1, k), np.int64)
        pointers = [faiss.swig_ptr(a) for a in (self._coded.query, self._cells, self._nearness, products, rows)]
        query, cells, nearness, into, ids = pointers
        self._lists.search_preassigned_c(1, query, k, cells, nearness, into, ids, False, self._parameters)
        found = rows[0] >= 0
        coded = self._coded
        return rows[0][found], products[0][found].astype(np.float64) * coded.scale + (coded.plus + coded.off)


def _no_tail(halves: Halves) -> Growing:
    """Live rows: rounded to half precision but held at single, so that no search has to convert them."""
    return Growing(np.empty((0, halves.shape[1]), np.float32))
