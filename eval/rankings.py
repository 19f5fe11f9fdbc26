"""Lists as arrays: for each query the rows of its documents, best first; and what is judged of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.texts import shown
from matching.errors import InputError

NOTHING = -1
"""Row where a list has ended."""
FOREIGN = -2
"""Row of a document that is not among the documents: it takes its place and cannot be relevant."""
UNJUDGED = np.iinfo(np.int16).min
"""Grade of a pair that nobody has judged."""

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Rankings:
    """Lists of one system.

    Attributes
    ----------
    queries, documents : sequence of str
        What the rows stand for, each once.
    rows : int32 (queries, depth)
        Rows of `documents`, best first; `FOREIGN` for one that is not there; `NOTHING` where the list has ended.
    scores : float32 (queries, depth) or None
        The system's own; NaN where the list has ended. None where only an order is known.
    chances : float32 (queries, depth) or None
        How likely the system says that the pair comes about, from 0 to 1, so that calibration can be measured; NaN
        where the list has ended. None where it does not say.
    """

    queries: Sequence[str]
    documents: Sequence[str]
    rows: NDArray[np.int32]
    scores: NDArray[np.float32] | None = None
    chances: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Refuse chances that are none."""
        if self.chances is None:
            return
        held = self.chances[self.rows != NOTHING]
        if not ((held >= 0) & (held <= 1)).all():
            raise InputError("a chance is not a number from 0 to 1", cure="Give chances, or none for the whole list.")

    def __len__(self) -> int:
        """Queries."""
        return len(self.rows)

    @property
    def depth(self) -> int:
        """Length of the longest list that there is room for."""
        return int(self.rows.shape[1])

    @cached_property
    def listed(self) -> NDArray[np.bool_]:
        """Where there is a document, (queries, depth)."""
        return np.asarray(self.rows != NOTHING)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which queries have a list, (queries,)."""
        return np.asarray(self.listed.any(axis=1))

    def take(self, rows: Rows) -> Rankings:
        """The lists of some queries."""
        names = np.array(self.queries, dtype=object)[rows]
        scores, chances = (None if held is None else held[rows] for held in (self.scores, self.chances))
        return replace(self, queries=names.tolist(), rows=self.rows[rows], scores=scores, chances=chances)

    def cut(self, depth: int) -> Rankings:
        """The first `depth` of each list."""
        scores, chances = (None if held is None else held[:, :depth] for held in (self.scores, self.chances))
        return replace(self, rows=self.rows[:, :depth], scores=scores, chances=chances)

    @classmethod
    def of(cls, lists: Mapping[str, Sequence[str]], queries: Sequence[str], documents: Sequence[str]) -> Self:
        """From documents by query, best first. A query without an entry is unanswered.

        Raises
        ------
        InputError
            A list names a document twice.
        """
        place = {document: row for row, document in enumerate(documents)}
        depth = max((len(lists.get(query, ())) for query in queries), default=0)
        rows = np.full((len(queries), depth), NOTHING, np.int32)
        for i, query in enumerate(queries):
            found = lists.get(query, ())
            if len(set(found)) != len(found):
                raise _twice(query)
            rows[i, : len(found)] = [place.get(document, FOREIGN) for document in found]
        return cls(queries, documents, rows)

    @classmethod
    def of_frame(
        cls, frame: pl.DataFrame, queries: Sequence[str], documents: Sequence[str], *, depth: int | None = None
    ) -> Self:
        """From a table of `query`, `document`, `score` or `rank`, and `chance` where the system says how likely it is.

        With scores: larger first, ties by document (ascending), whatever the ranks say (Law 3). Queries that are not
        among `queries` are passed over.

        Raises
        ------
        InputError
            A list names a document twice, a score is no number, or a chance is not from 0 to 1.
        """
        by = "score" if "score" in frame.columns else "rank"
        if frame[by].is_null().any() or (frame[by].dtype.is_float() and frame[by].is_nan().any()):
            raise InputError(f"a {by} is not a number", cure="Give every line one.")
        asked = pl.DataFrame({"query": pl.Series(list(queries), dtype=pl.String)}).with_row_index("q")
        known = pl.DataFrame({"document": pl.Series(list(documents), dtype=pl.String)}).with_row_index("d")
        sure = ["chance"] if "chance" in frame.columns else []
        table = frame.select("query", "document", by, *sure).join(asked, on="query", how="inner")
        if table.select("q", "document").is_duplicated().any():
            twice = table.filter(table.select("q", "document").is_duplicated())["query"][0]
            raise _twice(twice)
        table = table.join(known, on="document", how="left").sort(
            "q", by, "document", descending=[False, by == "score", False]
        )
        q = table["q"].to_numpy().astype(np.int64)
        first = np.searchsorted(q, np.arange(len(queries)))
        rank = np.arange(len(q)) - first[q]
        width = int(rank.max()) + 1 if len(rank) else 0
        rows = np.full((len(queries), width), NOTHING, np.int32)
        rows[q, rank] = table["d"].cast(pl.Int32).fill_null(FOREIGN).to_numpy()
        held: dict[str, NDArray[np.float32]] = {}
        for name in [by, *sure]:
            values = np.full(rows.shape, np.nan, np.float32)
            values[q, rank] = table[name].to_numpy()
            held[f"{name}s"] = values
        held.pop("ranks", None)
        made = cls(queries, documents, rows, **held)
        return made if depth is None else made.cut(depth)  # type: ignore[return-value]


@dataclass(frozen=True)
class Judgements:
    """Grades of pairs: 1 and above is relevant, 0 and below is not; pairs that are not named are unjudged.

    Attributes
    ----------
    query, document : int64 arrays
        Rows, sorted by query, then document, each pair once. A document row may be beyond the documents that can be
        listed: it is then out of reach, and counts in the ideal.
    grade : int16 array
    queries : int
        How many queries there are.
    looked : float64 array or None
        How often the pair was looked at, where chances speak of someone who looks; None: once.
    """

    query: Rows
    document: Rows
    grade: NDArray[np.int16]
    queries: int
    looked: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, qrels: Mapping[str, Mapping[str, int]], queries: Sequence[str], documents: Sequence[str]) -> Self:
        """From grades by document by query; documents that are not among `documents` get rows behind them."""
        place = {document: row for row, document in enumerate(documents)}
        q, d, grades = [], [], []
        for row, query in enumerate(queries):
            for document, grade in qrels.get(query, {}).items():
                q.append(row)
                d.append(place.setdefault(document, len(place)))
                grades.append(grade)
        return cls.of_arrays(np.array(q, np.int64), np.array(d, np.int64), np.array(grades, np.int16), len(queries))

    @classmethod
    def of_arrays(
        cls,
        query: Rows,
        document: Rows,
        grade: NDArray[np.int16],
        queries: int,
        *,
        looked: NDArray[np.float64] | None = None,
    ) -> Self:
        """From aligned arrays in any order.

        Raises
        ------
        InputError
            A pair is judged twice.
        """
        order = np.lexsort((document, query))
        query, document, grade = query[order], document[order], grade[order]
        if ((query[1:] == query[:-1]) & (document[1:] == document[:-1])).any():
            raise InputError("a pair is judged twice", cure="Keep one of the two judgements.")
        return cls(query, document, grade, queries, None if looked is None else looked[order])

    @cached_property
    def relevant(self) -> NDArray[np.int64]:
        """Relevant documents of each query, (queries,)."""
        return np.bincount(self.query[self.grade >= 1], minlength=self.queries)

    @cached_property
    def judged(self) -> NDArray[np.bool_]:
        """Which queries have a judgement at all, (queries,)."""
        return np.bincount(self.query, minlength=self.queries) > 0

    def within(self, documents: int) -> NDArray[np.int64]:
        """Relevant documents of each query among the first `documents` rows: those that can be listed."""
        kept = (self.grade >= 1) & (self.document < documents)
        return np.bincount(self.query[kept], minlength=self.queries)

    def grades_of(self, rows: NDArray[np.int32]) -> NDArray[np.int16]:
        """The grade at each place of the lists, `UNJUDGED` where there is none; the shape of `rows`."""
        place, found = self._places(rows)
        if not len(self.grade):
            return np.full(rows.shape, UNJUDGED, np.int16)
        return np.where(found, self.grade[place], np.int16(UNJUDGED))

    def looked_at(self, rows: NDArray[np.int32]) -> NDArray[np.float64]:
        """How often the pair at each place of the lists was looked at, 1 where that is not told; as `rows`."""
        place, found = self._places(rows)
        if self.looked is None or not len(self.looked):
            return np.ones(rows.shape)
        return np.where(found, self.looked[place], 1.0)

    def _places(self, rows: NDArray[np.int32]) -> tuple[Rows, NDArray[np.bool_]]:
        """Which judgement speaks of each place, and whether one does."""
        width = int(max(self.document.max(initial=0), rows.max(initial=0))) + 1
        own = self.query * width + self.document
        asked = np.arange(self.queries)[:, None] * width + rows
        place = np.minimum(np.searchsorted(own, asked), max(len(own) - 1, 0)).astype(np.int64)
        if not len(own):
            return place, np.zeros(rows.shape, np.bool_)
        return place, np.asarray((own[place] == asked) & (rows >= 0))

    def ideal(self, depth: int | None) -> NDArray[np.float64]:
        """DCG of the best list there could be, its first `depth` (None: all), (queries,); 0 where none is relevant."""
        kept = self.grade >= 1
        query, grade = self.query[kept], self.grade[kept]
        order = np.lexsort((-grade, query))
        query, grade = query[order], grade[order].astype(np.float64)
        start = np.searchsorted(query, np.arange(self.queries))
        rank = np.arange(len(query)) - start[query]
        gains = grade / np.log2(rank + 2)
        if depth is not None:
            gains = np.where(rank < depth, gains, 0.0)
        return np.bincount(query, weights=gains, minlength=self.queries).astype(np.float64)

    def take(self, rows: Rows) -> Judgements:
        """The judgements of some queries (ascending rows), numbered anew."""
        place = np.full(self.queries, -1, np.int64)
        place[rows] = np.arange(len(rows))
        kept = place[self.query] >= 0
        looked = None if self.looked is None else self.looked[kept]
        return Judgements(place[self.query[kept]], self.document[kept], self.grade[kept], len(rows), looked)


def _twice(query: str) -> InputError:
    return InputError(f"the ranking of query {shown(query)} names a document twice", cure="Rank each document once.")
