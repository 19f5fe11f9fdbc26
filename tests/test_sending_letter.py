"""A digest in words: short enough, honest, escaped; its links do one thing, for one message, and cannot be altered."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import SettingsError
from matching.sending.letter import SHORT, Writer, line, pay_words
from matching.sending.links import BadLink, Link, Links, Tap, secret_of
from matching.sending.taps import tap
from matching.standard.records import Graduate, Pay, PayUnit, Posting
from matching.store import Campaign, Campaigns, Draft, Item, Wishes

NOW = datetime(2026, 6, 15, 4, tzinfo=UTC)
LINKS = Links(b"s" * 32, "https://push.example.cn/p/")
WRITER = Writer(LINKS, "江西就业", "https://jobs.example.cn/{tenant}/{id}?from=push")
NASTY = "<script>alert(1)</script>{{ 7*7 }} https://evil.example/x \u202e\n\n【假冒】13812345678"


def posting(**fields):
    fixed = {"tenant": "demo", "id": "p1", "title": "会计", "regions": ["360100"]}
    return Posting.model_construct(**{**Posting(**fixed).__dict__, **fields})


def letter(*postings, **other):
    pairs = [(Item(p.key, rank, why=("专业对口",)), p) for rank, p in enumerate(postings, start=1)]
    return WRITER.write("0123456789abcdef0123", "demo:g1", pairs, now=NOW, **other)


def test_a_digest_says_what_why_and_until_when():
    found = letter(
        posting(employer_name="测试公司", pay=Pay(min=5000, max=8000), closes=date(2026, 6, 18)),
        posting(id="p2", title="出纳"),
    )
    assert found.short.startswith("【江西就业】为您选出2个岗位：会计（测试公司），出纳。查看")
    assert (
        "1. 会计 · 测试公司\n   岗位，南昌市，5000–8000元/月，6月18日截止（还剩3天）\n   为什么推荐：专业对口"
        in found.long
    )
    assert "详情：https://jobs.example.cn/demo/p1?from=push" in found.long
    assert found.data["postings"][1]["rank"] == 2
    assert found.subject == "江西就业：2个岗位（会计等）"
    assert "demo:g1" not in found.short + found.long + found.html


def test_a_digest_says_what_could_not_be_judged():
    item = Item("demo:p1", 1, eligibility="unknown", why=("专业对口", "待确认：岗位未写明专业要求"))
    found = WRITER.write("0123456789abcdef0123", "demo:g1", [(item, posting())], now=NOW)
    assert "   为什么推荐：专业对口\n   待确认：岗位未写明专业要求，申请前请核对" in found.long
    assert "待确认：岗位未写明专业要求，申请前请核对" in found.html
    bare = WRITER.write("0123456789abcdef0123", "demo:g1", [(item._replace(why=()), posting())], now=NOW)
    assert "待确认：有条件无法判断，申请前请核对" in bare.long


def test_a_digest_that_is_not_personalised_says_so():
    found = letter(posting(), plain=True)
    assert "未使用您的个人信息" in found.long
    assert "不再使用个人信息推荐" not in found.long + found.html
    assert found.data["personalised"] is False


def test_nothing_that_employers_write_gets_out_of_its_line():
    found = letter(posting(title=NASTY, employer_name=NASTY, description=NASTY))
    assert "<script>" not in found.html
    assert "&lt;script&gt;" in found.html
    assert "evil.example" not in found.long + found.html + found.short
    assert "13812345678" not in found.long + found.html
    assert "{{ 7…" in found.long  # as text: never run as a template
    assert "\u202e" not in found.long + found.html
    assert found.long.splitlines()[3].startswith("1. <script>")


@given(
    titles=st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=9),
    employer=st.text(max_size=60),
    pay=st.sampled_from([None, Pay(min=1), Pay(max=9)]),
)
def test_the_short_form_is_short_and_has_its_link(titles, employer, pay):
    found = letter(*(posting(id=f"p{n}", title=t, employer_name=employer, pay=pay) for n, t in enumerate(titles)))
    assert len(found.short) <= SHORT
    assert "\n" not in found.short
    assert LINKS.read(found.short.rpartition("/p/")[2], now=0).tap is Tap.PAGE


@given(st.text(max_size=300), st.integers(2, 60))
def test_a_line_is_one_line(text, most):
    found = line(text, most)
    assert len(found) <= most
    assert found == " ".join(found.split())


@pytest.mark.parametrize(
    ("pay", "words"),
    [
        (None, ""),
        (Pay(), ""),
        (Pay(min=3000), "3000元/月起"),
        (Pay(max=200, unit=PayUnit.DAY), "200元/天以内"),
        (Pay(min=25.5, max=25.5, unit=PayUnit.HOUR), "25.5元/时"),
    ],
)
def test_pay(pay, words):
    assert pay_words(pay) == words


def test_links_say_what_they_said_and_nothing_else():
    link = Link(Tap.DISMISS, "0123456789abcdef0123", 12, 1_800_000_000)
    token = LINKS.token(link)
    assert len(token) == 53
    assert LINKS.read(token, now=1_800_000_000) == link
    with pytest.raises(BadLink, match="has ended"):
        LINKS.read(token, now=1_800_000_001)
    for altered in ("s" + token[1:], token[:-1], token.replace(".c.", ".b."), token + "x", "", "a.b", "中.x", "." * 9):
        with pytest.raises(BadLink, match="not one of ours"):
            LINKS.read(altered, now=0)
    with pytest.raises(BadLink):
        Links(b"t" * 32).read(token, now=0)


def test_the_secret_is_made_once_and_is_nobody_elses(tmp_path, monkeypatch):
    monkeypatch.delenv("GRADMATCH_PUSH_SECRET", raising=False)
    made = secret_of(tmp_path / "home")
    assert len(made) == 32
    assert secret_of(tmp_path / "home") == made
    assert (tmp_path / "home" / "push.secret").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("GRADMATCH_PUSH_SECRET", "00ff" * 8)
    assert secret_of(tmp_path) == bytes.fromhex("00ff" * 8)
    monkeypatch.setenv("GRADMATCH_PUSH_SECRET", "no hex")
    with pytest.raises(SettingsError, match="secret of links"):
        secret_of(tmp_path)
    with pytest.raises(SettingsError, match="too short"):
        Links(b"short")


def test_one_tap_does_one_thing(sqlite_store):
    sqlite_store.upsert([Graduate(tenant="demo", id="g1")])
    campaigns = Campaigns(sqlite_store)
    campaigns.create(Campaign("c"))
    draft = Draft("m1", "demo:g1", (Item("a:p1", 1), Item("a:p2", 2)), 0, 1)
    campaigns.write_night("n", "c", [draft], day=date(2026, 6, 15))
    for _ in range(2):
        assert "不再为您推荐" in tap(sqlite_store, Link(Tap.DISMISS, "m1", 2, 0), now=NOW).zh
    past = sqlite_store.past(datetime(2027, 1, 1, tzinfo=UTC)).interactions()
    assert past.select("graduate", "posting", "action").rows() == [("demo:g1", "a:p2", "dismissed")]
    tap(sqlite_store, Link(Tap.SNOOZE, "m1", 0, 0), now=NOW)
    tap(sqlite_store, Link(Tap.PLAIN, "m1", 0, 0), now=NOW)
    wish = Wishes(sqlite_store).every()["demo:g1"]
    assert (wish.stop, wish.plain, wish.until.date()) == (False, True, date(2026, 7, 15))
    tap(sqlite_store, Link(Tap.STOP, "m1", 0, 0), now=NOW)
    assert Wishes(sqlite_store).every()["demo:g1"].stop
    assert campaigns.funnel("c").stops == 1
    for link in (Link(Tap.PAGE, "m1", 0, 0), Link(Tap.DISMISS, "m1", 9, 0), Link(Tap.STOP, "m2", 0, 0)):
        with pytest.raises(BadLink):
            tap(sqlite_store, link)


def test_words_that_are_kept_change_with_the_posting_and_the_day():
    one = posting(closes=date(2026, 6, 18))
    assert letter(one).data["postings"][0]["deadline"] == "6月18日截止（还剩3天）"
    later = WRITER.write("0123456789abcdef0123", "demo:g1", [(Item(one.key, 1), one)], now=NOW.replace(day=16))
    assert later.data["postings"][0]["deadline"] == "6月18日截止（还剩2天）"
    assert letter(posting(title="出纳", closes=date(2026, 6, 18))).data["postings"][0]["title"] == "出纳"


def test_a_token_is_what_it_always_was():
    """Links that are in people's hands must go on working."""
    token = Links(b"s" * 32).token(Link(Tap.STOP, "0123456789abcdef0123", 0, 1_800_000_000))
    assert token == "s0123456789abcdef0123.0.tro8w0.YDgqe3WpGIWsUktkXkUu1w"
