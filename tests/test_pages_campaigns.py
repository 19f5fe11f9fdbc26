"""The pages of campaigns without a browser: roles, escaping, limits and trials, stages, stopping, who was missed."""

import csv
import io
import re
import time
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from api.demo import open_demo
from api.pages import session
from api.pages.words import number
from matching.standard.records import Action, Graduate, Interaction
from matching.store import Campaign, Campaigns, Draft, Item, Keys, Outbox
from matching.store.push_tables import messages

EVIL = "<script>alert('x')</script>\"'&{{7*7}}"
DAY = date(2026, 6, 15)


@pytest.fixture
def demo(tmp_path):
    with open_demo(tmp_path) as made:
        made.store.upsert(
            [
                Graduate(tenant="demo", id="x1", region="360702", school="=赣南<b>师范大学"),
                Graduate(tenant="demo", id="x2", region="360102", school="南昌大学"),
            ]
        )
        door = Campaigns(made.store)
        door.create(Campaign("mine", tenant="demo", title=EVIL, share=0.01, holdout=0.05))
        door.create(Campaign("theirs", tenant="other"))
        door.create(Campaign("empty", tenant="demo"))
        drafts = [Draft(f"m{n}", f"demo:g{n}", (Item("demo:java", 1, why=(EVIL,)),), 0, 2**60) for n in range(60)]
        missed = {"demo:x1": "no budget", "demo:x2": "others gain more", "demo:x3": "no budget"}
        door.write_night("n", "mine", drafts, day=DAY, missed=missed, certificate={"gap": 0.004, "messages": 60})
        yield made


class Visitor:
    """A client with a session and its token."""

    def __init__(self, client, key):
        self.client, self.cookie = client, ""
        self.token = self.of(self.call("GET", "/login"))
        self.call("POST", "/login", data={"token": self.token, "key": key})
        self.token = self.of(self.call("GET", "/campaigns"))

    @staticmethod
    def of(answer):
        return re.search(r'name="token" value="([^"]*)"', answer.text)[1]

    def call(self, method, path, **more):
        self.client.cookies.clear()
        headers = {"cookie": f"{session.COOKIE}={self.cookie}"} if self.cookie else {}
        answer = self.client.request(method, f"/organiser{path}", follow_redirects=False, headers=headers, **more)
        found = re.match(rf"{session.COOKIE}=([^;]*)", answer.headers.get("set-cookie", ""))
        self.cookie = found[1] if found else self.cookie
        return answer

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, **fields):
        return self.call("POST", path, data={"token": self.token, **fields})


@pytest.fixture
def client(demo):
    with TestClient(demo.app, base_url="https://pages.test") as opened:
        yield opened


@pytest.fixture
def see(client, demo):
    return Visitor(client, Keys(demo.store).create("demo", "read", "write"))


def sent(demo, count=60):
    with demo.store.database.writing() as connection:
        now = 1_781_500_000_000_000
        among = messages.c.id.in_([f"m{n}" for n in range(count)])
        connection.execute(update(messages).where(among).values(state="sent", claimed=now))


PAGES = ("", "/limits", "/digests", "/unreached", "/stop")


def test_every_page_escapes_runs_no_inline_code_and_has_its_empty_state(see):
    for path in ("/campaigns", "/campaigns/new", *(f"/campaigns/{c}{p}" for c in ("mine", "empty") for p in PAGES)):
        answer = see.get(path)
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text
        assert "<b>师范" not in answer.text
        assert not re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=|javascript:", answer.text), path
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert "还没有计划过" in see.get("/campaigns/empty").text
    assert "还没有计划过" in see.get("/campaigns/empty/unreached").text
    assert "没有待发送的推送" in see.get("/campaigns/empty/digests").text
    assert see.get("/campaigns/empty/unreached.csv").status_code == 404


def test_another_tenants_campaign_is_unknown_and_a_read_key_changes_nothing(see, client, demo):
    for path in PAGES:
        assert see.get(f"/campaigns/theirs{path}").status_code == 404
    assert "theirs" not in see.get("/campaigns").text
    for path in ("stop", "stage", "limits"):
        assert see.post(f"/campaigns/theirs/{path}", reason="x", go="keep").status_code == 404
        assert see.call("POST", f"/campaigns/mine/{path}", data={"token": "forged"}).status_code == 403
    looks = Visitor(client, demo.keys["read"])
    assert "停止推送" not in looks.get("/campaigns/mine").text
    for path, fields in (("stop", {"reason": "x"}), ("stage", {}), ("limits", {"go": "keep", "digest": "1"})):
        assert looks.post(f"/campaigns/mine/{path}", **fields).status_code in (403, 404)
    own = Campaigns(demo.store).get("mine")
    assert (own.stopped, own.share, dict(own.limits)) == (None, 0.01, {})


def test_a_campaign_is_made_in_its_first_stage(see, demo):
    answer = see.post("/campaigns/new", id="summer-26", title="夏季", channel="files")
    assert answer.headers["location"] == "/organiser/campaigns/summer-26"
    made = Campaigns(demo.store).get("summer-26")
    assert (made.tenant, made.title, made.share, made.holdout) == ("demo", "夏季", 0.01, 0.05)
    for fields, told in (
        ({"id": "Bad Name", "title": "x", "channel": "files"}, "小写字母"),
        ({"id": "a", "title": "", "channel": "files"}, "请填写名称"),
        ({"id": "a", "title": "x", "channel": "pigeon"}, "请选择发送渠道"),
        ({"id": "theirs", "title": "x", "channel": "files"}, "已被使用"),
    ):  # fmt: skip
        answer = see.post("/campaigns/new", **fields)
        assert (answer.status_code, told in answer.text) == (422, True), fields
    assert Campaigns(demo.store).get("theirs").title == ""
    everybody = see.post("/campaigns/new", id="all", title="x", channel="files", everybody="1")
    assert everybody.status_code == 303
    assert Campaigns(demo.store).get("all").tenant == "demo"  # only a province key reaches everybody


def test_the_funnel_counts_messages_since_they_went(see, demo):
    sent(demo, 50)
    happened = datetime(2026, 6, 20, tzinfo=UTC)
    said = [("m0", "demo:g0", Action.OPENED), ("m0", "demo:g0", Action.APPLIED), ("m1", "demo:g1", Action.OPENED)]
    acts = [
        Interaction(tenant="demo", id=f"{m}{a}", graduate=g, posting="demo:java", action=a, at=happened)
        for m, g, a in said
    ]
    early = acts[0].model_copy(update={"id": "e", "graduate": "demo:g2", "at": datetime(2026, 6, 1, tzinfo=UTC)})
    waits = acts[0].model_copy(update={"id": "w", "graduate": "demo:g59"})
    demo.store.upsert([*acts, early, waits])
    assert Campaigns(demo.store).outcomes("mine") == {"opened": 2, "applied": 1}
    text = re.sub(r"<[^>]+>|\s+", " ", see.get("/campaigns/mine").text)
    text = re.sub(r" +", " ", text)
    assert "计划 60" in text
    assert "已发送 50" in text
    assert "打开 2 4.0%" in text
    assert "申请 1 2.0%" in text
    assert "≤ 0.40%" in text


def test_the_next_stage_needs_enough_people_and_the_stage_that_was_seen(see, demo):
    door = Campaigns(demo.store)
    assert "至少 50 人才能判断" in see.get("/campaigns/mine").text
    assert see.post("/campaigns/mine/stage", **{"from": "0.01"}).status_code == 409
    sent(demo)
    assert "批准扩大到 10%" in see.get("/campaigns/mine").text
    assert see.post("/campaigns/mine/stage", **{"from": "0.1"}).status_code == 409  # somebody looked at another stage
    assert door.get("mine").share == 0.01
    assert see.post("/campaigns/mine/stage", **{"from": "0.01"}).status_code == 303
    assert see.post("/campaigns/mine/stage", **{"from": "0.01"}).status_code == 409  # sent twice
    assert door.get("mine").share == 0.1
    see.post("/campaigns/mine/stage", **{"from": "0.1"})
    assert door.get("mine").share == 1.0
    assert "已面向全部毕业生" in see.get("/campaigns/mine").text
    assert not door.widen("mine", 1.0, base=0.5)


def test_limits_are_kept_refused_and_never_lost_to_somebody_else(see, demo):
    page = see.get("/campaigns/mine/limits").text
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1]
    bad = see.post("/campaigns/mine/limits", go="keep", seen=seen, digest="4", least="x", floor="99")
    assert bad.status_code == 422
    assert "只能比系统设置（3）更严" in bad.text
    assert "请填写数字" in bad.text
    assert "请填写 0 到 20" in bad.text
    kept = see.post("/campaigns/mine/limits", go="keep", seen=seen, digest="2", least="3")
    assert kept.headers["location"].endswith("/limits?kept=1")
    assert dict(Campaigns(demo.store).get("mine").limits) == {"digest": 2.0, "least": 0.03}
    assert see.post("/campaigns/mine/limits", go="keep", seen=seen, digest="1").status_code == 412
    assert 'value="3"' in see.get("/campaigns/mine/limits").text
    assert "2 项与系统设置不同" in see.get("/campaigns/mine").text


def test_a_trial_is_a_job_that_keeps_nothing(see, demo):
    answer = see.post("/campaigns/empty/limits", go="try", digest="1")
    path = answer.headers["location"].removeprefix("/organiser")
    until = time.monotonic() + 30
    while (shown := see.get(path)).status_code == 200 and time.monotonic() < until:
        assert 'hx-trigger="every 1s"' in shown.text
        time.sleep(0.05)
    told = see.get(shown.headers["location"].removeprefix("/organiser")).text
    assert "没有保存，没有发送" in told
    assert "试算的限额" in told
    assert dict(Campaigns(demo.store).get("empty").limits) == {}
    assert Outbox(demo.store).waiting_ids("empty") == []
    assert see.get("/campaigns/mine/jobs/nothing").status_code == 404


def test_figures_keep_their_zeros():
    assert [number(value, 0) for value in (350.0, 0.0, 0.4, 1e6)] == ["350", "0", "0", "1,000,000"]
    assert [number(value) for value in (350.0, 0.5, 350, 0)] == ["350", "0.5", "350", "0"]


def test_digests_are_what_would_be_sent_and_the_seed_draws_them_again(see):
    first, again, other = (see.get(f"/campaigns/mine/digests?seed={n}").text for n in (7, 7, 8))
    people = [re.findall(r"demo:g\d+", text) for text in (first, again, other)]
    assert len(people[0]) == 5
    assert people[0] == people[1] != people[2]
    assert "待发送 <b>60</b> 份" in first
    assert "Java开发工程师" in first
    assert 'value="7"' in first


def test_who_was_missed_is_counted_sieved_and_downloaded(see):
    text = see.get("/campaigns/mine/unreached").text
    assert "间隔未到，或一周额度已用完 <b>2</b>" in text
    assert "共 3 人" in text
    near = see.get("/campaigns/mine/unreached?county=章贡").text
    assert re.findall(r"demo:x\d", near) == ["demo:x1"]
    assert "额度已用完 <b>1</b>" in near
    assert re.findall(r"demo:x\d", see.get("/campaigns/mine/unreached?college=南昌&reason=no+budget").text) == []
    assert "没有符合筛选条件的人" in see.get("/campaigns/mine/unreached?college=没有").text
    answer = see.get("/campaigns/mine/unreached.csv?reason=no+budget")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1:] == [
        ["demo:x1", "章贡区", "'=赣南<b>师范大学", "间隔未到，或一周额度已用完"],
        ["demo:x3", "", "", "间隔未到，或一周额度已用完"],
    ]
    assert see.get("/campaigns/mine/unreached?night=other").status_code == 404


def test_stopping_asks_first_and_works_without_a_script(see, demo):
    asked = see.get("/campaigns/mine/stop").text
    assert "待发送的 <b>60</b> 份将全部撤回" in asked
    assert Campaigns(demo.store).get("mine").stopped is None
    assert see.post("/campaigns/mine/stop", reason="").status_code == 422
    assert see.post("/campaigns/mine/stop", reason=f"投诉 {EVIL}").status_code == 303
    told = see.get("/campaigns/mine").text
    assert "已停止" in told
    assert "停止推送…" not in told
    assert "批准扩大" not in told
    assert Campaigns(demo.store).funnel("mine").states == {"suppressed": 60}
    assert "已停止" in see.get("/campaigns").text
    assert "这个活动已经停止" in see.get("/campaigns/mine/stop").text
    assert "试算今晚" not in see.get("/campaigns/mine/limits").text
