"""The additive ranker: contributions add up exactly, and the order is total."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ranker import MICRO, AdditiveRanker, Curve, order

RANKER = AdditiveRanker(
    {"a": Curve((0.0, 1.0), (0.0, 2.0), missing=-0.5), "b": Curve((0.0, 10.0, 20.0), (1.0, 0.0, 0.0))}
)


def test_curves_by_hand():
    features = np.array([[0.25, 5.0], [2.0, -1.0], [np.nan, 30.0]], np.float32)
    expected = [[0.5, 0.5], [2.0, 1.0], [-0.5, 0.0]]
    assert (RANKER.contributions(features) / MICRO).tolist() == expected


@given(st.lists(st.tuples(st.floats(-3, 3, width=32), st.floats(-5, 30, width=32)), min_size=1, max_size=20))
def test_contributions_add_up_to_the_score_exactly(rows):
    contributions = RANKER.contributions(np.array(rows, np.float32))
    assert contributions.dtype == np.int64
    assert contributions.sum(axis=1).tolist() == [sum(row) for row in contributions.tolist()]


def test_kept_and_read_again():
    kept = json.loads(json.dumps(RANKER.to_dict(), sort_keys=True))
    assert AdditiveRanker.from_dict(kept, ("a", "b")) == RANKER
    assert AdditiveRanker.from_dict(kept, ("b", "a")).feature_names == ("b", "a")


def test_scaled():
    assert Curve((0.0, 1.0), (0.0, 2.0), -1.0).scaled(0.5) == Curve((0.0, 1.0), (0.0, 1.0), -0.5)


@pytest.mark.parametrize(
    ("knots", "values"), [((0.0, 0.0), (1.0, 2.0)), ((1.0, 0.0), (1.0, 2.0)), ((0.0,), (1.0, 2.0)), ((), ())]
)
def test_impossible_curves_are_refused(knots, values):
    with pytest.raises(ValueError, match="knots"):
        Curve(knots, values)


def test_order_is_score_then_similarity_then_key():
    scores = np.array([1, 2, 2, 2, 2])
    similarities = np.array([0.9, 0.1, 0.5, 0.5, 0.5], np.float32)
    keys, asked = ["x", "a", "t:10", "t:1", "t:2"], []

    def keys_of(places):
        asked.extend(places.tolist())
        return [keys[place] for place in places]

    assert order(scores, similarities, keys_of, np.zeros(5, np.int64)).tolist() == [3, 2, 4, 1, 0]
    assert sorted(asked) == [2, 3, 4]  # those that tie, and nobody else


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from([0.25, 0.5]), st.text("ab", max_size=3)))
)
def test_lists_ordered_together_are_ordered_as_alone(rows):
    rows = sorted(set(rows), key=lambda row: row[0])
    lists, scores, keys = (np.array([row[i] for row in rows], kind) for i, kind in ((0, int), (1, int), (3, object)))
    near = np.array([row[2] for row in rows], np.float32)
    expected = sorted(range(len(rows)), key=lambda i: (lists[i], -scores[i], -near[i], keys[i]))
    assert order(scores, near, lambda places: keys[places].tolist(), lists).tolist() == expected
