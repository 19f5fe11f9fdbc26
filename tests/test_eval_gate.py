"""The gate on tiny evaluations whose figures are written down, and on a model that was made worse on purpose."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.evaluation import MEMBERS, SUMMARY, VALUES, Evaluation, Finding, Provenance
from eval.gate import Rules, gate, read_rules
from eval.versus import versus
from matching.errors import QueryError, SettingsError


def evaluation(values, *, members=(), answered=True, simulated=False, data="d", system="gradmatch", findings=()):
    """`values`: measure → one value a query (q0, q1 …), for postings."""
    rows = [
        (system, "postings", measure, f"q{i}", float(value), answered if answered is True else answered[i])
        for measure, of_queries in values.items()
        for i, value in enumerate(of_queries)
    ]
    table = pl.DataFrame(rows, schema=dict(VALUES), orient="row")
    summary = [
        (system, "postings", "all", "all", m, float(np.mean(v)), None, None, len(v), 0, False)
        for m, v in values.items()
    ]
    return Evaluation(
        provenance=Provenance(kind="replay", code_version="1", data=data, simulated=simulated, resamples=200),
        values=table,
        summary=pl.DataFrame(summary, schema=dict(SUMMARY), orient="row"),
        members=pl.DataFrame(list(members), schema=dict(MEMBERS), orient="row"),
        findings=tuple(findings),
    )


def base(n=200, seed=0):
    generator = np.random.default_rng(seed)
    return {"nDCG@10": generator.uniform(0.2, 0.8, n), "Congestion@10": generator.uniform(0, 0.2, n),
            "Violations@10": np.zeros(n)}  # fmt: skip


def failed(rulings):
    return [ruling.rule for ruling in rulings if not ruling.passed]


def test_paired_differences_by_hand():
    old, new = evaluation({"nDCG@10": [0.1, 0.2, 0.3]}), evaluation({"nDCG@10": [0.2, 0.2, 0.6]})
    (row,) = versus(old, new).iter_rows(named=True)
    assert row["mean"] == pytest.approx((0.1 + 0 + 0.3) / 3)
    # Sign flips of (.1, 0, .3): of 8 patterns, 4 reach |.4|.
    assert row["p"] == row["p_holm"] == pytest.approx(4 / 8)
    assert row["n"] == 3


def test_the_same_model_passes():
    assert failed(gate(evaluation(base()), evaluation(base()))) == []


def test_each_rule_stops_what_it_is_for():
    values, old = base(), evaluation(base())
    assert failed(gate(old, evaluation({**values, "nDCG@10": values["nDCG@10"] - 0.05}))) == ["hold"]
    assert failed(gate(old, evaluation({**values, "Congestion@10": values["Congestion@10"] + 0.05}))) == ["hold"]
    assert failed(gate(old, evaluation({**values, "Congestion@10": values["Congestion@10"] - 0.05}))) == []
    assert failed(gate(old, evaluation({**values, "Violations@10": np.eye(200)[0]}))) == ["zero"]
    silent = [i >= 2 for i in range(200)]
    assert failed(gate(old, evaluation(values, answered=silent))) == ["unanswered"]
    leak = Finding(fault="leak", fatal=True, zh="泄漏", en="a leak")
    assert failed(gate(old, evaluation(values, findings=[leak]))) == ["findings"]
    assert failed(gate(old, evaluation({k: values[k] for k in ("nDCG@10", "Violations@10")}))) == ["hold"]


def test_few_queries_show_nothing_and_depths_are_found():
    few = evaluation(base(20))
    assert [r.rule for r in gate(few, few) if not r.passed] == ["evidence"]
    assert all(r.passed for r in gate(few, few, Rules(least=20)))
    quality = base()["nDCG@10"]
    deep = evaluation({"nDCG@10": quality, "Recall@50": quality, "Violations@50": np.r_[1.0, np.zeros(199)]})
    rulings = gate(deep, deep)
    assert [r.en for r in rulings if not r.passed] == ["postings Violations@50 = 0.0050, must be 0"]
    assert any("Recall@50" in r.en for r in rulings)


def test_a_measure_without_a_value_in_either_is_left_out():
    silent = {**base(), "ECE": np.full(200, np.nan)}
    assert failed(gate(evaluation(silent), evaluation(silent))) == []
    assert failed(gate(evaluation(silent), evaluation(silent), Rules(unmeasured=False))) == ["hold"] * 4


def test_a_slice_that_is_paid_by_the_others_stops_it():
    values = base()
    members = [("postings", "degree", f"q{i}", "大专" if i < 60 else "本科") for i in range(195)]
    members += [("postings", "degree", f"q{i}", "博士") for i in range(195, 200)]
    paid = values["nDCG@10"] + np.where(np.arange(200) < 60, -0.1, 0.1)
    old = evaluation(values, members=members)
    new = evaluation({**values, "nDCG@10": paid}, members=members)
    rulings = gate(old, new)
    assert failed(rulings) == ["slices"]
    assert "大专" in next(ruling.en for ruling in rulings if not ruling.passed)
    few = values["nDCG@10"] - np.where(np.arange(200) >= 195, 0.5, -0.1)
    assert failed(gate(old, evaluation({**values, "nDCG@10": few}, members=members))) == []  # five people: too few


def test_margin_and_noise():
    values, old = base(), evaluation(base())
    noise = np.random.default_rng(1).normal(0, 0.1, 200)
    shaken = {**values, "nDCG@10": values["nDCG@10"] + noise - noise.mean()}
    assert failed(gate(old, evaluation(shaken))) == []
    down = {**values, "nDCG@10": values["nDCG@10"] - 0.01}
    assert failed(gate(old, evaluation(down))) == ["hold"]
    assert failed(gate(old, evaluation(down), Rules(margin=0.02))) == []


def test_what_is_not_comparable_is_refused():
    with pytest.raises(QueryError, match="data is d in the first, e in the second"):
        gate(evaluation(base()), evaluation(base(), data="e"))
    with pytest.raises(QueryError, match="simulated"):
        gate(evaluation(base()), evaluation(base(), simulated=True))


def test_rules_from_a_file(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text('hold = ["MRR"]\nmargin = 0.01\n')
    assert read_rules(path) == Rules(hold=("MRR",), margin=0.01)
    path.write_text("holt = 1\n")
    with pytest.raises(SettingsError, match="holt"):
        read_rules(path)
    path.write_text('hold = ["goodness"]\n')
    with pytest.raises(QueryError, match="goodness"):
        read_rules(path)


def test_the_commands(tmp_path):
    values = base()
    worse = {**values, "nDCG@10": values["nDCG@10"] - 0.05}
    evaluation(values).save(tmp_path / "old")
    evaluation(worse).save(tmp_path / "new")
    replace(evaluation(values), findings=()).save(tmp_path / "same")

    def run(*arguments):
        return CliRunner().invoke(app, [str(a) for a in arguments], env={"LC_ALL": "C"}, catch_exceptions=False)

    stopped = run("gate", tmp_path / "old", tmp_path / "new")
    assert stopped.exit_code == 1
    assert "STOP" in stopped.stdout
    assert run("gate", tmp_path / "old", tmp_path / "same").exit_code == 0
    rows = json.loads(run("compare", tmp_path / "old", tmp_path / "new", "--json").stdout)
    assert rows[0]["mean"] == pytest.approx(-0.05)
    assert "-0.0500" in run("compare", tmp_path / "old", tmp_path / "new").stdout


def test_a_build_waits_for_the_gate(tmp_path):
    from matching import demo
    from matching.cli import command_line
    from matching.errors import NoSnapshot
    from matching.settings import read_settings
    from matching.snapshot import Snapshots
    from matching.store import Store

    settings = tmp_path / "s.toml"
    settings.write_text('[encoder]\nname = "hashing"\n[ranking.weights]\nmajor = 0.0\n')
    chosen = read_settings(settings, home=tmp_path)
    with Store.open(chosen.store) as store:
        store.upsert([*demo.graduates(), *demo.postings()])
    told = chosen.model_dump(mode="json")

    def saved(name, values, **changes):
        found = evaluation(values)
        provenance = found.provenance.model_copy(update={"settings": {**told, **changes}})
        replace(found, provenance=provenance).save(tmp_path / name)
        return str(tmp_path / name)

    values = base()
    old, better = saved("old", values), saved("better", {**values, "nDCG@10": values["nDCG@10"] + 0.05})
    worse = saved("worse", {**values, "nDCG@10": values["nDCG@10"] - 0.05})
    other = saved("other", values, ranking={"weights": {}})
    snapshots = Snapshots(chosen.snapshots)

    def run(new):
        arguments = ["build", "--settings", str(settings), "--home", str(tmp_path), "--require-gate", old, new]
        return CliRunner().invoke(command_line(), arguments, env={"LC_ALL": "C"})

    stopped = run(worse)
    assert stopped.exit_code == 1
    assert "FAIL hold: postings nDCG@10: -0.0500" in stopped.output
    with pytest.raises(NoSnapshot):
        snapshots.current()
    assert "this build has" in str(run(other).exception)
    assert run(better).exit_code == 0
    assert snapshots.current() in snapshots.names()


def test_a_difference_of_nothing_does_not_stop():
    """Sums in another order differ in the sixteenth place; what shows as +0.0000 [+0.0000, +0.0000] is no loss."""
    values, old = base(), evaluation(base())
    for dust in (1e-17, 3e-16, 4.9e-5):
        worse = {"nDCG@10": values["nDCG@10"] - dust, "Congestion@10": values["Congestion@10"] + dust}
        assert failed(gate(old, evaluation({**values, **worse}))) == []
    seen = evaluation({**values, "Congestion@10": values["Congestion@10"] + 1e-4})
    assert failed(gate(old, seen)) == ["hold"]
