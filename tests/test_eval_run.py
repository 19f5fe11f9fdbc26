"""The order of a ranking, and the run file that carries it."""

from __future__ import annotations

from pathlib import Path

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.run import Order, RunFile, read_run
from matching.errors import FileError, InputError


def test_larger_scores_first_and_ties_by_id():
    order = Order(["d", "b", "c", "a"])
    assert order.rows(np.array([1, 3, 1, 1], np.float32)).tolist() == [1, 3, 2, 0]


def test_ids_are_compared_as_text():
    assert Order(["9", "10", "二", "B"]).rows(np.zeros(4)).tolist() == [1, 0, 3, 2]


def test_infinite_scores_stand_at_the_ends():
    assert Order(["a", "b", "c"]).rows(np.array([-np.inf, 0.0, np.inf])).tolist() == [2, 1, 0]


def test_a_score_that_is_no_number_names_the_document():
    with pytest.raises(InputError, match="document 'b' is not a number"):
        Order(["a", "b"]).rows(np.array([1.0, np.nan]))


def test_a_score_too_few_is_an_error():
    with pytest.raises(InputError, match="for 2 documents"):
        Order(["a", "b"]).rows(np.array([1.0]))


@given(scores=st.lists(st.sampled_from([0.0, -0.0, 0.5, 1.0]), min_size=1, max_size=12), seed=st.integers(0, 99))
def test_the_order_does_not_depend_on_how_documents_are_listed(scores, seed):
    ids = [f"d{place}" for place in range(len(scores))]
    mixed = np.random.default_rng(seed).permutation(len(ids)).tolist()
    straight = [ids[row] for row in Order(ids).rows(np.array(scores))]
    shuffled_ids = [ids[row] for row in mixed]
    shuffled = [shuffled_ids[row] for row in Order(shuffled_ids).rows(np.array([scores[row] for row in mixed]))]
    assert straight == shuffled


def test_run_file_line_by_line(tmp_path):
    path = tmp_path / "run.txt"
    with RunFile(path, tag="gradmatch-bm25") as run:
        run.write("q1", ["b", "a", "c"])
        run.write("q2", [])
    assert path.read_text() == ("q1 Q0 b 1 3 gradmatch-bm25\nq1 Q0 a 2 2 gradmatch-bm25\nq1 Q0 c 3 1 gradmatch-bm25\n")
    assert read_run(path) == {"q1": ("b", "a", "c")}


IDS = st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1, max_size=5)


@given(run=st.dictionaries(IDS, st.lists(IDS, min_size=1, max_size=8, unique=True).map(tuple), max_size=4))
@settings(max_examples=50, deadline=None)
def test_run_file_round_trip(tmp_path_factory, run):
    path = tmp_path_factory.mktemp("run") / "run.txt"
    with RunFile(path, tag="t") as file:
        for query, documents in run.items():
            file.write(query, documents)
    assert read_run(path) == run


def test_trec_eval_reads_our_order_from_the_file_even_where_scores_tied(tmp_path):
    # trec_eval orders ties by id descending: with tied scores it would put 'c' first (RR 1), where we put 'a' first.
    path = tmp_path / "run.txt"
    ids = ["a", "b", "c"]
    with RunFile(path, tag="t") as file:
        file.write("q", [ids[row] for row in Order(ids).rows(np.zeros(3))])
    qrels = {"q": {"c": 1}}
    tied = ir_measures.calc_aggregate([ir_measures.RR], qrels, {"q": dict.fromkeys(ids, 0.0)})
    ours = ir_measures.calc_aggregate([ir_measures.RR], qrels, list(ir_measures.read_trec_run(str(path))))
    assert (tied[ir_measures.RR], ours[ir_measures.RR]) == (1.0, 1 / 3)


def test_a_run_that_breaks_off_leaves_no_file(tmp_path):
    path = tmp_path / "run.txt"
    path.write_text("q Q0 old 1 1 t\n")

    def write_half():
        with RunFile(path, tag="t") as run:
            run.write("q", ["new"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert read_run(path) == {"q": ("old",)}
    assert [file.name for file in tmp_path.iterdir()] == ["run.txt"]


def test_a_run_file_in_no_folder_is_an_error(tmp_path):
    with pytest.raises(FileError, match="cannot be written"):
        RunFile(tmp_path / "absent" / "run.txt", tag="t")


def test_a_foreign_run_is_ordered_by_score_then_rank_then_id(tmp_path):
    path = tmp_path / "run.txt"
    path.write_text("q\tQ0\tx\t1\t0.5\tt\nq Q0 y 3 1e1 t\nq Q0 z 2 10 t\nq Q0 w 2 10.0 t\n")
    assert read_run(path) == {"q": ("w", "z", "y", "x")}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("q Q0 d 1 2", "5 columns instead of six"),
        ("q Q0 d 1 high t", "score 'high'"),
        ("q Q0 d 1 nan t", "score 'nan'"),
        ("q Q0 d first 1 t", "rank 'first'"),
        ("q Q0 a 2 1 t", "document 'a' comes twice for query 'q'"),
    ],
)
def test_a_broken_line_of_a_run_is_named(tmp_path, line, word):
    path = tmp_path / "run.txt"
    path.write_text(f"q Q0 a 1 9 t\n{line}\n")
    with pytest.raises(FileError) as caught:
        read_run(path)
    assert caught.value.where == f"{path}, line 2"
    assert word in caught.value.what


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here: a full disk cannot be played")
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path):
    path = tmp_path / "run.txt"
    (tmp_path / "run.txt.part").symlink_to("/dev/full")

    def write():
        with RunFile(path, tag="t") as run:
            run.write("q", [f"d{n}" for n in range(10_000)])

    with pytest.raises(FileError, match="No space left"):
        write()
    assert list(tmp_path.iterdir()) == []
