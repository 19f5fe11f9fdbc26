"""The tables of an evaluation: means and differences over slices, by hand and by brute force; saved and read again."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from eval.catalogue import named
from eval.evaluation import ALL, DIFFERENCES, SUMMARY, Direction, Evaluation, Finding, Provenance
from eval.intervals import bootstrap_intervals, detectable, randomisation_test, randomisation_tests
from eval.measures import STANDARD
from eval.scores import Scores, values_table
from eval.slices import REST, UNKNOWN, members_table, merged, slices_of
from eval.summary import Sampling, summarise
from matching.errors import FileError
from matching.language import Words

NAMES = [measure.name for measure in STANDARD]


def scores(system, values, *, answered=None):
    values = np.asarray(values, float)
    given = np.ones(len(values), bool) if answered is None else np.asarray(answered)
    return Scores(system, Direction.POSTINGS, [f"g{i}" for i in range(len(values))], STANDARD, values, given)


def full(value, n=4):
    return np.full((n, 4), value)


def test_differences_are_taken_to_bm25_or_else_to_the_first():
    everyone = slices_of({}, 4)
    found = summarise([scores("random", full(0.5)), scores("bm25", full(0.75))], everyone, Sampling()).differences
    assert found.select("system", "baseline", "measure").rows() == [("random", "bm25", name) for name in NAMES]
    first = found.row(0, named=True)
    assert (first["mean"], first["low"], first["high"], first["n"], first["small"]) == (-0.25, -0.25, -0.25, 4, True)
    assert (first["p"], first["p_holm"], first["detectable"]) == (2 / 16, 4 * 2 / 16, 0)
    two = [scores("dense", full(0.5)), scores("hybrid", full(0.75))]
    assert summarise(two, everyone, Sampling()).differences["baseline"].to_list() == ["dense"] * 4
    assert summarise(two[:1], everyone, Sampling()).differences.is_empty()


def test_the_interval_of_a_share_of_all_lists_stays_a_share():
    """A query's part of a coverage of .97 may be far above 1 or below 0; the coverage may not."""
    parts = np.array([[3.0], [-1.0], [2.0], [-0.12]])
    coverage = (named("Coverage@10"),)
    one = Scores("s", Direction.POSTINGS, list("abcd"), coverage, parts, np.ones(4, bool), lambda rows: parts[rows])
    row = summarise([one], slices_of({}, 4), Sampling()).summary.row(0, named=True)
    assert (row["mean"], row["low"], row["high"]) == (pytest.approx(0.97), 0, 1)


def test_a_query_about_which_a_measure_says_nothing_is_in_no_mean():
    values = full(1.0)
    values[0, 0], values[1, 0] = np.nan, 0.25
    found = summarise([scores("s", values, answered=[True, False, True, True])], slices_of({}, 4), Sampling()).summary
    assert found.filter(pl.col("measure") == "mAP").row(0, named=True)["mean"] == pytest.approx((0.25 + 1 + 1) / 3)
    assert found.select("n", "unanswered").rows()[:2] == [(3, 1), (4, 1)]


def test_a_measure_without_any_value_has_no_mean_and_no_difference():
    values = full(1.0)
    values[:, 0] = np.nan
    found = summarise([scores("a", values), scores("b", values)], slices_of({}, 4), Sampling())
    assert found.summary.row(0, named=True) | {"mean": None, "low": None, "high": None, "n": 0} == found.summary.row(
        0, named=True
    )
    assert found.differences["measure"].to_list() == NAMES[1:]


def test_slices_see_the_same_resamples_as_everyone():
    generator = np.random.default_rng(0)
    values = generator.random((90, 4))
    slices = slices_of({"half": ["b" if i % 2 else "a" for i in range(90)]}, 90)
    found = summarise([scores("s", values)], slices, Sampling(resamples=400)).summary
    assert found.select("axis", "slice").unique(maintain_order=True).rows() == [
        (ALL, ALL), ("half", "a"), ("half", "b"),
    ]  # fmt: skip
    own = found.filter(pl.col("slice") == "b", pl.col("measure") == "MRR").row(0, named=True)
    assert own["mean"] == pytest.approx(values[1::2, 2].mean())
    counts = np.random.default_rng(0).integers(90, size=(400, 90))
    means = [values[[q for q in drawn if q % 2], 2].mean() for drawn in counts]
    assert (own["low"], own["high"]) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))
    everyone = found.filter(pl.col("axis") == ALL, pl.col("measure") == "MRR").row(0, named=True)
    interval = bootstrap_intervals(values, resamples=400)[2]
    assert (everyone["low"], everyone["high"]) == pytest.approx((interval.low, interval.high))


def test_holm_corrects_for_the_slices_of_an_axis_together_and_for_everyone_apart():
    a, b = scores("a", full(0.5, 40)), scores("b", np.random.default_rng(1).random((40, 4)))
    slices = slices_of({"half": ["x"] * 20 + ["y"] * 20}, 40, small=1)
    found = summarise([a, b], slices, Sampling(flips=300)).differences
    assert len(found) == 3 * 4
    for axis, tests in ((ALL, 4), ("half", 8)):
        own = found.filter(pl.col("axis") == axis)
        assert own["p_holm"].min() == pytest.approx(min(1, tests * own["p"].min()))


def test_an_extreme_difference_has_a_p_below_that_of_the_number_of_flips():
    differences = np.random.default_rng(6).normal(0.3, 0.5, size=(200, 1))
    p = randomisation_tests(differences, resamples=500)[0]
    assert p == pytest.approx(2 * np.exp(-(differences.sum() ** 2) / (2 * (differences**2).sum())))
    assert p < 1 / 501
    exact = differences[:13]
    assert randomisation_tests(exact)[0] <= 2 * np.exp(-(exact.sum() ** 2) / (2 * (exact**2).sum()))


def test_small_slices_are_merged_and_named_never_hidden():
    names = ["big"] * 30 + ["few"] * 3 + ["fewer"] * 2 + [""]
    slices = slices_of({"axis": names}, 36)
    assert {one.name: len(one.rows) for one in slices[1:]} == {"big": 30, REST: 6}
    alone = slices_of({"axis": ["big"] * 30 + ["few"] * 3}, 33)
    assert [one.name for one in alone[1:]] == ["big", "few"]
    assert slices_of({"axis": [""] * 40}, 40)[1].name == UNKNOWN
    assert sum(len(one.rows) for one in slices[1:]) == 36
    assert merged([], small=3).tolist() == []
    table = members_table(alone, Direction.POSTINGS, [f"g{i}" for i in range(33)])
    assert table.group_by("slice").len().sort("slice").rows() == [("big", 30), ("few", 3)]


def test_the_normal_p_of_many_pairs_is_that_of_many_flips():
    differences = np.random.default_rng(5).normal(0.02, 1, size=(5_001, 3))
    sampled = randomisation_tests(differences[:5_000], resamples=4_000)
    assert randomisation_tests(differences) == pytest.approx(sampled, abs=0.03)
    one = randomisation_test(differences[:, 0], np.zeros(5_001))
    assert one == pytest.approx(randomisation_tests(differences)[0])
    assert randomisation_tests(np.zeros((6_000, 2))).tolist() == [1, 1]


def test_the_detectable_difference_is_found_four_times_in_five():
    generator = np.random.default_rng(2)
    spread = generator.normal(0, 0.3, size=(400, 1))
    least = detectable(spread)[0]
    assert least == pytest.approx(2.8016 * spread.std(ddof=1) / 20, rel=1e-4)
    runs = generator.normal(least, spread.std(ddof=1), size=(400, 1_000))
    assert (randomisation_tests(runs, resamples=300) <= 0.05).mean() == pytest.approx(0.8, abs=0.05)
    assert np.isnan(detectable(np.array([[0.5]]))[0])


def test_the_long_table_has_a_row_a_value():
    values = full(0.5, 2)
    values[1, 3] = np.nan
    table = values_table([scores("s", values, answered=[True, False])])
    assert table.shape == (8, 6)
    assert table.filter(pl.col("measure") == "Recall@100").rows() == [
        ("s", "postings", "Recall@100", "g0", 0.5, True), ("s", "postings", "Recall@100", "g1", None, False),
    ]  # fmt: skip
    assert values_table([]).is_empty()


def test_an_evaluation_is_saved_and_read_again(tmp_path):
    of_systems = [scores("bm25", full(0.5)), scores("hybrid", full(1.0))]
    found = summarise(of_systems, slices_of({}, 4), Sampling())
    finding = Finding(fault="leak", fatal=True, zh="泄漏", en="leak", evidence={"auc": 0.99})
    made = Evaluation(
        Provenance(kind="replay", code_version="1", data="ab", cutoff="2026-06-01T00:00:00+08:00", simulated=True),
        values_table(of_systems),
        found.summary,
        found.differences,
        findings=(finding,),
        warnings=(Words("甲", "a"),),
    )
    made.save(tmp_path / "out")
    read = Evaluation.load(tmp_path / "out")
    assert (read.provenance, read.findings, read.warnings) == (made.provenance, made.findings, made.warnings)
    assert read.summary.equals(made.summary)
    assert read.values.equals(made.values)
    assert (read.failed, read.systems, read.measures) == (True, ["bm25", "hybrid"], NAMES)
    assert list(read.summary.schema) == list(SUMMARY)
    assert list(read.differences.schema) == list(DIFFERENCES)
    with pytest.raises(FileError):
        Evaluation.load(tmp_path)
    with pytest.raises(ValueError, match="table summary"):
        Evaluation(made.provenance, made.values, made.values)
