"""The audit: gaps by hand, within strata, logged, and nothing protected anywhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import eval as room
from eval.audit import GAPS, audit
from eval.cli import app
from eval.evaluation import LISTS, Direction, Evaluation, Provenance
from eval.measures import STANDARD
from eval.scores import Scores, values_table
from eval.slices import members_table, slices_of
from eval.summary import Sampling, summarise
from matching.errors import QueryError
from matching.standard.records import Protected
from matching.store import Store


def evaluation(women, majors, values, lists=()):
    queries = [f"t:g{i:03d}" for i in range(len(women))]
    scores = Scores(
        "gradmatch", Direction.POSTINGS, queries, STANDARD, np.tile(np.asarray(values, float)[:, None], (1, 4)),
        np.ones(len(queries), bool),
    )  # fmt: skip
    slices = slices_of({"major_category": majors}, len(queries), small=1)
    found = summarise([scores], slices, Sampling(resamples=20))
    columns = ["system", "direction", "query", "rank", "document", "score", "grade", "eligible"]
    table = pl.DataFrame(
        [("gradmatch", "graduates", q, r, d, None, g, True) for q, r, d, g in lists],
        schema={name: pl.String if kind == pl.Categorical else kind for name, kind in LISTS.items()},
        orient="row",
    ).cast({"system": pl.Categorical, "direction": pl.Categorical}).select(columns)  # fmt: skip
    return Evaluation(
        Provenance(kind="replay", code_version="1", data="x", simulated=True),
        values_table([scores]),
        found.summary,
        members=members_table(slices, Direction.POSTINGS, queries),
        lists=table,
    )


def fill(store, women, hardship=()):
    store.upsert(
        [
            Protected(
                tenant="t", id=f"g{i:03d}", sex="female" if woman else "male",
                hardship_groups=["零就业家庭"] if i in hardship else [],
            )
            for i, woman in enumerate(women)
        ]
    )  # fmt: skip


def test_gaps_by_hand_and_the_use_is_logged(sqlite_store):
    women = [True, True, False, False]
    fill(sqlite_store, women, hardship={3})
    made = evaluation(women, ["a"] * 4, [1.0, 0.5, 0.25, 0.25])
    gaps = audit(made, sqlite_store, "yearly audit", resamples=50)
    assert list(gaps.schema) == list(GAPS)
    row = gaps.filter(pl.col("group") == "女 / female", pl.col("measure") == "nDCG@10").row(0, named=True)
    assert (row["n"], row["others"], row["gap"], row["small"]) == (2, 2, 0.5, True)
    assert row["low"] <= 0.5 <= row["high"]
    hardship = gaps.filter(pl.col("axis") == "hardship", pl.col("measure") == "nDCG@10")
    assert dict(hardship.select("group", "n").iter_rows()) == {"困难群体 / hardship": 1, "无 / none": 3}
    (use,) = sqlite_store.uses_of_protected()
    assert (use.purpose, use.records) == ("yearly audit", 4)
    with pytest.raises(QueryError, match="without a purpose"):
        audit(made, sqlite_store, " ")


def test_within_majors_a_gap_that_the_majors_make_vanishes(sqlite_store):
    generator = np.random.default_rng(0)
    nursing = np.arange(400) < 200
    women = generator.random(400) < np.where(nursing, 0.85, 0.2)
    values = np.where(nursing, 0.8, 0.3) + generator.normal(0, 0.05, 400)
    fill(sqlite_store, women)
    made = evaluation(women, ["医学" if n else "工学" for n in nursing], values)
    row = audit(made, sqlite_store, "test", resamples=200).filter(
        pl.col("group") == "女 / female", pl.col("measure") == "nDCG@10"
    ).row(0, named=True)  # fmt: skip
    assert row["low"] > 0.2
    assert row["adjusted_low"] < 0 < row["adjusted_high"] or abs(row["adjusted"]) < 0.02
    assert row["small"] is False


def test_exposure_is_the_attention_that_people_get(sqlite_store):
    women = [True, False, False]
    fill(sqlite_store, women)
    lists = [("t:p1", 1, "t:g000", 1), ("t:p1", 2, "t:g001", 0), ("t:p2", 1, "t:g002", None)]
    gaps = audit(evaluation(women, ["a"] * 3, [1, 1, 1], lists), sqlite_store, "test", resamples=50)
    first = 1 / (1 + 1 / np.log2(3))
    row = gaps.filter(pl.col("kind") == "exposure", pl.col("group") == "女 / female").row(0, named=True)
    assert (row["mean"], row["mean_others"]) == pytest.approx((first, (1 - first + 1) / 2))
    assert gaps.filter(pl.col("kind") == "found").is_empty()  # one answered person has nobody to be compared with


def test_the_command_prints_gaps(tmp_path):
    women = [True, False] * 3
    with Store.open(f"sqlite:///{tmp_path / 'gradmatch.sqlite'}") as store:
        fill(store, women)
    evaluation(women, ["a"] * 6, [1, 0, 1, 0, 1, 0]).save(tmp_path / "e")
    result = CliRunner().invoke(
        app, ["audit", str(tmp_path / "e"), "--purpose", "test", "--home", str(tmp_path), "--resamples", "20",
         "--page", str(tmp_path / "gaps.html")],
        env={"LC_ALL": "C"}, catch_exceptions=False,
    )  # fmt: skip
    assert "SIMULATED" in result.stdout
    assert "+1.0000 [+1.0000, +1.0000]" in result.stdout
    assert "too small" in result.stdout
    page = (tmp_path / "gaps.html").read_text(encoding="utf-8")
    assert "SIMULATED" in page
    assert page.count("<svg") == 2
    assert "机会 / opportunity: nDCG@10" in page
    assert "机会 / opportunity: Recall@100" in page


def test_protected_attributes_are_read_in_the_audit_alone():
    readers = [
        path.name for path in Path(room.__file__).parent.glob("*.py") if ".protected(" in path.read_text("utf-8")
    ]
    assert readers == ["audit.py"]
