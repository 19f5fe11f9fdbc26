"""``gradmatch serve`` as a process: it starts, speaks, limits what comes in, and stops; or says why it cannot start."""

from __future__ import annotations

import gc
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import typer
from typer.testing import CliRunner

from api.cli import serve
from api.demo import open_demo
from api.process import prepare, settle
from matching.errors import EncoderError, NoSnapshot, SnapshotDamaged

LIMIT = 300_000
SETTINGS = f'[encoder]\nname = "hashing"\n\n[service]\nbody_limit = {LIMIT}\n'
START = "import typer; from api.cli import serve; app = typer.Typer(); app.command()(serve); app()"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(home, *options: str) -> Iterator[tuple[int, subprocess.Popen]]:
    port = free_port()
    (home / "settings.toml").write_text(SETTINGS)
    command = [sys.executable, "-c", START, "--home", str(home), "--settings", str(home / "settings.toml")]
    process = subprocess.Popen(
        [*command, "--port", str(port), *options], stderr=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            try:
                if ask(port, "GET", "/readyz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        yield port, process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def ask(port: int, method: str, path: str, *, key: str = "", body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        own = {"Authorization": f"Bearer {key}"} if key else {}
        chunked = (headers or {}).get("Transfer-Encoding") == "chunked"
        with suppress(BrokenPipeError):  # the service may answer, and close, before all is sent
            connection.request(method, path, body=body, headers={**own, **(headers or {})}, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def running(home):
    with open_demo(home) as demo, served(home) as (port, process):
        yield port, demo, process


def test_it_answers(running):
    port, demo, _ = running
    status, headers, body = ask(port, "GET", "/v1/graduates/software/postings?today=2026-06-15", key=demo.keys["read"])
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body)["items"][0]["posting"]["id"] == "java"
    assert "server" not in {name.lower() for name in headers}


def test_a_write_by_another_process_is_soon_searchable(running):
    port, demo, _ = running
    posting = demo.store.get("posting", "demo:java").model_copy(
        update={"id": "java-again", "employer_name": "另一家示例公司"}
    )
    demo.store.upsert([posting])
    begun = time.perf_counter()
    while True:
        body = ask(port, "GET", "/v1/graduates/software/postings?today=2026-06-15", key=demo.keys["read"])[2]
        if b'"java-again"' in body:
            break
        assert time.perf_counter() - begun < 20  # how soon: `scripts/bench http`
    demo.store.delete("posting", ["demo:java-again"])


def test_a_body_over_the_limit_that_does_not_say_its_length(running):
    port, demo, _ = running
    status, headers, body = ask(
        port,
        "PUT",
        "/v1/postings/big",
        key=demo.keys["write"],
        body=iter([b'{"title": "x", "description": "', *[b"x" * 50_000] * 5, b"x" * 50_000 + b'"}']),
        headers={"Content-Type": "application/json", "Transfer-Encoding": "chunked"},
    )
    assert (status, json.loads(body)["type"]) == (413, "/problems/body-too-large")
    assert headers["connection"] == "close"
    assert demo.store.get("posting", "demo:big") is None


def test_a_bulk_over_the_limit_says_how_much_it_kept(running):
    port, demo, _ = running
    line = b'{"id": "n%d", "title": "x", "description": "' + b"x" * 400 + b'"}\n'
    before = demo.store.count("posting")
    status, _, body = ask(
        port,
        "POST",
        "/v1/postings:bulk",
        key=demo.keys["write"],
        body=(line % number for number in range(1_000)),
        headers={"Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"},
    )
    kept = json.loads(body)["kept"]
    assert status == 413
    assert kept == 600  # whole batches of 200 lines within 300,000 bytes
    assert demo.store.count("posting") == before + kept
    demo.store.delete("posting", [f"demo:n{number}" for number in range(1_000)])


def test_half_a_body_changes_nothing(running):
    port, demo, _ = running
    before = demo.store.last_change()
    with socket.create_connection(("127.0.0.1", port)) as half:
        half.sendall(
            b"PUT /v1/postings/half HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + demo.keys["write"].encode()
            + b'\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"title": "x"}'
        )
        time.sleep(0.2)
    time.sleep(0.2)
    assert demo.store.last_change() == before
    assert ask(port, "GET", "/healthz")[0] == 200


def test_it_logs_json_lines_and_stops_when_told(home):
    with open_demo(home / "second") as demo, served(home / "second") as (port, process):
        ask(port, "GET", "/v1/graduates/software/postings", key=demo.keys["read"])
        process.send_signal(signal.SIGTERM)
        log = process.communicate(timeout=20)[1].decode()
    lines = [json.loads(line) for line in log.splitlines()]
    assert process.returncode in (0, -signal.SIGTERM)
    assert "ready" in {line["event"] for line in lines}
    assert {line["level"] for line in lines} == {"info"}
    assert "software" not in log


def test_several_processes_count_together(home):
    with open_demo(home / "third") as demo, served(home / "third", "--workers", "2") as (port, _):
        for _ in range(12):
            assert ask(port, "GET", "/v1/graduates/software/postings", key=demo.keys["read"])[0] == 200
        text = ask(port, "GET", "/metrics", key=demo.keys["read"])[2].decode()
    assert 'route="/v1/graduates/{id}/postings",status="200"} 12.0' in text
    assert "gradmatch_behind 0.0" in text


def run(home, *options: str):
    app = typer.Typer()
    app.command()(serve)
    (home / "settings.toml").write_text(SETTINGS)
    return CliRunner().invoke(app, ["--home", str(home), "--settings", str(home / "settings.toml"), *options])


def test_without_a_snapshot_it_says_what_to_do(tmp_path):
    result = run(tmp_path)
    assert isinstance(result.exception, NoSnapshot)
    assert "gradmatch build" in str(result.exception)


def test_without_its_encoder_it_says_what_to_do(tmp_path, monkeypatch):
    with open_demo(tmp_path):
        monkeypatch.delenv("GRADMATCH_ENCODERS", raising=False)
        app = typer.Typer()
        app.command()(serve)
        (tmp_path / "plain.toml").write_text("")
        result = CliRunner().invoke(app, ["--home", str(tmp_path), "--settings", str(tmp_path / "plain.toml")])
    assert isinstance(result.exception, EncoderError)
    assert "gradmatch encoder prepare" in str(result.exception)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_with_a_damaged_snapshot_it_says_so(tmp_path, workers):
    with open_demo(tmp_path) as demo:
        next(demo.settings.snapshots.glob("*/words.npz")).write_bytes(b"")
    result = run(tmp_path, "--workers", workers, "--port", str(free_port()))
    assert isinstance(result.exception, SnapshotDamaged), result.output
    assert "words.npz" in str(result.exception)


def test_the_process_is_set_up_and_settled():
    before = sys.getswitchinterval()
    try:
        prepare()
        assert sys.getswitchinterval() == pytest.approx(0.0002)
        settle()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
        sys.setswitchinterval(before)
