"""Events over HTTP: a list as a job, two organisers, answers, the day, files, outcomes; by key."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from api.demo import Demo, open_demo
from matching.demo import TODAY
from matching.question import CHINA
from matching.standard.records import Event
from matching.store.jobs import Jobs

DAY = {"today": TODAY.isoformat(), "prices": False}
BEGAN = datetime.now(CHINA) - timedelta(hours=1)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        offered = next(iter(made.store.scan("posting")))
        made.store.upsert([p.model_copy(update={"employer_name": f"=单位{n % 3}<b>"}) for n, p in enumerate(offered)])
        times = {"starts_at": BEGAN, "ends_at": BEGAN + timedelta(hours=3)}
        made.store.upsert(
            [
                Event(tenant="demo", id="fair", title="<script>招聘会", seats=3, rooms=2, **times),
                Event(tenant="other", id="theirs", title="别处", **times),
            ]
        )
        yield made


@pytest.fixture(scope="module")
def client(demo: Demo):
    with TestClient(demo.app) as opened:
        yield opened


@pytest.fixture(scope="module")
def call(client, demo):
    def call(method, path, body=None, *, key="write", **headers):
        headers = {"Authorization": f"Bearer {demo.keys[key]}"} | {n.replace("_", "-"): v for n, v in headers.items()}
        return client.request(method, f"/v1/events{path}", headers=headers, **({} if body is None else {"json": body}))

    return call


@pytest.fixture(scope="module")
def done(client, demo, call):
    def done(answer, state="done"):
        assert answer.status_code == 202, answer.text
        until = time.monotonic() + 60
        while time.monotonic() < until:
            job = client.get(
                answer.headers["location"], headers={"Authorization": f"Bearer {demo.keys['read']}"}
            ).json()
            if job["state"] not in ("waiting", "running"):
                assert job["state"] == state, job["result"]
                return job["result"]
            time.sleep(0.02)
        raise AssertionError(job)

    return done


@pytest.fixture(scope="module")
def first(call, done):
    """The first list, with somebody put in and somebody left out by hand."""
    body = {**DAY, "pin": {"nursing": "校方推荐"}, "exclude": {"demo:software": "=cmd|已签约"}}
    return done(call("POST", "/fair/lists", body))


def test_a_list_is_made_as_a_job_and_read_with_its_certificate(call, first):
    assert first["version"] == 1
    assert first["certificate"]["broken"] == []
    answer = call("GET", "/fair/lists/1", key="read")
    told = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert (told["version"], told["parent"], told["beside"]) == (1, 0, False)
    guests = {guest["graduate"]: guest for guest in told["guests"]}
    assert guests["demo:nursing"]["body"]["hand"] == {"pin": "校方推荐"}
    assert guests["demo:software"]["status"] == "excluded"
    invited = call("GET", "/fair/lists/current?status=invited&limit=1", key="read").json()
    assert invited["total"] == told["about"]["certificate"]["invited"] == len(told["change"]["came"])
    assert len(invited["guests"]) == 1
    about = call("GET", "/demo:fair", key="read").json()
    assert about["version"] >= 1
    assert about["event"]["title"] == "<script>招聘会"
    assert call("GET", "/fair/jobs", key="read").json()["items"][-1]["kind"] == "list"


def test_the_second_of_two_organisers_is_told_and_nothing_is_lost(call, done, first):
    newest = call("GET", "/fair", key="read").json()["version"]
    second = done(call("POST", "/fair/lists", DAY, If_Match=f'"{newest}"'))
    assert second["version"] == newest + 1
    late = call("POST", "/fair/lists", DAY, If_Match=f'"{newest}"')
    assert (late.status_code, late.json()["type"]) == (412, "/problems/list-changed")
    assert f"version {newest + 1}, yours was made from {newest}" in late.json()["detail"]
    assert call("POST", "/fair/lists", DAY, If_Match="soon").status_code == 400
    kept = call("GET", f"/fair/lists/{newest + 1}", key="read").json()
    assert {g["graduate"]: g["body"]["hand"] for g in kept["guests"] if "hand" in g["body"]} == {
        "demo:nursing": {"pin": "校方推荐"},
        "demo:software": {"exclude": "=cmd|已签约"},
    }
    versions = call("GET", "/fair/lists", key="read").json()["items"]
    assert [v["in_use"] for v in versions if v["version"] == newest + 1] == [True]


def test_a_rule_that_cannot_be_kept_fails_in_plain_chinese_and_a_what_if_keeps_nothing(call, done, first):
    before = len(call("GET", "/fair/lists", key="read").json()["items"])
    failed = done(call("POST", "/fair/what-if", {**DAY, "rules": {"employer_least": 40}}), "failed")["problem"]
    assert (failed["status"], failed["type"]) == (422, "/problems/no-list")
    assert "每家用人单位合适人选下限" in failed["detail"]
    assert "降到" in failed["cure"]
    small = {"prices": True, "limits": {"seats": 2}, "rules": {"employer_least": 0}}
    fewer = done(call("POST", "/fair/what-if", {**DAY, **small}))["certificate"]
    free = done(call("POST", "/fair/what-if", {**DAY, "without": ["seats"]}))["certificate"]
    assert fewer["value"] < first["certificate"]["value"] <= free["bound"] + 1e-9
    assert any(line.get("price", 0) > 0 for line in fewer["rules"])
    for wrong in ({"rules": {"employer_least": -1}}, {"limits": {"secret": 1}}, {"without": ["nonsense"]}):
        problem = done(call("POST", "/fair/what-if", {**DAY, **wrong}), "failed")["problem"]
        assert problem["type"] == "/problems/bad-question"
    assert len(call("GET", "/fair/lists", key="read").json()["items"]) == before


def test_answers_make_a_second_wave_and_the_day_goes_from_timetable_to_outcomes(call, done, demo, first):
    lines = [{"graduate": "nursing", "answer": "yes"}, {"graduate": "nobody", "answer": "no"}]
    assert call("POST", "/fair/answers", {"answers": lines}).json() == {"answers": 1, "attendances": 0, "unknown": [1]}
    done(call("POST", "/fair/lists", DAY))
    placed = done(call("POST", "/fair/timetable", {}))
    assert (placed["left"], placed["clashes"], placed["exact"]) == (0, 0, True)
    guests = call("GET", "/fair/lists/current?status=invited", key="read").json()["guests"]
    by_key = {guest["graduate"]: guest for guest in guests}
    nursing = by_key["demo:nursing"]
    assert nursing["answer"] == "yes"
    assert all("slot" in meeting and "room" in meeting for meeting in nursing["body"]["meetings"])
    gone = next((g["graduate"] for g in guests if g["graduate"] != "demo:nursing"), None)
    body = {
        "now": BEGAN.isoformat(),
        "absent": [gone] if gone else [],
        "walk_ins": ["software"],
        "today": DAY["today"],
    }
    again = done(call("POST", "/fair/timetable", body))
    assert again["clashes"] == 0
    after = {g["graduate"]: g for g in call("GET", "/fair/lists/current?status=invited", key="read").json()["guests"]}
    assert after["demo:software"]["body"]["walk_in"] is True
    assert any("slot" in meeting for meeting in after["demo:software"]["body"]["meetings"])
    if gone:
        assert not any("slot" in meeting for meeting in after[gone]["body"]["meetings"])
        assert after[gone]["came"] is False
    host = nursing["body"]["meetings"][0]["host"]
    told = {"outcomes": [{"graduate": "nursing", "employer": host, "outcome": "wanted"},
                         {"graduate": "nursing", "employer": "nobody", "outcome": "met"}]}  # fmt: skip
    assert call("POST", "/fair/outcomes", told).json() == {
        "interactions": 3, "attendances": 1, "unknown": [1], "withdrawn": 0,
    }  # fmt: skip
    assert call("POST", "/fair/outcomes", told).json()["interactions"] == 0
    past = demo.store.past(datetime.now(CHINA)).interactions().filter(graduate="demo:nursing", channel="fair")
    assert past["action"].to_list() == ["shown", "applied", "answered"]
    assert past["rank"].to_list() == [1, None, None]
    assert set(past["posting"]) == {nursing["body"]["meetings"][0]["posting"]}
    back = {"outcomes": [{"graduate": "nursing", "employer": host, "outcome": "none"}]}
    assert call("POST", "/fair/outcomes", back).json()["withdrawn"] == 3
    past = demo.store.past(datetime.now(CHINA)).interactions()
    assert past.filter(graduate="demo:nursing", channel="fair").is_empty()
    odd = {"outcomes": [{"graduate": "nursing", "employer": host, "outcome": "=1"}]}
    assert call("POST", "/fair/outcomes", odd).status_code == 400


def test_files_hold_no_formula_from_data(call, first):
    book = call("GET", "/fair/lists/current/export?format=xlsx", key="read")
    assert book.headers["content-disposition"].startswith('attachment; filename="fair-v')
    with zipfile.ZipFile(io.BytesIO(book.content)) as sheets:
        assert not any(b"<f>" in sheets.read(name) for name in sheets.namelist())
        assert "=单位".encode() in sheets.read("xl/sharedStrings.xml")
    text = call("GET", "/fair/lists/1/export?format=csv", key="read").content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert "'=cmd|已签约" in cells
    assert not any(cell.startswith("=") for cell in cells)
    zipped = zipfile.ZipFile(io.BytesIO(call("GET", "/fair/lists/current/export?format=ics", key="read").content))
    assert any(name.startswith("graduate-") for name in zipped.namelist())


@pytest.mark.parametrize(
    ("key", "method", "path", "status"),
    [
        ("read", "GET", "/fair", 200),
        ("other", "GET", "/demo:fair", 404),
        ("other", "GET", "/demo:fair/lists/current", 404),
        ("other", "GET", "/demo:fair/lists/1/export", 404),
        ("province", "GET", "/demo:fair/lists/1", 200),
        ("read", "POST", "/fair/lists", 403),
        ("read", "POST", "/fair/answers", 403),
        ("other", "POST", "/demo:fair/lists", 403),
        ("other", "POST", "/demo:fair/outcomes", 403),
        ("other", "POST", "/demo:fair/timetable", 403),
        ("write", "POST", "/nowhere/lists", 404),
        ("write", "GET", "/fair", 403),
        ("read", "GET", "/fair/lists/soon", 400),
        ("read", "GET", "/fair/lists/99", 404),
        ("read", "GET", "/fair/jobs/none", 404),
        ("read", "GET", "/fair/lists/1/export?format=exe", 400),
    ],
)
def test_by_key(call, first, key, method, path, status):
    answer = call(method, path, {} if method == "POST" else None, key=key)
    assert answer.status_code == status, answer.text


def test_people_of_another_tenant_and_contact_data_are_refused(call, first):
    theirs = call("POST", "/fair/lists", {**DAY, "pin": {"other:java-too": "x"}})
    assert theirs.json()["type"] == "/problems/bad-question"
    phone = call("POST", "/fair/answers", {"answers": [{"graduate": "13812345678", "answer": "yes"}]})
    assert phone.status_code == 400
    assert "13812345678" not in phone.text
    assert call("POST", "/fair/lists", {"pin": {"nursing": " "}}).json()["type"] == "/problems/bad-parameter"


def test_suggestions_are_for_the_own_tenant(client, demo):
    def ask(key, **body):
        headers = {"Authorization": f"Bearer {demo.keys[key]}"}
        return client.post("/v1/events:suggest", json={"today": TODAY.isoformat(), **body}, headers=headers)

    told = ask("read").json()["items"]
    assert all(item["draft"]["tenant"] == "demo" and item["served"] > 0 for item in told)
    assert ask("read", tenant="other").status_code == 403
    assert ask("province", tenant="other").json() == {"items": []}
    assert ask("read", weeks=0).status_code == 400


def test_events_are_those_of_the_own_tenant(call):
    def keys(key, **query):
        return [f"{e['tenant']}:{e['id']}" for e in call("GET", "", key=key, **query).json()["items"]]

    assert keys("read") == ["demo:fair"]
    assert keys("other") == ["other:theirs"]
    assert keys("province") == ["demo:fair", "other:theirs"]
    page = call("GET", "?limit=1", key="province").json()
    assert page["next_after"] == "demo:fair"
    assert call("GET", f"?after={page['next_after']}", key="province").json()["items"][0]["id"] == "theirs"


def test_a_service_that_goes_down_leaves_no_job_behind(tmp_path):
    with open_demo(tmp_path) as made:
        made.store.upsert([Event(tenant="demo", id="fair", title="x", starts_at=BEGAN, ends_at=BEGAN + timedelta(1))])
        with TestClient(made.app) as opened:
            opened.headers["Authorization"] = f"Bearer {made.keys['write']}"
            jobs = [opened.post("/v1/events/fair/lists", json=DAY).json()["id"] for _ in range(3)]
        states = [Jobs(made.store).get("demo:fair", job).state for job in jobs]
        assert set(states) <= {"done", "interrupted"}
        assert states[-1] == "interrupted"
