"""HTTP: a stored graduate over 100,000 postings, beside the same search in Python; quiet, and while upserts arrive.

The world is the sample province with the hashing encoder. The server is `gradmatch serve` in a process of its own,
asked over one kept connection. The peers: the matcher called in this process, and a bare ASGI application that
sends the same bytes. Rounds take turns, so that whatever else the machine does meets all of them.
"""

from __future__ import annotations

import http.client
import os
import pickle
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from matching.build import build
from matching.encoders import open_encoder
from matching.live import open_state
from matching.matcher import Matcher
from matching.question import Question
from matching.sample import DEFAULT_TODAY, SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.store import Keys, Store

_SETTINGS = '[encoder]\nname = "hashing"\n'
_SERVE = "import typer; from api.cli import serve; app = typer.Typer(); app.command()(serve); app()"
_BARE = """
import sys, uvicorn
body = open(sys.argv[1], "rb").read()
head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
options = dict(access_log=False, log_level="error", loop="uvloop", http="httptools", lifespan="off")
options |= dict(timeout_keep_alive=75)  # as the service: a round of the others takes longer than the default
uvicorn.run(app, port=int(sys.argv[2]), **options)
"""
_WRITER = """
import sys
from pathlib import Path
from benchmarks.http import write
rows, port, key, rate, seconds = sys.argv[1:]
write(Path(rows), int(port), key, rate=float(rate), seconds=float(seconds))
"""
_ROUNDS = 10
_WRITES_A_SECOND = 50


class World(NamedTuple):
    """A built home, the secret of a province key, and what is asked and written."""

    home: Path
    settings: Settings
    key: str
    asked: list[str]
    written: list[tuple[str, bytes]]


def run(quick: bool) -> dict[str, Any]:
    """Measure; 20,000 + 20,000 records when `quick`, else 100,000 + 100,000."""
    count = 20_000 if quick else 100_000
    asks, seconds = (300, 10.0) if quick else (1_000, 30.0)
    with tempfile.TemporaryDirectory(prefix="gradmatch-bench-") as folder:
        world = make_world(Path(folder), count, writes=int(seconds * _WRITES_A_SECOND * 1.5))
        with server(world) as (port, process, started):
            http_times, python_times, bare_times = _quiet(world, port, asks)
            busy, sent = _busy(world, port, seconds)
            visible = [_until_visible(world, port, number) for number in range(20)]
            rss = process.memory_info().rss / 2**30
    over = (_p(http_times, 50) - _p(python_times, 50)) * 1000
    return {
        "name": "http",
        "size": {"graduates": count, "postings": count, "asks": asks},
        "targets": [
            _target("HTTP over the same search in Python, p50", over, 2.0, "ms"),
            _target(f"p99 while {sent:.0f} upserts/s arrive", _p(busy, 99) * 1000, 20.0, "ms"),
            _target("upsert until searchable, slowest of 20", max(visible), 1.0, "s"),
            _target("start until the first answer", started, 5.0, "s"),
            _target("resident memory of the service", rss, 1.5, "GiB"),
        ],
        "peers": [
            {"name": "HTTP, quiet, p50", "value": _p(http_times, 50) * 1000, "unit": "ms"},
            {"name": "HTTP, quiet, p99", "value": _p(http_times, 99) * 1000, "unit": "ms"},
            {"name": "Matcher.postings_for in Python, p50", "value": _p(python_times, 50) * 1000, "unit": "ms"},
            {"name": "Matcher.postings_for in Python, p99", "value": _p(python_times, 99) * 1000, "unit": "ms"},
            {"name": "bare ASGI application, same bytes, p50", "value": _p(bare_times, 50) * 1000, "unit": "ms"},
            {"name": "HTTP while upserts arrive, p50", "value": _p(busy, 50) * 1000, "unit": "ms"},
        ],
        "notes": [
            f"{len(busy)} answers of ten matches with reasons in {seconds:.0f} s of upserts, one connection",
            f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        ],
    }


def make_world(home: Path, count: int, *, writes: int) -> World:
    """Fill and build a home; `writes` postings that are not in it are made to be written later."""
    (home / "settings.toml").write_text(_SETTINGS, encoding="utf-8")
    settings = Settings(home=home, encoder=EncoderSettings(name="hashing"))
    province = SampleProvince(1, graduates=count, postings=count)
    with Store.open(settings.store) as store:
        for records in (province.graduates(), province.postings()):
            for batch in batches(records, 2_000):
                store.upsert(batch)
        build(store, open_encoder(settings), settings)
        key = Keys(store).create("province", "province")
    asked = [graduate.key for graduate in province.graduates(0, min(count, 2_000)) if graduate.status == "seeking"]
    new = SampleProvince(2, graduates=1, postings=writes).postings()
    written = [(f"{p.tenant}:new-{i}", p.model_dump_json(exclude={"id"}).encode()) for i, p in enumerate(new)]
    return World(home, settings, key, asked, written)


@contextmanager
def server(world: World) -> Iterator[tuple[int, psutil.Process, float]]:
    """The service in a process of its own: its port, the process, and the seconds until the first answer."""
    port = _free_port()
    command = [sys.executable, "-c", _SERVE, "--home", str(world.home), "--port", str(port)]
    begun = time.perf_counter()
    process = subprocess.Popen([*command, "--settings", str(world.home / "settings.toml")], stderr=subprocess.DEVNULL)
    try:
        _wait(lambda: Client(port, world.key).get(_path(world.asked[0])))
        yield port, psutil.Process(process.pid), time.perf_counter() - begun
    finally:
        process.kill()
        process.wait()


class Client:
    """One kept connection."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str) -> bytes:
        """The body of an answer."""
        return self.send("GET", path)[0]

    def send(self, method: str, path: str, body: bytes | None = None) -> tuple[bytes, int]:
        """The body of an answer, and the change that it names."""
        own = {"Content-Type": "application/json"} if body is not None else {}
        self._connection.request(method, path, body=body, headers={**self._headers, **own})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content, int(answer.headers.get("X-Gradmatch-Change", 0))


def _quiet(world: World, port: int, asks: int) -> tuple[list[float], list[float], list[float]]:
    encoder = open_encoder(world.settings)
    matcher = Matcher(open_state(world.settings, encoder), world.settings, encoder)
    question = Question(today=DEFAULT_TODAY)
    client = Client(port, world.key)
    works: list[Callable[[str], object]] = [
        lambda key: client.get(_path(key)),
        lambda key: matcher.postings_for(key, question),
    ]
    sample = client.get(_path(world.asked[0]))
    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    with _bare(world.home, sample) as bare_port:
        bare = Client(bare_port, world.key)
        works.append(lambda key: bare.get("/"))
        for turn in range(_ROUNDS):
            keys = world.asked[turn::_ROUNDS][: asks // _ROUNDS]
            for work, into in zip(works, times, strict=True):
                for key in keys[:3]:
                    work(key)
                into.extend(_timed(work, key) for key in keys)
    return times


def _busy(world: World, port: int, seconds: float) -> tuple[list[float], float]:
    """Times of answers while a process of its own sends upserts, and how many came a second."""
    rows = world.home / "written.pickle"
    rows.write_bytes(pickle.dumps(world.written))
    command = [sys.executable, "-c", _WRITER, str(rows), str(port), world.key, str(_WRITES_A_SECOND), str(seconds)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    writer.stdout.readline()  # it has begun
    client, times, begun, number = Client(port, world.key), [], time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        times.append(_timed(client.get, _path(world.asked[number % len(world.asked)])))
        number += 1
    sent = float(writer.communicate()[0])
    return times, sent


def write(rows: Path, port: int, key: str, *, rate: float, seconds: float) -> None:
    """Send upserts at an even rate; print when it begins and, at the end, how many went out a second."""
    client, written = Client(port, key), pickle.loads(rows.read_bytes())
    print("begun", flush=True)
    begun, sent = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - begun) < seconds:
        time.sleep(max(sent / rate - elapsed, 0))
        name, body = written[sent]
        client.send("PUT", f"/v1/postings/{name}", body)
        sent += 1
    print(sent / (time.perf_counter() - begun))


def _until_visible(world: World, port: int, number: int) -> float:
    client = Client(port, world.key)
    key, body = world.written[-1 - number]
    begun = time.perf_counter()
    _, change = client.send("PUT", f"/v1/postings/{key}", body)
    while client.send("GET", _path(world.asked[number]))[1] < change:
        if time.perf_counter() - begun > 10:
            raise RuntimeError(f"change {change} is not visible after 10 s")
    return time.perf_counter() - begun


@contextmanager
def _bare(home: Path, body: bytes) -> Iterator[int]:
    (home / "bare.json").write_bytes(body)
    port = _free_port()
    process = subprocess.Popen([sys.executable, "-c", _BARE, str(home / "bare.json"), str(port)])
    try:
        _wait(lambda: Client(port, "").get("/"))
        yield port
    finally:
        process.kill()
        process.wait()


def _path(key: str) -> str:
    return f"/v1/graduates/{key}/postings?today={DEFAULT_TODAY}"


def _timed(work: Callable[[str], object], key: str) -> float:
    begun = time.perf_counter()
    work(key)
    return time.perf_counter() - begun


def _wait(work: Callable[[], object]) -> None:
    until = time.monotonic() + 120
    while True:
        try:
            work()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def batches(records: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """`records` in lists of at most `size`."""
    records = iter(records)
    while batch := list(islice(records, size)):
        yield batch


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _p(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


def _target(name: str, value: float, goal: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": round(value, 3), "goal": goal, "unit": unit, "met": value <= goal}
