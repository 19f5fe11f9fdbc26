"""Quick counts beside every pair, judged one by one."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from matching.build import build
from matching.eligibility import Rules
from matching.fairs import counts
from matching.fairs.counts import counts_of
from matching.fairs.gather import _titled, gather, hosts_of, people_of
from matching.live import open_state
from matching.question import CHINA
from matching.sample import SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.standard.records import Event
from matching.store import Store
from matching.terms import majors, occupations
from matching.terms.key_industries import codes_of_theme
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
    {"region": "360100", "cross_region": False}, {"industries": ["2+6+N产业"]}, {"majors": ["工学", "财务"]},
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


def test_a_plan_is_a_theme_and_a_category_means_its_fields_at_other_levels(world):
    state, _, _ = world
    hosts = hosts_of(event(industries=["现代家具", "2+6+N产业"]), state)
    letters = {code[0] for text in ("现代家具", "2+6+N产业") for code in codes_of_theme(text)}
    columns, rows = state.postings.at(slice(None)), [row for host in hosts for row in host.postings]
    fits = np.isin(columns.industry, [ord(letter) - ord("A") for letter in letters])
    assert sorted(rows) == np.flatnonzero(fits & columns.open).tolist()
    assert 0 < len(rows) < columns.open.sum()
    classes, people = majors.classes(), state.graduates.at(people_of(event(majors=["工学"]), state)).major_class
    named = {classes[place] for place in people.tolist()}
    assert {majors.major(code).stage for code in named} >= {"undergraduate", "vocational"}
    assert all(majors.category_of(code) == "08" or majors.related(code) for code in named)


def test_an_occupation_is_a_code_at_any_level_a_name_or_a_word_of_the_title(world):
    state, _, _ = world

    def titles(*asked):
        rows = [row for host in hosts_of(event(occupations=list(asked)), state) for row in host.postings]
        return sorted(_titled(state, row)[1] for row in rows)

    every = titles()
    codes = {title: found.code if (found := occupations.read(title)) else "" for title in every}
    asked = next(code for code in codes.values() if code.startswith("2-02-"))
    for level in (asked, asked[:7], asked[:4]):
        assert titles(level) == [title for title in every if f"{codes[title]}-".startswith(f"{level}-")]
    assert 0 < len(titles(asked[:4])) < len(every)
    assert titles(every[0][:2]) == [title for title in every if every[0][:2] in title]
    assert titles("没有这样的职业") == []


def test_rows_that_the_rules_tell_apart_are_counted_apart(world):
    state, _, today = world
    rows, side = counts._different(state.postings.at(slice(None))), state.postings
    rules = Rules(today, unknown={"named_major": "hide", "majors": "hide"})
    for row in range(0, len(state.graduates), 11):
        asker = state.graduates.at(np.array([row]))
        assert rules.allowed(asker, rows).any() == rules.allowed(asker, side.at(slice(None))).any()
