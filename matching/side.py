"""One side of the market: all rows of one kind, searchable, with what rules and features read.

A `Side` is an immutable value. `changed` gives the next one, which shares the memory of the last, so
a reader that holds a side sees one consistent state for as long as it likes (Law 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.attributes import GraduateRows, PostingRows
from matching.cells import Cells
from matching.keys import Keys
from models.closeness import offsets_of
from models.growing import Growing
from models.index import VectorIndex, Vectors
from models.lexical import Inverted, LexicalIndex, SparseRow
from models.similarity import Halves, halved

R = TypeVar("R", GraduateRows, PostingRows)


class Bodies(Protocol):
    """The built records as canonical JSON, by row."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class NewRows(Generic[R]):
    """Rows to put on a side, aligned: keys, record bodies, columns, vectors and tokens.

    Only rows to write, not those to put on a side, may have vectors at half precision and tokens in lists.
    """

    keys: Sequence[str]
    bodies: Sequence[bytes]
    columns: R
    vectors: Vectors | Halves
    tokens: Sequence[SparseRow] | Inverted

    def ordered(self, order: NDArray[np.int64]) -> NewRows[R]:
        """The same rows in another order."""
        places = order.tolist()
        return NewRows(
            [self.keys[i] for i in places],
            [self.bodies[i] for i in places],
            self.columns.at(order),
            self.vectors[order],
            self.tokens.at(order) if isinstance(self.tokens, Inverted) else [self.tokens[i] for i in places],
        )

    def followed_by(self, other: NewRows[R]) -> NewRows[R]:
        """These rows, and those of `other` behind them; both with tokens in lists."""
        assert isinstance(self.tokens, Inverted)
        assert isinstance(other.tokens, Inverted)
        return NewRows(
            [*self.keys, *other.keys],
            [*self.bodies, *other.bodies],
            type(self.columns).joined([self.columns, other.columns]),
            np.concatenate([self.vectors, other.vectors]),
            self.tokens.followed_by(other.tokens),
        )


class BuiltParts(NamedTuple):
    """What a side of built rows is made of besides its columns; see `Side`."""

    keys: Keys
    vectors: VectorIndex
    tokens: LexicalIndex
    cells: Cells
    offsets: NDArray[np.float64]
    opposite: NDArray[np.float32]
    bodies: Bodies


@dataclass(frozen=True, slots=True)
class Side(Generic[R]):
    """All rows of graduates, or all rows of postings.

    Attributes
    ----------
    keys : Keys, (n,)
    columns : tuple of Growing, one for each field of the row type
    vectors, tokens : the dense and the lexical index, n rows each
    cells : the layout of the built rows
    alive : bool array (n,); False for rows deleted or replaced
    offsets : Growing of float64 (n,), inner product of each row's vector with `opposite`
    opposite : float32 (dim,), the mean vector of the other side, as closeness takes it away
    """

    row_type: type[R]
    keys: Keys
    columns: tuple[Growing, ...]
    vectors: VectorIndex
    tokens: LexicalIndex
    cells: Cells
    alive: NDArray[np.bool_]
    offsets: Growing
    opposite: NDArray[np.float32]
    _built_bodies: Bodies
    _new_bodies: Growing
    _new_rows: Mapping[str, int]

    @classmethod
    def built(cls, columns: R, parts: BuiltParts) -> Self:
        """A side of built rows only."""
        return cls(
            type(columns),
            parts.keys,
            tuple(Growing(column) for column in columns),
            parts.vectors,
            parts.tokens,
            parts.cells,
            np.ones(len(parts.keys), np.bool_),
            Growing(parts.offsets),
            parts.opposite,
            parts.bodies,
            Growing(np.empty(0, dtype=object)),
            {},
        )

    def __len__(self) -> int:
        """Rows, dead ones included."""
        return len(self.keys)

    @property
    def count(self) -> int:
        """Rows that are alive."""
        return int(np.count_nonzero(self.alive))

    def row_of(self, key: str) -> int | None:
        """The row of `key`, or None where there is none alive."""
        row = self._row(key)
        return row if row is not None and self.alive[row] else None

    def _row(self, key: str) -> int | None:
        row = self._new_rows.get(key)
        return self.keys.find(key) if row is None else row

    def at(self, rows: NDArray[np.int64] | slice) -> R:
        """The columns of `rows`."""
        return self.row_type(*(column.values[rows] for column in self.columns))

    def body(self, row: int) -> bytes:
        """The record at `row`, canonical JSON."""
        built = len(self._built_bodies)
        value: bytes = self._built_bodies[row] if row < built else self._new_bodies.values[row - built]
        return value

    def rows(self, rows: NDArray[np.int64]) -> NewRows[R]:
        """The `rows` (each once), in that order: to be laid out anew, with vectors as kept and tokens in lists."""
        bodies = [self.body(row) for row in rows.tolist()]
        keys: list[str] = self.keys[rows].tolist()
        return NewRows(keys, bodies, self.at(rows), self.vectors.halves(rows), self.tokens.at(rows))

    def changed(self, put: NewRows[R], gone: Sequence[str] = ()) -> Side[R]:
        """The next side: rows of `put` appended (their old rows die), rows of the keys `gone` dead.

        Keys in `gone` that are not here are passed over. Cost: the new rows, and one copy of `alive`.
        """
        alive = np.concatenate([self.alive, np.ones(len(put.keys), np.bool_)])
        for key in (*gone, *put.keys):
            row = self._row(key)
            if row is not None:
                alive[row] = False
        new_rows = dict(self._new_rows)
        for row, key in enumerate(put.keys, start=len(self)):
            if key in new_rows and new_rows[key] >= len(self):
                alive[new_rows[key]] = False  # the same key twice in one change: the last one stays
            new_rows[key] = row
        assert not isinstance(put.tokens, Inverted)
        added: tuple[Any, ...] = tuple(put.columns)
        bodies = np.empty(len(put.bodies), dtype=object)
        bodies[:] = list(put.bodies)
        return replace(
            self,
            keys=self.keys.appended(put.keys),
            columns=tuple(old.appended(new) for old, new in zip(self.columns, added, strict=True)),
            vectors=self.vectors.appended(np.asarray(put.vectors, np.float32)) if len(put.keys) else self.vectors,
            tokens=self.tokens.appended(put.tokens),
            alive=alive,
            offsets=self.offsets.appended(offsets_of(halved(put.vectors), self.opposite)),
            _new_bodies=self._new_bodies.appended(bodies),
            _new_rows=new_rows,
        )
