"""The description is complete and true; and nothing that fits its paths, however hostile, makes the service fail."""

from __future__ import annotations

import json
import string
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from starlette.testclient import TestClient

from api.demo import Demo, open_demo
from api.examples import EXAMPLES
from api.problems import MEDIA_TYPE


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        yield made


@pytest.fixture(scope="module")
def client(demo: Demo):
    with TestClient(demo.app) as opened:
        opened.headers["Authorization"] = f"Bearer {demo.keys['province']}"
        yield opened


@pytest.fixture(scope="module")
def document(client) -> dict:
    return client.get("/openapi.json").json()


def validator(document: dict, schema: dict) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]}, format_checker=FormatChecker())


def operations(document: dict):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def refs(node) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(refs, node.values()))
    return set().union(*map(refs, node)) if isinstance(node, list) else set()


def test_every_reference_resolves(document):
    schemas = document["components"]["schemas"]
    assert {ref.removeprefix("#/components/schemas/") for ref in refs(document)} <= set(schemas)
    assert "HTTPValidationError" not in schemas


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_examples_validate(document, name):
    schema = document["components"]["schemas"][name]
    assert schema["examples"] == [EXAMPLES[name]]
    validator(document, schema).validate(EXAMPLES[name])


def test_the_validation_can_fail(document):
    schema = document["components"]["schemas"]["GraduateBody"]
    assert not validator(document, schema).is_valid({"degree": "本可"})
    assert not validator(document, {"$ref": "#/components/schemas/Ready"}).is_valid({"ready": False})


def test_every_v1_operation_documents_its_problems_key_and_body(document):
    for path, method, operation in operations(document):
        if not path.startswith("/v1/"):
            continue
        told = {s for s, r in operation["responses"].items() if MEDIA_TYPE in r.get("content", {})}
        assert {"400", "401", "403"} <= told, path
        assert ("requestBody" in operation) == (method in ("put", "post")), path
        if "requestBody" in operation:
            assert {"413", "415"} <= told, path
        assert operation["summary"]
        assert operation["tags"]
        assert "security" not in operation
    assert document["security"] == [{"key": []}]
    assert document["paths"]["/healthz"]["get"]["security"] == []


def test_operation_ids_are_unique(document):
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids)) == 60


def test_the_range_of_k_is_told(document):
    parameters = document["paths"]["/v1/graduates/{id}/postings"]["get"]["parameters"]
    k = next(parameter["schema"] for parameter in parameters if parameter["name"] == "k")
    assert (k["minimum"], k["maximum"], k["default"]) == (1, 1000, 10)
    names = {parameter["name"] for parameter in parameters}
    assert names == {
        "id",
        "k",
        "cursor",
        "kinds",
        "regions",
        "industries",
        "tenants",
        "today",
        "explain",
        "by",
        "if-none-match",
    }


def answer_schema(document, path, method, status):
    content = document["paths"][path][method]["responses"][str(status)]["content"]
    return validator(document, next(iter(content.values()))["schema"])


@pytest.mark.parametrize(
    ("method", "path", "real", "body"),
    [
        ("get", "/v1/graduates/{id}/postings", "/v1/graduates/demo:software/postings", None),
        ("get", "/v1/graduates/{id}/postings", "/v1/graduates/demo:nobody/postings", None),
        ("get", "/v1/graduates/{id}/postings", "/v1/graduates/demo:software/postings?k=0", None),
        ("get", "/v1/postings/{id}/graduates", "/v1/postings/demo:java/graduates?today=2026-06-15", None),
        ("post", "/v1/rank", "/v1/rank", EXAMPLES["RankRequest"]),
        ("post", "/v1/rank", "/v1/rank", {"graduate": {"degree": "本可"}}),
        ("put", "/v1/postings/{id}", "/v1/postings/demo:a1", EXAMPLES["PostingBody"]),
        ("put", "/v1/employers/{id}", "/v1/employers/demo:a1", EXAMPLES["EmployerBody"]),
        ("put", "/v1/events/{id}", "/v1/events/demo:a1", EXAMPLES["EventBody"]),
        ("put", "/v1/graduates/{id}/protected", "/v1/graduates/demo:software/protected", EXAMPLES["ProtectedBody"]),
        ("post", "/v1/interactions", "/v1/interactions", {**EXAMPLES["InteractionBody"], "tenant": "demo"}),
        ("post", "/v1/interactions", "/v1/interactions", [{}]),
        ("get", "/readyz", "/readyz", None),
        ("get", "/healthz", "/healthz", None),
    ],
)
def test_real_answers_fit_the_description(client, document, method, path, real, body):
    answer = client.request(method, real, json=body) if body is not None else client.request(method, real)
    answer_schema(document, path, method, answer.status_code).validate(answer.json())


WORDS = st.text(alphabet=string.printable + "中é\u200b\U0001f600\x00", max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted(
    {"graduate", "posting", "k", "cursor", "today", "kinds", "tenants", "id", "tenant", "degree", "majors", "wishes",
     "title", "pay", "requirements", "at", "action", "regions", "experiences", "published", "closes"}
)  # fmt: skip
BODIES = JSON | st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6)
QUERIES = st.dictionaries(
    st.sampled_from(["k", "cursor", "kinds", "regions", "industries", "tenants", "today", "explain", "by"]) | WORDS,
    WORDS | st.integers().map(str) | st.dates().map(str) | st.sampled_from(["job", "360100", "I", "demo", "1"]),
    max_size=4,
)
METHODS = st.sampled_from(["GET", "PUT", "POST", "DELETE"])
MEDIA = st.sampled_from(["application/json", "application/x-ndjson"]) | WORDS


@settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_hostile_requests_never_make_it_fail(client, document, data):
    path = data.draw(st.sampled_from(sorted(document["paths"])))
    identifier = data.draw(st.sampled_from(["demo:software", "demo:java", "demo:new"]) | WORDS)
    body = data.draw(BODIES)
    content = data.draw(
        st.just(json.dumps(body, ensure_ascii=True).encode()) | st.binary(max_size=60) | st.just(b'{"id":"x"}\n' * 3)
    )
    answer = client.request(
        data.draw(METHODS),
        path.replace("{id}", quote(identifier, safe="")),
        params=data.draw(QUERIES),
        content=content,
        headers={"Content-Type": data.draw(MEDIA).encode("utf-8").replace(b"\n", b"").replace(b"\r", b"")},
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == MEDIA_TYPE
        validator(document, {"$ref": "#/components/schemas/Problem"}).validate(answer.json())
