"""Against the hidden truth: the oracle is the best there is, a black box explains nothing, strangers are refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.evaluation import Direction
from eval.replay import Replay
from eval.summary import Sampling
from eval.truth import Oracle, beside, happened, with_lambdamart, with_prior
from matching.encoders import open_encoder
from matching.errors import QueryError
from matching.question import CHINA
from matching.sample import SampleProvince
from matching.sample.export import into
from matching.scoring import prior
from matching.settings import EncoderSettings, RankingSettings, Settings
from matching.store import Store
from models import lambdamart

CUTOFF = datetime(2026, 5, 16, tzinfo=CHINA)
PROVINCE = SampleProvince(5, graduates=150, postings=80)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A replay with weights of nonsense beside prior, black box and oracle; its grounds, lists and values."""
    home = tmp_path_factory.mktemp("truth")
    nonsense = RankingSettings(weights=dict.fromkeys(prior().feature_names, -1.0))
    settings = Settings(home=home, encoder=EncoderSettings(name="hashing"), ranking=nonsense)
    oracle, seen = Oracle(PROVINCE), {}
    makers = {"prior": with_prior, "oracle": oracle.recommender}
    if lambdamart.installed():
        makers["lambdamart"] = with_lambdamart
    plan = Replay(
        CUTOFF,
        timedelta(days=30),
        [Direction.POSTINGS],
        makers=makers,
        told=lambda ground, lists: seen.update(ground=ground, lists=lists),
        sampling=Sampling(resamples=50),
    )
    with Store.open(settings.store) as store:
        into(PROVINCE, store)
        oracle.check(store)
        with pytest.raises(QueryError, match="not those of"):
            Oracle(SampleProvince(6, graduates=150, postings=80)).check(store)
        found = plan.replay(store, open_encoder(settings), settings)
    return found, seen["ground"], seen["lists"], oracle, settings


def test_the_oracle_is_the_best_there_is_and_nonsense_worse_than_the_prior(asked):
    _, ground, lists, oracle, _ = asked
    values = oracle.measured(ground, lists)["true nDCG@10"]
    assert values["oracle"] == pytest.approx(np.ones(len(values["oracle"])))
    for system, found in values.items():
        assert (found <= 1 + 1e-9).all(), system
    assert values["prior"].mean() > values["gradmatch"].mean() + 0.03


def test_one_value_by_hand(asked):
    _, ground, lists, oracle, _ = asked
    query = next(q for q in range(len(ground.queries)) if ground.open_to(q).sum() > 12)
    graduate = int(ground.queries[query].split(":g")[1])
    gains = {}
    for row, key in enumerate(ground.documents):
        truth = PROVINCE.true_value(graduate, int(key.split(":p")[1]))
        gains[row] = float(truth.apply[0] * truth.answer[0])

    def dcg(rows):
        seen, total = [], 0.0
        for row in rows:
            if ground.same[row] not in seen and len(seen) < 10:
                seen.append(ground.same[row])
                total += gains[row] / np.log2(len(seen) + 1)
        return total

    best = dcg(sorted(np.flatnonzero(ground.open_to(query)), key=lambda row: -gains[row]))
    own = dcg([row for row in lists["prior"].rows[query].tolist() if row >= 0])
    some = np.array([ground.open_to(q).any() for q in range(len(ground.queries))])
    place = int(some[:query].sum())
    assert oracle.measured(ground, lists)["true nDCG@10"]["prior"][place] == pytest.approx(own / best)


def test_means_stand_beside_each_other(asked):
    found = asked[0]
    values = happened(found, Direction.POSTINGS)
    table = beside({"nDCG@10": values}, resamples=50)
    for row in table.iter_rows(named=True):
        assert row["mean"] == pytest.approx(values[row["system"]].mean())
        assert row["less"] == pytest.approx((values[row["system"]] - values["gradmatch"]).mean())
    known = found.summary.filter(system="oracle", axis="all", measure="nDCG@10")["mean"][0]
    assert table.filter(system="oracle")["mean"][0] == pytest.approx(known)


def test_a_black_box_finds_what_counts_and_its_score_stands_in_one_column():
    if not lambdamart.installed():
        pytest.skip("LightGBM cannot be loaded (extra lambdamart, libgomp1)")
    generator = np.random.default_rng(0)
    x = generator.random((3_000, 3)).astype(np.float32)
    grade = (generator.random(3_000) < x[:, 1]).astype(np.int64)
    place = np.tile(np.arange(1, 11), 300)
    lists = lambdamart.Lists(x, grade, place, np.full(300, 10))
    box = lambdamart.learn(lists, ("a", "b", "c"))
    told = box.contributions(x)
    assert told.dtype == np.int64
    assert (told[:, 1:] == 0).all()
    assert np.corrcoef(told[:, 0], x[:, 1])[0, 1] > 0.8
    assert (lambdamart.learn(lists, ("a", "b", "c")).contributions(x) == told).all()
    assert box.contributions(x[:0]).shape == (0, 3)


def test_the_command_prints_shares_of_the_oracle(asked):
    settings = asked[4]
    file = settings.home / "s.toml"
    file.write_text(f'home = "{settings.home}"\n[encoder]\nname = "hashing"\n')
    words = ["truth", "--cutoff", "2026-05-16", "--graduates", "150", "--postings", "80", "--today", "2026-06-15",
             "--province-seed", "5", "--no-lambdamart", "--limit", "30", "--resamples", "50",
             "--settings", str(file)]  # fmt: skip
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "true nDCG@10" in done.output
    assert "oracle" in done.output
