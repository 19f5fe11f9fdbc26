"""Closeness: half-centred, symmetric, in standard deviations of random pairs."""

import numpy as np
import pytest

from models.closeness import Closeness


def unit(n, seed, dim=16):
    x = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32) + 1.0
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_by_hand():
    queries, documents = unit(100, 1), unit(100, 2)
    closeness = Closeness.of(queries, documents)
    q, d = queries[7], documents[9]
    centred = (q - queries.mean(axis=0) / 2) @ (d - documents.mean(axis=0) / 2)
    value = closeness(np.array([q @ d]), q[None], d[None])
    assert value[0] == pytest.approx((centred - closeness.centre) / closeness.spread, abs=1e-4)


def test_random_pairs_have_mean_zero_and_deviation_one():
    queries, documents = unit(400, 1), unit(400, 2)
    closeness = Closeness.of(queries, documents)
    rows = np.arange(400)
    values = closeness((queries * documents[::-1]).sum(axis=1), queries[rows], documents[::-1][rows])
    assert values.mean() == pytest.approx(0, abs=0.15)
    assert values.std() == pytest.approx(1, abs=0.15)


def test_one_against_many_equals_pair_by_pair():
    queries, documents = unit(50, 1), unit(60, 2)
    closeness = Closeness.of(queries, documents)
    similarities = documents @ queries[3]
    many = closeness(similarities, queries[3:4], documents)
    single = [closeness(similarities[i : i + 1], queries[3:4], documents[i : i + 1])[0] for i in range(60)]
    assert many.tolist() == single


@pytest.mark.parametrize(("queries", "documents"), [(0, 0), (0, 5), (0, 50), (50, 0), (3, 40), (1, 1)])
def test_few_or_no_vectors(queries, documents):
    closeness = Closeness.of(unit(queries, 1), unit(documents, 2))
    value = closeness(np.array([0.5], np.float32), unit(1, 3), unit(1, 4))
    assert np.isfinite(value).all()
    assert closeness.spread > 0


def test_without_queries_the_order_is_that_of_the_similarity():
    documents, query = unit(80, 2), unit(1, 3)
    similarities = documents @ query[0]
    values = Closeness.of(unit(0, 1), documents)(similarities, query, documents)
    assert np.argsort(-values).tolist() == np.argsort(-similarities).tolist()


def test_kept_and_read_again():
    closeness = Closeness.of(unit(50, 1), unit(50, 2))
    again = Closeness.from_arrays(closeness.to_arrays())
    assert (again.centre, again.spread) == (closeness.centre, closeness.spread)
    assert np.array_equal(again.query_mean, closeness.query_mean)
