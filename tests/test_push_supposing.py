"""A campaign's own limits, and what tonight would come to under others: counted on a tiny world, nothing kept."""

from dataclasses import replace
from datetime import datetime

import pytest

from api.demo import open_demo
from matching.demo import TODAY
from matching.encoders import open_encoder
from matching.errors import QueryError
from matching.live import open_state
from matching.push import supposing
from matching.push.limited import LIMITS, limited
from matching.push.planning import Question
from matching.push.supposing import suppose
from matching.question import CHINA
from matching.settings import PushSettings
from matching.store import Campaign, Campaigns, Draft, Item

NOW = datetime.combine(TODAY, datetime.min.time(), CHINA).replace(hour=20)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        Campaigns(made.store).create(Campaign("c", tenant="demo"))
        settings = made.settings.model_copy(update={"push": PushSettings(least=0.0)})
        yield made.store, settings, open_state(settings, open_encoder(settings))


def asked(world, tried, **campaign):
    store, settings, state = world
    own = Campaigns(store).get("c")._replace(**campaign)
    return suppose(store, settings, state, Question(own, TODAY, NOW), tried)


def test_a_campaign_may_be_stricter_to_people_and_not_looser():
    push = PushSettings(digest=3, gap_hours=20, in_week=9)
    own = limited(push, {"digest": 1, "gap_hours": 48, "least": 0.5, "wanted": 40})
    assert (own.digest, own.gap_hours, own.in_week, own.least, own.wanted) == (1, 48, 9, 0.5, 40)
    assert limited(push, {}) == push
    for name, value, told in (
        ("digest", 4, "looser"), ("in_week", 10, "looser"), ("gap_hours", 19.5, "looser"), ("patience", 4, "looser"),
        ("least", 1.5, "not right"), ("digest", 0, "not right"), ("quiet", 1, "no limit"), ("digest", 1.5, "not right"),
    ):  # fmt: skip
        with pytest.raises(QueryError, match=told):
            limited(push, {name: value})
    assert all(hasattr(push, name) for name in LIMITS)


def test_a_trial_counts_both_plans_and_writes_nothing(world):
    before = Campaigns(world[0]).nights("c")
    told = asked(world, {"least": 0.1})
    now, tried = told["now"], told["tried"]
    assert told["people"] == told["asked"] == now["messages"] + sum(now["reasons"].values())
    assert now["sends"] > tried["sends"] == tried["messages"] > 0
    assert tried["reasons"]["nothing suits well enough"] == now["sends"] - tried["sends"]
    assert now["expected applications"] > tried["expected applications"] > 0
    assert Campaigns(world[0]).nights("c") == before == []
    assert asked(world, {"least": 0.1}) == told


def test_the_campaigns_own_limits_are_what_it_is_compared_with(world):
    told = asked(world, {}, limits={"least": 0.1})
    assert told["now"]["sends"] < told["tried"]["sends"]
    nobody = asked(world, {"least": 1.0})
    assert nobody["tried"]["sends"] == 0
    assert "nothing suits well enough" in nobody["tried"]["reasons"]


def test_what_is_planned_for_tonight_is_overlooked_in_a_trial(world):
    store, _, state = world
    keys = [state.graduates.keys[row] for row in range(len(state.graduates))]
    whole = asked(world, {})
    drafts = [Draft(f"m{n}", key, (Item("demo:java", 1),), 0, 2**60) for n, key in enumerate(keys)]
    Campaigns(store).write_night("n", "c", drafts, day=TODAY)
    assert asked(world, {}) == whole
    from sqlalchemy import update

    from matching.store.push_tables import nights

    with store.database.writing() as connection:  # a night of another day counts
        connection.execute(update(nights).values(day="2026-06-14"))
    assert asked(world, {})["now"]["reasons"] == {"no budget": len(keys)}


def test_of_many_people_a_part_is_asked_and_places_are_scaled(world, monkeypatch):
    monkeypatch.setattr(supposing, "MOST", 2)
    told = asked(world, {})
    assert (told["asked"], told["people"] > 2) == (2, True)
    assert told["now"]["messages"] + sum(told["now"]["reasons"].values()) == 2


def test_places_are_scaled_to_the_part(sqlite_store):
    import pyarrow as pa

    from matching.bulk import RANKED
    from matching.push.planning import plan_night
    from matching.settings import Settings
    from matching.standard.records import Graduate, Posting

    people = [f"demo:g{n}" for n in range(200)]
    sqlite_store.upsert([Graduate(tenant="demo", id=key[5:]) for key in people])
    sqlite_store.upsert([Posting(tenant="a", id="p", title="会计", headcount=8)])
    Campaigns(sqlite_store).create(Campaign("c"))
    lines = [(g, "a:p", 9.5, 0.5, 1, "pass") for g in people]
    columns = zip(*lines, strict=True)
    pairs = pa.table([pa.array(list(c), f.type) for c, f in zip(columns, RANKED, strict=True)], schema=RANKED)
    own = Settings(push=PushSettings(sure=0.0, help=0.0))
    whole = Question(Campaign("c"), TODAY, NOW)
    sends = [
        plan_night(sqlite_store, own, pairs, people, replace(whole, part=part)).night.sends.height
        for part in (1.0, 0.25)
    ]
    assert sends == [133, 33]  # 8 places × 5 applications at a chance of 0.3 each; a quarter of it
