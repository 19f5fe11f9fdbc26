"""Health, readiness, metrics; and what it takes to start."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.demo import Demo, open_demo
from matching.errors import NoSnapshot, SnapshotDamaged, SnapshotMismatch
from matching.settings import EncoderSettings, Settings
from models.hashing import HashingEncoder


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        yield made


@pytest.fixture(scope="module")
def client(demo: Demo):
    with TestClient(demo.app) as opened:
        yield opened


def test_alive_and_ready(client):
    assert client.get("/healthz").json() == {"alive": True}
    ready = client.get("/readyz").json()
    assert (ready["ready"], ready["behind"], ready["change"]) == (True, 0, 15)
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{8}", ready["snapshot"])


def test_metrics_count_by_route_and_never_by_id(client, demo):
    key = {"Authorization": f"Bearer {demo.keys['read']}"}
    for graduate in ("software", "nursing", "nobody"):
        client.get(f"/v1/graduates/{graduate}/postings", headers=key)
    client.get("/no/such/path")
    client.request("BREW", "/healthz")
    text = client.get("/metrics", headers=key).text
    route = 'method="GET",route="/v1/graduates/{id}/postings"'
    assert f'gradmatch_requests_total{{{route},status="200"}} 2.0' in text
    assert f'gradmatch_requests_total{{{route},status="404"}} 1.0' in text
    assert f"gradmatch_request_seconds_count{{{route}}} 3.0" in text
    assert 'gradmatch_requests_total{method="GET",route="none",status="404"} 1.0' in text
    assert 'method="other"' in text
    assert "BREW" not in text
    assert 'gradmatch_rows{side="postings"} 10.0' in text
    assert 'gradmatch_rows{side="graduates"} 5.0' in text
    assert "gradmatch_behind 0.0" in text
    assert f'gradmatch_snapshot_info{{name="{client.get("/readyz").json()["snapshot"]}"}} 1.0' in text
    assert "software" not in text
    assert "demo" not in text


def start(settings: Settings, encoder=None) -> None:
    with TestClient(create_app(settings, encoder=encoder or HashingEncoder())):
        raise AssertionError("it started")


def test_without_a_snapshot_it_does_not_start(tmp_path):
    with pytest.raises(NoSnapshot, match="gradmatch build"):
        start(Settings(home=tmp_path, encoder=EncoderSettings(name="hashing")))


def test_with_a_snapshot_of_another_encoder_it_does_not_start(tmp_path):
    with open_demo(tmp_path) as made, pytest.raises(SnapshotMismatch, match=r"hashing-256@1.*hashing-64@1"):
        start(made.settings, HashingEncoder(64))


def test_with_a_truncated_snapshot_it_does_not_start(tmp_path):
    with open_demo(tmp_path) as made:
        file = next(made.settings.snapshots.glob("*/postings/columns.arrow"))
        file.write_bytes(file.read_bytes()[:-100])
        with pytest.raises(SnapshotDamaged, match=r"postings/columns\.arrow"):
            start(made.settings)


def test_create_app_opens_nothing(tmp_path):
    home = tmp_path / "home"
    create_app(Settings(home=home))
    assert not home.exists()
