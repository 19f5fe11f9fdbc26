"""Links of a digest over HTTP: showing changes nothing, one tap does one thing, and no key is needed."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from api.demo import open_demo
from matching.sending.links import Link, Links, Tap, secret_of
from matching.standard.records import Event
from matching.store import Campaign, Campaigns, Draft, Item, Lists, Wishes


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        campaigns = Campaigns(made.store)
        campaigns.create(Campaign("c"))
        draft = Draft("m1", "demo:software", (Item("demo:java", 1), Item("demo:web", 2)), 0, 1)
        other = Draft("m2", "demo:software", (Item("event/demo:fair", 1), Item("event/demo:gone", 2)), 0, 1)
        campaigns.write_night("n", "c", [draft, other], day=date(2026, 6, 15))
        begins = datetime.now(UTC) + timedelta(days=3)
        fair = Event(
            tenant="demo", id="fair", title="夏季<招聘会>", starts_at=begins, ends_at=begins + timedelta(hours=3)
        )
        made.store.upsert([fair])
        yield made


@pytest.fixture(scope="module")
def client(demo):
    with TestClient(demo.app) as opened:
        yield opened


def test_the_page_offers_everything_and_does_nothing(client, demo):
    links = Links(secret_of(demo.settings.home))
    shown = client.get(f"/p/{links.token(Link(Tap.PAGE, 'm1', 0, int(time.time()) + 60))}")
    assert shown.status_code == 200
    assert "Java开发工程师" in shown.text
    assert "demo:software" not in shown.text
    actions = re.findall(r'action="(/p/[^"]+)"', shown.text)
    assert [a[3] for a in actions] == ["n", "n", "z", "p", "s"]
    assert client.get(actions[-1]).text.count("<form") == 1
    assert Wishes(demo.store).every() == {}
    assert "已退订" in client.post(actions[-1]).text
    assert Wishes(demo.store).every()["demo:software"].stop
    assert demo.store.count("interaction") == 0
    assert "不再为您推荐" in client.post(actions[0]).text
    assert demo.store.count("interaction") == 1


def test_an_invitation_is_declined_by_its_link(client, demo):
    links, ends = Links(secret_of(demo.settings.home)), int(time.time()) + 60
    before = demo.store.count("interaction")
    shown = client.get(f"/p/{links.token(Link(Tap.PAGE, 'm2', 0, ends))}").text
    assert "夏季&lt;招聘会&gt;" in shown
    actions = re.findall(r'action="(/p/[^"]+)"', shown)
    assert [a[3] for a in actions] == ["n", "z", "p", "s"]  # the fair that is gone has no button
    alone = client.get(actions[0]).text
    assert "<button>不参加</button>" in alone
    assert "不感兴趣" not in shown + alone
    assert Lists(demo.store).answers("demo:fair") == {}
    for _ in range(2):
        assert "不再邀请您参加" in client.post(actions[0]).text
    assert {key: said.answer for key, said in Lists(demo.store).answers("demo:fair").items()} == {"demo:software": "no"}
    assert demo.store.count("interaction") == before
    gone = links.token(Link(Tap.DISMISS, "m2", 2, ends))
    assert client.post(f"/p/{gone}").status_code == 400


@pytest.mark.parametrize("token", ["x", "s" * 60, "smno.0.zzzzzz.AAAAAAAAAAAAAAAAAAAAAA", "中"])
def test_a_link_that_is_not_ours_does_nothing(client, token):
    for answer in (client.get(f"/p/{token}"), client.post(f"/p/{token}")):
        assert answer.status_code == 400
        assert answer.json()["type"] == "/problems/bad-link"
