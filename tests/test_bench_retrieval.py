"""The retrieval benchmark: databases are asked for the rows that the rules allow, and pictures hold every curve."""

import numpy as np
import pytest

from benchmarks import _labour_rows, _peers, retrieval
from benchmarks._peers_databases import EXACT
from benchmarks._retrieval_timing import case, timed_peer
from matching.eligibility import Rules

STRICT = Rules(_labour_rows.TODAY, unknown={"majors": "hide", "degree": "hide"})


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(3)
    made = rng.normal(size=(600, 24)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_labour_rows, "_real", lambda: (made[100:], made[:100]))
        return _labour_rows.make_world(4_000)


def _allowed(world, i):
    return STRICT.allowed(world.askers.at(slice(i, i + 1)), world.columns)


def test_conditions_on_columns_allow_the_rows_that_the_rules_allow(world):
    columns = _peers.attributes(world)
    masks = [_allowed(world, i) for i in range(200)]
    assert 0 < np.mean([mask.mean() for mask in masks]) < 0.1
    assert all(_peers.agrees(columns, _peers.wanted(world, i), mask) for i, mask in enumerate(masks))


def test_other_rows_are_noticed(world):
    columns, mask = _peers.attributes(world), _allowed(world, 0)
    mask[np.flatnonzero(mask)[0]] = False
    assert not _peers.agrees(columns, _peers.wanted(world, 0), mask)


def test_a_database_that_speaks_sql_finds_the_same_rows(world):
    asked = [_peers.wanted(world, i) for i in range(20)]
    try:
        peer = EXACT["DuckDB, exact"](world, asked)
    except _peers.Absent:
        pytest.skip("DuckDB is not installed")
    cases = [case(world, i, _allowed(world, i)) for i in range(20)]
    assert timed_peer(peer, cases).recall == 1
    peer.close()


def test_the_least_setting_that_finds_enough_is_reported(world):
    cases = [case(world, i, _allowed(world, i)) for i in range(3)]
    peer = _peers.Peer(lambda place, setting: cases[place].truth[:setting], (1, 45, 50, 60))
    assert timed_peer(peer, cases).setting == 50


def test_pictures_name_every_curve(tmp_path):
    result = {
        "size": {"rows": [500, 1_000]},
        "by_share": {"gradmatch": [[0.001, 2.0], [1.0, 3.0]], "DuckDB, exact": [[0.01, 5.0]]},
        "by_size": {"500": {"ours, strict rules": 1.5}, "1000": {"ours, strict rules": 1.5}},
    }
    retrieval.plot(result, tmp_path)
    share = (tmp_path / "retrieval-share.svg").read_text(encoding="utf-8")
    assert "DuckDB, exact" in share
    assert "ours, strict rules" in (tmp_path / "retrieval-size.svg").read_text(encoding="utf-8")
