"""What goes wrong with fairs: employers withdraw, people are erased, midnight, formulas and HTML in every field."""

import csv
import zipfile
from datetime import UTC, datetime, timedelta, timezone

import pytest
from typer.testing import CliRunner

from matching.build import build
from matching.cli.event import app
from matching.demo import TODAY, graduates, postings
from matching.errors import FileError, NoList, QueryError
from matching.fairs.listing import changes_between, event_of, make_list, prepare
from matching.fairs.outcomes import WITHDRAWN, Outcome, keep_outcomes, kept_of
from matching.fairs.paper import _height, write_csv, write_excel
from matching.fairs.solving import Wish
from matching.fairs.times import clock_of, slot_at, write_calendars
from matching.fairs.timetable import make_timetable
from matching.fairs.walkins import meetings_of_walk_ins
from matching.fairs.whatif import what_if
from matching.fairs.words import waiting_words
from matching.fairs.wrapping import lines_of
from matching.live import open_state
from matching.settings import EncoderSettings, Settings
from matching.standard.records import Event, Graduate, Posting, Protected
from matching.store import Lists, Store
from models.hashing import HashingEncoder

EVIL = ("=HYPERLINK(1)<script>", "+1|cmd", "-2<b>", "@SUM(A1)", "＝1＋1")


def coder(n):
    told = {
        "degree": "本科",
        "major": "软件工程",
        "graduation_year": 2026,
        "region": "360100",
        "skills": ["Java", EVIL[0]],
    }
    told |= {"school": EVIL[n % 5], "summary": EVIL[2]}
    return Graduate.model_validate({"tenant": "demo", "id": f"c{n}", **told})


def desk(n):
    return Posting(tenant="demo", id=f"d{n}", title=f"{EVIL[n % 5]}Java开发工程师", employer_id=f"e{n}",
                   employer_name=f"{EVIL[n % 5]}单位", regions=["360100"], description="Java、MySQL")  # fmt: skip


def fair(**changes):
    told = {"title": EVIL[0], "venue": EVIL[3], "starts_at": "2026-06-20T09:00:00+08:00", "seats": 12, "rooms": 4,
            "ends_at": "2026-06-20T12:00:00+08:00", "employer_ids": [f"e{n}" for n in range(5)]}  # fmt: skip
    return Event.model_validate({"tenant": "demo", "id": "fair", **told, **changes})


@pytest.fixture
def world(tmp_path):
    settings = Settings(home=tmp_path, encoder=EncoderSettings(name="hashing"))
    with Store.open(settings.store) as store:
        people = [coder(n) for n in range(24)]
        store.upsert([*graduates(), *people, *postings(), *[desk(n) for n in range(6)], fair()])
        build(store, HashingEncoder(), settings)
        yield store, open_state(settings, HashingEncoder()), settings


def made(world, event=None, **wish):
    return make_list(*world, event or fair(), Wish(prices=False, **wish), today=TODAY)


def test_an_employer_withdraws_or_joins_and_little_changes_and_is_said(world):
    first = made(world)
    without = made(world, fair(employer_ids=[f"e{n}" for n in range(4)]))
    assert "e4" not in {m["host"] for g in without.guests if g.status == "invited" for m in g.body["meetings"]}
    change = changes_between(first.guests, without.guests)
    assert without.about["change"] == {name: len(keys) for name, keys in change.items()}
    assert len(change["stayed"]) >= 0.8 * first.about["certificate"]["invited"]
    met_the_gone = {g.graduate for g in first.guests if g.status == "invited"
                    for m in g.body["meetings"] if m["host"] == "e4"}  # fmt: skip
    assert set(change["went"]) <= met_the_gone
    joined = made(world, fair(employer_ids=[f"e{n}" for n in range(6)]))
    assert joined.about["change"]["went"] == 0
    assert "e5" in {host["key"] for host in joined.about["hosts"]}
    with pytest.raises(QueryError, match="no employer of the event has a posting"):
        made(world, fair(employer_ids=["nobody"]))


def test_whoever_is_erased_after_the_invitation_is_nowhere_and_nothing_fails(world, tmp_path):
    store, event = world[0], fair()
    first = made(world)
    gone = next(g for g in first.guests if g.status == "invited")
    make_timetable(store, event)
    Lists(store).answer(event.key, {gone.graduate: "yes"})
    store.delete("graduate", [gone.graduate])
    placed = make_timetable(store, event)
    assert (placed.left, placed.clashes) == (0, 0)
    version = Lists(store).get(event.key)
    write_csv(store, event, version, tmp_path / "list.csv")
    write_excel(store, event, version, tmp_path / "list.xlsx")
    write_calendars(event, version, tmp_path / "ics")
    files = [(tmp_path / "list.csv").read_bytes(), *(p.read_bytes() for p in (tmp_path / "ics").iterdir())]
    with zipfile.ZipFile(tmp_path / "list.xlsx") as book:
        files += [book.read(name) for name in book.namelist()]
    assert not any(f"{gone.graduate}<".encode() in data or f"{gone.graduate}\r".encode() in data for data in files)
    met = [Outcome(gone.graduate, gone.body["meetings"][0]["host"], "hired")]
    kept = keep_outcomes(store, event, met, now=datetime(2026, 6, 20, 5, tzinfo=UTC))
    assert kept == (0, 0, (0,), 0)
    state = world[1]  # the snapshot still holds the one who is gone: the state does not, once told
    from matching.state import without

    later = without(state, {"graduate": store.erased_since(state.change, "graduate"), "posting": set()})
    again = make_list(store, later, world[2], event, Wish(prices=False), today=TODAY)
    assert gone.graduate not in {g.graduate for g in again.guests}


def test_an_event_over_midnight_and_in_another_zone(world, tmp_path):
    store = world[0]
    event = fair(starts_at="2026-06-20T14:30:00+00:00", ends_at="2026-06-20T17:30:00Z")  # 22:30 to 1:30 in China
    made(world, event)
    make_timetable(store, event)
    version = Lists(store).get(event.key)
    clocks = {clock_of(event, {"slot": slot}) for slot in (0, 5, 6, 11)}
    assert clocks == {"（06-20 22:30）", "（06-20 23:45）", "（06-21 00:00）", "（06-21 01:15）"}
    assert clock_of(event, {}) == ""
    write_calendars(event, version, tmp_path / "ics")
    starts = {line for p in (tmp_path / "ics").iterdir() for line in p.read_text().splitlines() if "DTSTART" in line}
    assert starts <= {
        f"DTSTART:{event.starts_at.astimezone(UTC) + timedelta(minutes=15 * n):%Y%m%dT%H%M%SZ}" for n in range(12)
    }
    tokyo = timezone(timedelta(hours=9))
    assert slot_at(event, datetime(2026, 6, 21, 1, 0, tzinfo=tokyo)) == 6
    assert slot_at(event, datetime(2026, 6, 20, 0, 0, tzinfo=UTC)) == 0
    assert slot_at(event, datetime(2026, 6, 30, 0, 0, tzinfo=UTC)) == 12


def test_formulas_and_html_in_every_field_stay_text(world, tmp_path):
    store, event = world[0], fair()
    made(world, pinned={"demo:c1": "=cmd|' /C calc'!A0"}, excluded={"demo:c2": "<img src=x>"})
    make_timetable(store, event)
    version = Lists(store).get(event.key)
    write_csv(store, event, version, tmp_path / "list.csv")
    with (tmp_path / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) for cell in cells)
    assert "'=cmd|' /C calc'!A0" in cells
    assert "'+1|cmd" in cells
    write_excel(store, event, version, tmp_path / "list.xlsx")
    with zipfile.ZipFile(tmp_path / "list.xlsx") as book:
        names = [name for name in book.namelist() if "worksheets" in name]
        assert not any(tag in book.read(name) for name in names for tag in (b"<f>", b"<f ", b"hyperlink"))
        texts = book.read("xl/sharedStrings.xml").decode()
        sheets = book.read("xl/workbook.xml").decode()
    assert "&lt;img src=x&gt;" in texts
    assert "违反规则：" in texts
    assert "hardship" not in texts
    assert _height(["字" * 30, "x"], [24, 24]) == 3 * 16.0 + 3.0
    assert "<script>" not in texts + sheets
    write_calendars(event, version, tmp_path / "ics")
    for path in (tmp_path / "ics").iterdir():
        text = path.read_text("utf-8").replace("\r\n ", "")
        assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == text.count("UID:")


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 8, 1),
        ("字" * 10, 22, 1),  # 21 digits wide, and the edges of the cell
        ("字" * 11, 22, 2),
        ("abcde fghij", 12, 1),
        ("abcdef ghijk", 12, 2),  # not within a word
        ("abc abcdefgh abc", 12, 3),
        ("aaaa     bbbb", 6, 2),  # spaces hang over the edge
        ("x" * 23, 11, 3),  # longer than a line: broken where it must be
        ("字x字" + "a" * 8, 11, 2),  # Chinese breaks before the Latin run
        ("字" * 10 + "。字", 22, 2),
        ("字" * 9 + "（字）", 22, 2),  # no mark ends or begins a line where it may not
        ("一\n二\r\n\n三", 60, 4),
        ("abcdefghi", 11, 1),
        ("ABCDEFGHI", 11, 2),  # capitals are broader
        ("e\u0301" * 9, 11, 1),  # set upon the one before
    ],
)
def test_lines_are_counted_as_a_spreadsheet_wraps_them(text, width, lines):
    assert lines_of(text, width) == lines


def test_who_was_left_off_the_waiting_list_is_said_and_counted(world, tmp_path):
    made(world)
    version = Lists(world[0]).get(fair().key)
    waiting = [g for g in version.guests if g.status == "waiting"]
    told = version.about["waiting"]
    assert told["on"] == len(waiting) > 0
    assert all(round(g.body["chance"], 4) > 0 and g.body["meetings"] for g in waiting)
    write_excel(world[0], fair(), version._replace(about={**version.about, "waiting": {**told, "nothing": 7}}),
                tmp_path / "list.xlsx")  # fmt: skip
    with zipfile.ZipFile(tmp_path / "list.xlsx") as book:
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "未列入候补：即使邀请，有效面谈机会也显示为 0（不足 0.005%）（人）" in texts
    assert [(str(words.zh)[:5], count) for words, count in waiting_words({"on": 2, "nothing": 0, "beyond": 3})] == [
        ("候补", 2),
        ("未列入候补", 3),
    ]


def test_two_rules_in_conflict_are_both_named_in_chinese_with_what_to_relax(world):
    hard = fair(seats=1, rules={"employer_least": 4})
    with pytest.raises(NoList) as told:
        made(world, hard)
    assert "“座位数”" in told.value.what
    assert "“每家用人单位合适人选下限”" in told.value.what
    assert "互相矛盾" in told.value.what
    assert "把座位数增加到" in told.value.cure
    assert "把每家合适人选下限降到" in told.value.cure
    ready = prepare(*world, hard, Wish(prices=False), today=TODAY)
    assert what_if(ready, {"seats": 12}, wish=Wish(prices=False))["broken"] == []
    assert what_if(ready, {}, without=["least"], wish=Wish(prices=False))["broken"] == []
    for changes in ({"rules": {"nonsense": 1}}, {"nonsense": 1}, {"seats": 0}):
        with pytest.raises(QueryError):
            what_if(ready, changes)


def test_walk_ins_meet_the_best_and_outcomes_wait_for_the_event(world):
    event = event_of(world[0], "demo:fair")
    met = meetings_of_walk_ins(event, world[1], world[2], ["demo:c9"], today=TODAY)["demo:c9"]
    assert [m["chance"] for m in met] == sorted((m["chance"] for m in met), reverse=True)
    assert 1 <= len(met) <= event.rules.meetings_most
    for keys in (["demo:nobody"], ["demo:c9", "other:c9"]):
        with pytest.raises(QueryError, match=r"1 who came in|nobody fits"):
            meetings_of_walk_ins(event, world[1], world[2], keys, today=TODAY)
    made(world)
    with pytest.raises(QueryError, match="has not begun"):
        keep_outcomes(world[0], event, [], now=event.starts_at - timedelta(minutes=1))


def test_an_outcome_is_withdrawn_and_the_past_and_training_see_it_no_more(world):
    store, event, now = world[0], fair(), datetime(2026, 6, 20, 5, tzinfo=UTC)
    first = made(world)
    one, two = [g for g in first.guests if g.status == "invited"][:2]
    host, other = one.body["meetings"][0], two.body["meetings"][0]
    told = [Outcome(one.graduate, host["host"], "hired"), Outcome(two.graduate, other["host"], "absent")]
    assert keep_outcomes(store, event, told, now=now) == (6, 2, (), 0)
    kept = Outcome(two.graduate, other["host"], "wanted")
    back = [one._replace(outcome=WITHDRAWN) for one in told]
    assert keep_outcomes(store, event, back, now=now) == (0, 1, (), 6)  # the absence, too; not that one came
    assert store.past(now).interactions().height == 0
    assert kept_of(store, event, now=now) == {}
    said = Lists(store).answers(event.key)
    assert (said[one.graduate].came, said[two.graduate].came) == (True, None)
    assert keep_outcomes(store, event, back, now=now) == (0, 0, (), 0)
    assert keep_outcomes(store, event, [kept, kept._replace(outcome=WITHDRAWN)], now=now)[0] == 0
    assert keep_outcomes(store, event, [told[0], back[0], told[0]._replace(outcome="met")], now=now) == (2, 1, (), 0)
    assert store.past(now).interactions()["action"].to_list() == ["shown", "applied"]
    made(world, excluded={one.graduate: "已签约"})  # no longer on the list in use, and yet
    assert keep_outcomes(store, event, [told[0]], now=now).unknown == (0,)
    assert keep_outcomes(store, event, [back[0]], now=now) == (0, 0, (), 2)
    assert keep_outcomes(store, event, [back[0]._replace(host="nobody")], now=now).unknown == (0,)


def test_rules_left_open_give_way_to_what_the_event_states(world):
    tight = made(
        world, fair(seats=2, rules={"meetings_most": 1, "hardship_least": 0.0}), pinned={"demo:c1": "a", "demo:c3": "b"}
    )
    proof = tight.about["certificate"]
    assert proof["broken"] == []
    stated = fair(seats=2, rules={"meetings_most": 1, "employer_least": 3, "hardship_least": 0.0})
    with pytest.raises(NoList, match="每家用人单位合适人选下限"):
        made(world, stated)
    many = fair(employer_ids=[], seats=2)
    assert made(world, many).about["certificate"]["broken"] == []


def test_a_floor_that_pins_make_impossible_gives_way_and_the_certificate_says_how_far(world):
    store, event = world[0], fair(seats=1)
    store.upsert([Protected(tenant="demo", id=f"c{n}", low_income_family=True) for n in range(5, 24)])
    found = made(world, event, pinned={"demo:c1": "校方推荐"})
    proof = found.about["certificate"]
    assert proof["broken"] == []
    assert {"hardship"} <= set(proof["gave_way"]) <= {"hardship", "furthest"}
    assert proof["gave_way"]["hardship"] < 1
    stated = fair(seats=1, rules={"hardship_least": 0.5})
    with pytest.raises(NoList, match="困难群体占比下限"):
        made(world, stated, pinned={"demo:c1": "校方推荐"})


def test_the_day_from_the_command_line(world, tmp_path):
    store, settings = world[0], world[2]
    now = datetime.now(UTC)
    event = fair(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=2))
    store.upsert([event])
    first = made(world, event)
    place = ["--home", str(settings.home), "--settings", str(settings.home / "settings.toml")]
    (settings.home / "settings.toml").write_text('[encoder]\nname = "hashing"\n')

    def run(*words):
        found = CliRunner().invoke(app, [*words, *place])
        assert found.exit_code == 0, (found.output, found.exception)
        return found.stdout

    invited = [g for g in first.guests if g.status == "invited"]
    there = {g.graduate for g in invited}
    guest = next(f"demo:c{n}" for n in range(24) if f"demo:c{n}" not in there)
    assert "0 left (proved" in run("timetable", event.key)
    again = run("timetable", event.key, "--now", now.isoformat(), "--absent", invited[0].graduate, "--walk-in", guest)
    assert "proved" in again
    said = Lists(store).answers(event.key)
    assert (said[invited[0].graduate].came, said[guest].came) == (False, True)
    file = tmp_path / "outcomes.csv"
    host = invited[1].body["meetings"][0]["host"]
    file.write_text(f"graduate,employer,outcome\n{invited[1].graduate},{host},offered\n{invited[1].graduate},x,met\n")
    assert "5 new interactions, 0 withdrawn, 1 attendances, 1 not on the list" in run("outcome", event.key, str(file))
    file.write_text(f"graduate,employer,outcome\na,b,=1\n{invited[1].graduate},{host},hired\n,{host},met\n")
    told = CliRunner().invoke(app, ["outcome", event.key, str(file), *place])
    assert told.exit_code == 0
    # a wrong line costs no other
    assert "1 new interactions, 0 withdrawn, 1 attendances, 0 not on the list" in told.stdout
    assert "line 2 was not kept\nline 4 was not kept\n2 line(s) not kept." in told.stderr
    assert "outcome is one of absent, met" in told.stderr
    file.write_text("who,employer,outcome\na,b,met\n")
    assert isinstance(CliRunner().invoke(app, ["outcome", event.key, str(file), *place]).exception, FileError)
    told = run("suggest", "--tenant", "demo", "--today", "2026-06-15", "--avoid", "2026-07-04/2026-07-05=毕业典礼")
    assert "Employers: " in told or "nothing to suggest" in told
