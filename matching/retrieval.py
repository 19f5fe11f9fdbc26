"""Candidates: what the dense and the lexical side find within a row set; and the same path over bare texts.

Both sides honour the row set inside the search (Law 2). What either finds is a candidate; the scorer
sees both values of every candidate, so neither side's blind spot hides a pair from the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.fusion import fed_back, word_trust
from matching.scoring import PRIOR
from models.closeness import Closeness
from models.encoder import Side as TextSide
from models.index import Hits, VectorIndex, Vectors, similarity_of
from models.inverted import best_rows
from models.lexical import LexicalIndex, LexicalModel, SparseRow

if TYPE_CHECKING:
    from matching.rowset import Allowed
    from matching.settings import RetrievalSettings
    from models.encoder import Encoder

System = Literal["bm25", "dense", "hybrid"]


class Candidates(NamedTuple):
    """Rows that survived retrieval for those who ask, n in all, with what both sides say of each.

    of : which of the askers each row is for, ascending; the rows of one asker ascend.
    """

    of: NDArray[np.int64]
    rows: NDArray[np.int64]
    similarities: NDArray[np.float32]
    lexical: NDArray[np.float32]


def find_candidates(
    vectors: VectorIndex,
    tokens: LexicalIndex,
    queries: tuple[Vectors, Sequence[SparseRow]],
    allowed: Sequence[Allowed],
    depth: tuple[int, int],
) -> Candidates:
    """The rows that either side finds within what each asker is allowed.

    Parameters
    ----------
    queries : (m, dim) vectors and m sparse rows of those who ask.
    allowed : m of Allowed
        The row sets of the hard rules; nothing outside them is ever returned.
    depth : (dense, lexical)
        How many rows each side may bring. A row without a shared word is not brought by the lexical side.
    """
    masks, cells = [own.mask for own in allowed], [own.cells for own in allowed]
    nearest = vectors.search_many(queries[0], depth[0], masks, cells=cells)
    each = zip(*queries, allowed, nearest, strict=True)
    found = [_with_lexical(vectors, tokens, (v, w), own, (near, depth[1])) for v, w, own, near in each]
    of = np.repeat(np.arange(len(found)), [len(own.rows) for own in found])
    parts = zip(*((own.rows, own.similarities, own.lexical) for own in found), strict=True)
    return Candidates(of, *map(np.concatenate, parts))


class _Own(NamedTuple):
    """The candidates of one who asks."""

    rows: NDArray[np.int64]
    similarities: NDArray[np.float32]
    lexical: NDArray[np.float32]


def _with_lexical(
    vectors: VectorIndex,
    tokens: LexicalIndex,
    query: tuple[NDArray[np.float32], SparseRow],
    allowed: Allowed,
    found: tuple[Hits, int],
) -> _Own:
    """What the dense side found, and the best of the lexical side: as many as `found` says."""
    (vector, words), (dense, depth) = query, found
    scores = tokens.scores(words, allowed.runs)
    within = np.flatnonzero(allowed.mask)
    rows = np.union1d(dense.rows, best_rows(within, scores[within], depth))
    similarities = np.empty(len(rows), np.float32)
    known = np.searchsorted(rows, dense.rows)
    similarities[known] = dense.similarities
    others = np.ones(len(rows), np.bool_)
    others[known] = False
    similarities[others] = similarity_of(vectors.halves(rows[others]), vector)
    return _Own(rows, similarities, scores[rows])


class TextSearch:
    """The production path over a collection of bare texts: no attributes, no rules, the same scoring.

    For tasks that are nothing but texts (``gradmatch eval task``): queries are encoded as graduates are,
    documents as postings are; ``hybrid`` scores with the prior's curves for `semantic` and `lexical`. For a short
    question it differs from the service's pairs, which trust words in full (`matching.fusion`); for one as long as
    a résumé it does not.
    """

    def __init__(
        self, vectors: VectorIndex | None, words: LexicalModel, tokens: LexicalIndex, encoder: Encoder | None
    ) -> None:
        self._words = words
        self._tokens = tokens
        self._encoder = encoder
        empty = np.empty((0, vectors.dim if vectors else 1), np.float32)
        self._documents = vectors.vectors() if vectors else empty
        self._closeness = Closeness.of(empty, self._documents)

    @classmethod
    def over(
        cls, ids: Sequence[str], texts: Sequence[str], *, encoder: Encoder | None, settings: RetrievalSettings
    ) -> TextSearch:
        """Index `texts`; without an encoder only ``bm25`` can be asked. `ids` only have to match in number."""
        if len(ids) != len(texts):
            raise ValueError(f"{len(ids)} ids for {len(texts)} texts")
        words, rows = LexicalModel.of(texts, query_tokens=settings.query_tokens)
        tokens = LexicalIndex.from_rows(rows)
        vectors = None
        if encoder is not None:
            vectors = VectorIndex.from_vectors(encoder.encode(texts, side=TextSide.PASSAGE))
        return cls(vectors, words, tokens, encoder)

    def scores(self, queries: Sequence[str], system: System) -> Iterator[NDArray[np.float32]]:
        """For each query the score of every document, float32 (n,), in the order of `texts`."""
        if system == "bm25":
            yield from (self._tokens.scores(self._words.query(text)) for text in queries)
            return
        if self._encoder is None:
            raise ValueError(f"system '{system}' needs an encoder")
        for text, vector in zip(queries, self._encoder.encode(queries, side=TextSide.QUERY), strict=True):
            similarities = similarity_of(self._documents, vector)
            if system == "dense":
                yield similarities
                continue
            words = self._words.query(text)
            trust = word_trust(len(words.tokens), self._words.query_tokens)
            vector, similarities = fed_back(vector, self._documents, similarities, trust)
            semantic = self._closeness(similarities, vector[None, :], self._documents)
            points = PRIOR["semantic"](semantic) + PRIOR["lexical"].scaled(trust)(self._tokens.scores(words))
            yield (points / 1e6).astype(np.float32)
