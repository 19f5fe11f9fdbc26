"""Titles that no known title stands in → the occupation whose names and definition are closest, or None.

By words (BM25 over every name, known title and definition of an occupation), and with an encoder by meaning as well.
A guess: its confidence is .5 at most, and it goes no deeper than the medium group where several compete.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matching.terms.occupation_table import Occupation, aliases, occupation, rows
from matching.terms.occupations import read
from matching.terms.reading import Reading
from models.encoder import Side
from models.lexical import LexicalIndex, LexicalModel

if TYPE_CHECKING:
    from models.encoder import Encoder, Vectors

_VOTERS = 10
_LEAST = 0.25
"""Least share of the title's words that the nearest occupation must answer, where there is no encoder."""
_LEAST_SHARE = 0.4
"""Least share of the votes of the nearest occupations that one medium group must have."""


class NearestOccupation:
    """What `occupations.read` reads, and guesses for the rest.

    Parameters
    ----------
    encoder : Encoder, optional
        Without one, words alone decide.
    """

    def __init__(self, encoder: Encoder | None = None) -> None:
        self._entries, texts = _documents()
        self._model, documents = LexicalModel.of(texts)
        self._index = LexicalIndex.from_rows(documents)
        self._encoder = encoder
        self._vectors: Vectors | None = None
        self._texts = texts

    def read(self, titles: Sequence[str]) -> list[Reading | None]:
        """One reading a title, in order; None where even the guess has too little behind it."""
        known = [read(title) for title in titles]
        unknown = [i for i, reading in enumerate(known) if reading is None and titles[i].strip()]
        for place, guess in zip(unknown, self.guess([titles[i] for i in unknown]), strict=True):
            known[place] = guess
        return known

    def guess(self, titles: Sequence[str]) -> list[Reading | None]:
        """The nearest occupation of each title, whether it is a known title or not."""
        if not titles:
            return []
        words = np.stack([self._index.scores(self._model.query(title)) for title in titles])
        if self._encoder is None:
            return [self._voted(row, _LEAST) for row in words]
        meaning = self._encoder.encode(list(titles), side=Side.QUERY) @ self._own_vectors(self._encoder).T
        spread = meaning - meaning.mean(axis=1, keepdims=True)
        close = spread / np.maximum(meaning.std(axis=1, keepdims=True), 1e-6)
        return [self._voted(row, 0.0) for row in words + 0.2 * np.maximum(close, 0.0)]

    def _own_vectors(self, encoder: Encoder) -> Vectors:
        if self._vectors is None:
            self._vectors = encoder.encode(self._texts, side=Side.PASSAGE)
        return self._vectors

    def _voted(self, scores: NDArray[np.float32], least: float) -> Reading | None:
        best = np.argsort(-scores, kind="stable")[:_VOTERS]
        if scores[best[0]] <= least:
            return None
        votes: dict[str, float] = defaultdict(float)
        for place in best:
            votes[self._entries[place].code[:4]] += float(scores[place]) ** 2
        group, won = max(votes.items(), key=lambda vote: (vote[1], vote[0]))
        share = won / sum(votes.values())
        if share < _LEAST_SHARE:
            return None
        first = self._entries[best[0]]
        entry = first if first.code.startswith(group) else occupation(group)
        return None if entry is None else Reading(entry.code, entry.name, entry.level, round(share / 2, 3), "near")


def _documents() -> tuple[list[Occupation], list[str]]:
    """Occupations, and groups that known titles stand for, with all that is said of each."""
    said: dict[str, list[str]] = {}
    for entry in rows():
        if entry.level == "occupation":
            said[entry.code] = [entry.name, entry.definition]
    for alias, named in aliases():
        said.setdefault(named.code, [named.name]).insert(1, alias)
    found = [(occupation(code), "、".join(words)) for code, words in said.items()]
    known = [(entry, text) for entry, text in found if entry is not None]
    return [entry for entry, _ in known], [text for _, text in known]
