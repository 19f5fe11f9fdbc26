"""BM25 by number, tokens by reading, and one score from both sides."""

import itertools

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lexical import LexicalIndex, LexicalModel, SparseRow, tokens
from models.tail import LOOSE

DOCUMENTS = ["熟悉Java开发，负责后端", "会计 出纳 审计", "Java C++ 软件开发 java", "护理 临床 医院", "数据分析 python"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C++/C#、Node.js", ["c++", "c#", "node.js"]),
        ("前端", ["前", "端", "前端"]),
        ("ＪＡＶＡ工程", ["java", "工", "程", "工程"]),
        ("3.5年 .NET", ["3.5", "年", "net"]),
        ("", []),
        ("🙂 ，。", []),
    ],
)
def test_tokens(text, expected):
    assert tokens(text) == expected


@given(st.text(max_size=200))
def test_tokens_of_anything(text):
    assert all(token for token in tokens(text))


def test_weights_are_bm25_in_lucenes_form():
    model, rows = LexicalModel.of(DOCUMENTS)
    reference = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    ids = [[model.vocabulary[token] for token in tokens(text)] for text in DOCUMENTS]
    reference.index((ids, model.vocabulary), show_progress=False)
    query = "Java 软件 会计"
    expected = reference.get_scores(tokens(query))
    best = sum(float(model.idf[model.vocabulary[token]]) for token in set(tokens(query)))
    scores = LexicalIndex.from_rows(rows).scores(model.query(query))
    assert scores * best == pytest.approx(expected, abs=1e-6)


def test_idf_by_hand():
    model, _ = LexicalModel.of(["甲 乙", "甲", "丙"])
    assert model.idf[model.vocabulary["甲"]] == pytest.approx(np.log(1 + (3 - 2 + 0.5) / (2 + 0.5)))
    assert model.idf[model.vocabulary["丙"]] == pytest.approx(np.log(1 + (3 - 1 + 0.5) / (1 + 0.5)))


def test_live_rows_score_as_built_ones():
    model, rows = LexicalModel.of(DOCUMENTS)
    built = LexicalIndex.from_rows(rows)
    live = LexicalIndex.from_rows(rows[:2]).appended(rows[2:3]).appended(rows[3:])
    query = model.query("软件开发 Java 医院 数据")
    assert live.scores(query).tolist() == built.scores(query).tolist()


def test_a_pair_has_one_score_from_both_sides():
    people = ["Java 后端 软件", "会计 审计 出纳", "护理"]
    model, rows = LexicalModel.of(DOCUMENTS)
    queries = [model.query(text) for text in people]
    by_person = [LexicalIndex.from_rows(rows).scores(query) for query in queries]
    by_posting = [LexicalIndex.from_rows(queries).scores(row) for row in rows]
    assert np.stack(by_person).T.tolist() == np.stack(by_posting).tolist()


def test_scores_are_shares():
    model, rows = LexicalModel.of(DOCUMENTS * 3)
    scores = LexicalIndex.from_rows(rows).scores(model.query("会计 出纳 审计"))
    assert 0 <= scores.min() < scores.max() < 1
    assert scores.argmax() == 1


def test_a_word_that_comes_later_is_found_on_live_rows():
    model, rows = LexicalModel.of(DOCUMENTS)
    index = LexicalIndex.from_rows(rows).appended([model.document("区块链 Solidity")])
    scores = index.scores(model.query("Solidity"))
    assert scores.argmax() == len(DOCUMENTS)
    assert (scores > 0).sum() == 1


def test_readers_never_grow_the_vocabulary():
    model, _ = LexicalModel.of(DOCUMENTS)
    before = len(model.vocabulary)
    model.query("闻所未闻 Rust")
    known = model.known("闻所未闻 Rust Java")
    assert len(model.vocabulary) == before
    assert known.tokens.tolist() == [model.vocabulary["java"]]


def test_a_long_query_keeps_its_rarest_tokens():
    model, _ = LexicalModel.of(["甲 乙", "甲 丙", "甲 丁"], query_tokens=2)
    kept = model.query("甲 乙 丙").tokens.tolist()
    assert kept == sorted([model.vocabulary["乙"], model.vocabulary["丙"]])


def test_nothing_indexed_and_nothing_asked():
    model, rows = LexicalModel.of([])
    assert LexicalIndex.from_rows(rows).scores(model.query("Java")).tolist() == []
    model, rows = LexicalModel.of(["", "Java"])
    assert LexicalIndex.from_rows(rows).scores(model.query("")).tolist() == [0, 0]


def test_saved_and_mapped_again(tmp_path):
    model, rows = LexicalModel.of(DOCUMENTS)
    index = LexicalIndex.from_rows(rows)
    query = model.query("软件 医院")
    index.save(tmp_path)
    assert LexicalIndex.load(tmp_path, len(rows)).scores(query).tolist() == index.scores(query).tolist()
    with pytest.raises(ValueError, match="live rows"):
        index.appended(rows[:1]).save(tmp_path)


def test_runs_of_rows_have_the_scores_of_the_whole():
    rng = np.random.default_rng(0)
    rows = [
        SparseRow(np.sort(rng.choice(6, 4, replace=False)).astype(np.int32), rng.random(4, np.float32))
        for _ in range(5_000)
    ]
    index, query = LexicalIndex.from_rows(rows), SparseRow(np.arange(6, dtype=np.int32), rng.random(6, np.float32))
    whole, runs = index.scores(query), np.array([[0, 7], [900, 2_000], [4_990, 5_000]])
    part, slow = index.scores(query, runs), np.zeros(5_000, np.float32)
    for row, held in enumerate(rows):
        for token, weight in zip(held.tokens, held.weights, strict=True):
            slow[row] += weight * query.weights[token]
    assert whole.tolist() == slow.tolist()
    for a, b in runs:
        assert part[a:b].tolist() == whole[a:b].tolist()


def test_live_rows_are_sealed_and_merged_and_no_score_changes():
    rng = np.random.default_rng(1)
    rows = [
        SparseRow(np.sort(rng.choice(40, size, replace=False)).astype(np.int32), rng.random(size, np.float32))
        for size in rng.integers(0, 9, 3_000).tolist()
    ]
    query = SparseRow(np.arange(0, 50, 3, dtype=np.int32), rng.random(17, np.float32))
    index, at, versions = LexicalIndex.from_rows(rows[:5]), 5, []
    while at < len(rows):
        step = int(rng.integers(1, 400))
        index, at = index.appended(rows[at : at + step]), min(at + step, len(rows))
        versions.append((at, index))
    expected = LexicalIndex.from_rows(rows).scores(query)
    for seen, version in versions:  # older ones stay as they were
        assert len(version) == seen
        assert version.scores(query).tolist() == expected[:seen].tolist()
    sizes = [segment.n for segment in index._tail.sealed]
    assert sum(sizes) + len(index._tail.ends) == 2_995
    assert len(index._tail.ends) < LOOSE
    assert all(a > 4 * b for a, b in itertools.pairwise(sizes))
