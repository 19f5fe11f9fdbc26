"""What the notebooks call: coverage of fields, a sweep's front, saved settings, two lists side by side."""

from __future__ import annotations

import polars as pl
import pytest

from eval.coverage import coverage, coverage_chart
from eval.document import Words
from eval.evaluation import LISTS, SUMMARY, VALUES, Evaluation, Provenance
from eval.showing import name_of, side_by_side
from eval.tuning import save_settings, spots
from matching import demo
from matching.errors import FileError, QueryError
from matching.settings import RankingSettings, Settings, read_settings
from matching.standard.records import Graduate, Posting, Requirements


def evaluation(*, lists=(), means=()):
    def table(rows, schema):
        return pl.DataFrame(list(rows), schema=dict(schema), orient="row")

    summary = [("gradmatch", "postings", "all", "all", m, v, v - 0.1, v + 0.1, 9, 0, False) for m, v in means]
    return Evaluation(
        provenance=Provenance(kind="replay", code_version="1", data="d"),
        values=table([], VALUES),
        summary=table(summary, SUMMARY),
        lists=table(lists, LISTS),
    )


def test_coverage_counts_what_is_given_and_what_is_understood(sqlite_store):
    sqlite_store.upsert([
        Graduate(tenant="t", id="a", major="护理", skills=["静脉输液"]),
        Graduate(tenant="t", id="b", major="说不清的专业"),
        Posting(tenant="t", id="p", title="护士", industry="卫生", requirements=Requirements(majors=["护理"])),
        Posting(tenant="t", id="q", title="店员", industry="胡言乱语", requirements=Requirements(majors=["某某某"])),
    ])  # fmt: skip
    table = coverage(sqlite_store)
    rows = {(kind, field): rest for kind, field, *rest in table.iter_rows()}
    assert rows["graduate", "major"] == [2, 2, 1]
    assert rows["graduate", "skills"] == [2, 1, 1]
    assert rows["graduate", "region"] == [2, 0, 0]
    assert rows["posting", "majors"] == [2, 2, 1]
    assert rows["posting", "industry"] == [2, 2, 1]
    assert "50% 可用 usable, 100% 填写 given" in coverage_chart(table, "graduate").svg


def test_an_empty_store_has_nothing_to_cover(sqlite_store):
    table = coverage(sqlite_store)
    assert table["n"].sum() == 0
    assert "0% 可用" in coverage_chart(table, "posting").svg


def test_spots_are_the_production_paths_means():
    both = evaluation(means=[("nDCG@10", 0.4), ("Congestion@10", 0.2)])
    (spot,) = spots({"default": both, "unmeasured": evaluation(means=[("nDCG@10", 0.5)])})
    assert (spot.label, spot.x.value, spot.y.value, spot.y.low) == ("default", 0.2, 0.4, pytest.approx(0.3))


def test_the_service_reads_the_settings_that_are_saved(tmp_path):
    chosen = Settings(ranking=RankingSettings(weights={"place": 1.5, "major": 0.0}))
    path = save_settings(chosen, tmp_path / "gradmatch.toml")
    assert read_settings(path).ranking == chosen.ranking
    assert read_settings(path).retrieval == chosen.retrieval
    with pytest.raises(FileError):
        save_settings(chosen, tmp_path / "nowhere" / "gradmatch.toml")


def test_two_lists_side_by_side():
    rows = [
        ("gradmatch", "postings", "q1", 1, "a", 1.0, 1, True), ("bm25", "postings", "q1", 1, "a", 1.0, 1, True),
        ("gradmatch", "postings", "q2", 1, "b", 2.0, 0, True), ("gradmatch", "postings", "q2", 2, "a", 1.0, 2, True),
        ("bm25", "postings", "q2", 1, "c", 1.0, None, True),
        ("gradmatch", "postings", "q3", 1, "d", 1.0, 0, True), ("bm25", "postings", "q3", 1, "e", 1.0, 0, True),
        ("bm25", "postings", "q3", 2, "f", 1.0, 0, True), ("bm25", "postings", "q3", 3, "g", 1.0, 0, True),
    ]  # fmt: skip
    found = evaluation(lists=rows)
    who, table = side_by_side(found, ("gradmatch", "bm25"), Words(names={"q2": "护理", "a": "护士"}))
    # q3 differs more, but nothing came of it; of the others q2 holds three different postings.
    assert who == "护理"
    assert table.rows() == [(1, "b", "c"), (2, "✓ 护士", None)]
    assert side_by_side(found, ("gradmatch", "bm25"), Words(), query="q1")[1].rows() == [(1, "✓ a", "✓ a")]
    with pytest.raises(QueryError, match="no lists"):
        side_by_side(found, ("x", "y"), Words())


def test_names_tell_the_record_and_nobody():
    graduate, posting = demo.graduates()[0], demo.postings()[0]
    assert name_of(graduate) == "本科 · 软件工程 · 想做：Java开发工程师"
    assert name_of(posting) == "Java开发工程师 · 示例单位（虚构）"
