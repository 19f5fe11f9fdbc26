"""The row set made by cell equals the rules asked of every row, on built and on live rows, from both sides."""

from datetime import timedelta

import numpy as np
import pytest

from matching.build import build
from matching.cells import CELL_RULES, Cells, layout
from matching.eligibility import RULES, Rules
from matching.live import Live
from matching.rowset import row_set
from matching.sample import DEFAULT_TODAY, SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.store import Store
from models.hashing import HashingEncoder


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("rows"), encoder=EncoderSettings(name="hashing"))
    province = SampleProvince(5, graduates=300, postings=900)
    with Store.open(settings.store) as store:
        graduates, postings = list(province.graduates()), list(province.postings())
        store.upsert([*graduates[:-20], *postings[:-40]])
        build(store, HashingEncoder(), settings)
        live = Live(store, HashingEncoder(), settings)
        store.upsert([*graduates[-20:], *postings[-40:]])
        store.delete("posting", [p.key for p in postings[5:15]])
        live.catch_up()
        return live.matcher.state


@pytest.mark.parametrize("hidden", [{}, {"majors": "hide", "degree": "hide"}])
@pytest.mark.parametrize("days", [0, 40])
def test_equals_the_rules_of_every_row(state, hidden, days):
    rules = Rules(DEFAULT_TODAY + timedelta(days), unknown=hidden, unstated={"majors": "pass"} if days else {})
    for side, other in ((state.postings, state.graduates), (state.graduates, state.postings)):
        shares = []
        for row in range(0, len(other), 7):
            asker, whole = other.at(np.array([row])), side.at(slice(None))
            if side is state.postings:
                expected = side.alive & rules.allowed(asker, whole)
            else:
                expected = side.alive & whole.seeking & whole.visible & rules.allowed(whole, asker)
            found = row_set(side, asker, rules)
            assert np.array_equal(found.mask, expected)
            assert found.total == expected.sum()
            built = np.flatnonzero(expected[: side.vectors.built])
            cells = np.searchsorted(side.cells.starts, built, side="right") - 1
            assert np.isin(cells, found.cells).all()
            assert ((built[:, None] >= found.runs[:, 0]) & (built[:, None] < found.runs[:, 1])).any(axis=1).all()
            shares.append(expected.mean())
        assert 0 < np.mean(shares) < 0.8


def test_narrowing_is_asked_only_of_what_is_left(state):
    seen = []

    def narrow(rows):
        seen.append(len(rows.degree))
        return rows.kind == 0

    rules, asker = Rules(DEFAULT_TODAY), state.graduates.at(np.array([1]))
    plain, narrowed = row_set(state.postings, asker, rules), row_set(state.postings, asker, rules, narrow)
    assert seen == [plain.total]
    assert np.array_equal(narrowed.mask, plain.mask & (state.postings.at(slice(None)).kind == 0))


def test_rows_of_a_cell_are_equal_in_all_that_its_rules_read(state):
    for side in (state.postings, state.graduates):
        columns, starts = side.at(slice(0, side.vectors.built)), side.cells.starts
        own = "posting_columns" if side is state.postings else "graduate_columns"
        for rule in RULES:
            if rule.name in CELL_RULES[type(columns)]:
                for name in getattr(rule, own):
                    values = getattr(columns, name)
                    first = values[np.repeat(starts[:-1], np.diff(starts))]
                    assert np.array_equal(values, first, equal_nan=values.dtype.kind == "f")


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_rule_reads_only_the_columns_that_it_names(state, rule):
    rng = np.random.default_rng(0)
    g, p = (side.at(rng.integers(0, side.vectors.built, 400)) for side in (state.graduates, state.postings))
    rules = Rules(DEFAULT_TODAY)
    mixed = [
        rows._make(
            column if name in own else column[rng.permutation(400)]
            for name, column in zip(rows._fields, rows, strict=True)
        )
        for rows, own in ((g, rule.graduate_columns), (p, rule.posting_columns))
    ]
    before, after = (np.broadcast_to(rules.status(rule, *pair), (400,)) for pair in ((g, p), mixed))
    assert np.array_equal(before, after)


def test_no_rows_have_no_cells(state):
    none = state.postings.at(slice(0, 0))
    assert Cells.of(none).starts.tolist() == [0]
    assert layout(none, []).tolist() == []
