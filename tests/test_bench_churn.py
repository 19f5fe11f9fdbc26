"""Churn in short: a few hours of changes with readers lose nothing, and a switch mixes nothing; the checkers can tell.

The long form is ``scripts/bench churn``.
"""

import pytest

from benchmarks._soak import soak
from benchmarks._switch import switch_counts


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    return soak(tmp_path_factory.mktemp("soak"), records=200, hours=20.0, rate=60.0, least=100)


def test_every_change_becomes_visible(seen):
    assert sum(seen.counts[name] for name in ("new", "rewritten", "closed", "full", "deleted")) > 300
    assert len(seen.lags) == 40  # one a transaction; how long they took is for the benchmark to say


def test_nothing_is_lost_stale_or_left_over_and_recall_is_one(seen):
    assert seen.problems == []
    assert {n: seen.counts[n] for n in ("lost", "stale", "ghosts", "twice", "behind at the end")} == dict.fromkeys(
        ("lost", "stale", "ghosts", "twice", "behind at the end"), 0
    )
    assert seen.counts["compared"] > 300
    assert len(seen.recalls) >= 2
    assert min(seen.recalls) == 1.0
    assert len(seen.answers) > 50


def test_live_rows_were_compacted_meanwhile(seen):
    assert len(seen.snapshots) >= 2


def test_a_switch_under_load_mixes_and_loses_nothing(tmp_path):
    counts = switch_counts(tmp_path, records=200, switches=6)
    assert (counts["mixed"], counts["lost"]) == (0, 0)
    assert min(counts["first"], counts["second"]) >= 20


def test_a_mixed_answer_is_noticed(tmp_path):
    assert switch_counts(tmp_path, records=200, switches=3, broken=True)["mixed"] >= 1
