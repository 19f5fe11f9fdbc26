"""Judgements, and whether queries, corpus and judgements fit each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.task import Task, read_qrels, read_task
from matching.errors import FileError


def written(folder: Path, qrels: str, queries: str = "q1\tx\nq2\ty\nq3\t\n", corpus: str = "d1\tx\nd2\ty\n") -> Task:
    for name, content in (("queries", queries), ("corpus", corpus), ("qrels", qrels)):
        (folder / name).write_text(content, encoding="utf-8", newline="")
    return read_task(folder / "queries", folder / "corpus", folder / "qrels")


def test_counts_of_a_task_with_everything_in_it(tmp_path):
    task = written(tmp_path, "q3 0 d1 0\nq1\t0\td1\t2\nq1\t0\tgone\t1\nq1 0 away 0\n")
    assert task.qrels == {"q1": {"d1": 2, "gone": 1, "away": 0}, "q3": {"d1": 0}}
    assert task.judged == ("q1", "q3")
    assert (task.unjudged, task.hopeless, task.unreachable, task.relevant, task.empty_texts) == (1, 1, 1, 2, 1)


@pytest.mark.parametrize(
    "header", ["q_id iter doc_id rel", "q_id\titer\tdoc_id\trel\t", "\ufeffQuery_ID 0 docid relevance"]
)
def test_a_header_line_of_the_qrels_is_passed_over(tmp_path, header):
    assert written(tmp_path, f"{header}\r\n\r\nq1 0 d1 1\t\r\n").qrels == {"q1": {"d1": 1}}


def test_a_query_with_the_name_of_a_header_is_no_header_when_its_grade_is_a_number(tmp_path):
    task = written(tmp_path, "query 0 d1 3\n", queries="q0\tx\nquery\ty\n")
    assert task.qrels == {"query": {"d1": 3}}


def test_a_document_may_have_the_id_of_a_query(tmp_path):
    assert written(tmp_path, "q1 0 q1 1\n", corpus="q1\tx\n").unreachable == 0


def test_negative_grades_are_kept_and_not_relevant(tmp_path):
    task = written(tmp_path, "q1 0 d1 -2\n")
    assert (task.qrels["q1"]["d1"], task.relevant, task.hopeless) == (-2, 0, 1)


@pytest.mark.parametrize(
    ("qrels", "place", "word"),
    [
        ("q1 0 d1 1\nq9 0 d1 1\n", "qrels, line 2", "query 'q9' is not in"),
        ("q1 0 d1 1\n\nq1 0 d1 1\n", "qrels, line 3", "judged twice"),
        ("q1 0 d1\n", "qrels, line 1", "3 columns instead of four"),
        ("q1 0 d 1 1\n", "qrels, line 1", "5 columns instead of four"),
        ("q1 0 d1 1\nq_id iter doc_id rel\n", "qrels, line 2", "grade 'rel'"),
        ("q1 0 d1 1.5\n", "qrels, line 1", "grade '1.5'"),
        ("q1 0 d1 100000\n", "qrels, line 1", "grade '100000'"),
        ("q1 0 d1 １\n", "qrels, line 1", "grade '１'"),
        ("", "qrels", "judge nothing"),
        ("q_id iter doc_id rel\n", "qrels", "judge nothing"),
    ],
)
def test_broken_qrels_are_named_with_their_place_and_a_cure(tmp_path, qrels, place, word):
    with pytest.raises(FileError) as caught:
        written(tmp_path, qrels)
    assert caught.value.where == str(tmp_path / place)
    assert word in caught.value.what
    assert caught.value.cure


def test_an_empty_corpus_is_an_error(tmp_path):
    with pytest.raises(FileError, match="no document"):
        written(tmp_path, "q1 0 d1 1\n", corpus="id\ttext\n")


def test_read_qrels_gives_the_line(tmp_path):
    path = tmp_path / "qrels"
    path.write_text("\nq1 0 d1 1\n")
    assert [j.where for j in read_qrels(path)] == [f"{path}, line 2"]


def test_fingerprint_follows_the_content_and_not_its_form():
    task = Task({"a": "x", "b": "y"}, {"d": "z"}, {"a": {"d": 1}})
    assert task.fingerprint == Task({"b": "y", "a": "x"}, {"d": "z"}, {"a": {"d": 1}}).fingerprint
    for other in (
        Task({"a": "x", "b": "y!"}, {"d": "z"}, {"a": {"d": 1}}),
        Task({"a": "x", "b": "y"}, {"d": "z!"}, {"a": {"d": 1}}),
        Task({"a": "x", "b": "y"}, {"d": "z"}, {"a": {"d": 2}}),
    ):
        assert task.fingerprint != other.fingerprint
