"""How far words are trusted, and what a short question learns from its nearest documents."""

import numpy as np
import pytest

from matching.fusion import fed_back, with_feedback, word_trust
from matching.retrieval import TextSearch
from matching.settings import RetrievalSettings
from models.hashing import HashingEncoder
from models.index import similarity_of


def test_words_are_trusted_in_proportion_to_their_number():
    assert [word_trust(n) for n in (0, 8, 32, 64, 500)] == [0.0, 0.125, 0.5, 1.0, 1.0]


@pytest.fixture
def documents():
    rng = np.random.default_rng(0)
    made = rng.normal(size=(200, 16)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_feedback_is_rocchios(documents):
    vector = documents[7]
    similarities = similarity_of(documents, vector)
    nearest = np.argsort(-similarities)[1:4]  # the question itself, row 7, tells nothing
    expected = vector + 0.3 * 0.5 * documents[nearest].mean(axis=0)
    found = with_feedback(vector, documents, similarities, 0.5)
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-6)
    moved, scores = fed_back(vector, documents, similarities, 0.5)
    np.testing.assert_array_equal(scores, similarity_of(documents, moved))


def test_long_questions_and_small_collections_get_none(documents):
    own = documents[0]
    similarities = similarity_of(documents, own)
    assert with_feedback(own, documents, similarities, 1.0) is own
    assert fed_back(own, documents[:99], similarities[:99], 0.1)[0] is own


def test_one_shared_word_counts_less_in_a_title_than_in_a_resume():
    texts = ["销售经理", "护士长", "Java 开发", *(f"岗位{i}" for i in range(40))]
    search = TextSearch.over(
        [str(i) for i in range(len(texts))], texts, encoder=HashingEncoder(), settings=RetrievalSettings()
    )
    scores = next(search.scores(["销售经理"], "hybrid"))
    assert int(np.argmax(scores)) == 0
    assert scores.dtype == np.float32


def test_who_keeps_few_words_is_trusted_in_full_when_it_has_them_all():
    assert [word_trust(words, 32) for words in (8, 32)] == [0.25, 1.0]
    assert [word_trust(words, 128) for words in (32, 64, 128)] == [0.5, 1.0, 1.0]
