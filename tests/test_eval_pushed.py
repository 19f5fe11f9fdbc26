"""Another rule of the push, from the log of sends: the interval holds the truth, or the log says it cannot tell."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from eval.offpolicy import Sampling, evaluate
from eval.pushed import Pushed, refused, remade
from matching.bulk import RANKED
from matching.errors import QueryError, UnknownId
from matching.learning.examination import Examination
from matching.push import replaying
from matching.push.evening import Candidates
from matching.push.planning import Question, plan_night
from matching.question import CHINA
from matching.settings import PushSettings, Settings
from matching.standard.records import Action, Graduate, Interaction, Posting
from matching.store import Campaign, Campaigns, Outbox, Result, Verdict
from matching.store.claiming import Terms
from matching.store.times import to_micros

NOW = datetime(2026, 6, 15, 20, tzinfo=CHINA)
PEOPLE = [f"demo:g{n}" for n in range(480)]
JOBS = [f"a:p{n}" for n in range(8)]
LIKED = dict(zip(JOBS, (0.1, 0.15, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8), strict=True))
"""How often each is clicked: those that nobody knows to be allowed, from the fifth on, are the better liked."""


def _score(graduate, posting):
    """Those that are allowed for sure score less, but count more where doubt counts half."""
    return 9.0 + 0.5 * (posting >= 4) - 0.1 * (posting % 4) - 0.01 * ((graduate + posting) % 7)


def candidates():
    lines = [
        (g, p, _score(int(g[6:]), n), 0.5, 1, "pass" if n < 4 else "unknown")
        for g in PEOPLE
        for n, p in enumerate(JOBS)
    ]
    columns = zip(*lines, strict=True)
    pairs = pa.table([pa.array(list(c), f.type) for c, f in zip(columns, RANKED, strict=True)], schema=RANKED)
    return Candidates(pairs, PEOPLE, {}, None)


def settings(share):
    return Settings(push=PushSettings(digest=2, help=0.0, sure=0.0, wanted=100.0, explore=share, unknown=0.5))


@pytest.fixture
def world(sqlite_store, monkeypatch):
    store = sqlite_store
    store.upsert([Graduate(tenant="demo", id=key[5:]) for key in PEOPLE])
    said = {"tenant": "a", "title": "软件开发工程师", "headcount": 90}
    store.upsert([Posting(id=key[2:], employer_id=key[2:], **said) for key in JOBS])
    Campaigns(store).create(Campaign("c", holdout=0.05))
    monkeypatch.setattr(replaying, "candidates", lambda *args, **named: candidates())
    return store


def sent(store, share, day=0):
    """A night that is planned, sent, and clicked as the postings are liked."""
    moment = NOW + timedelta(days=day)
    own = Campaigns(store).get("c")
    found = plan_night(store, settings(share), candidates().pairs, PEOPLE, Question(own, moment.date(), moment))
    assert found.write(store)
    box, at = Outbox(store), to_micros(moment) + 1
    claimed, _ = box.claim(Terms("files", 1, 99, 0, lambda wish, now: now), f"k{day}", now=at, most=1_000)
    box.settle(f"k{day}", [Result(m.id, Verdict.SENT) for m in claimed], now=at, repeats=False)
    luck = np.random.default_rng(day)
    clicks = [
        Interaction(tenant="demo", id=f"{m.id}-{i.rank}", graduate=m.graduate, posting=i.posting, action="clicked",
                    at=moment + timedelta(hours=1))
        for m in claimed for i in m.items if luck.random() < LIKED[i.posting]
    ]  # fmt: skip
    store.upsert(clicks)
    return claimed


def estimate(store, share, changes, nights=()):
    asked = Pushed("c", nights, Action.CLICKED, NOW + timedelta(days=9))
    log, lists, made = remade(store, settings(share), asked, changes)
    found = evaluate(log, lists, examination=Examination.power(0), sampling=Sampling(confidence=0.99), simulated=True)
    return refused(found, made), log, lists, made


def test_the_interval_holds_what_the_other_rule_would_have_brought(world):
    claimed = sent(world, 0.5)
    found, log, lists, made = estimate(world, 0.5, {"unknown": 1.0, "least": 0.0})
    assert (found.refusals, made[0].same, made[0].beyond) == ([], 1.0, 0.0)
    assert found.lists == len(claimed) == log["list"].n_unique()
    truth = sum(LIKED[p] for p in lists["posting"]) / found.lists
    before = found.logged.value
    assert truth > before + 0.05  # what was judged too little was liked better
    for one in found.estimates:
        assert one.low <= truth <= one.high, one
    assert {one.name for one in found.estimates} == {"IPS", "SNIPS", "DR"}
    assert found.support == pytest.approx(1.0, abs=0.15)


def test_its_own_rule_earns_what_the_plan_earned(world):
    sent(world, 0.3)
    found, _, lists, _ = estimate(world, 0.3, {})
    planned = Outbox(world).exposed(Campaigns(world).nights("c")).filter(pl.col("planned"))
    assert set(planned.select("list", "posting").rows()) <= set(lists.select("list", "posting").rows())
    truth = sum(LIKED[p] for p in lists["posting"]) / found.lists
    snips = next(one for one in found.estimates if one.name == "SNIPS")
    assert snips.low <= truth <= snips.high


def test_a_plan_without_chance_cannot_tell_of_another(world):
    sent(world, 0.0)
    found, log, _, _ = estimate(world, 0.0, {"unknown": 1.0, "wanted": 100.0})
    assert set(log["propensity"]) == {1.0}
    same, _, lists, _ = estimate(world, 0.0, {})
    assert same.refusals == []  # its own rule it can tell of
    assert len(lists) == len(log)
    differs, *_ = estimate(world, 0.0, {"per_employer": 1, "unknown": 0.0, "digest": 1, "least": 0.31})
    assert differs.estimates == [] or differs.support > 0.89
    none, *_ = estimate(world, 0.0, {"unknown": 1.0, "floor": 0, "least": 0.0, "wanted": 0.2})
    assert none.estimates == []
    assert none.refusals
    assert found.lists > 300


def test_a_night_that_does_not_come_out_again_is_refused(world):
    sent(world, 0.4)
    world.upsert([Posting(tenant="a", id="p0", title="软件开发工程师", status="closed")])
    found, _, _, made = estimate(world, 0.4, {"unknown": 1.0})
    assert made[0].same < 0.95
    assert found.estimates == []
    assert any("comes out again" in en for _, en in found.refusals)


def test_a_rule_that_writes_to_others_is_refused(world):
    Campaigns(world).create(Campaign("c", limits={"least": 0.267, "unknown": 0.0}))
    sent(world, 0.4)
    reached = Outbox(world).exposed(Campaigns(world).nights("c"))["graduate"].n_unique()
    assert reached < 400
    found, _, _, made = estimate(world, 0.4, {"least": 0.0})
    assert made[0].beyond > 0.1
    assert any("sent nothing" in en for _, en in found.refusals)


def test_later_nights_do_not_change_an_earlier_one(world):
    sent(world, 0.4)
    _, _, alone, _ = estimate(world, 0.4, {"unknown": 1.0})
    sent(world, 0.4, day=1)
    first = Campaigns(world).nights("c")[0]
    _, _, again, made = estimate(world, 0.4, {"unknown": 1.0}, nights=[first])
    assert made[0].same == 1.0
    assert again.sort("list", "rank").equals(alone.sort("list", "rank"))
    both, log, _, _ = estimate(world, 0.4, {"unknown": 1.0})
    assert log["list"].n_unique() == both.lists > len(PEOPLE)


def test_what_is_no_rule_and_what_was_not_sent_is_told(world):
    with pytest.raises(QueryError, match="nothing was sent"):
        estimate(world, 0.4, {})
    sent(world, 0.4)
    with pytest.raises(QueryError, match="no limit 'quiet'"):
        estimate(world, 0.4, {"quiet": 1})
    with pytest.raises(UnknownId):
        estimate(world, 0.4, {}, nights=["none"])
