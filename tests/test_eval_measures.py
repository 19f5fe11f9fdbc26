"""Measures against arithmetic written out, and the laws that every measure keeps."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.measures import (
    MEAN_AVERAGE_PRECISION,
    MEAN_RECIPROCAL_RANK,
    NDCG_AT_10,
    RECALL_AT_100,
    STANDARD,
    per_query,
)
from matching.errors import InputError


def one(ranking, grades) -> dict[str, float]:
    values = per_query(STANDARD, {"q": grades}, {"q": ranking})
    return dict(zip(map(str, STANDARD), values[0].tolist(), strict=True))


def test_measures_print_as_they_are_defined():
    assert [str(measure) for measure in STANDARD] == ["AP", "nDCG@10", "RR", "R@100"]
    assert [measure.name for measure in STANDARD] == ["mAP", "nDCG@10", "MRR", "Recall@100"]


def test_relevant_at_ranks_one_and_three():
    found = one(["a", "x", "b", "y"], {"a": 1, "b": 1})
    assert found["AP"] == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert found["RR"] == 1.0
    assert found["R@100"] == 1.0
    assert found["nDCG@10"] == pytest.approx((1 + 1 / log2(4)) / (1 + 1 / log2(3)))


def test_graded_gain_is_the_grade_itself():
    found = one(["low", "none", "high"], {"high": 3, "low": 1, "none": 0})
    assert found["nDCG@10"] == pytest.approx((1 / log2(2) + 3 / log2(4)) / (3 / log2(2) + 1 / log2(3)))
    assert found["AP"] == pytest.approx((1 / 1 + 2 / 3) / 2)


def test_grades_below_one_are_as_good_as_unjudged():
    ranking = ["spam", "a", "zero"]
    assert one(ranking, {"a": 2, "spam": -2, "zero": 0}) == one(ranking, {"a": 2})
    assert one(ranking, {"a": 2})["RR"] == 1 / 2


def test_a_missing_document_counts_in_recall_average_precision_and_the_ideal():
    found = one(["a", "x"], {"a": 1, "gone": 1})
    assert found["AP"] == pytest.approx((1 / 1) / 2)
    assert found["R@100"] == 1 / 2
    assert found["nDCG@10"] == pytest.approx(1 / (1 + 1 / log2(3)))


def test_rank_eleven_is_outside_ndcg_and_rank_101_outside_recall():
    ranking = [f"x{place}" for place in range(10)] + ["a"] + [f"y{place}" for place in range(89)] + ["b"]
    found = one(ranking, {"a": 1, "b": 1})
    assert found["nDCG@10"] == 0.0
    assert found["R@100"] == 1 / 2
    assert found["RR"] == pytest.approx(1 / 11)
    assert found["AP"] == pytest.approx((1 / 11 + 2 / 101) / 2)


def test_unanswered_and_hopeless_queries_have_zero():
    qrels = {"full": {"a": 1}, "empty": {"a": 1}, "absent": {"a": 1}, "hopeless": {"a": 0}}
    values = per_query(STANDARD, qrels, {"full": ["a"], "empty": [], "hopeless": ["a"]})
    assert values.tolist() == [[1.0] * 4, [0.0] * 4, [0.0] * 4, [0.0] * 4]


def test_the_order_is_that_of_the_list_whatever_the_ids():
    # trec_eval orders equal scores by id descending: the list must decide, in both directions.
    assert one(["z", "a"], {"a": 1})["RR"] == 1 / 2
    assert one(["a", "z"], {"a": 1})["RR"] == 1.0


def test_a_long_ranking_keeps_its_order_at_single_precision():
    ranking = [f"d{place:05}" for place in range(70_000)]
    assert one(ranking, {ranking[-1]: 1})["RR"] == pytest.approx(1 / 70_000, rel=1e-12)
    assert one(ranking, {ranking[-2]: 1})["AP"] == pytest.approx(1 / 69_999, rel=1e-12)


def test_measures_and_queries_come_in_the_order_asked_for():
    qrels = {"z": {"a": 1}, "b": {"c": 1}}
    rankings = {"b": ["x", "c"], "z": ["a"], "unjudged": ["a"]}
    values = per_query((RECALL_AT_100, MEAN_RECIPROCAL_RANK), qrels, rankings)
    assert values.tolist() == [[1.0, 1.0], [1.0, 1 / 2]]


def test_more_queries_than_one_batch():
    qrels = {f"q{n}": {"a": 1} for n in range(150)}
    rankings = {f"q{n}": ["x"] * (n % 2) + ["a"] for n in range(150)}
    values = per_query((MEAN_AVERAGE_PRECISION,), qrels, rankings)
    assert values[:, 0].tolist() == [1.0, 0.5] * 75


def test_a_document_named_twice_is_an_error():
    with pytest.raises(InputError, match="query 'q' names a document twice"):
        one(["a", "b", "a"], {"a": 1})


def by_hand(ranking, grades):
    """AP, nDCG@10, RR, R@100 in ten lines."""
    hits = [grades.get(document, 0) >= 1 for document in ranking]
    relevant = sum(grade >= 1 for grade in grades.values())
    if not relevant:
        return [0.0, 0.0, 0.0, 0.0]
    ap = sum(sum(hits[: r + 1]) / (r + 1) for r, hit in enumerate(hits) if hit) / relevant
    dcg = sum(max(grades.get(d, 0), 0) / log2(r + 2) for r, d in enumerate(ranking[:10]))
    best = sorted((max(grade, 0) for grade in grades.values()), reverse=True)[:10]
    ideal = sum(grade / log2(r + 2) for r, grade in enumerate(best))
    return [ap, dcg / ideal, 1 / (hits.index(True) + 1) if any(hits) else 0.0, sum(hits[:100]) / relevant]


DOCUMENTS = [f"d{place}" for place in range(14)]
GRADES = st.dictionaries(st.sampled_from([*DOCUMENTS, "gone"]), st.integers(-1, 4), min_size=1)


@given(ranking=st.permutations(DOCUMENTS), depth=st.integers(1, 14), grades=GRADES)
@settings(max_examples=200, deadline=None)
def test_the_library_agrees_with_arithmetic_by_hand(ranking, depth, grades):
    values = per_query(STANDARD, {"q": grades}, {"q": ranking[:depth]})
    np.testing.assert_allclose(values[0], by_hand(ranking[:depth], grades), rtol=1e-12, atol=1e-12)


@given(ranking=st.permutations(DOCUMENTS), grades=GRADES)
@settings(max_examples=100, deadline=None)
def test_no_ranking_beats_the_best_one_or_loses_to_the_worst(ranking, grades):
    best = sorted(DOCUMENTS, key=lambda document: -grades.get(document, 0))
    rankings = {"best": best, "some": ranking, "worst": best[::-1]}
    values = per_query(STANDARD, dict.fromkeys(rankings, grades), rankings)
    assert (values[0] >= values[1] - 1e-12).all()
    assert (values[1] >= values[2] - 1e-12).all()
    assert ((values >= 0) & (values <= 1 + 1e-12)).all()


@given(ranking=st.permutations(DOCUMENTS), place=st.integers(0, 12), wanted=st.sampled_from(DOCUMENTS))
@settings(max_examples=100, deadline=None)
def test_moving_a_relevant_document_up_never_hurts(ranking, place, wanted):
    swapped = list(ranking)
    if swapped[place + 1] == wanted:
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
    values = per_query(
        STANDARD, {name: {wanted: 2} for name in ("before", "after")}, {"before": ranking, "after": swapped}
    )
    assert (values[1] >= values[0]).all()


def test_ndcg_of_the_perfect_ranking_is_one():
    assert one(["c", "b", "a"], {"a": 1, "b": 2, "c": 3})[str(NDCG_AT_10)] == 1.0
