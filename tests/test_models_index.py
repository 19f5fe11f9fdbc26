"""Every index is tested by number against brute force."""

import numpy as np
import pytest

from models.index import ExactIndex, VectorIndex, rounded


def unit(n, dim=32, seed=0):
    x = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def whole(vectors):
    return VectorIndex.from_vectors(vectors)


def in_three_parts(vectors):
    a, b = len(vectors) // 2, 3 * len(vectors) // 4
    return VectorIndex.from_vectors(vectors[:a]).appended(vectors[a:b]).appended(vectors[b:])


@pytest.mark.parametrize("make", [whole, in_three_parts, ExactIndex])
class TestEveryIndex:
    def test_known_answer(self, make):
        vectors = np.array([[1, 0], [0, 1], [0.6, 0.8], [0.8, 0.6]], np.float32)
        hits = make(vectors).search(np.array([1, 0], np.float32), 3)
        assert hits.rows.tolist() == [0, 3, 2]
        assert hits.similarities.tolist() == pytest.approx([1, 0.8, 0.6], abs=1e-3)

    def test_asking_for_more_than_there_is(self, make):
        assert len(make(unit(7)).search(unit(1)[0], 100).rows) == 7

    def test_nothing_allowed(self, make):
        assert len(make(unit(7)).search(unit(1)[0], 3, np.zeros(7, bool)).rows) == 0

    def test_no_rows(self, make):
        assert len(make(unit(0)).search(unit(1)[0], 3).rows) == 0

    def test_only_allowed_rows_are_found_and_none_is_starved(self, make):
        vectors, allowed = unit(400), np.zeros(400, bool)
        allowed[[3, 250, 399]] = True
        assert sorted(make(vectors).search(unit(1, seed=9)[0], 3, allowed).rows.tolist()) == [3, 250, 399]

    def test_equal_rows_come_by_row_even_at_the_cut(self, make):
        vectors = unit(300)
        vectors[100:260] = vectors[50]
        hits = make(vectors).search(vectors[50], 5)
        assert hits.rows.tolist() == [50, 100, 101, 102, 103]
        assert len(set(hits.similarities.tolist())) == 1

    def test_equals_brute_force_bit_for_bit(self, make):
        vectors, rng = unit(600), np.random.default_rng(1)
        index, kept = make(vectors), rounded(vectors).astype(np.float64)
        for query in unit(10, seed=2):
            allowed = rng.random(600) < 0.3
            products = (kept * query).sum(axis=1).astype(np.float32)
            best = sorted(np.flatnonzero(allowed).tolist(), key=lambda row: (-products[row], row))[:20]
            hits = index.search(query, 20, allowed)
            assert hits.rows.tolist() == best
            assert hits.similarities.tolist() == products[best].tolist()

    def test_appending_leaves_the_older_index_as_it_was(self, make):
        vectors = unit(20)
        index = make(vectors[:10])
        longer = index.appended(vectors[10:])
        assert (len(index), len(longer)) == (10, 20)
        assert longer.search(vectors[15], 1).rows.tolist() == [15]
        assert index.search(vectors[15], 10).rows.max() < 10


def test_saved_with_its_tail_and_read_again(tmp_path):
    vectors = unit(50)
    index = in_three_parts(vectors)
    index.save(tmp_path / "v.faiss")
    again = VectorIndex.load(tmp_path / "v.faiss")
    assert np.array_equal(again.vectors(), rounded(vectors))
    assert again.search(vectors[49], 1).rows.tolist() == [49]


def test_vectors_of_rows_on_both_parts():
    vectors = unit(40)
    rows = np.array([39, 0, 20, 39])
    assert np.array_equal(in_three_parts(vectors).vectors(rows), rounded(vectors)[rows])
