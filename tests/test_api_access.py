"""Who may do what: keys, roles and tenants."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api.access import REMEMBERED_SECONDS, Doorkeeper
from api.demo import Demo, open_demo
from matching.errors import NotAuthenticated
from matching.standard.records import Graduate, Posting
from matching.store import Access, Keys, Role

POSTING = {"title": "会计", "regions": ["360100"]}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        made.store.upsert(
            [
                Graduate(tenant="other", id="java-too", degree="本科", major="软件工程", graduation_year=2026),
                Posting(tenant="other", id="java-there", title="Java开发工程师", regions=["360100"]),
            ]
        )
        yield made


@pytest.fixture(scope="module")
def client(demo: Demo):
    with TestClient(demo.app) as opened:
        yield opened


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def every_operation(app):
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path.replace("{id}", "a1")


def test_without_a_key_only_health_answers_and_signed_links(client, demo):
    open_paths = {path for method, path in every_operation(demo.app) if client.request(method, path).status_code != 401}
    assert open_paths == {"/healthz", "/readyz", "/p/{token}"}
    assert client.get("/p/forged").status_code == 400
    assert client.post("/p/forged").status_code == 400


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic Z21fOng=", "Bearer gm_", "gm_abc", "Bearer " + "x" * 300, "Bearer gm_caf\xe9",
     "Bearer \x00", "bearer gm_00000000000000000000000000000000000000000"],
)  # fmt: skip
def test_a_key_that_is_none_is_refused_and_not_repeated(client, header):
    answer = client.get("/v1/postings/java/graduates", headers={"Authorization": header.encode("latin-1")})
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/not-authenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="gradmatch"'
    secret = header.partition(" ")[2].strip()
    assert not secret or secret not in answer.text


def test_the_scheme_is_read_without_regard_to_case(client, demo):
    assert client.get("/metrics", headers={"Authorization": f"bearer {demo.keys['read']}"}).status_code == 200


@pytest.mark.parametrize(
    ("key", "method", "path", "status"),
    [
        ("read", "GET", "/v1/graduates/software/postings", 200),
        ("read", "GET", "/v1/postings/other:java-there/graduates", 200),
        ("read", "GET", "/v1/graduates/other:java-too/postings", 404),
        ("read", "GET", "/v1/graduates/other:nobody/postings", 404),
        ("province", "GET", "/v1/graduates/other:java-too/postings", 200),
        ("other", "GET", "/v1/graduates/java-too/postings", 200),
        ("other", "GET", "/v1/graduates/software/postings", 404),
        ("write", "GET", "/v1/graduates/software/postings", 403),
        ("read", "PUT", "/v1/postings/new", 403),
        ("read", "DELETE", "/v1/postings/java", 403),
        ("read", "POST", "/v1/postings:bulk", 403),
        ("read", "POST", "/v1/interactions", 403),
        ("write", "PUT", "/v1/postings/other:java-there", 403),
        ("write", "DELETE", "/v1/postings/other:java-there", 403),
        ("province", "PUT", "/v1/postings/other:from-above", 201),
        ("read", "GET", "/v1/events", 200),
        ("write", "GET", "/v1/events", 403),
        ("write", "POST", "/v1/events:suggest", 403),
        ("other", "GET", "/v1/events/demo:fair", 404),
        ("read", "POST", "/v1/events/fair/lists", 403),
        ("read", "POST", "/v1/events/fair/what-if", 403),
        ("read", "POST", "/v1/events/fair/timetable", 403),
        ("read", "POST", "/v1/events/fair/answers", 403),
        ("read", "POST", "/v1/events/fair/outcomes", 403),
        ("write", "POST", "/v1/campaigns/a/what-if", 403),
        ("read", "GET", "/v1/saved-searches?graduate=software", 200),
        ("write", "GET", "/v1/saved-searches?graduate=software", 403),
        ("read", "GET", "/v1/saved-searches?graduate=other:java-too", 404),
        ("province", "GET", "/v1/saved-searches?graduate=other:java-too", 200),
        ("read", "PUT", "/v1/saved-searches/a?graduate=software", 403),
        ("read", "DELETE", "/v1/saved-searches/a?graduate=software", 403),
        ("write", "DELETE", "/v1/saved-searches/a?graduate=other:java-too", 404),
        ("write", "GET", "/v1/campaigns/a/jobs/x", 403),
        ("write", "GET", "/v1/events/fair/jobs", 403),
        ("write", "GET", "/v1/events/fair/jobs/x", 403),
        ("write", "GET", "/v1/events/fair/lists", 403),
        ("write", "GET", "/v1/events/fair/lists/1", 403),
        ("write", "GET", "/v1/events/fair/lists/1/export", 403),
    ],
)
def test_roles(client, demo, key, method, path, status):
    body = {"json": POSTING} if method == "PUT" else {}
    answer = client.request(method, path, headers=bearer(demo.keys[key]), **body)
    assert answer.status_code == status, answer.text


def test_another_tenants_graduate_is_as_unknown_as_one_that_does_not_exist(client, demo):
    there, nowhere = (
        client.get(f"/v1/graduates/other:{name}/postings", headers=bearer(demo.keys["read"])).json()
        for name in ("java-too", "nobody")
    )
    there["detail"] = there["detail"].replace("java-too", "nobody")
    assert there == nowhere


def test_graduates_are_only_those_of_the_own_tenant(client, demo):
    def tenants(key, **query):
        path = "/v1/postings/other:java-there/graduates"
        answer = client.get(path, params={"k": 100, "today": "2026-06-15", **query}, headers=bearer(demo.keys[key]))
        return {item["graduate"]["tenant"] for item in answer.json().get("items", [])} or answer.status_code

    assert tenants("read") == {"demo"}
    assert tenants("other") == {"other"}
    assert tenants("province") == {"demo", "other"}
    assert tenants("province", tenants="other") == {"other"}
    assert tenants("read", tenants="demo") == {"demo"}
    assert tenants("read", tenants=["demo", "other"]) == 403


def test_a_posting_not_stored_finds_only_own_graduates_too(client, demo):
    body = {"posting": {"title": "Java开发工程师"}, "today": "2026-06-15"}
    answer = client.post("/v1/rank", json=body, headers=bearer(demo.keys["other"]))
    assert [item["graduate"]["id"] for item in answer.json()["items"]] == ["java-too"]


def test_a_refusal_names_both_tenants(client, demo):
    answer = client.put("/v1/postings/other:x", json=POSTING, headers=bearer(demo.keys["write"]))
    assert answer.json()["detail"] == "the key is for tenant 'demo', not for 'other'"
    assert (
        client.put("/v1/postings/x", json={**POSTING, "tenant": "other"}, headers=bearer(demo.keys["write"])).json()[
            "refusals"
        ][0]["code"]
        == "differs_from_path"
    )


class CountingKeys:
    def __init__(self) -> None:
        self.good, self.asked = {"gm_a"}, 0

    def verify(self, secret: str) -> Access:
        self.asked += 1
        if secret not in self.good:
            raise NotAuthenticated("no")
        return Access("demo", frozenset({Role.READ}))


def test_a_key_is_remembered_for_five_seconds_and_no_longer():
    keys, now = CountingKeys(), [100.0]
    door = Doorkeeper(keys, clock=lambda: now[0])
    assert door.remembered("gm_a") is None
    door.verify("gm_a")
    keys.good.clear()
    now[0] = 100.0 + REMEMBERED_SECONDS - 0.001
    assert door.remembered("gm_a") == Access("demo", frozenset({Role.READ}))
    now[0] = 100.0 + REMEMBERED_SECONDS
    assert door.remembered("gm_a") is None
    with pytest.raises(NotAuthenticated):
        door.verify("gm_a")
    assert keys.asked == 2


def test_wrong_keys_take_no_memory():
    door = Doorkeeper(CountingKeys())
    for number in range(50):
        with pytest.raises(NotAuthenticated):
            door.verify(f"gm_{number}")
    assert len(door._known) == 0


def test_a_revoked_key_is_out_when_it_is_forgotten(client, demo):
    secret = Keys(demo.store).create("demo", "read")
    assert client.get("/metrics", headers=bearer(secret)).status_code == 200
    Keys(demo.store).revoke(secret[:11])
    client.app.state.service.doorkeeper._known.clear()
    assert client.get("/metrics", headers=bearer(secret)).status_code == 401
