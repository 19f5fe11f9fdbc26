"""Systems over a tiny task: what is unanswered, tied, written, and how the random order behaves."""

from __future__ import annotations

import numpy as np
import pytest

from eval.run import RunFile, read_run
from eval.systems import ClockedEncoder, System, random_scores, system_scores
from eval.task import Task
from eval.trial import try_system
from models.encoder import Side

TASK = Task(
    queries={"q1": "x", "q2": "y", "q3": "z", "left out": "w"},
    corpus={"b": "", "a": "", "c": ""},
    qrels={"q1": {"a": 1}, "q2": {"c": 2}, "q3": {"b": 1}},
)


class FixedSearch:
    """A search whose scores are written down."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def scores(self, queries, system):
        self.asked.append((tuple(queries), system))
        yield from self.answers


def test_values_ties_and_unanswered_queries(tmp_path):
    answers = iter([np.array([1.0, 0.0, 2.0]), np.array([0.5, 0.5, 0.5])])
    done = []
    with RunFile(tmp_path / "run", tag="t") as run:
        trial = try_system("fixed", TASK, answers, run_file=run, step=done.append)
    # q1: c, b, a → a at rank 3. q2: all tied, so a, b, c → c at rank 3. q3: not answered.
    assert trial.values[:, 2].tolist() == [pytest.approx(1 / 3), pytest.approx(1 / 3), 0.0]
    assert trial.values[:, 3].tolist() == [1.0, 1.0, 0.0]
    assert trial.answered.tolist() == [True, True, False]
    assert trial.tied == 1
    assert read_run(tmp_path / "run") == {"q1": ("c", "b", "a"), "q2": ("a", "b", "c")}
    assert sum(done) == 3


def test_none_is_no_answer():
    trial = try_system("fixed", TASK, iter([None, np.array([0.0, 0.0, 1.0]), None]))
    assert trial.answered.tolist() == [False, True, False]
    assert trial.values[:, 0].tolist() == [0.0, 1.0, 0.0]


def test_searches_are_asked_by_name_and_random_needs_none():
    search = FixedSearch([np.zeros(3)])
    for system in (System.BM25, System.DENSE, System.HYBRID):
        assert len(list(system_scores(system, search, ["x"], documents=["", "", ""], seed=0))) == 1
    assert [asked for _, asked in search.asked] == ["bm25", "dense", "hybrid"]
    assert len(list(system_scores(System.RANDOM, None, ["x", "y"], documents=["", "", ""], seed=0))) == 2


def test_random_scores_follow_from_seed_and_query_alone():
    first, second = random_scores(["x", "y"], 50, seed=1)
    (alone,) = random_scores(["y"], 50, seed=1)
    (other,) = random_scores(["y"], 50, seed=2)
    assert (second == alone).all()
    assert (first != second).any()
    assert (alone != other).any()


def test_random_order_reaches_the_expected_reciprocal_rank():
    # One relevant of four, uniform rank: mean of 1, 1/2, 1/3, 1/4.
    queries = {f"q{n}": f"text {n}" for n in range(4000)}
    task = Task(queries, dict.fromkeys("abcd", ""), {query: {"c": 1} for query in queries})
    trial = try_system("random", task, random_scores(list(queries.values()), 4, seed=3))
    assert trial.values[:, 2].mean() == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4, abs=0.015)


class CountedEncoder:
    name, dim = "counted", 2

    def encode(self, texts, *, side, progress=None):
        if progress is not None:
            progress(len(texts))
        return np.ones((len(texts), 2), np.float32)


def test_the_clock_counts_texts_and_is_the_same_encoder():
    watched = []
    clocked = ClockedEncoder(CountedEncoder(), watch=watched.append)
    clocked.encode(["a", "b"], side=Side.QUERY)
    clocked.encode(["c"], side=Side.PASSAGE)
    assert (clocked.name, clocked.dim, clocked.texts) == ("counted", 2, 3)
    assert watched == [2, 1]
    assert min(clocked.seconds, clocked.load_seconds) > 0
