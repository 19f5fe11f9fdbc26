"""Everything an answer is made from, as one value; written to and read from a snapshot's folder.

A reader takes the state once and answers from it: whatever happens meanwhile, the answer is of one
piece. Columns lie in Arrow, vectors in NumPy (their codes in FAISS), the rest in NumPy and JSON: nothing executes
on load, and what is large is mapped, so a start reads little and processes share the memory.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from matching.attributes import GRADUATE_TYPES, POSTING_TYPES, GraduateRows, PostingRows
from matching.cells import Cells, layout
from matching.keys import Keys
from matching.side import BuiltParts, NewRows, Side
from matching.snapshot import Manifest, sha256
from models.closeness import Closeness, offsets_of
from models.index import VectorIndex
from models.lexical import LexicalIndex, LexicalModel
from models.mapped import mapped
from models.ranker import AdditiveRanker
from models.similarity import halved

R = TypeVar("R", GraduateRows, PostingRows)


@dataclass(frozen=True, slots=True)
class State:
    """A consistent state: both sides, and what is needed to compare them.

    `name` is the snapshot's; `change` the store's last change that the state holds; `early` how many
    deletions after that change it holds already (a deletion does not wait for what is before it).
    """

    name: str
    change: int
    graduates: Side[GraduateRows]
    postings: Side[PostingRows]
    words: LexicalModel
    closeness: Closeness
    ranker: AdditiveRanker
    early: int = 0

    @property
    def version(self) -> str:
        """What changes whenever an answer can: the snapshot's name and the last change followed."""
        return f"{self.name}+{self.change}" + (f".{self.early}" if self.early else "")


SIDES = ("graduate", "posting")
"""The record types that a state holds."""


def without(state: State, gone: Mapping[str, Collection[str]]) -> State:
    """The state without the records of the keys `gone`, by record type; keys that are not there are passed over.

    It still counts as holding no change beyond its own.
    """
    for name in SIDES:
        keys = gone.get(name, ())
        if keys:
            side: Side[Any] = getattr(state, f"{name}s")
            empty = NewRows((), (), side.row_type.of([]), np.empty((0, side.vectors.dim), np.float32), ())
            changed: Any = {f"{name}s": side.changed(empty, sorted(keys))}
            state = replace(state, early=state.early + len(keys), **changed)
    return state


def write_state(
    folder: Path, *, sides: dict[str, NewRows[Any]], words: LexicalModel, closeness: Closeness | None = None
) -> dict[str, str]:
    """Write both sides and the words into `folder`; return the hash of every file by its path.

    `sides` maps ``"graduates"`` and ``"postings"`` to their rows; they are laid out by cell. `closeness` is measured
    where it is not given.
    """
    closeness = closeness or Closeness.of(*(np.asarray(sides[f"{name}s"].vectors, np.float32) for name in SIDES))
    opposite = {"graduates": closeness.document_mean, "postings": closeness.query_mean}
    for name, rows in sides.items():
        (folder / name).mkdir()
        _write_side(folder / name, rows.ordered(layout(rows.columns, rows.keys)), opposite[name])
    known = sorted(words.vocabulary, key=words.vocabulary.__getitem__)
    (folder / "words.json").write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
    np.savez(folder / "words.npz", idf=words.idf, scale=np.array([words.n, words.length, words.query_tokens]))
    np.savez(folder / "closeness.npz", **closeness.to_arrays())  # type: ignore[arg-type]
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def _write_side(folder: Path, rows: NewRows[Any], opposite: NDArray[np.float32]) -> None:
    cells = Cells.of(rows.columns)
    cells.save(folder / "cells.npz")
    _write_columns(folder / "columns.arrow", rows)
    Keys.save_table(rows.keys, folder)
    index = VectorIndex.from_vectors(rows.vectors, cells.starts)
    index.save(folder)
    np.save(folder / "offsets.npy", offsets_of(halved(rows.vectors), opposite))
    LexicalIndex.from_rows(rows.tokens).save(folder)


def read_state(folder: Path, manifest: Manifest) -> State:
    """Read what `write_state` wrote; columns and bodies are mapped, not copied."""
    with np.load(folder / "words.npz", allow_pickle=False) as held:
        idf, (n, length, query_tokens) = held["idf"], held["scale"].tolist()
    known = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    with np.load(folder / "closeness.npz", allow_pickle=False) as held:
        closeness = Closeness.from_arrays(dict(held))
    return State(
        manifest.name,
        manifest.change,
        _read_side(folder / "graduates", GraduateRows, GRADUATE_TYPES, closeness.document_mean),
        _read_side(folder / "postings", PostingRows, POSTING_TYPES, closeness.query_mean),
        LexicalModel({word: i for i, word in enumerate(known)}, idf, int(n), length, int(query_tokens)),
        closeness,
        AdditiveRanker.from_dict(manifest.ranker, manifest.features),
    )


class _ArrowBodies:
    """Record bodies in a mapped Arrow column."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, row: int) -> bytes:
        value: bytes = self._column[row].as_py()
        return value


def _write_columns(path: Path, rows: NewRows[Any]) -> None:
    fields = {"key": pa.array(rows.keys, pa.string()), "body": pa.array(rows.bodies, pa.large_binary())}
    for name, column in zip(rows.columns._fields, rows.columns, strict=True):
        fields[name] = _to_arrow(column)
    table = pa.table(fields)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _to_arrow(column: NDArray[Any]) -> pa.Array:
    plain = column.astype(np.uint8) if column.dtype == np.bool_ else column
    if plain.ndim == 1:
        return pa.array(plain)
    return pa.FixedSizeListArray.from_arrays(pa.array(plain.reshape(-1)), plain.shape[1])


def _read_side(folder: Path, row_type: type[R], types: dict[str, Any], opposite: NDArray[np.float32]) -> Side[R]:
    table = pa.ipc.open_file(pa.memory_map(str(folder / "columns.arrow"))).read_all()
    columns = row_type(*(_to_numpy(table.column(name), types[name]) for name in row_type._fields))
    parts = BuiltParts(
        Keys.over(table.column("key"), folder),
        VectorIndex.load(folder),
        LexicalIndex.load(folder, len(table)),
        Cells.load(folder / "cells.npz"),
        mapped(folder / "offsets.npy"),
        opposite,
        _ArrowBodies(table.column("body")),
    )
    return Side.built(columns, parts)


def _to_numpy(column: pa.ChunkedArray, kind: type) -> NDArray[Any]:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_fixed_size_list(array.type):
        flat = array.flatten().to_numpy(zero_copy_only=False)
        return np.asarray(flat).reshape(-1, array.type.list_size)
    plain = array.to_numpy(zero_copy_only=False)
    return plain.view(np.bool_) if kind is np.bool_ else np.asarray(plain)
