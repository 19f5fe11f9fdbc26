"""Ranking in bulk gives the endpoint's answers, to the bit."""

import numpy as np
import pytest

from matching.build import build
from matching.bulk import _TOGETHER, RANKED, rank_block
from matching.live import Live
from matching.question import Question
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
