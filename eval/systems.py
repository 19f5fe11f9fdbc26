"""What a task is run with: a random order, characters alone, and the searches of the production path."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from models.encoder import Encoder, Progress, Side


class System(StrEnum):
    """A way to rank; the order is that of reports."""

    RANDOM = "random"
    TFIDF = "tfidf"
    BM25 = "bm25"
    DENSE = "dense"
    HYBRID = "hybrid"

    @property
    def encodes(self) -> bool:
        """Whether the system needs an encoder."""
        return self in {System.DENSE, System.HYBRID}

    @property
    def searches(self) -> bool:
        """Whether it is a search of the production path."""
        return self in _SEARCHES


_SEARCHES: dict[System, Literal["bm25", "dense", "hybrid"]] = {
    System.BM25: "bm25",
    System.DENSE: "dense",
    System.HYBRID: "hybrid",
}


class Search(Protocol):
    """A collection of texts that can be searched: `matching.retrieval.TextSearch`."""

    def scores(
        self, queries: Sequence[str], system: Literal["bm25", "dense", "hybrid"]
    ) -> Iterator[NDArray[np.float32]]:
        """For each query one score a document, larger is better; shape (n documents,)."""
        ...


def system_scores(
    system: System, search: Search | None, queries: Sequence[str], *, documents: Sequence[str], seed: int
) -> Iterator[NDArray[np.floating]]:
    """Scores of `system` for each query, shape (documents,); `search` may be None where the system is none."""
    if system is System.RANDOM:
        yield from random_scores(queries, len(documents), seed=seed)
    elif system is System.TFIDF:
        from models.tfidf import TfIdf

        yield from TfIdf(documents).scores(queries)
    elif search is not None:
        yield from search.scores(queries, _SEARCHES[system])


def random_scores(queries: Sequence[str], documents: int, *, seed: int) -> Iterator[NDArray[np.float64]]:
    """Uniform scores for each query, shape (documents,): the floor that any system must leave.

    A query's scores follow from `seed` and its own text, whichever other queries are asked.
    """
    for query in queries:
        digest = hashlib.blake2b(query.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        yield np.random.default_rng([seed, int.from_bytes(digest)]).random(documents)


class ClockedEncoder:
    """An encoder that counts its texts and seconds; put under the vector cache, it counts real encodings only.

    Its first call wakes the encoder with an empty text: `load_seconds` has the libraries and weights that come with it.
    """

    def __init__(self, encoder: Encoder, *, watch: Progress | None = None) -> None:
        self._encoder = encoder
        self._watch = watch
        self._awake = False
        self.texts = 0
        self.seconds = 0.0
        self.load_seconds = 0.0

    @property
    def name(self) -> str:
        """That of the encoder."""
        return self._encoder.name

    @property
    def dim(self) -> int:
        """That of the encoder."""
        return self._encoder.dim

    def encode(self, texts: Sequence[str], *, side: Side, progress: Progress | None = None) -> NDArray[np.float32]:
        """See `models.encoder.Encoder.encode`; where no `progress` is given, the clock's `watch` is told."""
        if not self._awake:
            start = time.perf_counter()
            self._encoder.encode([""], side=side)
            self._awake, self.load_seconds = True, time.perf_counter() - start
        start = time.perf_counter()
        vectors = self._encoder.encode(texts, side=side, progress=progress or self._watch)
        self.seconds += time.perf_counter() - start
        self.texts += len(texts)
        return vectors
