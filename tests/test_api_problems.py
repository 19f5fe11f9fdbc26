"""Every error becomes a problem, and says nothing that it should not."""

from __future__ import annotations

import json
import logging

import pytest
from starlette.testclient import TestClient

from api import errors as own_errors
from api.demo import Demo, open_demo
from api.logs import JsonLines
from api.problems import KINDS, kind_of, problem_of, problem_of_fault
from matching import errors
from matching.errors import GradmatchError, NoSnapshot, QueryError, SnapshotMismatch, StoreError
from models import errors as models_errors


def tree(root):
    for child in root.__subclasses__():
        yield child
        yield from tree(child)


def test_every_error_class_has_a_kind_of_its_own():
    ours = [c for c in tree(GradmatchError) if c.__module__.split(".")[0] in ("matching", "models", "api")]
    assert {errors.UnknownId, own_errors.BodyTooLarge, models_errors.EncoderError} <= set(ours)
    assert [c.__name__ for c in ours if c not in KINDS] == []


def test_a_class_without_a_kind_counts_as_its_ancestor():
    class Impossible(QueryError):
        pass

    assert kind_of(Impossible("x")) is KINDS[QueryError]


def test_slugs_are_unique_and_titles_speak_both_languages():
    kinds = set(KINDS.values())
    assert len({kind.slug for kind in kinds}) == len(kinds)
    assert all(kind.title.zh and kind.title.en for kind in kinds)
    assert all(400 <= kind.status < 600 for kind in kinds)


def body(response) -> dict:
    return json.loads(response.body)


def test_a_callers_error_says_what_where_and_the_cure():
    made = body(problem_of(QueryError("k is 0", where="k", cure="Ask for 1 to 1000.")))
    assert made == {
        "type": "/problems/bad-question",
        "title": "The question is impossible",
        "titles": {"zh": "无法这样提问", "en": "The question is impossible"},
        "status": 400,
        "detail": "k is 0",
        "where": "k",
        "cure": "Ask for 1 to 1000.",
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StoreError("locked", where="postgresql://user@db.internal/x"), 503),
        (NoSnapshot("none", where="/srv/private/snapshots"), 503),
        (SnapshotMismatch("a is b", where="/srv/private"), 503),
        (RuntimeError("13812345678 /srv/private"), 500),
    ],
)
def test_an_error_of_ours_tells_an_incident_and_no_inside(error, status, caplog):
    with caplog.at_level(logging.ERROR, "gradmatch.api"):
        response = problem_of(error) if isinstance(error, GradmatchError) else problem_of_fault(error)
    told = body(response)
    assert (response.status_code, told["status"]) == (status, status)
    assert not any(inside in response.body.decode() for inside in ("private", "internal/x", "13812345678"))
    assert [record.fields["incident"] for record in caplog.records] == [told["incident"]]


def test_contact_data_are_not_repeated_wherever_they_stand():
    told = problem_of(QueryError("no '13812345678'", where="a@example.com", cure="13812345678")).body.decode()
    assert "13812345678" not in told
    assert "a@example.com" not in told


def test_logs_are_json_lines_without_foreign_messages():
    def line(error, message="fault"):
        try:
            raise error
        except Exception as caught:
            info = (type(caught), caught, caught.__traceback__)
        return json.loads(JsonLines().format(logging.LogRecord("x", logging.ERROR, "f", 1, message, None, info)))

    foreign = line(ValueError("张三 13812345678"))
    assert (foreign["event"], foreign["level"], foreign["error"]) == ("fault", "error", "ValueError")
    assert "张三" not in json.dumps(foreign, ensure_ascii=False)
    assert any("test_api_problems.py" in frame for frame in foreign["frames"])
    assert line(StoreError("locked", where="x"))["detail"] == "locked (x)."
    assert line(ValueError(), "call 13812345678\nnow 13812345678")["event"] == "now [联系方式已隐去]"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        yield made


@pytest.fixture(scope="module")
def client(demo: Demo):
    with TestClient(demo.app) as opened:
        opened.headers["Authorization"] = f"Bearer {demo.keys['province']}"
        yield opened


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/", 404, "no-such-path"),
        ("GET", "/v1/graduates/a1", 405, "method-not-allowed"),
        ("GET", "/v1/graduates/a/b/postings", 404, "no-such-path"),
        ("PATCH", "/v1/postings/a1", 405, "method-not-allowed"),
        ("GET", "/docs", 404, "no-such-path"),
    ],
)
def test_paths_and_methods_that_are_not_there(client, method, path, status, slug):
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert status != 405 or answer.headers["allow"]


def test_a_fault_nobody_foresaw_is_a_problem_and_is_counted(client, demo, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("13812345678")

    monkeypatch.setattr(client.app.state.service.store.__class__, "upsert", broken)
    answer = client.put("/v1/postings/a1", json={"title": "x"})
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert "13812345678" not in answer.text
    counted = 'gradmatch_requests_total{method="PUT",route="/v1/postings/{id}",status="500"} 1.0'
    assert counted in client.get("/metrics").text


def test_a_store_out_of_reach_is_a_503_with_a_hint_to_come_again(client, monkeypatch):
    def locked(*_):
        raise StoreError("database is locked", where="sqlite:////srv/x", cure="Wait.")

    monkeypatch.setattr(client.app.state.service.store.__class__, "upsert", locked)
    monkeypatch.setattr(client.app.state.service.store.__class__, "last_change", locked)
    answer = client.put("/v1/postings/a1", json={"title": "x"})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/store-unavailable")
    assert answer.headers["retry-after"] == "1"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["type"]) == (503, "/problems/not-ready")
    assert client.get("/healthz").json() == {"alive": True}
    assert client.get("/v1/graduates/demo:software/postings").status_code == 200
