"""Ranking in bulk gives the endpoint's answers, to the bit."""

import numpy as np
import pytest

from matching.build import build
from matching.bulk import _TOGETHER, RANKED, rank_block
from matching.live import Live
from matching.question import Filters, Question
from matching.sample import DEFAULT_TODAY, SampleProvince
from matching.settings import EncoderSettings, RetrievalSettings, Settings
from matching.store import Store
from models.hashing import HashingEncoder

PROVINCE = SampleProvince(3, graduates=60, postings=1_500)


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A built province in which a few records have changed since."""
    settings = Settings(
        home=tmp_path_factory.mktemp("bulk"),
        encoder=EncoderSettings(name="hashing"),
        retrieval=RetrievalSettings(dense=40, lexical=30),
    )
    with Store.open(settings.store) as store:
        postings = list(PROVINCE.postings())
        store.upsert([*PROVINCE.graduates(), *postings[:-50]])
        build(store, HashingEncoder(), settings)
        live = Live(store, HashingEncoder(), settings)
        store.upsert([*postings[-50:], *(p.model_copy(update={"status": "closed"}) for p in postings[:20])])
        store.delete("posting", [postings[30].key])
        store.delete("graduate", [next(PROVINCE.graduates()).key])
        live.catch_up()
        yield live, settings


def answers(live, row, k):
    """The endpoint's lines for one graduate."""
    side = live.matcher.state.graduates
    if not side.alive[row]:
        return []
    key = side.keys.values[row]
    found = live.matcher.postings_for(key, Question(k=k, today=DEFAULT_TODAY)).matches
    return [(key, m.key, m.score, m.similarity, m.rank, m.eligibility.status.word) for m in found]


def test_the_endpoints_answers_to_the_bit(live):
    live, settings = live
    rows = np.random.default_rng(0).permutation(len(live.matcher.state.graduates))
    table = rank_block(live.matcher.state, settings, rows, k=7, today=DEFAULT_TODAY)
    expected = [line for row in rows.tolist() for line in answers(live, row, 7)]
    assert len(expected) > 250
    assert [tuple(line.values()) for line in table.to_pylist()] == expected
    assert table.schema == RANKED


def test_nobody_asked(live):
    live, settings = live
    table = rank_block(live.matcher.state, settings, np.empty(0, np.int64), today=DEFAULT_TODAY)
    assert (len(table), table.schema) == (0, RANKED)


def test_how_the_rows_are_cut_makes_no_difference(live):
    live, settings = live
    rows = np.arange(20)
    whole = rank_block(live.matcher.state, settings, rows, k=3, today=DEFAULT_TODAY)
    parts = [
        rank_block(live.matcher.state, settings, rows[i : i + 3], k=3, today=DEFAULT_TODAY) for i in range(0, 20, 3)
    ]
    assert [line for part in parts for line in part.to_pylist()] == whole.to_pylist()


def test_more_people_than_are_searched_together_and_every_way_of_searching_give_the_endpoints_answers(
    live, monkeypatch
):
    live, settings = live
    rows = np.arange(len(live.matcher.state.graduates))
    assert len(rows) > _TOGETHER
    expected = [line for row in rows.tolist() for line in answers(live, row, 20)]
    for alike in (0, 10**9):  # each by itself; all by one product
        monkeypatch.setattr("models.index._ALIKE", alike)
        table = rank_block(live.matcher.state, settings, rows, k=20, today=DEFAULT_TODAY)
        assert [tuple(line.values()) for line in table.to_pylist()] == expected


def lines_by_graduate(live, settings, rows):
    table = rank_block(live.matcher.state, settings, rows, k=20, today=DEFAULT_TODAY)
    out = {}
    for line in table.to_pylist():
        out.setdefault(line["graduate"], []).append(tuple(line.values()))
    return out


def test_alone_in_a_block_and_in_another_order_everyone_has_the_same_answer(live):
    live, settings = live
    rows = np.arange(len(live.matcher.state.graduates))
    whole = lines_by_graduate(live, settings, rows)
    assert len(whole) > _TOGETHER
    alone = {}
    for row in rows:
        alone |= lines_by_graduate(live, settings, rows[row : row + 1])
    shuffled = np.random.default_rng(1).permutation(rows)
    assert alone == whole
    assert lines_by_graduate(live, settings, rows[::-1]) == whole
    assert lines_by_graduate(live, settings, shuffled) == whole
    assert lines_by_graduate(live, settings, np.repeat(shuffled, 2)) == {key: lines * 2 for key, lines in whole.items()}


@pytest.mark.parametrize("by", ["fit", "surplus"])
def test_later_pages_and_filters_of_many_are_those_of_one(live, by):
    live, _ = live
    matcher = live.matcher
    side = matcher.state.graduates
    rows = [row for row in range(len(side)) if side.alive[row]]
    question = Question(k=5, skip=3, today=DEFAULT_TODAY, by=by, filters=Filters(kinds=("job",)))
    best = matcher.best_postings(rows, question)
    ends = np.cumsum(best.counts).tolist()
    assert len(best.counts) == len(rows)
    for row, start, end in zip(rows, [0, *ends], ends, strict=False):
        matches = matcher.postings_for(side.keys[row], question).matches
        lines = zip(best.keys[start:end], best.scores[start:end], best.similarities[start:end], strict=True)
        assert [tuple(line) for line in lines] == [(m.key, m.score, m.similarity) for m in matches]
        assert best.statuses[start:end].tolist() == [m.eligibility.status for m in matches]
    assert 0 in best.counts or len(set(best.counts.tolist())) > 1
    assert sum(best.counts) > 100
