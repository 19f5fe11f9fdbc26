"""Links of a digest over HTTP: showing changes nothing, one tap does one thing, and no key is needed."""

from __future__ import annotations

import re
import time
from datetime import date

import pytest
from starlette.testclient import TestClient

from api.demo import open_demo
from matching.sending.links import Link, Links, Tap, secret_of
from matching.store import Campaign, Campaigns, Draft, Item, Wishes


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        campaigns = Campaigns(made.store)
        campaigns.create(Campaign("c"))
        draft = Draft("m1", "demo:software", (Item("demo:java", 1), Item("demo:web", 2)), 0, 1)
        campaigns.write_night("n", "c", [draft], day=date(2026, 6, 15))
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


@pytest.mark.parametrize("token", ["x", "s" * 60, "smno.0.zzzzzz.AAAAAAAAAAAAAAAAAAAAAA", "中"])
def test_a_link_that_is_not_ours_does_nothing(client, token):
    for answer in (client.get(f"/p/{token}"), client.post(f"/p/{token}")):
        assert answer.status_code == 400
        assert answer.json()["type"] == "/problems/bad-link"
