"""The ledger: what is entered, what makes the same figures again, and what does not."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.evaluation import Evaluation
from eval.ledger import FILE, Ledger, again, figures_of
from matching.errors import FileError, QueryError, UnknownId


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "q.tsv").write_text("q1\tJava 开发\nq2\t会计\n", encoding="utf-8")
    (tmp_path / "c.tsv").write_text("d1\tJava 后端\nd2\t会计 出纳\nd3\t护士\n", encoding="utf-8")
    (tmp_path / "r.txt").write_text("q1 0 d1 1\nq2 0 d2 1\n")
    files = ["--queries", "q.tsv", "--corpus", "c.tsv", "--qrels", "r.txt"]
    words = ["eval", "task", *files, "--system", "bm25", "--home", "home", "--out", "run"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["gradmatch", *words])
    result = CliRunner().invoke(app, words[1:], env={"LC_ALL": "C"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return tmp_path


def test_a_run_is_entered_by_itself_and_makes_its_figures_again(run):
    ledger = Ledger(run / "home")
    (entry,) = ledger.entries()
    evaluation = Evaluation.load(run / "run")
    assert entry.figures == figures_of(evaluation)
    assert (entry.kind, entry.seed, entry.data) == ("task", 0, evaluation.provenance.data)
    assert entry.command[:3] == ("gradmatch", "eval", "task")
    ledger.add(evaluation, run / "run")
    assert len(ledger.entries()) == 1
    result = CliRunner().invoke(app, ["again", entry.run[:4], "--home", "home"], env={"LC_ALL": "C"})
    assert (result.exit_code, result.stdout.strip()) == (0, f"{entry.run}: the same figures")
    assert len(ledger.entries()) == 1  # a run made again is no new run

    (run / "r.txt").write_text("q1 0 d3 1\nq2 0 d2 1\n")
    same, made = again(entry)
    assert not same
    assert made.provenance.data != entry.data


def test_the_list(run):
    listed = CliRunner().invoke(app, ["ledger", "--home", "home"], env={"LC_ALL": "C"}, catch_exceptions=False).stdout
    assert "real" in listed
    assert "gradmatch eval task" in listed
    record = json.loads(CliRunner().invoke(app, ["ledger", "--home", "home", "--json"], catch_exceptions=False).stdout)
    assert len(record) == 1
    assert CliRunner().invoke(app, ["ledger", "--home", "new"], catch_exceptions=False).stdout == ""


def test_what_cannot_be(run):
    ledger = Ledger(run / "home")
    with pytest.raises(UnknownId, match="no run 'zzz'"):
        ledger.entry("zzz")
    with pytest.raises(QueryError, match="no command"):
        again(ledger.entries()[0].model_copy(update={"command": ()}))
    with pytest.raises(QueryError, match="the command failed"):
        again(ledger.entries()[0].model_copy(update={"command": ("gradmatch", "eval", "task")}))
    with (run / "home" / FILE).open("a") as file:
        file.write("{}\n")
    with pytest.raises(FileError, match="line 2"):
        ledger.entries()
