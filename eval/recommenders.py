"""Who ranks in a replay: baselines, the production path, any function, a run file, a CSV.

A recommender is a function of the ground and a depth that gives lists. Baselines rank what the hard rules allow, as
the production path does, so that a difference is one of ranking, not of rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.files import read_csv
from eval.ground import Ground
from eval.rankings import NOTHING, Rankings
from matching.errors import FileError

Recommender = Callable[[Ground, int], Rankings]
Scores = Iterable[NDArray[np.floating]]


def best_of(ground: Ground, depth: int, scores: Scores) -> Rankings:
    """The best of what each query may be shown: larger score first, ties by key.

    Parameters
    ----------
    scores : iterable of (documents,) arrays
        One a query, in their order; where it ends early, the rest is unanswered.
    """
    order = np.empty(len(ground.documents), np.int64)
    order[sorted(range(len(order)), key=ground.documents.__getitem__)] = np.arange(len(order))
    rows = np.full((len(ground.queries), depth), NOTHING, np.int32)
    held = np.full(rows.shape, np.nan, np.float32)
    for query, of_query in zip(range(len(ground.queries)), scores, strict=False):
        found = _best(np.asarray(of_query), np.flatnonzero(ground.open_to(query)), order, depth)
        rows[query, : len(found)], held[query, : len(found)] = found, of_query[found]
    return Rankings(ground.queries, ground.documents, rows, held)


def _best(
    scores: NDArray[np.floating], rows: NDArray[np.int64], order: NDArray[np.int64], depth: int
) -> NDArray[np.int64]:
    if len(rows) > depth:
        least = np.partition(scores[rows], len(rows) - depth)[len(rows) - depth]
        rows = rows[scores[rows] >= least]
    return rows[np.lexsort((order[rows], -scores[rows]))[:depth]]


def random_order(seed: int) -> Recommender:
    """Any order: the floor. What a query gets follows from the seed and its own key."""

    def rank(ground: Ground, depth: int) -> Rankings:
        return best_of(ground, depth, (_draws(seed, query, len(ground.documents)) for query in ground.queries))

    return rank


def _draws(seed: int, query: str, n: int) -> NDArray[np.float64]:
    digest = hashlib.blake2b(query.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return np.random.default_rng([seed, int.from_bytes(digest)]).random(n)


def popularity(ground: Ground, depth: int) -> Rankings:
    """What most people had applied to before the cutoff, for everybody."""
    return best_of(ground, depth, (ground.market.popularity for _ in ground.queries))


def tfidf(ground: Ground, depth: int) -> Rankings:
    """Similarity of characters and pairs of characters."""
    from models.tfidf import TfIdf

    return best_of(ground, depth, TfIdf(ground.document_texts()).scores(ground.query_texts()))


def bm25(ground: Ground, depth: int) -> Rankings:
    """BM25 over words, without anything else; for ground that has texts and no snapshot."""
    return best_of(ground, depth, _bm25(ground.query_texts(), ground.document_texts()))


def _bm25(queries: list[str], documents: list[str]) -> Iterator[NDArray[np.float32]]:
    from models.lexical import LexicalIndex, LexicalModel

    words, rows = LexicalModel.of(documents)
    index = LexicalIndex.from_rows(rows)
    return (index.scores(words.query(text)) for text in queries)


def from_table(table: pl.DataFrame) -> Recommender:
    """Lists that somebody else has made: `query`, `document`, `score` or `rank` (1 is best), maybe `chance` (0 to 1).

    Nothing is taken out of them but settled pairs: whether they keep to the rules is what the replay finds out.
    """

    def rank(ground: Ground, depth: int) -> Rankings:
        return ground.without_settled(Rankings.of_frame(table, ground.queries, ground.documents), depth)

    return rank


def read_lists(path: Path) -> Recommender:
    """Lists from a CSV with a header, or from a TREC run file.

    A file that ends in ``.csv`` is a CSV, in UTF-8 or GB18030: `query`, `document`, `score` or `rank`, and `chance`
    where the system says how likely it is that something comes of the pair. Any other is a run, whose order is that of
    its scores. A file without a line answers nothing.

    Raises
    ------
    FileError
        The file cannot be read or is not what its name says: a document twice in a list, a score that is no finite
        number, a chance that is not from 0 to 1. Names the line.
    """
    return from_table(_csv_table(path) if path.suffix.lower() == ".csv" else _run_table(path))


def _csv_table(path: Path) -> pl.DataFrame:
    table = read_csv(path)
    by = next((name for name in ("score", "rank") if name in table.columns), None)
    if by is None or not {"query", "document"} <= set(table.columns):
        found = ", ".join(table.columns)
        raise FileError(f"columns are {found}", where=str(path), cure="Give query, document, and score or rank.")
    keys = table.select(pl.col("query", "document").str.strip_chars())
    _refuse(keys["document"].is_null() | keys["query"].is_null(), "query or document is empty", path)
    _refuse(keys.is_duplicated(), "a document comes twice for its query", path)
    numbers = table[by].str.strip_chars().cast(pl.Float64, strict=False)
    _refuse(~numbers.is_finite().fill_null(value=False), f"{by} is no finite number", path)
    made = keys.with_columns(numbers.alias(by))
    if "chance" in table.columns:
        chance = table["chance"].str.strip_chars().cast(pl.Float64, strict=False)
        _refuse(~chance.is_between(0, 1).fill_null(value=False), "chance is not from 0 to 1", path)
        made = made.with_columns(chance=chance)
    return made


def _refuse(wrong: pl.Series, what: str, path: Path) -> None:
    rows = np.flatnonzero(wrong.to_numpy())
    if len(rows):
        raise FileError(what, where=f"{path}, data row {int(rows[0]) + 1}", cure=f"Mend it ({len(rows)} rows).")


def _run_table(path: Path) -> pl.DataFrame:
    from eval.run import read_run

    found = read_run(path)
    lines = [(query, document, rank) for query, of in found.items() for rank, document in enumerate(of, 1)]
    return pl.DataFrame(lines, schema={"query": pl.String, "document": pl.String, "rank": pl.Float64}, orient="row")
