"""TF-IDF over runs of one or two characters: the plainest lexical baseline, which needs no words.

Cosine of sublinear TF-IDF vectors (scikit-learn's `TfidfVectorizer`); weights are those of the documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 256


class TfIdf:
    """Documents, ready to be compared with.

    Parameters
    ----------
    documents : sequence of str
        May be empty, and may hold empty texts, whose similarity is 0.
    longest : int
        A run of characters has 1 to this many.
    """

    def __init__(self, documents: Sequence[str], *, longest: int = 2) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._n = len(documents)
        self._vectorizer = TfidfVectorizer(
            analyzer="char", ngram_range=(1, longest), sublinear_tf=True, dtype=np.float32
        )
        self._documents = None
        if any(text.strip() for text in documents):
            self._documents = self._vectorizer.fit_transform(documents).T.tocsr()

    def scores(self, queries: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """Similarity of every document with each query, (documents,), 0 to 1."""
        for start in range(0, len(queries), _AT_ONCE):
            part = queries[start : start + _AT_ONCE]
            if self._documents is None:
                yield from np.zeros((len(part), self._n), np.float32)
            else:
                yield from (self._vectorizer.transform(part) @ self._documents).toarray()
