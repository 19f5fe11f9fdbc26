"""Our own arithmetic over many lists: equal to trec_eval, to arithmetic by hand, and to brute force; and its laws."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.calibration import reliability
from eval.catalogue import EVERY, named, of_replay
from eval.judged import Judged, Market
from eval.measures import STANDARD, measure_all, over_slices, per_query
from eval.rankings import FOREIGN, NOTHING, UNJUDGED, Judgements, Rankings
from matching.errors import InputError, QueryError

DOCUMENTS = list("abcdefghij")


def lists(rankings, grades=None, documents=DOCUMENTS, **more):
    """One query a list: ``"abc"`` or a tuple of ids."""
    queries = [f"q{i}" for i in range(len(rankings))]
    made = Rankings.of(dict(zip(queries, map(tuple, rankings), strict=True)), queries, documents)
    qrels = dict(zip(queries, grades or [{}] * len(rankings), strict=True))
    return Judged(made, Judgements.of(qrels, queries, documents), **more)


def value(name, *arguments, **more):
    return named(name).compute(lists(*arguments, **more)).tolist()


@st.composite
def tasks(draw):
    """Some queries with a ranking of any length and graded judgements, also of documents that nobody lists."""
    n = draw(st.integers(1, 5))
    rankings = [draw(st.permutations(DOCUMENTS))[: draw(st.integers(0, 10))] for _ in range(n)]
    grade = st.dictionaries(st.sampled_from([*DOCUMENTS, "gone", "late"]), st.integers(-1, 4), min_size=1)
    return rankings, [draw(grade) for _ in range(n)]


MEASURED = (*STANDARD, named("nDCG@3"), named("Recall@2"), named("P@5"), named("Success@1"))


@given(tasks())
@settings(max_examples=60, deadline=None)
def test_every_standard_measure_is_trec_evals_to_1e_9(task):
    rankings, grades = task
    queries = [f"q{i}" for i in range(len(rankings))]
    theirs = per_query(MEASURED, dict(zip(queries, grades, strict=True)), dict(zip(queries, rankings, strict=True)))
    np.testing.assert_allclose(measure_all(MEASURED, lists(rankings, grades)), theirs, rtol=0, atol=1e-9)


def test_relevance_by_hand():
    found = lists(["abc", ""], [{"a": 1, "c": 3, "gone": 1}, {"a": 1}])
    assert named("nDCG@10").compute(found).tolist() == pytest.approx(
        [(1 + 3 / log2(4)) / (3 + 1 / log2(3) + 1 / log2(4)), 0]
    )
    assert named("mAP").compute(found).tolist() == pytest.approx([(1 + 2 / 3) / 3, 0])
    assert named("Recall@2").compute(found).tolist() == pytest.approx([1 / 3, 0])
    assert named("P@2").compute(found).tolist() == [0.5, 0]


def test_normalised_recall_forgives_what_was_not_in_supply_and_what_has_no_room():
    # Of a and gone only a could be listed; of four relevant only two fit into two places.
    assert value("nRecall@2", ["ab"], [{"a": 1, "gone": 1}]) == [1]
    assert value("nRecall@2", ["ab"], [dict.fromkeys("abcd", 1)]) == [1]
    assert value("nRecall@2", ["ax"], [dict.fromkeys("abcd", 1)]) == [0.5]
    assert np.isnan(value("nRecall@2", ["ab"], [{"gone": 1}])[0])


def test_a_query_that_nobody_judged_says_nothing_and_one_without_relevant_says_what_is_asked():
    found = lists(["ab", "ab"], [{}, {"a": 0}])
    assert [np.isnan(found.judgements.judged[0]), found.judgements.judged.tolist()] == [False, [False, True]]
    values = named("nDCG@10").compute(found)
    assert np.isnan(values[0])
    assert values[1] == 0
    hopeless = lists(["ab"], [{"a": 0}], hopeless=np.nan)
    assert np.isnan(named("nDCG@10").compute(hopeless)[0])


def test_a_repeat_takes_its_place_and_gains_nothing():
    same = np.array([0, 0, *range(2, 10)])  # b repeats a
    grades = [{"a": 1, "b": 1, "c": 1}]
    assert lists(["abc"], grades, same=same).grades.tolist() == [[1, UNJUDGED, 1]]
    assert lists(["bca"], grades, same=same).grades.tolist() == [[1, 1, UNJUDGED]]
    assert value("Success@1", ["b"], grades, same=same) == [1]


def market(places=None, popularity=None, **more):
    n = len(DOCUMENTS)
    return Market(
        np.ones(n) if places is None else np.array(places, float),
        np.zeros(n) if popularity is None else np.array(popularity, float),
        **more,
    )


def test_coverage_by_hand():
    found = lists(["ab", "ac", ""], market=market())
    values = named("Coverage@2").compute(found)
    assert values.mean() == pytest.approx(3 / 10)
    assert values.tolist() == pytest.approx([3 / 10 * (0.5 + 1), 3 / 10 * (0.5 + 1), 0])
    live = np.arange(10) < 4
    assert named("Coverage@2").compute(lists(["ab", "aj"], market=market(live=live))).mean() == pytest.approx(2 / 4)


def brute_gini(exposures):
    n, total = len(exposures), sum(exposures)
    return sum(abs(a - b) for a in exposures for b in exposures) / (2 * n * total)


@given(st.lists(st.permutations("abcdef"), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_gini_is_the_mean_of_all_differences(rankings):
    found = lists([ranking[:3] for ranking in rankings], market=market())
    attention = np.array([1, 1 / log2(3), 1 / 2])
    attention /= attention.sum()
    exposures = dict.fromkeys(DOCUMENTS, 0.0)
    for ranking in rankings:
        for document, weight in zip(ranking[:3], attention, strict=True):
            exposures[document] += weight
    assert named("Gini@3").compute(found).mean() == pytest.approx(brute_gini(list(exposures.values())))


def test_gini_of_all_alike_is_0_and_of_one_for_all_almost_1():
    assert named("Gini@1").compute(lists(list("abcdefghij"), market=market())).tolist() == pytest.approx([0] * 10)
    assert named("Gini@1").compute(lists(["a"] * 5, market=market())).mean() == pytest.approx(0.9)
    assert np.isnan(named("Gini@1").compute(lists(["", ""], market=market()))).all()


def test_shares_of_gini_spread_as_the_jackknife_says():
    generator = np.random.default_rng(0)
    rankings = ["".join(generator.choice(DOCUMENTS, 4, replace=False, p=np.arange(10, 0, -1) / 55)) for _ in range(300)]
    found = lists(rankings, market=market())
    values = named("Gini@4").compute(found)
    left_out = [named("Gini@4").compute(found.take(np.delete(np.arange(300), i))).mean() for i in range(0, 300, 10)]
    jackknife = [300 * values.mean() - 299 * left for left in left_out]
    assert values[::10] == pytest.approx(jackknife, abs=0.02)


def test_congestion_crowding_and_waiting_by_hand():
    # Three lists of one: a has two followers and one place, b one follower and two places.
    found = lists(["a", "a", "b"], market=market([1, 2] + [1] * 8))
    assert named("Congestion@1").compute(found).mean() == pytest.approx(1 / 2)
    assert named("Crowding@1").compute(found).tolist() == [1, 1, 0]
    assert named("Waiting@1").compute(found).tolist() == pytest.approx([1.5, 1.5, 1.0])
    full = lists(["a"], market=market([0] * 10))
    assert named("Waiting@1").compute(full).tolist() == [1.5]
    assert named("Congestion@1").compute(full).tolist() == [1]
    two = lists(["ab", "ba"], market=market())
    assert named("Congestion@2").compute(two).mean() == 0
    empty = lists(["a", ""], market=market())
    assert np.isnan(named("Crowding@1").compute(empty)[1])


def test_diversity_is_the_mean_over_all_pairs():
    vectors = np.random.default_rng(1).normal(size=(10, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = named("Diversity@3").compute(lists(["abcd", "a", ("a", "x", "b")], market=market(vectors=vectors)))
    pairs = [1 - vectors[i] @ vectors[j] for i, j in ((0, 1), (0, 2), (1, 2))]
    assert found[0] == pytest.approx(np.mean(pairs), abs=1e-6)
    assert np.isnan(found[1])
    assert found[2] == pytest.approx(1 - vectors[0] @ vectors[1], abs=1e-6)


def test_variety_novelty_personalisation_and_stability_by_hand():
    groups = np.array([0, 0, 1, -1, -1, 2, 2, 2, 2, 2])
    assert value("Variety@4", ["abcd", "de", ""], market=market(groups=groups))[:2] == [3 / 4, 1]
    popularity = [6, 2] + [0] * 8  # with one more each: 7, 3 and eight times 1 of 18
    assert value("Novelty@2", ["ab", "c"], market=market(popularity=popularity)) == pytest.approx(
        [(log2(18 / 7) + log2(18 / 3)) / 2, log2(18)]
    )
    assert value("Personal@2", ["ab", "ab", "cd"]) == [0.5, 0.5, 1]
    assert value("Personal@2", ["ab", "ab"]) == [0, 0]
    assert np.isnan(value("Personal@2", ["ab", ""])).all()
    before = lists(["ac", "", "xyz"]).rankings
    assert value("Stability@2", ["ab", "ab", "ab"], before=before) == [0.5, 0, 0]
    moved = Rankings.of({"q0": ("b", "gone")}, ["q0"], ["gone", "b"])
    assert value("Stability@2", ["ab"], before=moved) == [0.5]
    assert np.isnan(value("Stability@2", [""], before=lists([""]).rankings)[0])


def test_violations_are_counted_and_foreign_documents_are_among_them():
    found = lists([("a", "b", "from the future"), ()], eligible=np.array([[True, False, True], [False] * 3]))
    assert found.rankings.rows.tolist() == [[0, 1, FOREIGN], [NOTHING] * 3]
    values = named("Violations@10").compute(found)
    assert values[0] == 2
    assert np.isnan(values[1])


def chances(rankings, grades, scores):
    found = lists(rankings, grades)
    made = Rankings(found.rankings.queries, DOCUMENTS, found.rankings.rows, *[np.array(scores, np.float32)] * 2)
    return Judged(made, found.judgements)


def test_calibration_by_hand():
    found = chances(["ab", "c", "d"], [{"a": 1, "b": 0}, {"c": 1}, {}], [[0.95, 0.25], [0.95, np.nan], [0.5, np.nan]])
    assert named("Brier").compute(found)[:2].mean() == pytest.approx((0.05**2 + 0.25**2 + 0.05**2) / 3, abs=1e-6)
    assert named("ECE").compute(found)[:2].mean() == pytest.approx((2 * 0.05 + 0.25) / 3, abs=1e-6)
    assert np.isnan(named("ECE").compute(found)[2])
    curve = reliability(found)
    assert curve.n.tolist() == [1, 2]  # equal chances share a bin
    assert curve.observed.tolist() == [0, 1]
    assert curve.predicted == pytest.approx([0.25, 0.95])
    assert reliability(lists(["a"])) is None
    with pytest.raises(InputError):
        chances(["a"], [{"a": 1}], [[1.5]])


def test_a_calibrated_chance_has_an_error_near_0_and_a_bold_one_has_not():
    generator = np.random.default_rng(3)
    chance = generator.random((2_000, 10)).astype(np.float32)
    outcome = (generator.random((2_000, 10)) < chance).astype(np.int16)
    q, d = np.divmod(np.arange(20_000), 10)
    judgements = Judgements.of_arrays(q, d, outcome.ravel(), 2_000)
    rows = np.tile(np.arange(10, dtype=np.int32), (2_000, 1))

    def error(scores):
        made = Rankings([str(i) for i in range(2_000)], DOCUMENTS, rows, scores, scores)
        return named("ECE").compute(Judged(made, judgements)).mean()

    assert error(chance) < 0.02
    curve = reliability(Judged(Rankings(list(map(str, range(2_000))), DOCUMENTS, rows, None, chance), judgements))
    assert curve.n.tolist() == [2_000] * 10
    assert np.abs(curve.predicted - curve.observed).max() < 0.05
    assert error(np.sqrt(chance)) > 0.1


@given(tasks(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_queries_and_the_names_of_documents_do_not_matter(task, random):
    rankings, grades = task
    order = list(range(len(rankings)))
    random.shuffle(order)
    vectors = np.eye(10, dtype=np.float32)
    found = measure_all(EVERY, lists(rankings, grades, market=market(range(10), range(10), vectors=vectors)))
    again = measure_all(
        EVERY,
        lists(
            [rankings[i] for i in order], [grades[i] for i in order],
            market=market(range(10), range(10), vectors=vectors),
        ),
    )  # fmt: skip
    np.testing.assert_allclose(again, found[order], rtol=0, atol=1e-9)
    names = dict(zip(DOCUMENTS, random.sample(DOCUMENTS, 10), strict=True))
    renamed = lists(
        [[names[d] for d in ranking] for ranking in rankings],
        [{names.get(d, d): g for d, g in of.items()} for of in grades],
    )
    np.testing.assert_allclose(
        measure_all(MEASURED, renamed), measure_all(MEASURED, lists(rankings, grades)), rtol=0, atol=1e-12
    )


@given(tasks(), st.integers(0, 8))
@settings(max_examples=40, deadline=None)
def test_a_better_document_one_place_higher_never_lowers_relevance(task, place):
    rankings, grades = task
    ranking, of = list(rankings[0]), grades[0]
    if place + 1 >= len(ranking):
        return
    swapped = ranking.copy()
    swapped[place], swapped[place + 1] = ranking[place + 1], ranking[place]
    before, after = (measure_all(MEASURED, lists([r], [of]))[0] for r in (ranking, swapped))
    grade = [max(of.get(ranking[i], 0), 0) for i in (place, place + 1)]
    if grade[1] >= grade[0]:
        assert (after >= before - 1e-12).all()
    else:
        assert (after <= before + 1e-12).all()


@given(tasks())
@settings(max_examples=25, deadline=None)
def test_perfect_lists_have_1_and_the_worst_0(task):
    _, grades = task
    reachable = [{d: g for d, g in of.items() if d in DOCUMENTS} | {"a": 2} for of in grades]
    best = [sorted(of, key=lambda d: -of[d]) for of in reachable]
    perfect = measure_all(STANDARD, lists(best, reachable))
    np.testing.assert_allclose(perfect, 1.0, rtol=0, atol=1e-12)
    worst = [[d for d in DOCUMENTS if of.get(d, 0) < 1] for of in reachable]
    assert not measure_all(MEASURED, lists(worst, reachable)).any()


def test_bounds_of_what_is_a_share():
    generator = np.random.default_rng(5)
    rankings = ["".join(generator.permutation(DOCUMENTS)[:6]) for _ in range(40)]
    grades = [{d: int(g) for d, g in zip(DOCUMENTS, generator.integers(0, 3, 10), strict=True)} for _ in range(40)]
    found = lists(rankings, grades, market=market(generator.integers(0, 4, 10), vectors=np.eye(10, dtype=np.float32)))
    for measure in of_replay(6):
        values = measure.compute(found)
        mean = values[~np.isnan(values)].mean() if not np.isnan(values).all() else 0.5
        if measure.name not in {"Waiting@6", "Novelty@6"}:
            assert -1e-9 <= mean <= 1 + 1e-9, measure.name


def test_measures_of_all_lists_are_computed_again_over_a_slice():
    found = lists(["ab", "ac", "ad", "ae"], market=market())
    measures = of_replay(2)
    again = over_slices(measures, found)(np.array([1, 2]))
    whole = [measure for measure in measures if measure.whole]
    alone = measure_all(whole, lists(["ac", "ad"], market=market()))
    np.testing.assert_allclose(again, alone, equal_nan=True)


def test_every_measure_says_what_it_is_and_is_found_by_its_name():
    for measure in EVERY:
        assert named(measure.name).definition == str(measure)
        assert all(words.zh and words.en for words in (measure.words, *measure.handling))
        assert measure.better in (-1, 0, 1)
    assert {measure.group for measure in EVERY} == {
        "relevance", "calibration", "market", "diversity", "novelty", "stability", "eligibility",
    }  # fmt: skip
    for name in ("nDCG", "nDCG@0", "Flattery@10", ""):
        with pytest.raises(QueryError):
            named(name)


def test_lists_from_a_table_are_ordered_by_score_then_id():
    import polars as pl

    frame = pl.DataFrame(
        {
            "query": ["q1", "q1", "q1", "q0", "other"],
            "document": ["c", "b", "x", "a", "a"],
            "score": [1.0, 1.0, 2.0, 0.5, 9.0],
        }
    )
    made = Rankings.of_frame(frame, ["q0", "q1", "q2"], DOCUMENTS)
    assert made.rows.tolist() == [[0, NOTHING, NOTHING], [FOREIGN, 1, 2], [NOTHING] * 3]
    assert made.scores[1].tolist() == [2, 1, 1]
    assert made.answered.tolist() == [True, True, False]
    ranked = frame.select("query", "document", pl.col("score").rank("ordinal").alias("rank"))
    by_rank = Rankings.of_frame(ranked, ["q1"], DOCUMENTS, depth=2)
    assert by_rank.rows.shape == (1, 2)
    with pytest.raises(InputError, match="twice"):
        Rankings.of_frame(pl.concat([frame, frame[:1]]), ["q1"], DOCUMENTS)
    with pytest.raises(InputError, match="not a number"):
        Rankings.of_frame(frame.with_columns(score=pl.lit(None, pl.Float64)), ["q1"], DOCUMENTS)
    with pytest.raises(InputError, match="judged twice"):
        Judgements.of_arrays(np.zeros(2, int), np.zeros(2, int), np.ones(2, np.int16), 1)
