"""The one table: systems × tasks, kept cell by cell, with what was asked and what an encoder costs."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from eval import cli_table, contest
from eval.cli import app
from eval.contest import Contest, Entrant, sampled
from eval.contest_table import Cost, Standing, as_markdown, replays_as_markdown
from eval.evaluation import Direction, Evaluation, Provenance
from eval.measures import STANDARD
from eval.scores import Scores, values_table
from eval.slices import slices_of
from eval.speed import Speed, megabytes, speeds, spread
from eval.summary import Sampling, summarise
from eval.systems import System
from eval.task import Task
from eval.task_folder import About, NamedTask, read_folder, read_folders, write_about
from matching.errors import FileError, QueryError
from matching.settings import Settings

QUERIES = "q1\tpython 开发\nq2\t会计 财务\nq3\t销售\n"
CORPUS = "d1\tpython 后端 开发 工程师\nd2\t财务 会计 助理\nd3\t销售 代表\nd4\tjava 开发\n"
QRELS = "q1\t0\td1\t1\nq1\t0\td4\t1\nq2\t0\td2\t1\nq3\t0\td3\t1\n"


def made(folder, about):
    folder.mkdir(parents=True)
    corpus = f"{CORPUS}{folder.name}\t厨师\n"  # so that no two tasks are the same
    for name, content in (("queries", QUERIES), ("corpus", corpus), ("qrels", QRELS)):
        (folder / f"{name}.tsv").write_text(content, encoding="utf-8")
    write_about(folder, about)
    return folder


@pytest.fixture
def tasks(tmp_path):
    made(tmp_path / "tasks" / "a", About(role="test", measure="nDCG@20", note="unseen"))
    made(tmp_path / "tasks" / "b", About(role="development", asked=0.2, note="seen"))
    (tmp_path / "settings.toml").write_text('[encoder]\nname = "hashing"\n', encoding="utf-8")
    return tmp_path / "tasks"


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(cli_table, "SECONDS", 0.001)


def run(tasks, *arguments):
    home = tasks.parent
    words = ["table", tasks, "--base", "hashing", "--home", home, "--settings", home / "settings.toml", *arguments]
    result = CliRunner().invoke(app, [str(word) for word in words], env={"LC_ALL": "C"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def hashing(tmp_path, entrants):
    settings = Settings(home=tmp_path)
    tasks = read_folders(tmp_path / "tasks")
    return Contest(tasks, entrants, settings, tmp_path / "cells")


BM25, RANDOM = Entrant("bm25", System.BM25), Entrant("random", System.RANDOM)


def test_the_table_by_hand(tasks):
    record = json.loads(run(tasks, "--json"))
    cells = {(cell["task"], cell["system"], cell["measure"]): cell["mean"] for cell in record["cells"]}
    assert cells["b", "bm25", "mAP"] == pytest.approx(1)  # every answer shares a word, nothing else does
    assert cells["a", "bm25", "nDCG@20"] == pytest.approx(1)
    assert 0 < cells["b", "random", "mAP"] < 1
    assert list(record["tasks"]) == ["b", "a"]  # development first
    assert record["simulated"] is False
    assert record["encoders"]["hashing"]["megabytes"] == 0
    (gain, unasked) = record["gains"]
    assert (gain["task"], gain["mean"], gain["relative"], gain["p"], gain["met"]) == ("b", 0, 0, 1, False)
    assert unasked["met"] is None


def test_the_table_says_what_each_task_is_and_what_has_no_meaning(tasks):
    said = run(tasks, "--quick", "2").splitlines()
    assert said[0].startswith("| | b, development, mAP (n = 2 of 3) | a, test, nDCG@20 (n = 2 of 3) |")
    assert "| popularity | — | — | — | — |" in said
    assert "| ranker | — | — | — | — |" in said
    assert "- a (test): unseen" in said
    (met,) = [line for line in said if line.startswith("- b: hybrid − ")]
    assert met.endswith("asked +20%: missed")


def test_a_killed_run_goes_on_with_the_missing_cells(tasks, monkeypatch):
    whole, tried = hashing(tasks.parent, [RANDOM, BM25]), []
    kept = contest.try_system

    def dies(name, task, scores):
        tried.append(name)
        if len(tried) == 4:
            raise KeyboardInterrupt
        return kept(name, task, scores)

    monkeypatch.setattr(contest, "try_system", dies)
    with pytest.raises(KeyboardInterrupt):
        whole.cells()
    found = whole.cells()
    assert tried == ["random", "bm25", "random", "bm25", "bm25"]
    monkeypatch.undo()
    again = Contest(whole.tasks, whole.entrants, whole.settings, tasks.parent / "other").cells()
    assert all(np.array_equal(found[key][name], again[key][name]) for key in found for name in contest.MEASURES)
    assert not list((tasks.parent / "cells").glob(".*"))


def test_a_damaged_cell_and_one_of_another_source_are_computed_anew(tasks, monkeypatch):
    whole = hashing(tasks.parent, [BM25])
    first = whole.cells()
    paths = sorted((tasks.parent / "cells").iterdir())
    paths[0].write_text('{"mAP": [1]}')
    again = whole.cells()
    assert all(np.array_equal(first[key]["mAP"], again[key]["mAP"]) for key in first)
    assert len(sorted((tasks.parent / "cells").iterdir())) == 2
    monkeypatch.setattr(contest, "_source", lambda: "another")
    whole.cells()
    assert len(sorted((tasks.parent / "cells").iterdir())) == 4


def test_a_sample_is_of_queries_alone_and_the_same_each_time(tasks):
    task = read_folder(tasks / "a")
    part = sampled(task, 2)
    assert len(part.task.judged) == 2
    assert part.task.corpus == task.task.corpus
    assert part.task.fingerprint == sampled(task, 2).task.fingerprint != task.task.fingerprint
    assert sampled(task, 3) is task


def standing(hybrid, bm25, base, **more):
    """One task of 20 queries on which each system has one value for every query."""
    keys = {f"q{i}": "x" for i in range(20)}
    task = NamedTask("t", About(role="development", asked=0.2), Task(keys, {"d": "x"}, {q: {"d": 1} for q in keys}))
    values = {"hybrid": hybrid, "bm25": bm25, "base dense": base, **more}
    cells = {("t", name): dict.fromkeys(contest.MEASURES, np.full(20, value)) for name, value in values.items()}
    entrants = [Entrant(name, System.HYBRID, "quick" if "static" in name else "full") for name in values]
    costs = {"full": Cost(Speed(50.0, 3), 500.0), "quick": Cost(Speed(9_000.0, 3), 9.0)}
    return Standing([task], entrants, cells, costs, {"t": 20})


def test_the_better_baseline_is_the_one_that_counts():
    (over_bm25,) = standing(0.625, 0.5, 0.4).gains()
    (over_base,) = standing(0.6, 0.4, 0.55).gains()
    assert (over_bm25.baseline, over_bm25.relative, over_bm25.met) == ("bm25", 0.25, True)
    assert (over_base.baseline, over_base.relative, over_base.met) == (
        "base dense",
        pytest.approx(0.6 / 0.55 - 1),
        False,
    )
    assert over_bm25.p < 0.001


def test_what_the_static_encoder_keeps_is_told_beside_what_was_asked():
    said = as_markdown(standing(0.5, 0.3, 0.3, **{"static hybrid": 0.46})).splitlines()
    assert said[-2].endswith("kept: t 92.0%; mean 92.0%, asked 90% on each: met")
    assert said[-1] == "- static: 180 × its texts/s, asked 200: missed"
    assert "| static hybrid | 0.460 [0.460, 0.460] | 9,000 | 9 |" in said


def replayed(value, *, simulated):
    queries = ["g1", "g2"]
    scores = [Scores("gradmatch", Direction.POSTINGS, queries, STANDARD, np.full((2, 4), value), np.ones(2, np.bool_))]
    found = summarise(scores, slices_of({}, 2), Sampling(resamples=10))
    provenance = Provenance(kind="replay", code_version="0", data="x", simulated=simulated)
    return Evaluation(provenance, values_table(scores), found.summary)


def test_simulated_replays_stand_in_a_table_of_their_own():
    replays = {"made": replayed(0.25, simulated=True), "real": replayed(0.5, simulated=False)}
    real, label, simulated = replays_as_markdown(replays).split("**")
    assert "| nDCG@10 | real |" in real
    assert "| gradmatch | 0.500 [0.500, 0.500] |" in real
    assert "0.250" not in real
    assert "模拟" in label or "SIMULATED" in label
    assert "| nDCG@10 | made |" in simulated
    assert "0.250" in simulated
    assert "0.500" not in simulated
    with pytest.raises(QueryError, match="has no nDCG@7"):
        replays_as_markdown(replays, "nDCG@7")


def test_a_replay_is_read_from_its_folder(tasks):
    replayed(0.25, simulated=True).save(tasks.parent / "run")
    said = run(tasks, "--replay", f"province={tasks.parent / 'run'}")
    assert said.rstrip().endswith("| gradmatch | 0.250 [0.250, 0.250] |")
    with pytest.raises(QueryError, match="names no replay"):
        run(tasks, "--replay", "province")


@pytest.mark.parametrize(
    ("about", "said"),
    [(None, "nothing says what the task is for"), ('{"role": "exam"}', "role"), ("{", "Invalid JSON")],
)
def test_a_task_that_does_not_say_what_it_is_for_is_refused(tasks, about, said):
    (tasks / "a" / "about.json").unlink()
    if about is not None:
        (tasks / "a" / "about.json").write_text(about)
    with pytest.raises(FileError, match=said):
        read_folder(tasks / "a")


def test_a_folder_without_tasks_and_a_generated_task_are_refused(tasks):
    with pytest.raises(FileError, match="holds no task"):
        read_folders(tasks / "a")
    for name, content in (("queries", QUERIES), ("qrels", QRELS)):
        (tasks / "a" / f"{name}.tsv").write_text(content.replace("q1", "sample-g-1"), encoding="utf-8")
    with pytest.raises(QueryError, match="no place in a table of real ones"):
        run(tasks)


class Ticking:
    """An encoder that takes a tenth of a second a text on a clock of its own."""

    name, dim = "ticking", 1

    def __init__(self, clock, seconds):
        self.clock, self.seconds = clock, seconds

    def encode(self, texts, *, side, progress=None):
        self.clock[0] += self.seconds * len(texts)
        return np.ones((len(texts), 1), np.float32)


def test_speeds_are_texts_a_second_of_the_best_round():
    clock = [0.0]
    encoders = {"slow": Ticking(clock, 0.125), "quick": Ticking(clock, 0.03125)}
    found = speeds(encoders, ["x"] * 4, rounds=2, clock=lambda: clock[0])
    assert {name: speed.rate for name, speed in found.items()} == {"slow": 8, "quick": 32}


def test_sizes_and_samples(tmp_path):
    (tmp_path / "e" / "1").mkdir(parents=True)
    (tmp_path / "e" / "1" / "w").write_bytes(b"0" * 1_500_000)
    assert megabytes(tmp_path / "e") == 1.5
    assert megabytes(tmp_path / "none") == 0
    assert spread(list("abcdefg"), 3) == ["a", "d", "g"]
    assert spread(["a"], 3) == ["a"]
