"""The organisers' pages without a browser: who gets in, what is escaped, forged forms, headers, every state."""

import re
import time
from datetime import datetime, timedelta
from hashlib import sha256
from importlib.resources import files

import pytest
from starlette.testclient import TestClient

from api.demo import open_demo
from api.pages import session
from api.pages.draft import Draft, draft_of
from api.pages.employers import told_apart
from api.pages.frame import STATIC, static
from api.pages.tables import Host, paged
from api.pages.visitor import today
from matching.demo import TODAY
from matching.fairs.gather import hosts_of
from matching.question import CHINA
from matching.standard.records import Employer, Event, EventRules
from matching.store import Keys, Lists
from matching.store.jobs import Jobs

BEGINS = datetime.now(CHINA).replace(microsecond=0) + timedelta(days=5)
EVIL = "<script>alert('x')</script>\"'&{{7*7}}"
FAIR = Event(
    tenant="demo", id="fair", title=EVIL, venue=EVIL, starts_at=BEGINS, ends_at=BEGINS + timedelta(hours=2), seats=4,
    rooms=2, rules=EventRules(county_least=0, college_most=100),
)  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        offered = next(iter(made.store.scan("posting")))
        people = next(iter(made.store.scan("graduate")))
        named = {"employer_name": EVIL, "employer_id": "evil"}
        made.store.upsert(
            [
                *(p.model_copy(update={**named, "title": f"{p.title}<b>"}) for p in offered),
                *(g.model_copy(update={"school": EVIL, "major": f"{g.major}<u>"}) for g in people if g.major),
                FAIR,
                FAIR.model_copy(update={"id": "empty", "channel": EVIL}),
                FAIR.model_copy(update={"tenant": "other"}),
                Employer(tenant="demo", id="evil", name=EVIL),
            ]
        )
        made.app.dependency_overrides[today] = lambda: TODAY
        yield made


@pytest.fixture(scope="module")
def running(demo):
    with TestClient(demo.app, base_url="https://pages.test") as opened:
        demo.app.state.service.live.catch_up()
        yield opened


@pytest.fixture
def see(running, demo, browser):
    secret = Keys(demo.store).create("demo", "read", "write")
    return browser(running, secret)


@pytest.fixture(scope="module")
def listed(running, demo, browser):
    """The fair with its first list."""
    one = browser(running, Keys(demo.store).create("demo", "read", "write"))
    assert one.done(one.post("/events/demo:fair/make", base="")).headers["location"].endswith("/events/demo:fair/list")
    return "/events/demo:fair"


PAGES = ("", "/list", "/list?status=all", "/rules", "/charts", "/timetable", "/print", "/edit")


def test_nobody_gets_in_without_a_good_key(running, demo, browser):
    nobody = browser(running)
    for path in ("", "/events", "/new", "/events/demo:fair", "/events/demo:fair/file/xlsx", "/no/such/page"):
        answer = nobody.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/organiser/login"), path
    assert nobody.get("/events", hx_request="true").headers["hx-redirect"] == "/organiser/login"
    nobody.token = nobody.of(nobody.get("/login"))
    for key in ("gm_wrong", "", "café", demo.keys["read"][:-1]):
        answer = nobody.post("/login", key=key)
        assert answer.status_code == 401
        assert key not in answer.text or not key
        nobody.token = nobody.of(answer)
    assert "read" in nobody.post("/login", key=demo.keys["write"]).text  # a key that only writes
    forged = session.written(session.begin(demo.keys["read"]), b"another secret, 16+")
    nobody.cookie = forged
    assert nobody.get("/events").headers["location"] == "/organiser/login"


def test_the_cookie_is_hidden_strict_and_not_the_key(running, demo, browser):
    one = browser(running, demo.keys["read"])
    assert demo.keys["read"] not in one.cookie
    held = one.call("POST", "/login", data={"token": one.token, "key": demo.keys["read"]}).headers["set-cookie"]
    assert all(word in held for word in ("HttpOnly", "SameSite=strict", "Path=/organiser", "Secure", "Max-Age=36000"))
    prefix, nonce, ends, mac = one.cookie.rsplit(".", 3)
    one.cookie = f"{prefix}.{nonce}.{int(ends) + 1}.{mac}"
    assert one.get("/events").status_code == 303


def test_a_session_ends_with_its_key_and_with_its_time(running, demo, monkeypatch, browser):
    secret = Keys(demo.store).create("demo", "read")
    one = browser(running, secret)
    assert one.get("/events").status_code == 200
    with monkeypatch.context() as later:
        now = time.time()
        later.setattr(session.time, "time", lambda: now + session.HOURS * 3600 + 1)
        assert one.get("/events").status_code == 303
    Keys(demo.store).revoke(secret[:11])
    assert one.get("/events").status_code == 303


def test_a_forged_form_changes_nothing(see, demo, running, browser):
    other = browser(running, demo.keys["other"])
    for token in ("", "x", other.token, see.token[:-1] + "é"):
        for path in (
            "/events/demo:fair/make",
            "/events/demo:fair/rules",
            "/wizard",
            "/logout",
            "/events/demo:fair/adopt",
        ):
            answer = see.post(path, token=token, go="save")
            assert answer.status_code == 403, path
            assert "没有这项权限" in answer.text
    assert see.post("/logout").headers["location"] == "/organiser/login"
    assert "Max-Age=0" in see.call("POST", "/logout", data={"token": see.token}).headers.get("set-cookie", "Max-Age=0")


def test_every_page_has_a_policy_without_inline_code_and_escapes_every_field(see, listed):
    for path in ("/events", "/new", "/nowhere", *(f"{listed}{page}" for page in PAGES)):
        answer = see.get(path)
        assert answer.status_code == (404 if path == "/nowhere" else 200), path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(
            r"<script(?![^>]* src=\"/organiser/static/)|<style| style=| on[a-z]+=|javascript:", answer.text
        )
        assert "<script>alert" not in answer.text
        assert "<b></" not in answer.text
        assert "<u></" not in answer.text
        assert "&amp;49" not in answer.text
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", answer.text)
    assert "&lt;script&gt;alert" in see.get(f"{listed}/list").text


def test_static_files_are_those_that_were_vendored(running):
    table = (files("api.pages") / "static" / "VENDORED.md").read_text(encoding="utf-8")
    assert sha256(static("htmx.min.js")).hexdigest() in table
    for name in STATIC:
        answer = running.get(f"/organiser/static/{name}")
        assert (answer.status_code, answer.content) == (200, static(name))
        assert "immutable" in answer.headers["cache-control"]
    assert running.get("/organiser/static/..%2f__init__.py", follow_redirects=False).status_code == 303
    assert running.get("/organiser/static/VENDORED.md").status_code == 404


def test_another_tenant_is_as_unknown_as_nothing(see):
    for path in ("/events/other:fair", "/events/other:fair/list", "/events/demo:none/list", "/events/other:fair/edit"):
        answer = see.get(path)
        assert answer.status_code == 404
        assert "没有找到" in answer.text
    assert see.post("/events/other:fair/make").status_code == 404
    assert "other:fair" not in see.get("/events").text


def test_a_read_key_sees_everything_and_changes_nothing(running, demo, listed, browser):
    one = browser(running, demo.keys["read"])
    for page in PAGES[:-1]:
        text = one.get(f"{listed}{page}").text
        assert f'action="/organiser{listed.replace(":", "%3A")}/make"' not in text
    for path in ("/new", f"{listed}/edit"):
        assert one.get(path).status_code == 403
    for path in (f"{listed}/make", f"{listed}/rules", f"{listed}/timetable", f"{listed}/adopt", "/wizard"):
        assert one.post(path).status_code == 403


def test_the_province_sees_every_tenant(running, demo, browser):
    one = browser(running, demo.keys["province"])
    text = one.get("/events?when=all").text
    assert "demo%3Afair" in text
    assert "other%3Afair" in text
    assert '<select id="tenant"' in one.get("/new").text


def test_a_long_list_is_printed_in_parts_and_nobody_is_left_out(see, listed, monkeypatch):
    whole = see.get(f"{listed}/print?status=all").text
    assert "分段打印" not in whole
    places = re.findall(r'<td class="num">(\d+)</td>', whole)
    assert places == ["1", "2", "3", "4", "5"]
    monkeypatch.setattr("api.pages.routes_list.PRINTED", 2)
    parts = [see.get(f"{listed}/print?status=all&page={number}").text for number in (1, 2, 3)]
    assert [place for part in parts for place in re.findall(r'<td class="num">(\d+)</td>', part)] == places
    assert "共 5 人，本页为其中第 3–4 人" in parts[1]
    assert '<span aria-current="page">第 1–2 人</span>' in parts[0]
    assert 'status=all&amp;host=&amp;text=&amp;page=3">第 5–5 人</a>' in parts[0]
    assert see.get(f"{listed}/print?status=all&page=9999").text == parts[-1]


def test_states_without_a_list_say_what_to_do(see):
    for page in PAGES[:-2]:
        answer = see.get(f"/events/demo:empty{page}")
        assert answer.status_code == 200
        assert "生成邀请名单" in answer.text
    assert see.get("/events/demo:empty/print").status_code == 404
    assert see.get("/events/demo:empty/file/xlsx").status_code == 404
    assert "没有名称、地点或编号含" in see.get("/events?text=沒有").text
    assert see.get("/events?page=0").status_code == 400


def test_files_are_attachments(see, listed):
    for ending, begins in (("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf"), ("ics", b"PK")):
        answer = see.get(f"{listed}/file/{ending}")
        assert answer.content.startswith(begins)
        assert answer.headers["content-disposition"].startswith("attachment;")
    assert see.get(f"{listed}/file/exe").status_code == 404


def test_a_hand_keeps_its_reason_and_the_second_organiser_is_told(see, listed, demo):
    base = Lists(demo.store).newest("demo:fair")
    lacking = see.post(f"{listed}/make", base=base, hand="exclude", graduate="demo:nursing", reason=" ")
    assert lacking.status_code == 422
    assert "请写明理由" in lacking.text
    assert see.post(f"{listed}/make", base=base, hand="pin", reason="x").status_code == 422
    see.done(see.post(f"{listed}/make", base=base, hand="exclude", graduate="demo:nursing", reason="已签约<b>"))
    text = see.get(f"{listed}/list?status=excluded&hand=1").text
    assert "demo:nursing" in text
    assert "已签约&lt;b&gt;" in text
    late = see.post(f"{listed}/make", base=base, hand="pin", graduate="demo:software", reason="校方推荐")
    assert late.status_code == 412
    assert all(word in late.text for word in ("demo:software", "校方推荐", f"第 {base + 1} 版"))
    see.done(see.post(f"{listed}/make", base=base + 1, hand="free", graduate="demo:nursing"))
    assert "没有符合筛选条件的人" in see.get(f"{listed}/list?status=excluded").text


def test_an_older_version_is_taken_into_use_again(see, listed, demo):
    newest = Lists(demo.store).newest("demo:fair")
    assert see.post(f"{listed}/adopt", version=1, base=newest).status_code == 303
    assert Lists(demo.store).newest("demo:fair") == newest + 1
    assert see.post(f"{listed}/adopt", version=1, base=newest).status_code == 412
    assert see.post(f"{listed}/adopt", version="x", base=newest + 1).status_code == 404


def test_filters_of_the_list(see, listed):
    part = see.get(f"{listed}/list?status=all&text=护理", hx_target="found").text
    assert "<html" not in part
    assert "demo:nursing" in part
    assert "demo:software" not in part
    assert "没有符合" in see.get(f"{listed}/list?host=nobody").text
    assert "这是第 1 版" in see.get(f"{listed}/list?version=1").text
    assert see.get(f"{listed}/list?version=99").status_code == 404


def test_a_timetable_is_made_and_shown(see, listed):
    see.done(see.post(f"{listed}/timetable"))
    text = see.get(f"{listed}/timetable").text
    assert "没有人同时出现在两处" in text
    assert 'class="on"' in text


def test_what_if_keeps_nothing_and_taking_over_does(see, listed, demo):
    newest = Lists(demo.store).newest("demo:fair")
    after = see.done(see.post(f"{listed}/rules", go="try", meetings_most=2, hardship_least_auto=1, clash="yes"))
    assert "/rules?job=" in after.headers["location"]
    assert "没有保存" in see.get(after.headers["location"].removeprefix("/organiser")).text
    assert Lists(demo.store).newest("demo:fair") == newest
    failed = see.done(see.post(f"{listed}/rules", go="try", employer_least=20), 200)
    assert "可以放宽其中之一" in failed.text
    assert "每家用人单位合适人选下限" in failed.text
    seen = re.search(r'name="seen" value="([^"]+)"', see.get(f"{listed}/rules").text)[1]
    late = see.post(f"{listed}/rules", go="keep", seen="old", meetings_most=2, hardship_least=37)
    assert late.status_code == 412
    assert all(
        word in late.text for word in ("另一位组织者", 'value="37"', f'name="seen" value="{seen}"', "您的是 37%")
    )
    for go in ("keep", "try"):
        bad = see.post(f"{listed}/rules", go=go, seen=seen, meetings_most="x", hardship_least=37)
        assert bad.status_code == 422
        assert all(word in bad.text for word in ("每人至多面谈", 'value="37"', "还没有采用"))
    see.done(see.post(f"{listed}/rules", go="keep", seen=seen, meetings_most=2, clash="yes"))
    assert demo.store.get("event", "demo:fair").rules.meetings_most == 2


def test_rules_that_gave_way_are_told(see, listed, demo):
    lists = Lists(demo.store)
    held = lists.get("demo:fair")
    proof = {**held.about["certificate"], "gave_way": {"least": 2.0, "county": 0.0}}
    lists.save("demo:fair", held.guests, {**held.about, "certificate": proof}, base=held.version)
    for page in ("", "/list", "/rules"):
        text = see.get(f"{listed}{page}").text
        assert "把每家合适人选下限降到 2" in text, page
        assert "不再要求“县区均衡”" in text


def test_jobs_that_were_interrupted_or_are_open_say_so(see, demo, monkeypatch):
    job = Jobs(demo.store).begin("demo:empty", "list")
    text = see.get(f"/events/demo:empty/jobs/{job}").text
    assert 'hx-trigger="every 1s"' in text
    busy = see.post("/events/demo:empty/make", base="")
    assert busy.status_code == 409
    assert "已经在进行" in busy.text
    Jobs(demo.store).end(job, "interrupted", {})
    assert "任务被中断" in see.get(f"/events/demo:empty/jobs/{job}", hx_request="true").text
    assert see.get("/events/demo:empty/jobs/none").status_code == 404


WIZARD = {"title": "新的招聘会", "kind": "fair", "date": BEGINS.date().isoformat(), "start": "23:00", "end": "01:00",
          "region": "南昌市", "seats": "20", "slot_minutes": "15", "tables": "1", "which": "all"}  # fmt: skip


def test_the_wizard_keeps_what_was_typed_and_saves_at_the_end(see, demo):
    step = see.post("/wizard", **{**WIZARD, "title": EVIL}, step="theme", go="place")
    assert step.status_code == 200
    assert "&lt;script&gt;" in step.text
    assert "<script>alert" not in step.text
    assert see.post("/wizard", **{**WIZARD, "date": ""}, step="place", go="rules").status_code == 422
    bad = see.post("/wizard", **{**WIZARD, "region": "不存在市", "seats": "many"}, step="confirm", go="save")
    assert bad.status_code == 422
    assert all(word in bad.text for word in ("不认识这个地区", "请填写数字"))
    saved = see.post("/wizard", **WIZARD, step="confirm", go="save", hardship_least="12.5")
    event = demo.store.get("event", saved.headers["location"].rpartition("/")[2].replace("%3A", ":"))
    assert (event.region, event.seats, event.rules.hardship_least) == ("360100", 20, 0.125)
    assert event.ends_at - event.starts_at == timedelta(hours=2)
    theme = Event.model_validate(event.model_dump() | {"industries": ["2+6+N产业", "建筑业"]})
    assert draft_of(theme).event(theme.tenant, theme.id) == (theme, [])  # what no box stands for is kept
    again = Draft([(name, value) for name, values in draft_of(event).values.items() for value in values])
    assert again.event(event.tenant, event.id) == (event, [])


def test_an_employer_without_an_id_is_chosen_by_its_name(see, demo):
    first = next(p for p in next(iter(demo.store.scan("posting"))))
    demo.store.upsert(
        [first.model_copy(update={"id": "nameless", "employer_id": None, "employer_name": "=赣江<软件>"})]
    )
    demo.app.state.service.live.catch_up()
    step = see.post("/wizard", **{**WIZARD, "region": ""}, step="place", go="employers").text
    assert 'name="employer" value="=赣江&lt;软件&gt;"' in step
    chosen = {**WIZARD, "which": "chosen", "employer": "=赣江<软件>"}
    saved = see.post("/wizard", **chosen, step="confirm", go="save")
    event = demo.store.get("event", saved.headers["location"].rpartition("/")[2].replace("%3A", ":"))
    assert event.employer_ids == ["=赣江<软件>"]
    hosts = hosts_of(event, demo.app.state.service.live.matcher.state)
    assert [(host.key, len(host.postings)) for host in hosts] == [("=赣江<软件>", 1)]
    assert (
        see.post("/wizard", **{**chosen, "employer": "电话13812345678"}, step="confirm", go="save").status_code == 422
    )
    demo.store.delete("posting", ["demo:nameless"])


def test_the_last_step_tells_employers_by_their_names(see, demo):
    step = see.post("/wizard", **{**WIZARD, "region": ""}, step="place", go="employers").text
    key, name = re.search(r'name="employer" value="([^"]+)".*?<th scope="row">([^<]+)</th>', step).groups()
    assert key != name
    last = see.post(
        "/wizard", **{**WIZARD, "region": "", "which": "chosen", "employer": key}, step="rules", go="confirm"
    )
    assert f"<dd>1 家：{name}</dd>" in last.text


def test_the_second_who_saves_an_event_is_told_and_loses_nothing(see, demo):
    text = see.get("/events/demo:empty/edit").text
    seen = re.search(r'name="seen" value="([^"]+)"', text)[1]
    fields = {**WIZARD, "event": "demo:empty", "seen": seen, "step": "confirm", "go": "save"}
    assert see.post("/wizard", **{**fields, "title": "第一位"}).status_code == 303
    late = see.post("/wizard", **{**fields, "title": "第二位"})
    assert late.status_code == 412
    assert all(word in late.text for word in ("第一位", "第二位", "另一位组织者"))
    assert demo.store.get("event", "demo:empty").title == "第一位"
    fields["seen"] = re.search(r'name="seen" value="([^"]+)"', late.text)[1]
    assert see.post("/wizard", **{**fields, "title": "第二位"}).status_code == 303
    assert demo.store.get("event", "demo:empty").title == "第二位"
    assert see.post("/wizard", **{**fields, "event": "other:fair"}).status_code == 403


def test_what_two_organisers_chose_differently_is_told_by_the_names_of_employers(see, demo):
    step = see.post("/wizard", **{**WIZARD, "region": ""}, step="place", go="employers").text
    key, name = re.search(r'name="employer" value="([^"]+)".*?<th scope="row">([^<]+)</th>', step).groups()
    demo.store.upsert([Employer(tenant="demo", id="only-record", name="仅有登记的单位")])
    seen = re.search(r'name="seen" value="([^"]+)"', see.get("/events/demo:empty/edit").text)[1]
    fields = {**WIZARD, "region": "", "event": "demo:empty", "seen": seen, "step": "confirm", "go": "save"}
    assert see.post("/wizard", **{**fields, "which": "chosen", "employer": "only-record"}).status_code == 303
    late = see.post("/wizard", **{**fields, "which": "chosen", "employer": key, "cross_region": "no"})
    assert late.status_code == 412
    assert "1 家，其中对方没有：仅有登记的单位" in late.text
    assert f"1 家，其中对方没有：{name}<" in late.text
    assert "仅限本市及意向本市者" in late.text
    assert "only-record" not in late.text
    fields |= {"which": "chosen", "employer": "only-record", "step": "place", "go": "employers"}
    gone = see.post("/wizard", **fields)
    assert "目前没有符合主题的岗位：仅有登记的单位" in gone.text
    demo.store.delete("employer", ["demo:only-record"])


def test_days_of_employers_come_in_pages_of_some_hundred_meetings():
    hosts = [Host(f"h{n}", f"h{n}", [], [("g", {})] * rows, []) for n, rows in enumerate([200, 0, 100, 1, 900, 5])]
    pages = [paged(hosts, number) for number in (1, 2, 3, 4, 99)]
    assert [[host.key for host in part] for part, _, _ in pages] == [["h0", "h2"], ["h3"], ["h4"], ["h5"], ["h5"]]
    assert [at for _, at, _ in pages] == [1, 2, 3, 4, 4]
    assert {count for _, _, count in pages} == {4}
    assert paged([], 1) == ([], 1, 1)


def test_employers_of_one_name_are_told_apart_by_their_keys():
    assert told_apart({"a": "同名", "b": "同名", "c": "独名", "d": "d"}) == {
        "a": "同名（a）", "b": "同名（b）", "c": "独名", "d": "d",
    }  # fmt: skip


def test_counts_follow_the_fields(see):
    def counted(**fields):
        text = see.post("/wizard/counts", **fields).text
        return dict(re.findall(r'data-count="(\w+)">([^<]*)<', text)), text

    everything, _ = counted()
    nurses, text = counted(majors="护理、不知道")
    assert everything["eligible"] == "5"
    assert nurses["eligible"] == "1"
    assert nurses["suitable"] == "1"
    assert "不认识" in text
    assert "没有单位的在招岗位符合主题" in counted(industries="采矿业")[1]
    assert "暂时算不出" in counted(kinds="nonsense")[1] or counted(kinds="nonsense")[0]
