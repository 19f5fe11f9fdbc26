"""Saved searches over HTTP: kept, read, refused, forgotten; only of the key's own people; gone with the person."""

import pytest
from starlette.testclient import TestClient

from api.demo import open_demo
from matching.standard.records import Graduate
from matching.store import Search, Searches
from matching.store.searches import MOST


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        made.store.upsert([Graduate(tenant="other", id="x"), Graduate(tenant="demo", id="leaves")])
        yield made


@pytest.fixture(scope="module")
def ask(demo):
    with TestClient(demo.app) as client:

        def asked(method, path, key="write", **more):
            headers = {"Authorization": f"Bearer {demo.keys[key]}"}
            return client.request(method, f"/v1/saved-searches{path}", headers=headers, **more)

        yield asked


def test_a_search_is_kept_read_replaced_and_forgotten(ask):
    body = {"title": "南昌会计", "text": " 会计 ", "regions": ["360100"], "kinds": ["job"], "at_once": True}
    kept = ask("PUT", "/s1?graduate=accounting", json=body)
    assert (kept.status_code, kept.json()) == (200, {"graduate": "demo:accounting", "id": "s1", "new": True})
    assert ask("PUT", "/s1?graduate=demo:accounting", json={"industries": ["J"]}).json()["new"] is False
    told = ask("GET", "?graduate=accounting", "read").json()
    assert told["searches"] == [
        {"id": "s1", "title": "", "text": "", "kinds": [], "regions": [], "industries": ["J"], "at_once": False}
    ]
    assert ask("DELETE", "/s1?graduate=accounting").status_code == 200
    assert ask("DELETE", "/s1?graduate=accounting").status_code == 404
    assert ask("GET", "?graduate=accounting", "read").json()["searches"] == []


@pytest.mark.parametrize(
    "body",
    [{}, {"text": "  "}, {"text": "电话13800138000"}, {"kinds": ["x"]}, {"regions": ["999999"]},
     {"industries": ["会计"]}, {"text": "x" * 101}, {"at_once": True}, {"text": "x", "more": 1}, []],
)  # fmt: skip
def test_what_asks_for_nothing_or_holds_contact_data_is_refused_and_not_repeated(ask, body):
    answer = ask("PUT", "/s?graduate=accounting", json=body)
    assert answer.status_code == 400
    assert "13800138000" not in answer.text


def test_other_tenants_people_are_unknown(ask):
    for method, path in (
        ("PUT", "/s?graduate=other:x"),
        ("PUT", "/s?graduate=nobody"),
        ("DELETE", "/s?graduate=other:x"),
    ):
        answer = ask(method, path, json={"text": "x"} if method == "PUT" else None)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-id")
    assert ask("GET", "?graduate=other:x", "read").status_code == 404
    assert ask("GET", "?graduate=other:x", "province").status_code == 200
    assert ask("PUT", "/s?graduate=13800138000", json={"text": "x"}).status_code == 400


def test_twenty_are_kept_and_all_go_with_the_person(ask, demo):
    for number in range(MOST):
        assert ask("PUT", f"/s{number}?graduate=leaves", json={"text": "x"}).status_code == 200
    assert ask("PUT", "/more?graduate=leaves", json={"text": "x"}).status_code == 400
    assert ask("PUT", "/s0?graduate=leaves", json={"text": "y"}).status_code == 200
    held = Searches(demo.store)
    assert held.of("demo:leaves")[0].search.text == "y"
    assert len(list(held.every(at_once=False))) == MOST
    demo.store.delete("graduate", ["demo:leaves"])
    assert list(held.every(at_once=False)) == []
    assert ask("PUT", "/s?graduate=leaves", json={"text": "x"}).status_code == 404


def test_all_are_read_over_pages(demo, monkeypatch):
    monkeypatch.setattr("matching.store.searches._BATCH", 2)
    held = Searches(demo.store)
    for who, name in (("software", "b"), ("accounting", "a"), ("software", "a"), ("nursing", "z"), ("software", "c")):
        held.put(f"demo:{who}", name, Search(text="x", at_once=name == "z"))
    found = [(one.graduate, one.id) for one in held.every(at_once=False)]
    assert found == [("demo:accounting", "a"), *(("demo:software", n) for n in "abc")]
    assert [one.id for one in held.every(at_once=True)] == ["z"]
