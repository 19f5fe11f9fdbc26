"""Words → scores: BM25 over Chinese-aware tokens, one definition for both directions.

A *query* text (a graduate) becomes a set of tokens, a *document* text (a posting) BM25 weights. The
lexical score of a pair is the sum of the document's weights over the query's tokens, as a share of
the most that those tokens could bring (0–1), whichever side is searched: `LexicalIndex` holds sparse
rows of either kind and takes the other kind as the question.

Tokens: Latin words, numbers and names such as C++ or .NET whole; Chinese runs as single characters
and pairs of characters (no dictionary, so new words need none).
BM25: Robertson and Zaragoza 2009, in Lucene's form (idf ≥ 0); the tests compare it with `bm25s`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.inverted import Inverted, Runs, SparseRow
from models.mapped import mapped
from models.tail import Tail

__all__ = ["Inverted", "LexicalIndex", "LexicalModel", "SparseRow", "tokens"]

K1 = 1.2
B = 0.75

_RUNS = re.compile(r"[a-z0-9.]*[a-z0-9][a-z0-9+#]*|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[^\W\d_]+")


def tokens(text: str) -> list[str]:
    """The tokens of `text`, in order, repeated as they repeat; empty for a text without words."""
    found: list[str] = []
    for run in _RUNS.findall(unicodedata.normalize("NFKC", text).lower()):
        if "\u3400" <= run[0] <= "\ufaff":
            found.extend(run)
            found.extend(run[i : i + 2] for i in range(len(run) - 1))
        else:
            found.append(run.strip("."))
    return found


@dataclass(frozen=True, slots=True)
class LexicalModel:
    """What the words of a collection of documents weigh: made once per snapshot, then frozen.

    Attributes
    ----------
    vocabulary : dict of str → int
        Token ids; words of live rows are added behind those of the collection.
    idf : float32 array
        ``log(1 + (n - df + 0.5) / (df + 0.5))`` by token id; a word not in the collection has df 0.
    n, length : int, float
        Documents in the collection, and their mean number of tokens.
    query_tokens : int
        A query keeps this many of its rarest tokens (ties by id); long résumés stay fast.
    """

    vocabulary: dict[str, int]
    idf: NDArray[np.float32]
    n: int
    length: float
    query_tokens: int = 64

    @classmethod
    def of(cls, texts: Iterable[str], *, query_tokens: int = 64) -> tuple[LexicalModel, list[SparseRow]]:
        """Count the documents `texts`; return the model and the row of each document.

        An empty collection gives a model that knows no word, and no rows.
        """
        vocabulary: dict[str, int] = {}
        counted = [_counted(text, vocabulary) for text in texts]
        n = len(counted)
        ids = np.concatenate([ids for ids, _, _ in counted]) if n else np.empty(0, np.int32)
        df = np.bincount(ids, minlength=len(vocabulary)).astype(np.float64)
        idf = np.log1p((n - df + 0.5) / (df + 0.5)).astype(np.float32)
        length = sum(length for _, _, length in counted) / n if n else 1.0
        model = cls(vocabulary, idf, n, max(length, 1.0), query_tokens)
        return model, [model._weighed(*document) for document in counted]

    def idf_of(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Weight of each token id; a word that came after the collection weighs as one never seen."""
        unseen = np.float32(np.log1p((self.n + 0.5) / 0.5))
        out = np.full(len(ids), unseen, np.float32)
        known = ids < len(self.idf)
        out[known] = self.idf[ids[known]]
        return out

    def query(self, text: str) -> SparseRow:
        """The rarest known tokens of `text`, each with the weight that makes the best possible score 1."""
        found = {self.vocabulary[word] for word in tokens(text) if word in self.vocabulary}
        ids = np.array(sorted(found), np.int32)
        if len(ids) > self.query_tokens:
            rarest = np.lexsort((ids, -self.idf_of(ids)))[: self.query_tokens]
            ids = np.sort(ids[rarest])
        best = float(self.idf_of(ids).sum(dtype=np.float64))
        return SparseRow(ids, np.full(len(ids), 1 / best if best > 0 else 0.0, np.float32))

    def document(self, text: str) -> SparseRow:
        """BM25 weights of `text`; words not met before get a new id (one writer at a time)."""
        return self._weighed(*_counted(text, self.vocabulary))

    def known(self, text: str) -> SparseRow:
        """BM25 weights of `text`, words not met before left out: for readers, who change nothing."""
        words = tokens(text)
        counts = Counter(word for word in words if word in self.vocabulary)
        pairs = sorted((self.vocabulary[word], count) for word, count in counts.items())
        ids = np.array([i for i, _ in pairs], np.int32)
        return self._weighed(ids, np.array([count for _, count in pairs], np.float32), len(words))

    def _weighed(self, ids: NDArray[np.int32], tf: NDArray[np.float32], length: int) -> SparseRow:
        norm = np.float32(K1 * (1 - B + B * length / self.length))
        return SparseRow(ids, self.idf_of(ids) * tf / (tf + norm))


def _counted(text: str, vocabulary: dict[str, int]) -> tuple[NDArray[np.int32], NDArray[np.float32], int]:
    """Token ids (ascending), how often each occurs, and the number of tokens; grows `vocabulary`."""
    words = tokens(text)
    pairs = sorted((vocabulary.setdefault(word, len(vocabulary)), count) for word, count in Counter(words).items())
    ids = np.array([i for i, _ in pairs], np.int32)
    return ids, np.array([count for _, count in pairs], np.float32), len(words)


class LexicalIndex:
    """Sparse rows by token: which rows hold a token, and with which weight. Immutable, like `VectorIndex`."""

    def __init__(self, built: Inverted, tail: Tail) -> None:
        self._built = built
        self._tail = tail

    @classmethod
    def from_rows(cls, rows: Sequence[SparseRow] | Inverted) -> LexicalIndex:
        """An index over `rows`; row i is ``rows[i]``."""
        return cls(rows if isinstance(rows, Inverted) else Inverted.of(rows), Tail.empty())

    def __len__(self) -> int:
        return self._built.n + len(self._tail)

    def appended(self, rows: Sequence[SparseRow]) -> LexicalIndex:
        """The index with `rows` behind the present ones; the present index stays as it is."""
        return LexicalIndex(self._built, self._tail.appended(rows)) if rows else self

    def at(self, rows: NDArray[np.int64]) -> Inverted:
        """The `rows` (each once) and no others, in that order: to be laid out anew."""
        if len(rows) and int(rows.min()) >= self._built.n:
            return self._tail.whole().at(rows - self._built.n)
        whole = self._built.followed_by(self._tail.whole()) if len(self._tail) else self._built
        return whole.at(rows)

    def scores(self, query: SparseRow, runs: Runs | None = None) -> NDArray[np.float32]:
        """Score of rows for `query`, shape (n,): the sum over shared tokens of both weights.

        Parameters
        ----------
        runs : int64 array (r, 2), optional
            Half-open ranges of built rows, ascending: only they and the live rows are scored, the values of
            others mean nothing. Default: every row is scored.
        """
        return np.concatenate([self._built.scores(query, runs), *self._tail.scores(query)])

    def save(self, folder: Path) -> None:
        """Write `tokens.starts.npy`, `tokens.rows.npy` and `tokens.weights.npy`; without live rows only."""
        if len(self._tail):
            raise ValueError("an index with live rows is not saved; build a new one")
        for name in ("starts", "rows", "weights"):
            np.save(folder / f"tokens.{name}.npy", getattr(self._built, name))

    @classmethod
    def load(cls, folder: Path, n: int) -> LexicalIndex:
        """Map what `save` wrote over `n` rows: the lists are read when a question has their tokens."""
        starts, rows, weights = (mapped(folder / f"tokens.{name}.npy") for name in ("starts", "rows", "weights"))
        return cls(Inverted(starts, rows, weights, n), Tail.empty())
