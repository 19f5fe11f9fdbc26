"""The pages of answers, of the day, of outcomes and of suggestions, without a browser; and sheets taken in."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

from api.demo import open_demo
from api.pages.visitor import today
from matching.demo import TODAY
from matching.errors import FileError
from matching.fairs.sheets import ANSWERS, OUTCOMES, read_sheet
from matching.question import CHINA
from matching.standard.records import Event, EventRules
from matching.store import Keys, Lists

EVIL = "<script>alert('x')</script>\"'&{{7*7}}"
BEGAN = datetime.now(CHINA).replace(second=0, microsecond=0) - timedelta(minutes=40)
FAIR = Event(
    tenant="demo", id="now", title=EVIL, venue=EVIL, starts_at=BEGAN, ends_at=BEGAN + timedelta(hours=3), seats=4,
    rooms=2, rules=EventRules(county_least=0, college_most=100),
)  # fmt: skip
HERE = "/events/demo:now"
LATER = "/events/demo:later"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        offered, people = next(iter(made.store.scan("posting"))), next(iter(made.store.scan("graduate")))
        named = {"employer_name": EVIL, "employer_id": None}  # an employer without an id
        later = {"id": "later", "starts_at": BEGAN + timedelta(days=3), "ends_at": BEGAN + timedelta(days=3, hours=3)}
        made.store.upsert(
            [
                *(p.model_copy(update={**named, "title": f"{p.title}<b>"}) for p in offered),
                *(g.model_copy(update={"school": EVIL, "major": f"{g.major}<u>"}) for g in people if g.major),
                FAIR,
                FAIR.model_copy(update=later),
                FAIR.model_copy(update={"id": "empty"}),
            ]
        )
        made.app.dependency_overrides[today] = lambda: TODAY
        yield made


@pytest.fixture(scope="module")
def running(demo, browser):
    with TestClient(demo.app, base_url="https://pages.test") as opened:
        demo.app.state.service.live.catch_up()
        one = browser(opened, Keys(demo.store).create("demo", "read", "write"))
        for here in (HERE, LATER):
            one.done(one.post(f"{here}/make", base=""))
        yield opened


@pytest.fixture
def see(running, demo, browser):
    return browser(running, Keys(demo.store).create("demo", "read", "write"))


@pytest.fixture
def guests(running, demo):
    return [g.graduate for g in Lists(demo.store).get("demo:now").guests if g.status == "invited"]


def counted(text):
    return {name: int(value) for name, value in re.findall(r'data-count="(\w+)">(\d+)<', text)}


def send(see, path, data, **fields):
    files = {"file": ('a"<b>.csv', data, "text/csv")}
    return see.call("POST", path, data={"token": see.token, **fields}, files=files)


@pytest.mark.parametrize("page", ["answers", "day", "outcomes"])
def test_every_field_is_escaped_and_without_a_list_the_page_says_what_to_do(see, page):
    text = see.get(f"{HERE}/{page}").text
    assert "<script>alert" not in text
    assert "<u></" not in text
    assert not re.search(r"<style| style=| on[a-z]+=|javascript:", text)
    assert "&lt;script&gt;alert" in text
    assert "生成邀请名单" in see.get(f"/events/demo:empty/{page}").text
    assert see.get(f"/events/other:x/{page}").status_code == 404
    assert "没有符合筛选条件" in see.get(f"{HERE}/answers?text=没有这个人").text
    for text in ("%22%27%26", "SCRIPT", "x')%3C/s"):  # as JSON writes it otherwise, in other case, as it is: the school
        assert "没有符合筛选条件" not in see.get(f"{HERE}/answers?text={text}").text


def test_a_guest_whose_major_is_known_by_code_alone_is_shown_and_found_by_its_name(see, running, demo, guests):
    who = demo.store.get("graduate", guests[0])
    demo.store.upsert([who.model_copy(update={"major": "", "major_code": "101101"})])
    running.app.state.service.live.catch_up()
    assert "护理学 <" in re.sub(r"\s+", " ", see.get(f"{HERE}/answers?text=护理学").text).replace("<", " <")
    assert f"{who.key},本科,护理学," in see.get(f"{HERE}/answers/sheet").content.decode("utf-8-sig")
    demo.store.upsert([who])
    running.app.state.service.live.catch_up()


def test_an_answer_is_kept_taken_back_and_makes_the_next_wave(see, demo, guests):
    who = guests[0]
    before = counted(see.get(f"{HERE}/answers").text)
    assert (before["invited"], before["none"]) == (len(guests), len(guests))
    part = see.call("POST", f"{HERE}/answers", data={"token": see.token, "no": who},
                    headers={"hx-request": "true", "hx-target": "found"})  # fmt: skip
    assert "<html" not in part.text
    assert counted(part.text)["no"] == 1
    assert 'aria-pressed="true"' in part.text
    see.post(f"{HERE}/answers", none=who)
    assert Lists(demo.store).answers("demo:now")[who].answer == "none"
    moved = see.post(f"{HERE}/answers", no=who, value="none", text="护")
    assert moved.headers["location"] == "/organiser/events/demo:now/answers?value=none&host=&text=%E6%8A%A4&page=1"
    assert counted(see.get(f"{HERE}/answers?value=no").text)["no"] == 1
    see.done(see.post(f"{HERE}/make", base=Lists(demo.store).newest("demo:now")))
    told = {g.graduate: g.status for g in Lists(demo.store).get("demo:now").guests}
    assert told[who] == "excluded"
    assert who in see.get(f"{HERE}/answers?value=no").text  # whoever said no is still seen, and can be taken back
    see.post(f"{HERE}/answers", none=who)
    see.done(see.post(f"{HERE}/make", base=Lists(demo.store).newest("demo:now")))
    assert {g.graduate: g.status for g in Lists(demo.store).get("demo:now").guests}[who] == "invited"
    gone = see.call("POST", f"{HERE}/answers", data={"token": see.token, "yes": "demo:nobody"},
                    headers={"hx-request": "true", "hx-target": "found"})  # fmt: skip
    assert "已不在在用名单中" in gone.text


def test_a_sheet_is_handed_out_filled_in_and_taken_in_again(see, demo, guests):
    blank = see.get(f"{HERE}/answers/sheet").content.decode("utf-8-sig")
    assert blank.splitlines()[0] == "毕业生编号,学历,专业,院校,面谈单位与岗位,答复,到场"
    filled = blank.replace("未答复,", "参加,", 1) + "demo:nobody,,,,,参加,\n,,,,,参加,\ndemo:x,,,,,也许,\n\n"
    answer = send(see, f"{HERE}/answers/file", filled.encode("gb18030"))
    last = len(blank.splitlines())
    assert "已登记答复 1 条、到场 0 条" in answer.text
    assert f"第 {last + 2}、{last + 3} 行填写有误" in answer.text
    assert f"第 {last + 1} 行不在在用名单中" in answer.text
    assert counted(answer.text)["yes"] == 1
    for data, told in ((b"\x00\x01", "不是能读懂的 CSV"), (b"a,b\n1,2\n", "缺少“毕业生编号”"), (b"", "缺少")):
        bad = send(see, f"{HERE}/answers/file", data)
        assert bad.status_code == 422
        assert told in bad.text
    assert send(see, f"{HERE}/answers/file", filled.encode(), token="forged").status_code == 403


def test_the_day_from_arrivals_to_outcomes(see, demo, guests, monkeypatch):
    see.done(see.post(f"{HERE}/timetable"))
    first, *rest = guests
    assert counted(see.get(f"{HERE}/day").text)["pending"] == len(guests)
    see.post(f"{HERE}/day", no=first)
    see.post(f"{HERE}/day", yes=rest[0])
    text = see.get(f"{HERE}/day").text
    assert (counted(text)["came"], counted(text)["away"]) == (1, 1)
    assert "活动进行中" in text
    clock = (BEGAN + timedelta(minutes=60)).strftime("%H:%M")
    lost = see.post(f"{HERE}/day/plan", clock=clock, walk_ins=f"{guests[0]}\ndemo:nobody", late="1")
    assert lost.status_code == 422
    assert all(word in lost.text for word in ("第 2 个编号没有找到", "demo:nobody", clock))
    assert see.post(f"{HERE}/day/plan", clock="25:00").status_code == 422
    after = see.done(see.post(f"{HERE}/day/plan", clock=clock))
    assert after.headers["location"].endswith("/events/demo:now/day")
    held = Lists(demo.store).get("demo:now")
    slots = {g.graduate: [m.get("slot") for m in g.body.get("meetings", ())] for g in held.guests}
    assert all(slot is None or slot < 4 for slot in slots[first])  # what had not begun is free again
    met = see.get(f"{HERE}/outcomes").text
    fields = re.findall(r'<select name="(out:[^"]+)"', met)
    assert len(fields) == sum(len(slots[g]) for g in guests)
    mine = next(unescape(name) for name in fields if rest[0] in name)
    saved = see.post(f"{HERE}/outcomes", **{mine: "offered", fields[0]: ""})
    assert "已登记：新增互动 5 条、到场 1 人" in saved.text
    assert "已录用意向" in saved.text
    assert "新增互动 0 条" in see.post(f"{HERE}/outcomes", **{mine: "offered"}).text
    bad = see.post(f"{HERE}/outcomes", **{"out:demo:nobody|x": "met", "out:broken": "met", mine: "=1"})
    assert "1 场面谈已不在在用名单中" in bad.text
    sheet = see.get(f"{HERE}/outcomes/sheet").content.decode("utf-8-sig").splitlines()
    assert len(sheet) == len(fields) + 1
    line = next(line for line in sheet if line.startswith(rest[0])).rstrip(",")
    again = send(see, f"{HERE}/outcomes/file", f"{sheet[0]}\n{line},已签约\n{line},胡写\n".encode())
    assert "新增互动 1 条" in again.text
    assert "第 3 行填写有误" in again.text
    assert 'value="none">撤回' in again.text
    taken = see.post(f"{HERE}/outcomes", **{mine: "none"})
    assert "撤回互动 6 条" in taken.text
    ways = re.findall(r'<select name="(out:[^"]+)"(.*?)</select>', taken.text)
    assert ['value="none"' in options for name, options in ways if unescape(name) == mine] == [False]
    past = demo.store.past(datetime.now(CHINA)).interactions().filter(graduate=rest[0], channel="fair")
    assert past.is_empty()
    back = send(see, f"{HERE}/outcomes/file", f"{sheet[0]}\n{line},撤回\n".encode())
    assert "新增互动 0 条" in back.text


def test_nothing_comes_of_what_has_not_begun(see):
    text = see.get(f"{LATER}/outcomes").text
    assert "活动开始后" in text
    assert '<select name="out:' not in text
    early = see.post(f"{LATER}/outcomes", **{"out:demo:nursing|x": "met"})
    assert early.status_code == 422
    assert "什么也没有保存" in early.text
    assert "活动还没有开始" in see.get(f"{LATER}/day").text


def test_a_read_key_sees_the_day_and_changes_nothing(running, demo, guests, browser):
    one = browser(running, demo.keys["read"])
    for page in ("answers", "day", "outcomes"):
        text = one.get(f"{HERE}/{page}").text
        assert "<button id=" not in text
        assert 'type="file"' not in text
        assert one.post(f"{HERE}/{page}", yes=guests[0]).status_code == 403
    for way in ("answers/file", "day/plan", "outcomes/file"):
        assert one.post(f"{HERE}/{way}").status_code == 403


def test_a_suggestion_leads_into_the_wizard(see, running, demo, browser):
    page = see.get("/suggest?weeks=4&first=2026-07-04")
    assert 'hx-trigger="load"' in page.text
    assert "/suggest/found?weeks=4&amp;first=2026-07-04" in page.text
    assert "先后次序" in see.get("/suggest/found?first=2026-07-04&last=2026-07-01").text
    assert "自己新建一场" in see.get("/suggest/found", hx_request="true").text  # one employer is no fair
    offered = next(iter(demo.store.scan("posting")))
    more = [p.model_copy(update={"id": f"{p.id}{n}", "employer_name": f"{EVIL}{n}"}) for p in offered for n in range(4)]
    demo.store.upsert(more)
    demo.app.state.service.live.catch_up()
    events = [f"demo:{name}" for name in ("now", "later", "empty")]
    demo.store.delete("event", events)
    whole = see.get("/suggest/found").text
    assert "<html" in whole
    assert "<script>alert" not in whole
    form = re.search(r'<form method="post" action="/organiser/wizard".*?</form>', whole, re.DOTALL)[0]
    fields = [(n, unescape(v)) for n, v in re.findall(r'name="(\w+)" value="([^"]*)"', form)]
    assert [value for name, value in fields if name == "employer"]
    step = see.call("POST", "/wizard", data={name: [v for n, v in fields if n == name] for name, _ in fields})
    assert step.status_code == 200
    assert dict(fields)["title"] in unescape(step.text)
    assert see.get("/suggest/found?tenant=other").status_code == 200  # a key of one tenant sees its own
    one = browser(running, demo.keys["province"])
    assert '<select name="tenant">' in one.get("/suggest").text


@pytest.mark.parametrize(
    ("data", "right", "wrong"),
    [
        ("graduate,answer\na,YES\n", [(2, "yes")], ()),
        ("毕业生编号,答复\r\n'=a,参加\r\nb,maybe\r\n\r\n,no\r\nc\r\n", [(2, "yes"), (6, "")], (3, 5)),
        ('编号,说明,答复\n"a","两\n行",不参加\n', [(2, "no")], ()),
    ],
)
def test_sheets_are_read_line_by_line(data, right, wrong):
    read = read_sheet(data.encode("utf-8-sig"), ANSWERS, where="f")
    assert [(line.number, line.values.get("answer", "")) for line in read.right] == right
    assert read.wrong == wrong
    assert read_sheet(data.encode("gb18030"), ANSWERS, where="f") == read


def test_a_sheet_without_what_is_needed_is_refused():
    with pytest.raises(FileError, match="no column 'employer'"):
        read_sheet("编号,结果\n".encode(), OUTCOMES, where="f")
    with pytest.raises(FileError, match="neither UTF-8 nor"):
        read_sheet(b"graduate\n\xff\xff\xff", ANSWERS, where="f")
