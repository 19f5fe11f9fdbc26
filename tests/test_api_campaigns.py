"""Campaigns over HTTP: who sees which, what is told of them, previews whose links are dead, and stopping."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime

import pytest
from starlette.testclient import TestClient

from api.demo import open_demo
from matching.standard.records import Action, Interaction
from matching.store import Campaign, Campaigns, Draft, Item


@pytest.fixture
def demo(tmp_path):
    with open_demo(tmp_path) as made:
        campaigns = Campaigns(made.store)
        campaigns.create(Campaign("mine", tenant="demo", title="夏季推送"))
        campaigns.create(Campaign("theirs", tenant="other"))
        campaigns.create(Campaign("all"))
        drafts = [
            Draft("m1", "demo:software", (Item("demo:java", 1, why=("技能相符",)), Item("demo:web", 2)), 0, 2**60),
            Draft("m2", "demo:gone", (Item("demo:nothing", 1),), 0, 2**60),
        ]
        campaigns.write_night(
            "n", "mine", drafts, day=date(2026, 6, 15), missed={"demo:x": "no budget"}, certificate={"gap": 0.01}
        )
        yield made


@pytest.fixture
def ask(demo):
    with TestClient(demo.app) as client:

        def asked(method, path, key="read", **more):
            return client.request(
                method, f"/v1/campaigns{path}", headers={"Authorization": f"Bearer {demo.keys[key]}"}, **more
            )

        yield asked


def test_a_key_sees_its_own_tenants_campaigns(ask):
    def seen(key):
        return [one["id"] for one in ask("GET", "", key).json()["campaigns"]]

    assert (seen("read"), seen("other"), seen("province")) == (["mine"], ["theirs"], ["all", "mine", "theirs"])
    for path in ("/theirs", "/all", "/nobody", "/theirs/preview", "/theirs/unreached"):
        assert (ask("GET", path).status_code, ask("GET", path).json()["type"]) == (404, "/problems/unknown-id")
    assert ask("POST", "/theirs/stop", "write", json={"reason": "x"}).status_code == 404
    assert ask("POST", "/mine/stop", json={"reason": "x"}).status_code == 403  # a read key
    assert ask("GET", "/mine", "write").status_code == 403


def test_what_is_told_of_a_campaign(ask, demo):
    told = ask("GET", "/mine").json()
    assert (told["title"], told["messages"], told["nights"]) == ("夏季推送", {"planned": 2}, ["n"])
    assert told["certificate"]["gap"] == 0.01
    assert (told["reached"], told["opted_out"], told["complaints"], told["stopped"]) == (0, 0, 0, None)
    missed = ask("GET", "/mine/unreached").json()
    assert missed == {"night": "n", "reasons": {"no budget": 1}, "graduates": {"demo:x": "no budget"}}
    assert ask("GET", "/mine/unreached?night=other").status_code == 404


def test_a_preview_shows_what_would_be_sent_and_its_links_do_nothing(ask, demo):
    shown = ask("GET", "/mine/preview?count=5").json()
    assert shown["waiting"] == 2
    assert [one["id"] for one in shown["digests"]] == ["m1"]  # nothing is left of the other's postings
    text = shown["digests"][0]["long"]
    assert "Java开发工程师" in text
    assert "技能相符" in text
    links = re.findall(r"/p/\S+", text)
    assert len(links) >= 4
    with TestClient(demo.app) as client:
        assert {client.post(link).status_code for link in links} == {400}
    assert ask("GET", "/mine/preview?count=0").status_code == 400


def test_campaigns_are_made_and_changed(ask):
    made = ask("PUT", "/new", "write", json={"title": "试点", "share": 0.01, "holdout": 0.05})
    assert (made.status_code, made.json()["tenant"], made.json()["share"]) == (200, "demo", 0.01)
    wider = ask("PUT", "/new", "write", json={"share": 0.1}).json()
    assert (wider["title"], wider["share"], wider["holdout"]) == ("试点", 0.1, 0.05)
    assert ask("PUT", "/whole", "province", json={"everybody": True}).json()["tenant"] == ""
    for body, status in (
        ({"everybody": True}, 403), ({"share": 0}, 400), ({"holdout": 1}, 400), ({"channel": "pigeon"}, 400),
        ({"unknown": 1}, 400), ([], 400),
    ):  # fmt: skip
        assert ask("PUT", "/another", "write", json=body).status_code == status, body
    assert ask("PUT", "/theirs", "write", json={"title": "x"}).status_code == 403
    assert ask("PUT", "/Bad Name", "write", json={}).status_code == 400
    assert ask("PUT", "/whole", "province", json={"title": "y"}).json()["tenant"] == ""
    assert ask("GET", "/another").status_code == 404


def test_limits_are_checked_kept_and_tried(ask):
    kept = ask("PUT", "/mine", "write", json={"limits": {"digest": 2, "least": 0.5}}).json()
    assert kept["limits"] == {"digest": 2.0, "least": 0.5}
    assert ask("PUT", "/mine", "write", json={"title": "x"}).json()["limits"] == kept["limits"]
    assert ask("PUT", "/mine", "write", json={"limits": {}}).json()["limits"] == {}
    for limits in ({"digest": 9}, {"quiet": 1}, {"least": 2}):
        assert ask("PUT", "/mine", "write", json={"limits": limits}).status_code == 400
        assert ask("POST", "/mine/what-if", json={"limits": limits}).status_code == 400
    begun = ask("POST", "/mine/what-if", json={"limits": {"digest": 1}})
    assert begun.status_code == 202
    until = time.monotonic() + 30
    while (job := ask("GET", f"/mine/jobs/{begun.json()['id']}").json())["state"] in ("waiting", "running"):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert (job["state"], job["result"]["limits"], job["result"]["people"]) == ("done", {"digest": 1.0}, 5)
    assert ask("GET", f"/theirs/jobs/{begun.json()['id']}").status_code == 404


def test_stopping_withdraws_what_waits(ask):
    assert ask("POST", "/mine/stop", "write", json={"reason": ""}).status_code == 400
    assert ask("POST", "/mine/stop", "write", json={"reason": "投诉过多"}).json() == {"id": "mine", "withdrawn": 2}
    told = ask("GET", "/mine").json()
    assert (told["reason"], told["messages"], told["reasons"]) == ("投诉过多", {"suppressed": 2}, {"stopped": 2})
    assert told["stopped"] is not None
    assert ask("POST", "/mine/stop", "write", json={"reason": "again"}).json()["withdrawn"] == 0


def test_complaints_are_counted_once_a_person_and_only_of_what_was_sent(ask, demo):
    said = [
        Interaction(
            tenant="demo",
            id=f"c{n}",
            graduate=g,
            posting=p,
            action=Action.COMPLAINED,
            at=datetime(2026, 6, 16, tzinfo=UTC),
        )
        for n, (g, p) in enumerate(
            [("demo:software", "demo:java"), ("demo:software", "demo:web"), ("demo:x", "demo:java")]
        )
    ]
    demo.store.upsert(said)
    assert Campaigns(demo.store).reached("mine").complaints == 0  # nothing was sent yet
    from sqlalchemy import update

    from matching.store.push_tables import messages

    with demo.store.database.writing() as connection:
        connection.execute(update(messages).where(messages.c.id == "m1").values(state="sent"))
    assert Campaigns(demo.store).reached("mine") == (1, 0, 1)
    assert ask("GET", "/mine").json()["complaints"] == 1
