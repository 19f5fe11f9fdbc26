"""A fair from the store to paper, on the tiny world."""

import json
import sys
import zipfile
from contextlib import contextmanager
from datetime import datetime

import numpy as np
import pytest

from api.pages.tables import loads
from matching.allocation import Bar, Problem, solve
from matching.build import build
from matching.cli import main
from matching.demo import TODAY, graduates, postings
from matching.errors import ListChanged, NoList, QueryError, UnknownId
from matching.fairs.employer_sheets import Meets, meets_of
from matching.fairs.listing import make_list
from matching.fairs.paper import plain_cell, write_csv, write_excel
from matching.fairs.solving import Wish
from matching.fairs.times import calendar, write_calendars
from matching.fairs.timetable import make_timetable, replan_timetable
from matching.fairs.waiting import waiting_of
from matching.live import open_state
from matching.settings import EncoderSettings, Settings
from matching.standard.records import Event, EventRules, Protected
from matching.store import Lists, Store
from matching.store.held import HeldLists
from models.hashing import HashingEncoder

BEGINS = datetime.fromisoformat("2026-06-20T09:00:00+08:00")
ENDS = datetime.fromisoformat("2026-06-20T11:00:00+08:00")
FAIR = Event(
    tenant="demo", id="fair", title="=HYPERLINK(1)<b>招聘会", starts_at=BEGINS, ends_at=ENDS, seats=3, rooms=2,
    rules=EventRules(county_least=0.0, college_most=100.0),
)  # fmt: skip


@contextmanager
def world_of(home, people):
    settings = Settings(home=home, encoder=EncoderSettings(name="hashing"))
    with Store.open(settings.store) as store:
        offered = [p.model_copy(update={"employer_name": f"=单位/{n % 3}"}) for n, p in enumerate(postings())]
        poor = Protected(tenant="demo", id="nursing", low_income_family=True)
        store.upsert([*people, *offered, FAIR, poor])
        encoder = HashingEncoder()
        build(store, encoder, settings)
        yield store, open_state(settings, encoder), settings


@pytest.fixture
def world(tmp_path):
    with world_of(tmp_path, graduates()) as made:
        yield made


def made(world, event=FAIR, **wish):
    return make_list(*world, event, Wish(**wish), today=TODAY)


def test_a_list_with_its_certificate_is_kept_and_says_what_it_used(world):
    store = world[0]
    found = made(world)
    proof = found.about["certificate"]
    assert proof["broken"] == []
    assert proof["value"] <= proof["bound"]
    assert proof["expected_guests"] <= 3
    load = [m["host"] for g in found.guests if g.status == "invited" for m in g.body["meetings"]]
    assert max(load.count(host) for host in set(load)) <= 8  # two hours of 15 minutes
    assert {line["rule"] for line in proof["rules"]} >= {"meetings", "seats", "slots", "rooms", "least", "hardship"}
    assert all(way["value"] <= proof["bound"] + 1e-9 for way in proof["beside"] if not way["broken"])
    kept = Lists(store).get(FAIR.key)
    assert kept.guests == found.guests
    invited = [g for g in kept.guests if g.status == "invited"]
    assert invited
    assert all(m["reasons"] for g in invited for m in g.body["meetings"])
    assert any(use.purpose.startswith("fair demo:fair") for use in store.uses_of_protected())
    assert made(world, base=1).about["change"]["went"] == 0


def test_pins_and_exclusions_hold_with_their_reasons_and_are_carried_on(world):
    found = made(world, pinned={"demo:nursing": "校方推荐"}, excluded={"demo:software": "已签约"})
    again = made(world)
    for guests in (found.guests, again.guests):
        state = {g.graduate: (g.status, g.body.get("hand")) for g in guests}
        assert state["demo:nursing"] == ("invited", {"pin": "校方推荐"})
        assert state["demo:software"] == ("excluded", {"exclude": "已签约"})
    lifted = made(world, free=frozenset({"demo:software"}))
    assert "excluded" not in {g.status for g in lifted.guests}


def test_two_organisers_at_once_lose_nothing_and_the_second_is_told(world):
    made(world)
    made(world, base=1)
    with pytest.raises(ListChanged, match="version 2, yours was made from 1"):
        made(world, base=1)
    lists = Lists(world[0])
    assert lists.newest(FAIR.key) == 2
    assert lists.get(FAIR.key, 3).beside


def test_a_rule_that_asks_for_more_than_exist_is_told_in_plain_words(world):
    hard = FAIR.model_copy(update={"rules": replace_rules(employer_least=40)})
    with pytest.raises(NoList, match="每家用人单位合适人选下限") as told:
        made(world, hard)
    assert "把每家合适人选下限降到" in str(told.value)


def test_no_stated_capacity_plans_more_than_there_is_time_for(world):
    small = {"rooms": 1, "ends_at": datetime.fromisoformat("2026-06-20T09:45:00+08:00"), "seats": None}
    for employer_most in (None, 500):
        rules = replace_rules(employer_most=employer_most, shows_near=0.1, shows_far=0.1, meetings_most=9)
        found = made(world, FAIR.model_copy(update={**small, "rules": rules}))
        proof = found.about["certificate"]
        assert proof["broken"] == []
        assert 0 < proof["meetings"] <= 3
        placed = make_timetable(world[0], FAIR.model_copy(update=small))
        assert (placed.left, placed.clashes) == (0, 0)
    with pytest.raises(QueryError, match="4 meetings in 3 slots"):
        made(world, FAIR.model_copy(update={**small, "rules": replace_rules(meetings_least=4)}))


def test_the_command_prints_json_and_nothing_else(world, capfd, monkeypatch):
    settings = world[2]
    (settings.home / "settings.toml").write_text('[encoder]\nname = "hashing"\n')
    place = ["--home", str(settings.home), "--settings", str(settings.home / "settings.toml")]
    words = ["gradmatch", "event", "invite", FAIR.key, "--json", "--today", str(TODAY), *place]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    told = json.loads(capfd.readouterr().out)
    assert told["certificate"]["broken"] == []


def replace_rules(**changes):
    return FAIR.rules.model_copy(update=changes)


def test_the_waiting_list_ends_where_nobody_adds_what_shows(world):
    worth = [0.5, 0.3, 0.00006, 0.00004, 0.4, *[0.2] * 30]  # one place, so the first is invited; the fifth is barred
    n = len(worth)
    rows = np.arange(n)
    problem = Problem(rows, np.zeros(n, int), np.array(worth), np.ones(n), (1, 1), np.zeros(1), np.array([np.inf]),
                      seats=1.0, bars=(Bar("region", rows == 4),))  # fmt: skip
    found = waiting_of(problem, solve(problem))
    assert found.rows.tolist() == [1, *range(5, 24)]
    assert (found.nothing, found.beyond) == (1, 12)  # eleven of those of 0.2, and the one of 0.00006
    assert found.chance[[1, 5]] == pytest.approx([0.3, 0.2])
    few = problem.only(np.array([0, 1, 2, 3]))
    found = waiting_of(few, solve(few))
    assert (found.rows.tolist(), found.nothing, found.beyond) == ([1, 2], 1, 0)


def test_answers_make_the_next_wave_and_the_deleted_are_gone_from_every_version(world):
    store = world[0]
    first = made(world)
    invited = [g.graduate for g in first.guests if g.status == "invited"]
    lists = Lists(store)
    assert lists.answer(FAIR.key, {invited[0]: "no"}) == 1
    second = made(world)
    assert invited[0] not in {g.graduate for g in second.guests if g.status == "invited"}
    store.delete("graduate", [invited[0]])
    assert invited[0] not in {g.graduate for n in (1, 2) for g in lists.get(FAIR.key, n).guests}
    assert lists.answers(FAIR.key) == {}
    assert lists.attend(FAIR.key, {invited[0]: True}) == 0
    store.delete("event", [FAIR.key])
    with pytest.raises(UnknownId):
        lists.get(FAIR.key)


def test_whoever_is_silent_keeps_the_invitation_though_others_are_likelier_to_come(tmp_path):
    twins = [one.model_copy(update={"id": f"{one.id}-twin"}) for one in graduates()]
    short = {"ends_at": datetime.fromisoformat("2026-06-20T09:15:00+08:00"), "seats": None, "rooms": None}
    event = FAIR.model_copy(update={**short, "rules": replace_rules(meetings_least=1, employer_least=0)})
    with world_of(tmp_path, [*graduates(), *twins]) as world:
        first = {g.graduate for g in made(world, event).guests if g.status == "invited"}
        assert len(first) == 3  # three employers, each with one slot
        declined, *silent = sorted(first)
        Lists(world[0]).answer(event.key, {declined: "no"})
        now = {g.graduate: g.body["shows"] for g in made(world, event).guests if g.status == "invited"}
    assert first - now.keys() == {declined}
    assert [now[key] for key in silent] == [0.5 * event.rules.shows_near] * 2


def test_a_list_in_memory_is_that_of_the_store_also_once_somebody_is_deleted(world):
    store = world[0]
    made(world, prices=False)
    lists, held = Lists(store), HeldLists(store)
    with pytest.raises(UnknownId, match="no list 7"):
        held.get(FAIR.key, 7)
    first = held.get(FAIR.key)
    assert first == lists.get(FAIR.key)
    assert held.get(FAIR.key, 1).guests is first.guests  # not read again
    gone = first.guests[0].graduate
    assert lists.on(FAIR.key, [gone, "demo:nobody"]) == {gone}
    store.delete("graduate", [gone])
    for _ in range(2):
        assert held.get(FAIR.key) == lists.get(FAIR.key)
    assert gone not in {guest.graduate for _, version in held._held.values() for guest in version.guests}
    assert lists.on(FAIR.key, [gone]) == set()
    for base in (1, 2):
        lists.save(FAIR.key, first.guests, {}, base=base)
    assert [held.get(FAIR.key, n).version for n in (None, 2, 1)] == [3, 2, 1]
    assert len(held._held) == 2
    store.delete("event", [FAIR.key])
    with pytest.raises(UnknownId):
        held.get(FAIR.key)
    lists.save(FAIR.key, first.guests[1:2], {}, base=0)
    assert held.get(FAIR.key) == lists.get(FAIR.key)  # version 1 again, and another
    assert len(held.get(FAIR.key).guests) == 1


def test_whoever_is_busy_elsewhere_is_kept_out(world):
    other = FAIR.model_copy(update={"id": "other"})
    world[0].upsert([other])
    first = {g.graduate for g in made(world).guests if g.status == "invited"}
    second = made(world, other)
    assert not first & {g.graduate for g in second.guests if g.status == "invited"}
    assert "clash" in {line["rule"] for line in second.about["certificate"]["rules"]}


def test_a_timetable_is_the_next_version_and_is_replanned(world):
    store = world[0]
    made(world)
    placed = make_timetable(store, FAIR)
    assert (placed.version, placed.left, placed.clashes, placed.exact) == (2, 0, 0, True)
    guest = next(g for g in Lists(store).get(FAIR.key).guests if g.status == "invited")
    again = replan_timetable(store, FAIR, now=0, absent=frozenset({guest.graduate}))
    assert (again.version, again.clashes) == (3, 0)
    after = next(g for g in Lists(store).get(FAIR.key).guests if g.graduate == guest.graduate)
    assert all("slot" not in meeting for meeting in after.body["meetings"])


def test_on_paper_nothing_is_a_formula(world, tmp_path):
    store = world[0]
    made(world)
    make_timetable(store, FAIR)
    version = Lists(store).get(FAIR.key)
    write_excel(store, FAIR, version, tmp_path / "list.xlsx")
    with zipfile.ZipFile(tmp_path / "list.xlsx") as book:
        sheets = {name: book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name}
        texts = book.read("xl/sharedStrings.xml").decode()
    met = {m["host"] for g in version.guests if g.status == "invited" for m in g.body["meetings"]}
    assert len(sheets) == 3 + len(met)
    people = {record.key: record for record in graduates()}
    meets = meets_of(FAIR, version, people)
    assert sum(len(one.rows) for one in meets) == sum(
        len(g.body["meetings"]) for g in version.guests if g.status == "invited"
    )
    first = next(one for one in meets if one.rows)
    assert first.line("A") == [first.name, len(first.rows), round(first.useful, 4), first.rows[0][0], "A"]
    assert [row[0] for row in first.rows] == sorted(row[0] for row in first.rows)
    assert Meets("无", [], 0.0).line("") == ["无", 0, 0.0, "", "未安排面谈"]
    assert not any("<f>" in sheet or "hyperlink" in sheet for sheet in sheets.values())
    assert all('state="frozen"' in sheet for sheet in sheets.values())
    assert "邀请理由" in texts
    assert "=HYPERLINK" in texts
    write_csv(store, FAIR, version, tmp_path / "list.csv")
    assert "毕业生编号" in (tmp_path / "list.csv").read_text(encoding="utf-8-sig")
    assert [plain_cell(x) for x in ("=1", "+1", "-1", "@a", "好", 1)] == ["'=1", "'+1", "'-1", "'@a", "好", 1]


def test_an_employer_whom_only_a_walk_in_meets_has_a_sheet_as_it_has_a_line_on_the_pages(world, tmp_path):
    store = world[0]
    made(world)
    version = Lists(store).get(FAIR.key)
    place = next(n for n, g in enumerate(version.guests) if g.status == "invited" and g.body["meetings"])
    guest = version.guests[place]
    late = {**guest.body["meetings"][0], "host": "demo:late", "name": "后到单位"}
    body = {**guest.body, "meetings": [*guest.body["meetings"], late]}
    guests = (*version.guests[:place], guest._replace(body=body), *version.guests[place + 1 :])
    version = version._replace(guests=guests)
    shown = {one.name: one.planned for one in loads(FAIR, version)}
    meets = meets_of(FAIR, version, {record.key: record for record in graduates()})
    assert {one.name: len(one.rows) for one in meets} == shown
    assert (meets[-1].name, meets[-1].useful) == ("后到单位", late["chance"] * guest.body["shows"])
    write_excel(store, FAIR, version, tmp_path / "list.xlsx")
    with zipfile.ZipFile(tmp_path / "list.xlsx") as book:
        assert 'name="后到单位"' in book.read("xl/workbook.xml").decode()


def test_calendars_say_the_moment_and_fold_between_characters(world, tmp_path):
    store = world[0]
    made(world)
    make_timetable(store, FAIR)
    assert write_calendars(FAIR, Lists(store).get(FAIR.key), tmp_path / "ics") >= 2
    raw = next((tmp_path / "ics").glob("graduate-*.ics")).read_bytes()
    assert b"DTSTART:20260620T0" in raw
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    folded = calendar([f"SUMMARY:{'面' * 60}"])
    assert folded.replace(b"\r\n ", b"").decode().count("面") == 60
    for line in folded.split(b"\r\n"):
        line.decode()
