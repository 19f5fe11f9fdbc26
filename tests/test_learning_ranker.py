"""`gradmatch ranker train`: learns from the past alone, keeps the prior where little happened, and is served."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from eval.gatekeeper import _same
from matching.chance import chances_of
from matching.cli.ranker import app, trained
from matching.errors import FileError, SettingsError, SnapshotMismatch
from matching.features import FEATURE_NAMES
from matching.learning.exposed import applications, credited, examination_of, exposures
from matching.learning.learned import LearnedRanker, joined, read_ranker
from matching.learning.ranker_course import STRENGTHS, Terms
from matching.question import CHINA, Question
from matching.sample import SampleProvince
from matching.sample.export import into
from matching.scoring import PRIOR, ranker_of
from matching.settings import ChanceCurve, ChanceSettings, EncoderSettings, RankingSettings, Settings, read_settings
from matching.standard.records import Interaction
from matching.store import Store
from models.ranker import Curve

CUTOFF = datetime(2026, 5, 16, tzinfo=CHINA)
TERMS = Terms(least=15)


def quiet(step, done, total):
    pass


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    home = tmp_path_factory.mktemp("province")
    settings = Settings(home=home, encoder=EncoderSettings(name="hashing"))
    with Store.open(settings.store) as store:
        into(SampleProvince(5, graduates=250, postings=80), store)
    return settings


@pytest.fixture(scope="module")
def learned(province) -> LearnedRanker:
    return trained(province, CUTOFF, TERMS, progress=quiet)


def test_both_sides_are_learned_and_the_file_is_read_back_whole(learned, tmp_path):
    assert learned.apply.learned
    assert [stage.name for stage in learned.apply.stages] == ["click", "take"]
    assert {stage.strength for stage in learned.apply.stages} <= {*STRENGTHS, 0.0}
    assert learned.features == FEATURE_NAMES
    assert learned.card["simulated"] is True
    learned.write(tmp_path / "ranker.json")
    back = read_ranker(tmp_path / "ranker.json", FEATURE_NAMES)
    assert back == learned
    lines = (tmp_path / "ranker.json").read_text(encoding="utf-8").splitlines()
    assert sum('"knots"' in line for line in lines) == 2 * len(FEATURE_NAMES)


def test_curves_that_may_only_rise_do_so(learned):
    for side in (learned.apply, learned.answer):
        for name in ("semantic", "lexical", "major", "skills", "place", "pay", "industry"):
            assert (np.diff(side.curves[name].values) >= -1e-6).all(), name
        assert (np.diff(side.curves["experience_gap"].values) <= 1e-6).all()


def test_nothing_after_the_cutoff_is_learned(province, learned, tmp_path):
    """Another future, applications everywhere, another store: the same ranker, to the byte but for the seconds."""
    settings = Settings(home=tmp_path, encoder=EncoderSettings(name="hashing"))
    with Store.open(settings.store) as store:
        into(SampleProvince(5, graduates=250, postings=80), store)
        shown = store.past(CUTOFF).interactions().filter(pl.col("action") == "shown").head(1_000)
        pairs = shown.select("graduate", "posting").unique(maintain_order=True)
        store.upsert(
            Interaction(tenant="sample-x", id=f"x{i}", graduate=g, posting=p, action="applied", at=CUTOFF)
            for i, (g, p) in enumerate(pairs.iter_rows())
        )
    assert trained(settings, CUTOFF, TERMS, progress=quiet).name == learned.name


def test_too_few_interactions_keep_the_prior_and_its_order(province):
    few = trained(province, CUTOFF, replace(TERMS, least=100_000), progress=quiet)
    assert (few.apply.learned, few.answer.learned) == (False, False)
    generator = np.random.default_rng(0)
    rows = np.column_stack([generator.uniform(*span, 200) for span in ((-3, 6), (0, 0.6), (0, 1), (0, 1), (0, 3),
        (0, 1), (-1, 0.5), (0, 1), (0, 2), (0, 120))]).astype(np.float32)  # fmt: skip
    ours = few.ranker().contributions(rows).sum(axis=1)
    prior = ranker_of(RankingSettings()).contributions(rows).sum(axis=1)
    assert np.argsort(ours, kind="stable").tolist() == np.argsort(prior, kind="stable").tolist()


def test_showings_are_credited_once_and_places_are_found_out():
    at = datetime(2026, 5, 1, tzinfo=CHINA)
    rows = [
        ("g", "p", "shown", at, 1), ("g", "p", "shown", at + timedelta(hours=2), 3),
        ("g", "p", "applied", at + timedelta(hours=3), None), ("g", "p", "shown", at + timedelta(days=1), 1),
        ("g", "p", "answered", at + timedelta(days=2), None), ("g", "q", "shown", at, 2),
    ]  # fmt: skip
    past = pl.DataFrame(
        rows,
        schema={"graduate": pl.String, "posting": pl.String, "action": pl.String, "at": pl.Datetime("us", "UTC"),
                "rank": pl.Int32},
        orient="row",
    )  # fmt: skip
    told = credited(past, "applied").select("posting", "rank", "event").rows()
    assert sorted(told) == [("p", 1, False), ("p", 3, True), ("q", 2, False)]
    assert exposures(past, at + timedelta(hours=1)).height == 2
    assert exposures(past, at + timedelta(days=9))["clicked"].to_list() == [False, False, True]
    assert applications(past, at + timedelta(days=9)).select("graduate", "posting", "event").rows() == [
        ("g", "p", True)
    ]
    looked, how = examination_of(past)
    assert looked.chances == (1.0,)
    assert how.startswith("none")


def test_a_sum_of_curves_is_the_curve_of_the_sum():
    first, second = Curve((0.0, 1.0), (0.0, 2.0), 0.5), Curve((0.5, 2.0), (1.0, 0.0), -1.0)
    both = joined(first, second)
    x = np.array([-1.0, 0.0, 0.3, 0.5, 0.9, 1.0, 1.7, 3.0, np.nan], np.float32)
    assert (both(x) - first(x) - second(x)).tolist() == pytest.approx([0] * 9, abs=2)


def test_settings_hold_what_the_file_holds_and_refuse_what_is_none(learned, tmp_path):
    learned.write(tmp_path / "ranker.json")
    file = tmp_path / "gradmatch.toml"
    file.write_text(f'[ranking]\nranker = "{tmp_path / "ranker.json"}"\n')
    chosen = read_settings(file)
    assert chosen.ranking.learned == learned
    assert chances_of(chosen).source == learned.name
    assert chances_of(chosen).apply.middle == learned.apply.chance.middle
    own = chosen.model_copy(update={"chance": ChanceSettings(apply=ChanceCurve(middle=1, steepness=1, ceiling=1))})
    assert chances_of(own).source == "settings"
    assert Settings.model_validate(chosen.model_dump(mode="json")).ranking.learned == learned
    altered = json.loads((tmp_path / "ranker.json").read_text())
    altered["apply"]["base"] += 1
    (tmp_path / "altered.json").write_text(json.dumps(altered))
    with pytest.raises(FileError, match="was altered"):
        read_ranker(tmp_path / "altered.json", FEATURE_NAMES)
    with pytest.raises(FileError, match="this version has"):
        read_ranker(tmp_path / "ranker.json", FEATURE_NAMES[1:])
    (tmp_path / "none.json").write_text("{}")
    for name, match in (("none.json", "no ranker"), ("missing.json", "cannot be read")):
        file.write_text(f'[ranking]\nranker = "{tmp_path / name}"\n')
        with pytest.raises(SettingsError, match=match):
            read_settings(file)


def test_a_snapshot_names_its_ranker_and_explains_it_exactly(province, learned):
    from matching.build import build
    from matching.encoders import open_encoder
    from matching.live import open_state
    from matching.matcher import Matcher
    from matching.snapshot import Snapshots

    chosen = province.model_copy(update={"ranking": RankingSettings(learned=learned)})
    encoder = open_encoder(province)
    with Store.open(province.store) as store:
        before = build(store, encoder, province)
        after = build(store, encoder, chosen)
    assert (before.ranker_name, after.ranker_name) == ("prior", learned.name)
    assert before.name.split("-")[1] != after.name.split("-")[1]
    with pytest.raises(SnapshotMismatch, match=f"ranker '{learned.name}', this service uses 'prior'"):
        open_state(province, encoder)
    state = open_state(chosen, encoder)
    matcher = Matcher(state, chosen, encoder)
    for row in range(40):
        found = matcher.postings_for(str(state.graduates.keys.values[row]), Question(k=5, today=CUTOFF.date()))
        for match in found.matches:
            assert sum(round(points * 1e6) for points in match.contributions.values()) == round(match.score * 1e6)
            assert sum(reason.points for reason in match.reasons) == pytest.approx(match.score, abs=1e-9)
    Snapshots(province.snapshots).use(before.name)
    old = json.loads((province.snapshots / before.name / "manifest.json").read_text())
    del old["ranker_name"]  # a snapshot of before there were learned rankers
    (province.snapshots / before.name / "manifest.json").write_text(json.dumps(old))
    assert open_state(province, encoder).name.split("-")[1] == before.name.split("-")[1]


def test_the_gate_compares_what_the_ranker_holds_not_where_it_lies(learned, tmp_path):
    learned.write(tmp_path / "a.json")
    learned.write(tmp_path / "b.json")
    a, b = (RankingSettings(ranker=tmp_path / name) for name in ("a.json", "b.json"))
    assert _same(a.model_dump(mode="json"), b)
    assert _same({"weights": {}}, RankingSettings())  # an evaluation of before there were learned rankers
    assert not _same({"weights": {}}, a)
    assert not _same({"weights": {"place": 2.0}}, RankingSettings())


def test_the_command_writes_the_file_and_its_card(province, tmp_path):
    out = tmp_path / "ranker.json"
    settings = tmp_path / "s.toml"
    settings.write_text(f'home = "{province.home}"\n[encoder]\nname = "hashing"\n')
    words = ["train", str(out), "--cutoff", "2026-05-16", "--least", "15", "--settings", str(settings)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    card = out.with_suffix(".md").read_text(encoding="utf-8")
    assert card.strip() in done.output
    assert "SIMULATED" in card
    assert "calibration error" in card
    shown = CliRunner().invoke(app, ["show", str(out)])
    assert shown.output.strip() == card.strip()


def test_every_feature_has_a_prior():
    assert set(PRIOR) == set(FEATURE_NAMES)
