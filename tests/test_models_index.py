"""Every index is tested by number against brute force."""

import numpy as np
import pytest

from models.codes import Coding
from models.index import ExactIndex, VectorIndex, rounded
from models.similarity import halved, singles


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


def test_cells_narrow_the_search_and_change_no_bit():
    rng, vectors = np.random.default_rng(3), unit(3_000)
    vectors += 2 * unit(1, seed=8)  # as an encoder's: all of them near each other
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    starts = np.unique(np.concatenate([[0, 3_000], rng.integers(1, 3_000, 40)])).astype(np.int64)
    index, exact = VectorIndex.from_vectors(vectors, starts), ExactIndex(vectors)
    for query in vectors[::500]:
        cells = np.sort(rng.choice(len(starts) - 1, 15, replace=False)).astype(np.int64)
        allowed = np.zeros(3_000, bool)
        for cell in cells:
            allowed[starts[cell] : starts[cell + 1]] = rng.random(starts[cell + 1] - starts[cell]) < 0.7
        for k in (1, 10, 200, 3_000):
            hits, expected = index.search(query, k, allowed, cells=cells), exact.search(query, k, allowed)
            assert hits.rows.tolist() == expected.rows.tolist()
            assert hits.similarities.tolist() == expected.similarities.tolist()


def test_what_the_bytes_leave_out_is_bounded():
    halves = halved(unit(2_000))
    coding, codes = Coding.of(halves)
    for query in unit(50, seed=4):
        asked = coding.question(query)
        scored = asked.scale * (codes.astype(np.float64) - 128) @ asked.query + asked.plus
        assert np.abs(scored - halves.astype(np.float64) @ query).max() <= asked.off < 0.1


def test_saved_and_mapped_again(tmp_path):
    vectors = unit(50)
    with pytest.raises(ValueError, match="live rows"):
        in_three_parts(vectors).save(tmp_path)
    whole(vectors).save(tmp_path)
    again = VectorIndex.load(tmp_path)
    assert np.array_equal(again.vectors(), rounded(vectors))
    assert again.search(vectors[49], 1).rows.tolist() == [49]


def test_vectors_of_rows_on_both_parts():
    vectors = unit(40)
    rows = np.array([39, 0, 20, 39])
    assert np.array_equal(in_three_parts(vectors).vectors(rows), rounded(vectors)[rows])


@pytest.mark.parametrize("make", [whole, in_three_parts])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.4, 1.0])
def test_many_at_once_get_what_each_gets_alone(make, share):
    vectors, rng = unit(9_000), np.random.default_rng(3)
    vectors[2_000:2_300] = vectors[50]  # equally near, also at the cut
    index, queries = make(vectors), np.concatenate([unit(6, seed=4), vectors[50:51]])
    common = rng.random(9_000) < share
    allowed = [common & (rng.random(9_000) < 0.9) for _ in queries]
    allowed[2] = np.zeros(9_000, bool)
    for k in (1, 40, 10_000):
        together = index.search_many(queries, k, allowed, cells=[None] * len(queries))
        for query, mask, hits in zip(queries, allowed, together, strict=True):
            alone = ExactIndex(vectors).search(query, k, mask)
            assert hits.rows.tolist() == alone.rows.tolist()
            assert hits.similarities.tobytes() == alone.similarities.tobytes()


def test_every_number_that_is_kept_is_widened_to_the_same_number():
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    kept = halved(every[np.isfinite(every)])
    assert len(np.unique(kept)) > 61_000
    assert singles(kept).tobytes() == kept.astype(np.float32).tobytes()
