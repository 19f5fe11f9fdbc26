"""The organisers' way from logging in to a timetable, in a real browser, on a desktop's and a phone's width.

Every page is looked at by axe-core and kept as a picture under var/pages. Needs GRADMATCH_TEST_CHROMIUM, the path of
a Chromium (``scripts/chromium`` prints one).
"""

import os
import socket
import threading
import time
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import select, update

from api.app import create_app
from matching.build import build
from matching.encoders import open_encoder
from matching.fairs.listing import make_list
from matching.fairs.timetable import make_timetable
from matching.live import open_state
from matching.push.evening import tonight
from matching.push.planning import Question
from matching.question import CHINA
from matching.sample import SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.standard.records import Event, Interaction, Posting
from matching.store import Campaign, Campaigns, Keys, Outbox, Store
from matching.store.push_tables import messages
from matching.store.times import to_micros

BROWSER = os.environ.get("GRADMATCH_TEST_CHROMIUM", "")
PICTURES = Path(__file__).parent.parent / "var" / "pages"
TENANT = "sample-jiangxi"
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
pytestmark = pytest.mark.skipif(not BROWSER, reason="GRADMATCH_TEST_CHROMIUM names no browser (scripts/chromium does)")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The service over a small sample province, with the test double for the encoder; its address and two keys."""
    settings = Settings(home=tmp_path_factory.mktemp("site"), encoder=EncoderSettings(name="hashing"))
    today = datetime.now(CHINA).date()
    sample = SampleProvince(seed=7, graduates=400, postings=240, today=today)
    with Store.open(settings.store) as store:
        for records in (sample.graduates(), sample.protected(), sample.employers(), sample.events()):
            store.upsert([one.model_copy(update={"tenant": TENANT}) for one in records])
        store.upsert([_with_an_employer(one, n) for n, one in enumerate(sample.postings())])
        encoder = open_encoder(settings)
        build(store, encoder, settings)
        state = open_state(settings, encoder)
        for fair in (_fair(today), _going_on(today)):
            store.upsert([fair])
            make_list(store, state, settings, fair, today=today)
            make_timetable(store, fair)
        _campaigns(store, settings)
        keys = {"write": Keys(store).create(TENANT, "read", "write"), "read": Keys(store).create(TENANT, "read")}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(create_app(settings, store=store, encoder=encoder), port=port, log_level="error")
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until = time.monotonic() + 30
        while not server.started and time.monotonic() < until:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/organiser", keys
        server.should_exit = True
        thread.join(10)


def _campaigns(store, settings):
    """A campaign planned for tonight, of which some has gone out and come to something; a stopped one; a new one."""
    door, now = Campaigns(store), datetime.now(CHINA)
    for name, title in (("nightly", "毕业生每晚推荐"), ("spring", "春季岗位推送<b>"), ("new", "暑期见习推送")):
        door.create(Campaign(name, tenant=TENANT, title=title, share=0.1 if name == "new" else 1.0, holdout=0.05))
    tonight(store, settings, Question(door.get("nightly"), now.date(), now)).write(store)
    door.stop("spring", "5 of 60 people reached opted out")
    with store.database.writing() as connection:
        ids = list(connection.execute(select(messages.c.id).where(messages.c.state == "planned")).scalars())[::2]
        gone = {"state": "sent", "claimed": to_micros(now - timedelta(hours=1))}
        connection.execute(update(messages).where(messages.c.id.in_(ids)).values(gone))
        connection.execute(update(messages).where(messages.c.id == ids[0]).values(state="unclear", reason="no answer"))
    acts = []
    for number, one in enumerate(ids):
        letter, inside = Outbox(store).find(one)
        pair = {"tenant": TENANT, "graduate": letter.graduate, "posting": inside[0].posting, "at": now}
        said = ("delivered", "opened", "clicked", "applied")[: 1 + number % 5]
        acts += [Interaction(id=f"{one}{action}", action=action, **pair) for action in said]
    store.upsert(acts)


def _fair(today):
    begins = datetime.combine(today, datetime.min.time(), CHINA) + timedelta(days=12, hours=14)
    times = {"starts_at": begins, "ends_at": begins + timedelta(hours=2)}
    return Event(
        tenant=TENANT, id="phone", title="南昌市青年毕业生就业见习专场招聘会", region="360100",
        venue="南昌市人力资源市场", seats=24, rooms=6, **times,
    )  # fmt: skip


def _going_on(today):
    """A fair that has begun and is not over."""
    begins = datetime.now(CHINA).replace(second=0, microsecond=0) - timedelta(minutes=50)
    times = {"starts_at": begins, "ends_at": begins + timedelta(hours=3)}
    return _fair(today).model_copy(update={"id": "now", "title": "南昌市数字经济专场招聘会", "rooms": 8, **times})


def _with_an_employer(posting: Posting, number: int) -> Posting:
    name = ("赣江软件", "昌北数据<b>科技</b>", "=梅岭机械", "八一医药", "红谷会计师事务所", "青山湖物流")[number % 6]
    return posting.model_copy(
        update={"tenant": TENANT, "employer_id": f"e{number % 6}", "employer_name": f"{name}（虚构）"}
    )


@pytest.fixture(scope="module")
def browser(site):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def axe():
    found = find_spec("axe_playwright_python")
    return next(Path(found.origin).parent.rglob("axe*.js")).read_text(encoding="utf-8")


class Eyes:
    """A page in the browser that is looked at: pictures, axe-core, and what the console complains of."""

    def __init__(self, browser, base, axe, width):
        size = WIDTHS[width]
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
        self.page = self.context.new_page()
        self.base, self.axe, self.width, self.said, self.faults = base, axe, width, [], []
        self.page.on("console", lambda one: self.said.append(one.text) if one.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda one: self.said.append(str(one)))
        self.page.on(
            "request", lambda one: self.faults.append(one.url) if not one.url.startswith((base, "data:")) else None
        )

    def log_in(self, key):
        self.page.goto(f"{self.base}/login")
        self.page.fill("#key", key)
        self.page.click("main button")
        self.page.wait_for_url("**/events")

    def look(self, name):
        """Keep a picture; nothing serious by axe-core, nothing wider than the window."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}-{self.width}.png", full_page=True)
        if self.width == "desktop":
            self.nothing_serious(name)
        wide, room = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= room, f"{name} is {wide} wide on {room}"

    def nothing_serious(self, name):
        """What axe-core finds, but for what is minor."""
        found = self.page.evaluate(self.axe + "; axe.run(document, {resultTypes: ['violations']})")
        serious = [
            (
                one["id"],
                one["impact"],
                [n["html"][:200] for n in one["nodes"][:3]],
                one["nodes"][0]["failureSummary"][:200],
            )
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert not serious, f"{name}: {serious}"

    def press(self, text):
        self.page.get_by_role("button", name=text).click()

    def open(self, path):
        self.page.goto(f"{self.base}{path}")


@pytest.fixture
def eyes(browser, site, axe):
    made = []

    def made_for(width, key="write"):
        one = Eyes(browser, site[0], axe, width)
        made.append(one)
        one.log_in(site[1][key])
        return one

    yield made_for
    for one in made:
        one.context.close()
        assert not one.faults, f"asked elsewhere: {one.faults}"
        assert not [said for said in one.said if "412" not in said and "422" not in said], one.said


def test_the_whole_way_on_a_desktop(eyes):
    see = eyes("desktop")
    see.look("01-events")
    event = make_event(see)
    after_the_list(see, event)


def make_event(see):
    page = see.page
    see.open("/new")
    page.wait_for_selector("[data-count=eligible]")
    before = page.text_content("[data-count=eligible]")
    page.fill("#title", "赣州<script>alert(1)</script>制造业毕业生招聘会")
    page.fill("#majors", "机械类、计算机类、护理、没有这个专业")
    page.wait_for_function("(was) => document.querySelector('[data-count=eligible]').textContent != was", arg=before)
    assert "不认识" in page.text_content("#counts")
    see.look("02-wizard-theme")
    page.fill("#majors", "")
    see.press("下一步")
    day = (datetime.now(CHINA) + timedelta(days=9)).date().isoformat()
    see.press("下一步")
    page.wait_for_selector(".fault")
    see.look("03-wizard-place-wrong")
    page.fill("#date", day)
    page.fill("#place", "南昌市人力资源市场大厅")
    page.fill("#seats", "30")
    page.fill("#rooms", "6")
    page.wait_for_selector("[data-count=invited]")
    see.look("03-wizard-place")
    see.press("下一步")
    page.wait_for_selector("table")
    page.get_by_text("只邀请下面勾选的").click()
    for box in page.locator("input[name=employer]").all()[:5]:
        box.check()
    see.look("04-wizard-employers")
    see.press("下一步")
    see.look("05-wizard-rules")
    see.press("下一步")
    see.look("06-wizard-confirm")
    see.press("保存并生成名单")
    page.wait_for_url("**/list", timeout=60_000)
    return page.url.rpartition("/")[0].rpartition("/organiser")[2]


def after_the_list(see, event):
    page = see.page
    see.look("07-list")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("input[name=graduate]").first.check()
    key = page.locator("input[name=graduate]").first.get_attribute("value")
    page.fill("input[name=reason]", "已签约<b>")
    page.click("button[value=exclude]")
    page.wait_for_url("**/list", timeout=60_000)
    page.get_by_text("不邀请", exact=False).first.click()
    page.wait_for_selector(f"text={key}")
    assert "已签约<b>" in page.text_content("#found")
    see.look("08-list-excluded")
    see.open(f"{event}/rules")
    see.look("09-rules")
    page.evaluate(
        "const s = document.getElementById('hardship_least'); s.value = 30;"
        "s.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert page.text_content("output[for=hardship_least]") == "30%"
    see.press("试算")
    page.wait_for_url("**/rules?job=*", timeout=60_000)
    see.look("10-rules-tried")
    see.open(f"{event}/timetable")
    see.look("11-timetable-empty")
    see.press("排时间表")
    page.wait_for_selector(".grid", timeout=60_000)
    see.look("12-timetable")
    for name in ("charts", "print", ""):
        see.open(f"{event}/{name}".rstrip("/"))
        see.look(f"13-{name or 'event'}")
    with page.expect_download() as got:
        see.open(f"{event}/list")
        page.get_by_role("link", name="Excel").click()
    assert Path(got.value.path()).read_bytes()[:2] == b"PK"
    impossible(see, event)


def impossible(see, event):
    """A rule that cannot be kept ends in plain words; an event that somebody else changed loses nothing."""
    page = see.page
    see.open(f"{event}/edit")
    other = page.context.new_page()
    other.goto(page.url)
    other.fill("#title", "另一位组织者改的名称")
    other.locator(".steps button").last.click()
    other.get_by_role("button", name="只保存活动").click()
    other.wait_for_selector("dl.facts")
    other.close()
    page.locator(".steps button").nth(3).click()
    page.fill("#employer_least", "9999")
    see.press("下一步")
    see.press("保存并生成名单")
    page.wait_for_selector("text=另一位组织者")
    see.look("14-wizard-changed")
    see.press("保存并生成名单")
    page.wait_for_selector(".ways", timeout=60_000)
    see.look("15-no-list")


def test_the_day_of_a_fair(eyes, tmp_path):
    see = eyes("desktop")
    page = see.page
    event = f"/events/{TENANT}:now"
    see.open(f"{event}/answers")
    page.locator("button.yes").nth(0).click()
    page.wait_for_selector("[data-count=yes]:text-is('1')")
    assert page.evaluate("document.activeElement.className").startswith("small yes")  # the keyboard stays where it was
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-count=no]:text-is('1')")
    keys = [one.get_attribute("value") for one in page.locator("button.yes").all()[:3]]
    see.look("40-answers")
    page.get_by_text("用表格批量登记").click()
    sheet = tmp_path / "answers.csv"
    sheet.write_text(f"毕业生编号,答复\n{keys[1]},参加\n{keys[2]},不参加\nx,也许\n", encoding="gb18030")
    page.set_input_files("input[type=file]", sheet)
    see.press("上传")
    page.wait_for_selector("text=已登记答复 2 条")
    page.get_by_text("生成下一轮名单").first.click()
    see.look("40-answers-sheet")
    see.press("生成下一轮名单")
    page.wait_for_url("**/list", timeout=60_000)
    see.open(f"{event}/timetable")
    see.press("排时间表")
    page.wait_for_selector(".grid", timeout=60_000)
    see.open(f"{event}/day")
    page.locator("button.no").nth(0).click()
    page.wait_for_selector("[data-count=away]:text-is('1')")
    page.locator("button.yes").nth(1).click()
    page.wait_for_selector("[data-count=came]:text-is('1')")
    page.get_by_text("重排余下的面谈").click()
    page.fill("#walk_ins", f"{TENANT}:nobody")
    see.press("重排")
    page.wait_for_selector("text=第 1 个编号没有找到")
    see.look("41-day-wrong")
    page.fill("#walk_ins", "")
    see.press("重排")
    page.wait_for_url("**/day", timeout=60_000)
    see.look("42-day")
    see.open(f"{event}/outcomes")
    page.locator("select[name^='out:']").nth(0).select_option("wanted")
    page.locator("select[name^='out:']").nth(1).select_option("met")
    see.press("保存本页结果")
    page.wait_for_selector("text=已登记：新增互动")
    see.look("43-outcomes")
    see.open("/suggest")
    see.look("44-suggest-waiting")
    page.wait_for_selector(".ideas, .empty", timeout=60_000)
    see.look("45-suggest")
    page.get_by_role("button", name="据此新建活动").first.click()
    page.wait_for_selector("#wizard")
    see.look("46-wizard-from-suggestion")


def test_every_page_on_a_phone(eyes, site):
    see = eyes("phone")
    see.look("01-events")
    page = see.page
    event = f"/events/{TENANT}:phone"
    for name in ("answers", "day", "outcomes"):
        see.open(f"/events/{TENANT}:now/{name}")
        see.look(f"23-{name}")
    see.open("/suggest")
    page.wait_for_selector(".ideas, .empty", timeout=60_000)
    see.look("24-suggest")
    for name in ("", "list", "rules", "charts", "timetable", "print", "edit"):
        see.open(f"{event}/{name}".rstrip("/"))
        if name == "edit":
            page.wait_for_selector("[data-count=eligible]")
        see.look(f"20-{name or 'event'}")
    for place in range(1, 5):
        page.locator(".steps button").nth(place).click()
        page.wait_for_selector("[data-count=eligible]")
        see.look(f"21-wizard-{place}")
    see.open("/nowhere")
    see.look("22-nowhere")
    see.said.clear()


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_campaigns_from_the_list_to_the_stop(eyes, width):
    see = eyes(width)
    page = see.page
    page.get_by_role("link", name="岗位推送").click()
    page.wait_for_url("**/campaigns")
    see.look("40-campaigns")
    for name, ways in (
        ("nightly", ("", "limits", "digests?seed=7", "unreached")),
        ("new", ("", "digests", "unreached")),
    ):
        for way in ways:
            see.open(f"/campaigns/{name}/{way}".rstrip("/"))
            see.look(f"41-{name}-{way.partition('?')[0] or 'overview'}")
    see.open("/campaigns/spring")
    assert "5 人退订" in page.text_content("main")
    see.look("42-stopped")
    if width == "phone":
        return
    campaign_tried_and_stopped(see)


def campaign_tried_and_stopped(see):
    page = see.page
    see.open("/campaigns/nightly/unreached")
    page.fill("input[name=college]", "没有这所学校")
    page.wait_for_selector("text=没有符合筛选条件的人")
    see.open("/campaigns/nightly/limits")
    page.fill("#digest", "9")
    see.press("试算今晚")
    page.wait_for_selector(".fault")
    see.look("43-limits-wrong")
    page.fill("#digest", "1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/limits?job=*", timeout=60_000)
    see.look("44-limits-tried")
    see.open("/campaigns/new")
    page.fill("#title", "新活动")
    page.fill("#id", "nightly")
    see.press("新建")
    page.wait_for_selector(".fault")
    see.look("45-new-wrong")
    see.open("/campaigns/nightly")
    page.get_by_role("link", name="停止推送").click()
    page.fill("#reason", "内容有误，先停下")
    see.look("46-stop")
    see.press("停止并撤回")
    page.wait_for_selector("text=内容有误，先停下")
    see.look("47-stopped-by-hand")


def test_a_read_key_sees_and_does_not_change(eyes):
    see = eyes("desktop", "read")
    see.look("30-events-read")
    assert see.page.get_by_role("link", name="新建活动").count() == 0
    see.open("/new")
    assert "没有这项权限" in see.page.text_content("main")
    see.look("31-not-allowed")
    see.said.clear()
    see.press("退出")
    see.page.wait_for_url("**/login")
    see.look("32-login")
