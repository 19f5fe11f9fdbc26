"""A run: for each query the documents in the order in which a system ranks them; and the TREC run file."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from eval.texts import checked_id, lines, shown
from matching.errors import FileError, InputError

Run = dict[str, tuple[str, ...]]
"""Documents by query, best first, each once. A query that is missing or has no document is unanswered."""


class Order:
    """Turns scores over a fixed list of documents into an order: larger score first, ties by id (ascending).

    Ids are compared as text (``"10" < "9"``), by code point, so the order does not depend on the machine.
    """

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = ids
        by_id = sorted(range(len(ids)), key=ids.__getitem__)
        self._place = np.empty(len(ids), np.int64)
        self._place[by_id] = np.arange(len(ids))

    def rows(self, scores: NDArray[np.floating]) -> NDArray[np.int64]:
        """Rows of the documents, best first, all of them; shape (n,).

        Raises
        ------
        InputError
            `scores` is not one number a document, or holds a NaN. Infinities are in order.
        """
        if scores.shape != self._place.shape:
            raise InputError(
                f"{scores.shape} scores for {len(self._place)} documents", cure="Score every document once."
            )
        if np.isnan(scores).any():
            row = int(np.flatnonzero(np.isnan(scores))[0])
            raise InputError(
                f"the score of document {shown(self._ids[row])} is not a number", cure="Mend the system's scores."
            )
        return np.lexsort((self._place, -scores))


class RunFile:
    """Writes a TREC run, ``query Q0 document rank score tag``; the file appears when it is complete.

    The score is ``n - rank + 1``. The system's own scores would tie, or differ by less than the single precision in
    which trec_eval keeps them, and trec_eval orders ties by id descending, whatever the rank says: so a reader of the
    file would measure another order than ours. Whole numbers to 16,777,216 are exact.
    """

    def __init__(self, path: Path, *, tag: str) -> None:
        self._path, self._tag = path, tag
        self._part = path.with_name(f"{path.name}.part")
        with self._told():
            self._file = self._part.open("w", encoding="utf-8", newline="\n")

    def write(self, query: str, documents: Sequence[str]) -> None:
        """Add one query's documents, best first. None of them: the query is unanswered and leaves no line.

        Raises
        ------
        FileError
            The disk is full, or fails.
        """
        n = len(documents)
        with self._told():
            self._file.writelines(
                f"{query} Q0 {document} {rank} {n - rank + 1} {self._tag}\n"
                for rank, document in enumerate(documents, 1)
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._told():
                self._file.close()
                if kind is None:
                    os.replace(self._part, self._path)
        finally:
            self._part.unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FileError(
                f"run file cannot be written: {error.strerror}",
                where=str(self._path),
                cure="Name a folder that exists, on a disk with room.",
            ) from None


def read_run(path: Path) -> Run:
    """Read a TREC run file: six columns, parted by blanks or tabs.

    Documents are ordered by score, larger first, as trec_eval does; ties by the rank column, then by id.

    Raises
    ------
    FileError
        A line has not six columns, rank or score is no number, or a document comes twice for a query.
    """
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for number, line in lines(path):
        columns, where = line.split(), f"{path}, line {number}"
        if len(columns) != 6:
            raise FileError(
                f"{len(columns)} columns instead of six", where=where, cure="Write: query Q0 document rank score tag."
            )
        query, document = checked_id(columns[0], where), checked_id(columns[2], where)
        of_query = found.setdefault(query, {})
        if document in of_query:
            raise FileError(
                f"document {shown(document)} comes twice for query {shown(query)}", where=where, cure="Keep one line."
            )
        of_query[document] = (-_number(columns[4], "score", where), _number(columns[3], "rank", where))
    return {
        query: tuple(sorted(of_query, key=lambda document: (*of_query[document], document)))
        for query, of_query in found.items()
    }


def _number(text: str, name: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise FileError(f"{name} {shown(text)} is no finite number", where=where, cure="Write a decimal number.")
    return value
