"""Dense and lexical over bare texts: how far each is trusted, and what a short question may learn from its answers.

A question of a few words (a title) says little by its words: they agree by chance, and synonyms share none. A long
one (a résumé) says much. So the lexical curve of the prior counts in proportion to the question's known words, and
all of it from `FULL_TRUST` words on. What a short question lacks the collection can tell: the mean of its nearest
documents is added to its vector (Rocchio's feedback), in proportion to what is not trusted to the words.

The shares were chosen on the development tasks (docs/encoders.md); both act on the two numbers
of a pair before they are summed, so a score is still the sum of its contributions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.index import Vectors, similarity_of

FULL_TRUST = 64
"""Known words of a question from which its words count in full: a résumé's."""
_FEEDBACK = 0.3
_NEAREST = 3
_FEWEST = 100
"""In a smaller collection the nearest documents are not near enough to speak for the question."""
_SAME = 0.9995
"""What is nearer than this is the question itself: it adds nothing."""


def word_trust(words: int, most: int = FULL_TRUST) -> float:
    """The share of the lexical curve that counts for a question of `words` known words, 0–1.

    `most` is how many words a question keeps (`RetrievalSettings.query_tokens`): who keeps them all is trusted in full.
    """
    return min(1.0, words / min(FULL_TRUST, most))


def with_feedback(
    vector: NDArray[np.float32], documents: Vectors, similarities: NDArray[np.float32], trust: float
) -> NDArray[np.float32]:
    """The unit vector of a question moved towards its nearest documents.

    Parameters
    ----------
    vector : float32 (dim,)
    documents : float32 (n, dim)
    similarities : float32 (n,)
        Of the documents to `vector`; of equal ones the lower row is nearer.
    trust : float
        See `word_trust`: at 1 the vector stays as it is.
    """
    if len(documents) < _FEWEST or trust >= 1.0:
        return vector
    nearest = np.argsort(-np.where(similarities < _SAME, similarities, -np.inf), kind="stable")[:_NEAREST]
    moved = vector + np.float32(_FEEDBACK * (1.0 - trust)) * documents[nearest].mean(axis=0)
    unit: NDArray[np.float32] = (moved / np.linalg.norm(moved)).astype(np.float32)
    return unit


def fed_back(
    vector: NDArray[np.float32], documents: Vectors, similarities: NDArray[np.float32], trust: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """`with_feedback`, and the similarities of all documents to the vector it gives."""
    moved = with_feedback(vector, documents, similarities, trust)
    return moved, similarities if moved is vector else similarity_of(documents, moved)
