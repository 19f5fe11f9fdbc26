"""Writing over HTTP: one by one, in bulk, and interactions; searchable and gone within a second."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from api.demo import Demo, open_demo
from api.writing import MOST_TOLD
from matching.settings import ServiceSettings

GRADUATE = {"degree": "本科", "major": "软件工程", "graduation_year": 2026, "skills": ["Java"]}
POSTING = {"title": "区块链工程师", "description": "熟悉智能合约。", "regions": ["360100"]}
EVENT = {"title": "招聘会", "starts_at": "2026-06-20T09:00:00+08:00", "ends_at": "2026-06-20T16:00:00+08:00"}
LIMIT = 200_000


@pytest.fixture
def demo(tmp_path):
    with open_demo(tmp_path, service=ServiceSettings(body_limit=LIMIT)) as made:
        yield made


@pytest.fixture
def client(demo: Demo):
    with TestClient(demo.app) as opened:
        opened.headers["Authorization"] = f"Bearer {demo.keys['write']}"
        yield opened


def found(client, demo, graduate="silent") -> set[str]:
    answer = client.get(
        f"/v1/graduates/{graduate}/postings",
        params={"k": 500, "today": "2026-06-15"},
        headers={"Authorization": f"Bearer {demo.keys['read']}"},
    )
    return {item["posting"]["id"] for item in answer.json()["items"]}


def soon(condition) -> float:
    """Wait for `condition`; how fast it comes is what `scripts/bench http` measures."""
    begun = time.perf_counter()
    while not condition():
        assert time.perf_counter() - begun < 20
        time.sleep(0.005)
    return time.perf_counter() - begun


def test_an_upsert_is_searchable_and_a_delete_gone_soon_without_a_rebuild(client, demo):
    snapshot = client.get("/readyz").json()["snapshot"]
    assert client.put("/v1/postings/chain", json=POSTING).status_code == 201
    soon(lambda: "chain" in found(client, demo))
    assert client.delete("/v1/postings/chain").json()["outcome"] == "deleted"
    soon(lambda: "chain" not in found(client, demo))
    assert client.get("/readyz").json()["snapshot"] == snapshot


def test_a_new_graduate_can_ask_soon(client, demo):
    assert client.put("/v1/graduates/fresh", json=GRADUATE).status_code == 201
    soon(
        lambda: client.get(
            "/v1/graduates/fresh/postings", headers={"Authorization": f"Bearer {demo.keys['read']}"}
        ).status_code == 200
    )  # fmt: skip


def test_the_change_number_tells_when_a_write_shows(client, demo):
    written = client.put("/v1/postings/chain", json=POSTING)
    change = int(written.headers["x-gradmatch-change"])
    assert written.json() == {"type": "posting", "key": "demo:chain", "outcome": "inserted", "change": change}
    soon(lambda: client.get("/readyz").json()["change"] >= change)
    assert client.get("/readyz").json()["behind"] == 0
    assert "chain" in found(client, demo)


def test_put_is_idempotent_and_replaces(client, demo):
    outcomes = [
        client.put("/v1/postings/chain", json=body) for body in (POSTING, POSTING, {**POSTING, "place": "南昌"})
    ]
    assert [(a.status_code, a.json()["outcome"]) for a in outcomes] == [
        (201, "inserted"), (200, "unchanged"), (200, "updated"),
    ]  # fmt: skip
    assert demo.store.get("posting", "demo:chain").place == "南昌"


@pytest.mark.parametrize(
    ("path", "type_name", "body"),
    [
        ("/v1/graduates/a1", "graduate", GRADUATE),
        ("/v1/postings/a1", "posting", POSTING),
        ("/v1/employers/a1", "employer", {"name": "示例单位（虚构）"}),
        ("/v1/events/a1", "event", EVENT),
        ("/v1/graduates/a1/protected", "protected", {"disability": True}),
    ],
)  # fmt: skip
def test_every_type_is_written_and_deleted(client, demo, path, type_name, body):
    before = demo.store.count(type_name)
    assert client.put(path, json=body).status_code == 201
    assert demo.store.count(type_name) == before + 1
    assert client.delete(path).json()["outcome"] == "deleted"
    assert demo.store.count(type_name) == before
    gone = client.delete(path)
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/unknown-id")


def test_deleting_a_graduate_takes_its_protected_record_and_interactions(client, demo):
    client.put("/v1/graduates/software/protected", json={"disability": True})
    client.post("/v1/interactions", json=interaction("i1"))
    client.delete("/v1/graduates/software")
    assert (demo.store.count("protected"), demo.store.count("interaction")) == (0, 0)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"phone": "x"}, "phone", "contact_data"),
        ({"summary": "电话 13812345678"}, "summary", "contact_data"),
        ({"degree": "本可"}, "degree", "unknown_code"),
        ({"salary": 1}, "salary", "unknown_field"),
        ({"id": "other"}, "id", "differs_from_path"),
        ({"tenant": "other"}, "tenant", "differs_from_path"),
        ({"wishes": {"pay_min": -1}}, "wishes.pay_min", "out_of_range"),
        ([], "", "not_an_object"),
        ("text", "", "not_an_object"),
    ],
)
def test_a_record_that_breaks_the_standard_is_refused_with_field_and_cure(client, demo, body, field, code):
    answer = client.put("/v1/graduates/a1", json=body)
    refusal = answer.json()["refusals"][0]
    assert (answer.status_code, refusal["field"], refusal["code"]) == (422, field, code)
    assert refusal["cure"]["zh"]
    assert "13812345678" not in answer.text
    assert demo.store.get("graduate", "demo:a1") is None


def test_a_phone_number_as_an_id_is_refused_and_not_repeated(client):
    for answer in (client.put("/v1/graduates/13812345678", json=GRADUATE), client.delete("/v1/graduates/13812345678")):
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-question")
        assert "13812345678" not in answer.text


def test_contact_data_in_names_is_not_repeated(client, demo):
    read = {"Authorization": f"Bearer {demo.keys['read']}"}
    for answer in (
        client.put("/v1/graduates/a1", json={"13812345678": 1}),
        client.put("/v1/graduates/a1", json={"wishes": {"13812345678": 1}}),
        client.put("/v1/graduates/a1", json={"wishes": {"a.b@example.com13812345678": 1}}),
        client.get("/v1/graduates/software/postings?13812345678=1", headers=read),
        client.get("/v1/graduates/software/postings?k=13812345678", headers=read),
        client.get("/v1/postings/13812345678/graduates", headers=read),
    ):
        assert answer.status_code in (400, 404, 422)
        assert "13812345678" not in answer.text


def lines(*values) -> bytes:
    return b"\n".join(v if isinstance(v, bytes) else json.dumps(v, ensure_ascii=False).encode() for v in values)


def bulk(client, path, content, media="application/x-ndjson"):
    return client.post(path, content=content, headers={"Content-Type": media})


def test_bulk_keeps_what_is_right_and_tells_the_rest(client, demo):
    answer = bulk(
        client,
        "/v1/postings:bulk",
        lines(
            {"id": "b1", **POSTING}, b"", {"id": "b2"}, b"{broken", {"id": "b3", **POSTING, "tenant": "other"}, [1],
            {"id": "b4", **POSTING}, {"id": "java", "title": "Java开发工程师"}, {"id": "b1", **POSTING},
        ),
    )  # fmt: skip
    report = answer.json()
    assert answer.status_code == 200
    assert {name: report[name] for name in ("kept", "inserted", "updated", "unchanged", "refused")} == {
        "kept": 4, "inserted": 2, "updated": 1, "unchanged": 0, "refused": 4,
    }  # fmt: skip
    assert [(r["row"], r["field"], r["code"]) for r in report["refusals"]] == [
        (3, "title", "missing"), (4, "", "not_json"), (5, "tenant", "other_tenant"), (6, "", "not_an_object"),
    ] or sorted((r["row"], r["code"]) for r in report["refusals"]) == [
        (3, "missing"), (4, "not_json"), (5, "other_tenant"), (6, "not_an_object"),
    ]  # fmt: skip
    assert all(r["reason"]["zh"] and r["cure"]["en"] for r in report["refusals"])
    soon(lambda: {"b1", "b4"} <= found(client, demo))


def test_bulk_of_many_batches_and_ten_thousand_bad_rows(tmp_path):
    with open_demo(tmp_path, service=ServiceSettings(body_limit=2_000_000)) as demo, TestClient(demo.app) as client:
        client.headers["Authorization"] = f"Bearer {demo.keys['write']}"
        good = [{"id": f"n{number}", "title": "会计"} for number in range(450)]
        content = lines(*good) + b"\n" + b"{}\n" * 10_500
        report = bulk(client, "/v1/postings:bulk", content).json()
        assert (report["kept"], report["inserted"], report["refused"]) == (450, 450, 10_500)
        assert len(report["refusals"]) == MOST_TOLD
        assert {r["row"] for r in report["refusals"][:4]} == {451, 452}
        assert demo.store.count("posting") == 460


def test_bulk_deletion(client, demo):
    answer = bulk(
        client, "/v1/postings:bulk-delete", lines("java", {"id": "web"}, "demo:nurse", "nothing", "other:x", 7)
    )
    report = answer.json()
    assert {n: report[n] for n in ("kept", "deleted", "unknown", "refused")} == {
        "kept": 4, "deleted": 3, "unknown": 1, "refused": 2,
    }  # fmt: skip
    assert [(r["row"], r["code"]) for r in report["refusals"]] == [(5, "other_tenant"), (6, "not_an_id")]
    soon(lambda: not {"java", "web", "nurse"} & found(client, demo))


def interaction(identifier: str, **fields):
    return {
        "id": identifier, "graduate": "demo:software", "posting": "other:java", "action": "clicked",
        "at": "2026-06-15T09:30:00+08:00", **fields,
    }  # fmt: skip


def test_interactions_one_a_list_and_lines_are_known_by_their_id(client, demo):
    one = client.post("/v1/interactions", json=interaction("i1")).json()
    several = client.post("/v1/interactions", json=[interaction("i1"), interaction("i2"), {"id": "i3"}]).json()
    many = bulk(client, "/v1/interactions", lines(interaction("i2"), interaction("i4", action="applied"))).json()
    assert [(r["inserted"], r["unchanged"], r["refused"]) for r in (one, several, many)] == [
        (1, 0, 0), (1, 1, 4), (1, 1, 0),
    ] or [(r["inserted"], r["unchanged"]) for r in (one, several, many)] == [(1, 0), (1, 1), (1, 1)]  # fmt: skip
    assert several["refused"] == 1
    table = demo.store.past(datetime(2027, 1, 1, tzinfo=UTC)).interactions()
    assert sorted(table["action"].to_list()) == ["applied", "clicked", "clicked"]


def test_an_interaction_of_another_tenants_graduate_is_refused(client):
    answer = client.post("/v1/interactions", json=interaction("i1", graduate="other:a1"))
    assert (answer.status_code, answer.json()["refusals"][0]["field"]) == (422, "graduate")


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b'{"degree": "\xe6\x9c\xac\xe7\xa7\x91",\n "major":: 1}', "body, line 2, column 10"),
        (b'{"a":', "body, line 1, column 6"),
        (b'{"degree": NaN}', "body, line 1, column 12"),
        (b'"\\ud800"', "body, line 1, column 2"),
        (b"\xff\xfe", "body, line 1, column 1"),
        (b"[" * 5_000, "body, line 1, column 1026"),
        (b"", "body"),
    ],
)
def test_malformed_json_says_where(client, content, where):
    answer = client.put("/v1/graduates/a1", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"], answer.json()["where"]) == (
        400,
        "/problems/malformed-body",
        where,
    )


def test_deep_nesting_is_refused(client):
    deep: dict = {}
    for _ in range(900):
        deep = {"wishes": deep}
    assert client.put("/v1/graduates/a1", json=deep).status_code == 422


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit(client, demo, announced):
    text = json.dumps({**POSTING, "description": "x" * LIMIT}).encode()
    content = text if announced else iter([text[:100_000], text[100_000:]])
    answer = client.put("/v1/postings/big", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
    assert answer.json()["detail"] == f"the body is over the limit of {LIMIT} bytes"
    assert demo.store.get("posting", "demo:big") is None


def test_a_text_over_the_standards_length_is_refused(client):
    answer = client.put("/v1/postings/a1", json={**POSTING, "description": "x" * 20_001})
    assert (answer.status_code, answer.json()["refusals"][0]["code"]) == (422, "too_long")
    assert len(answer.content) < 2_000


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/csv"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/x-ndjson"},
        {"Content-Type": "application/json; charset=gb18030"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_another_media_type(client, headers):
    answer = client.put("/v1/graduates/a1", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/wrong-media-type")


@pytest.mark.parametrize("media", ["application/json", "application/json; charset=UTF-8", "application/ld+json"])
def test_json_under_its_other_names(client, media):
    assert client.put("/v1/graduates/a1", content=b"{}", headers={"Content-Type": media}).status_code == 201
