"""``gradmatch eval task`` from files to figures, through the production path."""

from __future__ import annotations

import json

import ir_measures
import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.evaluation import Evaluation
from eval.report import TaskReport
from eval.run import read_run
from eval.systems import System
from matching.errors import FileError, QueryError

QUERIES = "id\ttext\nq1\tpython 开发\nq2\t会计 财务\nq3\tzzz\nq4\tnobody judged\n"
CORPUS = "d1\tpython 后端 开发 工程师\nd2\t财务 会计 助理\nd3\t销售 代表\nd4\tjava 开发\n"
QRELS = "q1 0 d1 2\nq1 0 d4 1\nq2 0 d2 1\nq2 0 gone 1\nq3 0 d3 1\n"


@pytest.fixture
def files(tmp_path):
    for name, content in (("q.tsv", QUERIES), ("c.tsv", CORPUS), ("r.txt", QRELS)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    return ["--queries", tmp_path / "q.tsv", "--corpus", tmp_path / "c.tsv", "--qrels", tmp_path / "r.txt"]


def run(*arguments, locale="C"):
    result = CliRunner().invoke(app, ["task", *map(str, arguments)], env={"LC_ALL": locale}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_bm25_by_hand(files, tmp_path):
    report = json.loads(run(*files, "--system", "bm25", "--json", "--home", tmp_path))
    (bm25,) = report["systems"]
    # q1: d1 (both words), d4 (one word): perfect. q2: d2 first, its other relevant document is not in the corpus.
    # q3: no shared word, all tied, ordered by id: d3 at rank 3.
    assert bm25["measures"]["mAP"]["mean"] == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert bm25["measures"]["MRR"]["mean"] == pytest.approx((1 + 1 + 1 / 3) / 3)
    assert bm25["measures"]["Recall@100"]["mean"] == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert (bm25["unanswered"], bm25["tied"]) == (0, 1)
    assert report["encoding"] is None
    assert report["task"] == {
        "queries": 4, "judged": 3, "unjudged": 1, "hopeless": 0, "documents": 4,
        "relevant": 5, "unreachable": 1, "empty_texts": 0,
    }  # fmt: skip
    assert [warning.split()[0] for warning in report["warnings"]] == [
        "1",
        "1",
        "no",
        "no",
    ]  # no popularity, no baseline


def test_json_keys_are_stable(files, tmp_path):
    report = json.loads(run(*files, "--system", "all", "--encoder", "hashing", "--json", "--home", tmp_path))
    assert list(report) == [
        "fingerprint", "task", "conditions", "encoding", "index_seconds", "systems", "differences", "warnings",
        "findings", "simulated",
    ]  # fmt: skip
    assert list(report["conditions"]) == ["version", "seed", "resamples", "confidence", "retrieval"]
    assert list(report["encoding"]) == ["encoder", "load_seconds", "texts", "seconds", "texts_per_second"]
    assert [result["system"] for result in report["systems"]] == ["random", "tfidf", "bm25", "dense", "hybrid"]
    for result in report["systems"]:
        assert list(result) == ["system", "measures", "unanswered", "tied", "seconds"]
        assert list(result["measures"]) == ["mAP", "nDCG@10", "MRR", "Recall@100"]
        for mean in result["measures"].values():
            assert list(mean) == ["definition", "mean", "low", "high"]
            assert 0 <= mean["low"] <= mean["mean"] <= mean["high"] <= 1
    assert {d["system"] for d in report["differences"]} == {"random", "tfidf", "dense", "hybrid"}
    assert TaskReport.model_validate(report).task.judged == 3


def test_a_second_run_finds_its_vectors_in_the_cache_and_the_same_figures(files, tmp_path):
    arguments = (*files, "--system", "hybrid", "--encoder", "hashing", "--json", "--home", tmp_path)
    first, second = (json.loads(run(*arguments)) for _ in range(2))
    assert first["encoding"]["texts"] == 3 + 4
    assert (second["encoding"]["texts"], second["encoding"]["texts_per_second"]) == (0, None)
    assert first["systems"][0]["measures"] == second["systems"][0]["measures"]


def test_run_files_hold_every_document_and_measure_the_same(files, tmp_path):
    report = json.loads(
        run(
            *files, "--system", "all", "--encoder", "hashing", "--json", "--home", tmp_path,
            "--run-file", tmp_path / "run.txt",
        )
    )  # fmt: skip
    for result in report["systems"]:
        path = tmp_path / f"run.{result['system']}.txt"
        ranked = read_run(path)
        assert {query: sorted(documents) for query, documents in ranked.items()} == {
            query: ["d1", "d2", "d3", "d4"] for query in ("q1", "q2", "q3")
        }
        measured = ir_measures.calc_aggregate(
            [ir_measures.AP, ir_measures.nDCG @ 10],
            list(ir_measures.read_trec_qrels(str(tmp_path / "r.txt"))),
            list(ir_measures.read_trec_run(str(path))),
        )
        for mean in (result["measures"]["mAP"], result["measures"]["nDCG@10"]):
            assert mean["mean"] == pytest.approx(measured[ir_measures.parse_measure(mean["definition"])])


def test_one_system_writes_the_run_file_that_was_named(files, tmp_path):
    run(*files, "--system", "random", "--run-file", tmp_path / "run.txt", "--home", tmp_path)
    assert len((tmp_path / "run.txt").read_text().splitlines()) == 3 * 4
    assert (tmp_path / "run.txt").read_text().split()[5] == "gradmatch-random"


def test_per_query_values(files, tmp_path):
    run(*files, "--system", "bm25", "--per-query", tmp_path / "values.jsonl", "--home", tmp_path)
    values = [json.loads(line) for line in (tmp_path / "values.jsonl").read_text().splitlines()]
    assert [value["query"] for value in values] == ["q1", "q2", "q3"]
    assert values[1] == {
        "system": "bm25", "query": "q2", "answered": True, "mAP": 0.5, "MRR": 1.0, "Recall@100": 0.5,
        "nDCG@10": pytest.approx(1 / (1 + 1 / 1.584962500721156)),
    }  # fmt: skip


@pytest.mark.parametrize(("locale", "word"), [("zh_CN.UTF-8", "个有标注的查询"), ("C", "judged queries")])
def test_the_table_speaks_the_language_of_the_locale(files, tmp_path, locale, word):
    shown = run(*files, "--system", "all", "--encoder", "hashing", "--home", tmp_path, locale=locale)
    assert word in shown
    assert "0.6111" in shown
    assert "[0.333, 1.000]" in shown
    assert max(map(len, shown.splitlines()[1:15])) <= 100


def test_every_system_of_ours_stands_beside_where_none_is_named(files, tmp_path):
    report = json.loads(run(*files, "--encoder", "hashing", "--json", "--home", tmp_path))
    assert [result["system"] for result in report["systems"]] == [system.value for system in System]
    assert any("popularity is not defined" in warning for warning in report["warnings"])
    assert not any("no baseline" in warning for warning in report["warnings"])


def test_lists_of_others_are_measured_beside_by_hand(files, tmp_path):
    (tmp_path / "mine.csv").write_bytes(
        "query,document,score\nq1,d4,2\nq1,d1,1\nq1,没有的,9\nq9,d1,1\n".encode("gb18030")
    )
    (tmp_path / "ideal.run").write_text("q1 Q0 d1 1 9 t\nq1 Q0 d4 2 8 t\nq2 Q0 d2 1 1 t\nq3 Q0 d3 1 1 t\n")
    result = CliRunner().invoke(
        app,
        ["task", *map(str, files), "--system", "tfidf", "--system", f"mine={tmp_path / 'mine.csv'}", "--system",
         f"ideal={tmp_path / 'ideal.run'}", "--json", "--home", str(tmp_path), "--out", str(tmp_path / "out")],
        env={"LC_ALL": "C"},
        catch_exceptions=False,
    )  # fmt: skip
    report = json.loads(result.stdout)
    assert [one["system"] for one in report["systems"]] == ["tfidf", "mine", "ideal"]
    mine, ideal = ({name: mean["mean"] for name, mean in one["measures"].items()} for one in report["systems"][1:])
    # q1: something unknown, d4, d1 → AP (1/2 + 2/3) / 2; q2 and q3 have no list and count 0.
    assert mine["mAP"] == pytest.approx((1 / 2 + 2 / 3) / 2 / 3)
    assert mine["MRR"] == pytest.approx(1 / 2 / 3)
    assert report["systems"][1]["unanswered"] == 2
    assert ideal["mAP"] == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert [(f["fault"], f["system"], f["fatal"]) for f in report["findings"]] == [("unanswered", "mine", True)]
    assert result.exit_code == 1  # a system that answers a third of the queries fails the run
    lists = Evaluation.load(tmp_path / "out").lists.filter(pl.col("system") == "mine")
    assert lists.select("query", "rank", "document", "grade").rows() == [
        ("q1", 1, "?", None), ("q1", 2, "d4", 1), ("q1", 3, "d1", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["mine=", "=x.csv", "bm25=x.csv"])
def test_a_system_that_no_file_can_bring_is_told(files, word):
    with pytest.raises(QueryError, match="names no further system"):
        run(*files, "--system", word)


def leaky(tmp_path, *, leaked):
    """Sixty queries; leaked: a third of them hold the id of their answer."""
    lines = [f"q{i:03d}\t查询{i}" + (f" doc{i:03d}" if leaked and i % 3 == 0 else "") for i in range(60)]
    (tmp_path / "q.tsv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "c.tsv").write_text("\n".join(f"doc{i:03d}\t文字{i}" for i in range(60)), encoding="utf-8")
    (tmp_path / "r.txt").write_text(
        "".join(f"q{i:03d} 0 doc{j:03d} {int(i == j)}\n" for i in range(60) for j in (i, 59 - i))
    )
    return ["--queries", tmp_path / "q.tsv", "--corpus", tmp_path / "c.tsv", "--qrels", tmp_path / "r.txt"]


@pytest.mark.parametrize("leaked", [True, False])
def test_a_text_or_a_feature_that_knows_the_answers_fails_the_run(tmp_path, leaked):
    arguments = leaky(tmp_path, leaked=leaked)
    pairs = [(i, j) for i in range(60) for j in (i, 59 - i)]
    random = np.random.default_rng(2)
    rows = [f"q{i:03d},doc{j:03d},{2 * (i == j) * leaked + random.random():.3f}" for i, j in pairs]
    (tmp_path / "f.csv").write_text("query,document,x\n" + "\n".join(rows), encoding="utf-8")
    words = [*arguments, "--system", "random", "--features", tmp_path / "f.csv", "--json", "--home", tmp_path]
    result = CliRunner().invoke(app, ["task", *map(str, words)], catch_exceptions=False)
    faults = sorted(finding["fault"] for finding in json.loads(result.stdout)["findings"])
    assert faults == (["leaked feature", "leaked text"] if leaked else [])
    assert result.exit_code == int(leaked)


def test_generated_tasks_are_labelled_and_copies_are_counted(files, tmp_path):
    with (tmp_path / "c.tsv").open("a", encoding="utf-8") as corpus:
        corpus.write("d5\tjava 开发\n")
    shown = run(*files, "--system", "random", "--simulated", "--home", tmp_path)
    assert shown.startswith("SIMULATED")
    assert "1 documents have the text of another" in shown


def test_a_broken_file_is_told_as_our_error(files, tmp_path):
    (tmp_path / "r.txt").write_text("q1 0 d1\n")
    with pytest.raises(FileError, match="3 columns instead of four"):
        run(*files, "--system", "bm25", "--home", tmp_path)


def test_files_that_cannot_be_written_are_told_as_our_errors(files, tmp_path):
    for option in ("--run-file", "--per-query"):
        with pytest.raises(FileError, match="cannot be written"):
            run(*files, "--system", "bm25", "--home", tmp_path, option, tmp_path / "absent" / "out")


def test_an_unknown_system_is_a_usage_error(files):
    result = CliRunner().invoke(app, ["task", *map(str, files), "--system", "magic"])
    assert result.exit_code == 2
