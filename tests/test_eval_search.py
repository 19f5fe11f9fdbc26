"""`gradmatch tune`: finds its way back from settings made worse, keeps every trial, drops the poor ones early."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from eval.evaluation import Direction
from eval.ledger import Ledger
from eval.replay import Replay
from eval.search import Search, best_of, search, table_of
from eval.summary import Sampling
from eval.tuning import save_settings
from matching.cli import command_line
from matching.encoders import open_encoder
from matching.question import CHINA
from matching.sample import SampleProvince
from matching.sample.export import into
from matching.settings import EncoderSettings, RankingSettings, Settings, read_settings
from matching.store import Store

pytest.importorskip("optuna", reason="Optuna is not installed (extra tune)")

CUTOFF = datetime(2026, 3, 31, tzinfo=CHINA)
PLAN = Replay(CUTOFF, timedelta(days=75), [Direction.POSTINGS], depth=10, sampling=Sampling(resamples=20))


@pytest.fixture(scope="module")
def worse(tmp_path_factory):
    """A store, and settings that rank by nearly nothing but how long ago a posting was published."""
    home = tmp_path_factory.mktemp("search")
    weights = {"semantic": 0.25, "lexical": 0.25, "major": 0.25, "age": 4.0}
    settings = Settings(home=home, encoder=EncoderSettings(name="hashing"), ranking=RankingSettings(weights=weights))
    with Store.open(settings.store) as store:
        into(SampleProvince(5, graduates=250, postings=80), store)
    return settings


@pytest.fixture(scope="module")
def found(worse):
    kept = []
    plan = Search(PLAN, trials=12, features=("semantic", "lexical", "major", "age"), seed=1)
    with Store.open(worse.store) as store:
        tried = search(store, open_encoder(worse), worse, plan, kept=kept.append)
    assert kept == tried
    return tried


def test_the_first_trial_is_the_settings_as_they_are_and_the_best_beats_them(found, worse):
    assert (found[0].settings, found[0].whole) == (worse, True)
    best = best_of(found)
    assert best.value > found[0].value
    for one in found:
        mean = one.evaluation.summary.filter(pl.col("axis") == "all", pl.col("measure") == "nDCG@10")["mean"][0]
        assert one.value == pytest.approx(mean)
        assert one.evaluation.provenance.settings["ranking"]["weights"] == one.settings.ranking.weights


def test_poor_trials_are_dropped_before_all_queries_are_asked(found):
    dropped = [one for one in found if not one.whole]
    assert dropped
    asked = found[0].evaluation.provenance.counts["queries for postings"]
    for one in dropped:
        assert one.evaluation.provenance.counts["queries for postings"] <= asked / 3
    table = table_of(found)
    assert table["trial"].to_list() == list(range(12))
    assert table["whole"].sum() == 12 - len(dropped)


def test_the_file_is_what_the_service_reads(found, tmp_path):
    best = best_of(found)
    back = read_settings(save_settings(best.settings, tmp_path / "s.toml"))
    assert (back.ranking, back.retrieval) == (best.settings.ranking, best.settings.retrieval)


def test_the_command_enters_every_trial_in_the_ledger(worse, tmp_path):
    file = tmp_path / "s.toml"
    file.write_text(f'home = "{worse.home}"\n[encoder]\nname = "hashing"\n')
    out = tmp_path / "search"
    words = ["tune", str(out), "--cutoff", "2026-03-31", "--days", "75", "--trials", "3", "--limit", "60",
             "--resamples", "20", "--settings", str(file)]  # fmt: skip
    done = CliRunner().invoke(command_line(), words)
    assert done.exit_code == 0, done.output
    assert "SIMULATED" in done.output or "模拟" in done.output
    entered = [entry.folder for entry in Ledger(worse.home).entries()]
    assert entered == [str(out / f"trial-{number:03d}") for number in range(3)]
    assert pl.read_csv(out / "trials.csv").height == 3
    assert "<svg" in (out / "search.svg").read_text(encoding="utf-8")
    assert read_settings(out / "settings.toml").encoder.name == "hashing"
