"""Keys of a side's rows: the built ones in a mapped Arrow column with a sorted table of hashes beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.growing import Growing
from models.mapped import mapped


def key_hash(key: str) -> int:
    """64 bits of the key's hash."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest())


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys by row; `find` gives the built row of a key without any table in memory."""

    _built: pa.Array
    _hashes: NDArray[np.uint64]
    _rows: NDArray[np.int32]
    _live: Growing

    @classmethod
    def over(cls, column: pa.ChunkedArray, folder: Path) -> Self:
        """The keys in `column`, found by the table that `save_table` wrote into `folder`."""
        held = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        hashes, rows = mapped(folder / "keys.hashes.npy"), mapped(folder / "keys.rows.npy")
        return cls(held, hashes, rows, Growing(np.empty(0, dtype=object)))

    @staticmethod
    def save_table(keys: Sequence[str], folder: Path) -> None:
        """Write the table of hashes, ascending, and the row of each."""
        hashes = np.fromiter((key_hash(key) for key in keys), np.uint64, len(keys))
        order = np.argsort(hashes, kind="stable")
        np.save(folder / "keys.hashes.npy", hashes[order])
        np.save(folder / "keys.rows.npy", order.astype(np.int32))

    def __len__(self) -> int:
        return len(self._built) + len(self._live)

    def __iter__(self) -> Iterator[str]:
        yield from self._built.to_pylist()
        yield from self._live.values.tolist()

    def tolist(self) -> list[str]:
        """Every key, by row."""
        return list(self)

    @property
    def values(self) -> Self:
        """Itself: indexed by a row it gives a key, by rows an array of keys."""
        return self

    @overload
    def __getitem__(self, rows: int) -> str: ...

    @overload
    def __getitem__(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.object_]: ...

    def __getitem__(self, rows: int | NDArray[np.integer[Any]]) -> str | NDArray[np.object_]:
        built = len(self._built)
        if isinstance(rows, int | np.integer):
            key: str = self._built[int(rows)].as_py() if rows < built else self._live.values[rows - built]
            return key
        out = np.empty(len(rows), dtype=object)
        held = rows < built
        out[held] = self._built.take(pa.array(rows[held], pa.int64())).to_numpy(zero_copy_only=False)
        out[~held] = self._live.values[rows[~held] - built]
        return out

    def find(self, key: str) -> int | None:
        """The built row of `key`; None where there is none."""
        wanted = key_hash(key)
        at = int(np.searchsorted(self._hashes, np.uint64(wanted)))
        while at < len(self._hashes) and int(self._hashes[at]) == wanted:
            row = int(self._rows[at])
            if self[row] == key:
                return row
            at += 1
        return None

    def appended(self, keys: Sequence[str]) -> Self:
        """The keys with `keys` behind the present ones; these stay as they are."""
        return replace(self, _live=self._live.appended(np.array(keys, dtype=object)))
