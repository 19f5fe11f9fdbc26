"""Quick counts beside every pair, judged one by one."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from matching.build import build
from matching.eligibility import Rules
from matching.fairs import counts
from matching.fairs.counts import counts_of
from matching.fairs.gather import gather
from matching.live import open_state
from matching.matcher import CHINA
from matching.sample import SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.standard.records import Event
from matching.store import Store
from models.hashing import HashingEncoder

TENANT = "sample-jiangxi"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("world"), encoder=EncoderSettings(name="hashing"))
    province = SampleProvince(seed=5, graduates=150, postings=120)
    with Store.open(settings.store) as store:
        for records in (province.graduates(), province.postings()):
            store.upsert([record.model_copy(update={"tenant": TENANT}) for record in records])
        encoder = HashingEncoder()
        build(store, encoder, settings)
    return open_state(settings, encoder), settings, province.today


def event(**more):
    begins = datetime(2026, 6, 20, 9, tzinfo=CHINA)
    return Event(tenant=TENANT, id="x", title="x", starts_at=begins, ends_at=begins + timedelta(hours=2), **more)


THEMES = [
    {}, {"majors": ["计算机类", "护理"]}, {"industries": ["制造业"]}, {"kinds": ["internship"]}, {"region": "360100"},
    {"region": "360100", "cross_region": False},
]  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
def test_counts_are_those_of_the_list(world, theme):
    state, settings, today = world
    asked = event(**theme)
    found = counts_of(asked, state, settings, today=today)
    whole = gather(asked, state, settings, today=today)
    assert found.exact
    assert [host.key for host in found.hosts] == [host.key for host in whole.hosts]
    assert found.eligible == len(whole.keys)
    if asked.cross_region:
        assert found.suitable == len(np.unique(whole.row))
    else:
        assert found.suitable <= len(np.unique(whole.row))
    assert found.invited <= found.suitable


def test_many_pairs_are_estimated_on_a_sample_near_the_truth(world, monkeypatch):
    state, settings, today = world
    exact = counts_of(event(), state, settings, today=today)
    monkeypatch.setattr(counts, "_PAIRS", 10)
    every = counts_of(event(), state, settings, today=today)
    assert abs(every.suitable - exact.suitable) <= 0.1 * exact.eligible
    monkeypatch.setattr(counts, "_SAMPLE", 10_000)
    assert counts_of(event(), state, settings, today=today) == exact


def test_both_ways_round_and_nobody(world):
    state, _, today = world
    rules = Rules(today)
    people, offered = state.graduates.at(np.arange(20)), state.postings.at(np.arange(60))
    one = counts._able(people, offered, rules)
    other = np.zeros(20, bool)
    for place in range(60):
        other |= rules.allowed(people, offered.at(np.array([place])))
    assert one.tolist() == other.tolist()
    more = counts._able(state.graduates.at(np.arange(100)), offered, rules)
    assert more[:20].tolist() == one.tolist()
    nothing = counts_of(event(occupations=["没有这样的职业"]), *world[:2], today=today)
    assert (nothing.postings, nothing.suitable, nothing.invited, nothing.exact) == (0, 0, 0, True)
