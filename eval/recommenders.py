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
    """Lists that somebody else has made: `query`, `document`, and `score` or `rank` (1 is best).

    Nothing is taken out of them but settled pairs: whether they keep to the rules is what the replay finds out.
    """

    def rank(ground: Ground, depth: int) -> Rankings:
        return ground.without_settled(Rankings.of_frame(table, ground.queries, ground.documents), depth)

    return rank


def read_lists(path: Path) -> Recommender:
    """Lists from a CSV with a header (`query`, `document`, `score` or `rank`), or from a TREC run file.

    A file that ends in ``.csv`` is a CSV; any other is a run, whose order is that of its scores.

    Raises
    ------
    FileError
        The file cannot be read or is not what its name says.
    """
    if path.suffix.lower() != ".csv":
        return from_table(_run_table(path))
    try:
        table = pl.read_csv(path, infer_schema_length=0)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise FileError(f"no CSV can be read: {error}", where=str(path), cure="Save it as UTF-8 CSV.") from None
    by = next((name for name in ("score", "rank") if name in table.columns), None)
    if by is None or not {"query", "document"} <= set(table.columns):
        found = ", ".join(table.columns)
        raise FileError(f"columns are {found}", where=str(path), cure="Give query, document, and score or rank.")
    numbers = table[by].str.strip_chars().cast(pl.Float64, strict=False)
    wrong = numbers.is_null() | numbers.is_nan() | numbers.is_infinite()
    if wrong.any():
        line = int(np.flatnonzero(wrong.to_numpy())[0]) + 2
        raise FileError(f"{by} is no finite number", where=f"{path}, line {line}", cure="Write a decimal number.")
    return from_table(table.select("query", "document", numbers.alias(by)))


def _run_table(path: Path) -> pl.DataFrame:
    from eval.run import read_run

    found = read_run(path)
    lines = [(query, document, rank) for query, of in found.items() for rank, document in enumerate(of, 1)]
    return pl.DataFrame(lines, schema={"query": pl.String, "document": pl.String, "rank": pl.Float64}, orient="row")
