"""Planted faults are caught and clean worlds are not accused; differences are found when they are there."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from eval.cli import app
from eval.curve_plot import svg
from eval.evaluation import Direction, Evaluation, Provenance
from eval.faults import shared, tie_gain, told_apart, worse_slices
from eval.intervals import holm
from eval.judged import Judged
from eval.leakage import Labelled, area, feature_findings, text_findings
from eval.measures import STANDARD
from eval.power import Curves, Measured, Pool, curves, found_share
from eval.rankings import Judgements, Rankings
from eval.relevance import ndcg
from eval.scores import Scores, values_table
from eval.selftest import PLANTS, MadeWorld, honest_findings
from eval.slices import slices_of
from eval.summary import Sampling, summarise
from matching.errors import InputError


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.fault)
def test_a_planted_fault_is_caught(plant):
    found = [finding for finding in plant.find(MadeWorld.of(11)) if finding.fault == plant.fault]
    assert found
    assert found[0].fatal == (plant.fault != "slice worsens")
    assert all(finding.zh and finding.en and finding.evidence for finding in found)


def test_an_honest_system_is_accused_of_nothing():
    assert honest_findings(MadeWorld.of(12)) == []


def test_every_fault_of_the_specification_is_planted():
    assert {plant.fault for plant in PLANTS} >= {
        "leaked label", "popularity cheat", "tie trick", "unanswered", "swapped split", "slice worsens", "ineligible",
    }  # fmt: skip


def test_the_selftest_prints_its_table_and_exits_with_0():
    result = CliRunner().invoke(app, ["selftest", "--json", "--seed", "3"], catch_exceptions=False)
    assert result.exit_code == 0, result.stdout
    lines = json.loads(result.stdout)
    assert [line["fault"] for line in lines] == [plant.fault for plant in PLANTS]
    assert all(line["caught"] and line["clean"] == 0 for line in lines)


def judged(lists, grades, scores=None):
    documents, queries = list("abcdef"), [f"q{i}" for i in range(len(lists))]
    made = Rankings.of(dict(zip(queries, lists, strict=True)), queries, documents)
    made = Rankings(queries, documents, made.rows, None if scores is None else np.array(scores, np.float32))
    return Judged(made, Judgements.of(dict(zip(queries, grades, strict=True)), queries, documents), hopeless=np.nan)


def test_the_gain_of_ties_is_what_any_order_would_not_give():
    # a and b tied, a relevant: any order gives (1 + 1/log2(3)) / 2, the list as it is 1.
    found = tie_gain(judged(["abc", "abc", "cab"], [{"a": 1}] * 3, [[1, 1, 0], [3, 2, 1], [2, 1, 1]]))
    half = (1 + 1 / np.log2(3)) / 2
    assert found == pytest.approx([1 - half, 0, (1 / np.log2(3) - 1 / 2) / 2])
    assert np.isnan(tie_gain(judged(["abc"], [{"a": 1}]))).all()


def test_pairs_in_the_right_order_are_counted_within_lists():
    share, pairs = told_apart(judged(["abcd", "ef"], [{"a": 1, "b": 0, "c": 2, "d": 0}, {"e": 1}]))
    assert (share, pairs) == (3 / 4, 4)
    assert told_apart(judged(["ef"], [{"e": 1}]))[1] == 0


def test_shared_documents_by_hand():
    first, second = (judged(lists, [{}, {}]).rankings for lists in (["ab", "cd"], ["bc", ""]))
    assert shared(first, second, 2) == (1 / 2 + 0) / 2


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, 2.0, float("nan")]), st.booleans()), min_size=1, max_size=12))
def test_the_area_under_the_curve_is_the_share_of_pairs(pairs):
    values = np.array([value for value, _ in pairs])
    label = np.array([good for _, good in pairs])
    filled = np.where(np.isnan(values), -np.inf, values)
    wins = [(a > b) + (a == b) / 2 for a in filled[label] for b in filled[~label]]
    found = area(values, label)
    assert np.isnan(found) if not wins else found == pytest.approx(np.mean(wins))


def test_a_feature_that_is_the_label_has_leaked_whichever_way_round():
    label = np.arange(200) % 2 == 0
    noise = np.random.default_rng(0).random(200)
    query = np.zeros(200, np.int64)
    for column in (label + 0.1 * noise, 0.1 * noise - label):
        assert [f.fault for f in feature_findings(Labelled({"x": column, "noise": noise}, label, query))] == [
            "leaked feature"
        ]
    assert feature_findings(Labelled({"x": label[:40].astype(float)}, label[:40], query[:40])) == []


def test_a_feature_that_grows_stale_is_no_leak_and_one_that_was_counted_too_long_is():
    """Told by the difference of the areas, which the noise sets: the past has none of what the feature says."""
    random = np.random.default_rng(3)
    label, query = random.random(4_000) < 0.2, np.arange(4_000)
    before = Labelled({"x": random.normal(size=4_000)}, label, query)
    areas = {}
    for strength in (0.5, 1.5):
        now = Labelled({"x": strength * label + random.normal(size=4_000)}, label, query)
        areas[strength] = area(now.columns["x"], label)
        found = feature_findings(now, before)
        assert bool(found) == (strength == 1.5)
        turned = Labelled({"x": -now.columns["x"]}, label, query)
        assert len(feature_findings(turned, before)) == len(found)
        assert feature_findings(now, now) == feature_findings(now) == []
    assert areas[0.5] < 0.7 < 0.8 < areas[1.5] < 0.95


def test_texts_that_name_a_future_employer_have_leaked_and_those_that_name_many_have_not():
    judgements = Judgements.of_arrays(np.arange(60), np.arange(60), np.array([1, 0] * 30, np.int16), 60)
    names = [[f"单位{i:02d}有限公司"] for i in range(60)]
    leaked = [names[i][0] + "就职" if i % 4 == 0 else "无" for i in range(60)]
    (finding,) = text_findings(leaked, names, judgements)
    assert (finding.fatal, finding.evidence["named"], finding.evidence["named others"]) == (True, 15, 0)
    everyone = ["".join(name for (name,) in names)] * 60
    assert text_findings(everyone, names, judgements) == []
    assert text_findings(["单位"] * 60, [["单位"]] * 60, judgements) == []


def test_a_worse_slice_is_named_when_the_mean_is_not_worse():
    generator = np.random.default_rng(4)
    base = generator.random((300, 4)) * 0.5
    change = np.where(np.arange(300) < 60, -0.15, 0.15)[:, None]
    queries = [f"g{i}" for i in range(300)]
    sides = [
        Scores(name, Direction.POSTINGS, queries, STANDARD, values, np.ones(300, bool))
        for name, values in (("bm25", base), ("new", base + change + generator.normal(0, 0.05, (300, 4))))
    ]
    slices = slices_of({"group": ["few" if i < 60 else "many" for i in range(300)]}, 300)
    differences = summarise(sides, slices, Sampling(resamples=100, flips=500)).differences
    found = worse_slices(differences)
    assert {(f.system, f.slice, f.measure) for f in found} == {("new", "few", "nDCG@10"), ("new", "few", "mAP")}
    everyone_worse = differences.with_columns(mean=-pl.col("mean").abs())
    assert worse_slices(everyone_worse) == []
    assert holm([]) == []


@pytest.fixture(scope="module")
def pool():
    return Pool(5, size=3_000)


def test_the_pool_has_the_difference_that_is_asked_for(pool):
    for wanted in (0.0, 0.01):
        assert pool.differences(wanted).mean() == pytest.approx(wanted, abs=1e-4)
    with pytest.raises(InputError):
        pool.differences(0.9)


def test_power_rises_and_false_alarms_stay_at_their_level(pool):
    found = curves(pool, graduates=1_000, runs=200, wanted=0.02, differences=(0.005,))
    shares = [share for _, share in found.by_difference]
    assert shares[0] < shares[1]
    assert found.false_alarms <= 0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5
    assert dict(found.aa)[0.5] == pytest.approx(0.5, abs=0.12)
    record = found.record()
    assert (record["simulated"], record["graduates"], record["runs"]) == (True, 1_000, 200)
    picture = svg(found)
    assert picture.count("<polyline") == 3
    assert "simulated" in picture
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


def test_the_power_at_the_detectable_difference_is_four_in_five(pool):
    values = pool.differences(0.01)
    least = 2.8016 * values.std(ddof=1) / np.sqrt(800)
    p = found_share(values - values.mean() + least, 800, runs=400, random=np.random.default_rng(0))
    assert (p <= 0.05).mean() == pytest.approx(0.8, abs=0.07)


def test_the_curves_of_an_evaluation_are_those_of_its_values(tmp_path):
    generator = np.random.default_rng(1)
    values = generator.random((50, 4))
    sides = [
        Scores(name, Direction.POSTINGS, [f"g{i}" for i in range(50)], STANDARD, v, np.ones(50, bool))
        for name, v in (("bm25", values), ("gradmatch", np.clip(values + generator.normal(0, 0.1, (50, 4)), 0, 1)))
    ]
    provenance = Provenance(kind="replay", code_version="1", data="x")
    summary = summarise(sides, slices_of({}, 50), Sampling(resamples=50)).summary
    Evaluation(provenance, values_table(sides), summary).save(tmp_path / "e")
    measured = Measured(Evaluation.load(tmp_path / "e"), ("gradmatch", "bm25"), direction="postings", measure="nDCG@10")
    assert measured.differences(0.03).mean() == pytest.approx(0.03)
    result = CliRunner().invoke(
        app,
        ["power", "--from", str(tmp_path / "e"), "--graduates", "50", "--runs", "20", "--json",
         "--plot", str(tmp_path / "p.svg")],
        catch_exceptions=False,
    )  # fmt: skip
    assert json.loads(result.stdout)["simulated"] is False
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").startswith("<svg")
    with pytest.raises(InputError):
        Measured(Evaluation.load(tmp_path / "e"), ("gradmatch", "none"), direction="postings", measure="nDCG@10")


def test_curves_know_their_own_points():
    made = Curves(10, 5, 0.01, [(0.01, 0.9)], [(10, 0.9)], [(0.05, 0.04), (1.0, 1.0)], 0.02, "simulation")
    assert (made.power, made.false_alarms) == (0.9, 0.04)
    assert ndcg(judged(["a"], [{"a": 1}]), 10).tolist() == [1]
