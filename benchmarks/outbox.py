"""The outbox to a local receiver: sends a second, claimed, written, signed, posted and settled, on SQLite.

Each letter is a real digest of three postings. The receiver is a process of its own that acknowledges keys and answers
at once; beside ours stand the same requests without any outbox, posted by the same client.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson

from matching.sending.letter import Letter, Writer
from matching.sending.links import Links
from matching.sending.loop import Manners, Sender
from matching.sending.webhook import Target, Webhook
from matching.standard.records import Graduate, Posting
from matching.store import Campaign, Campaigns, Draft, Item, Outbox, Store
from matching.store.claiming import Terms

_FORK = multiprocessing.get_context("fork")
_SECRET = b"benchmark-secret"
_DAY = 86_400_000_000


class _Took(NamedTuple):
    """Sends a second, CPU milliseconds of the sending processes a letter, states at the end."""

    rate: float
    cpu: float
    states: dict[str, int]


def run(quick: bool) -> dict[str, Any]:
    """Send 10,000 letters (2,000 when `quick`): fifty a request, one a request, one a request by two senders."""
    count = 2_000 if quick else 10_000
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        receiver = _FORK.Process(target=_receive, args=(listening,), daemon=True)
        receiver.start()
        try:
            many = _timed(count, Target(url, _SECRET, 10.0, 50, 2), at_once=200)
            one = _timed(count, Target(url, _SECRET, 10.0, 1, 4), at_once=100)
            two = _timed(count, Target(url, _SECRET, 10.0, 1, 4), at_once=100, senders=2)
            bare, general = _bare(count // 2, url), _general(count // 4, url)
        finally:
            receiver.kill()
            receiver.join()
    return {
        "name": "outbox",
        "targets": [
            _target("sends a second, fifty letters a request", many.rate, 1_000),
            _target("sends a second, one letter a request", one.rate, 1_000),
            _target("sends a second, one letter a request, two senders", two.rate, 1_000),
        ],
        "peers": [
            {"name": "bare requests without an outbox, one letter each", "value": bare[0], "unit": "/s"},
            {"name": "CPU of such a request", "value": bare[1], "unit": "ms"},
            {"name": "the same by httpx", "value": general[0], "unit": "/s"},
            {"name": "CPU of such a request by httpx", "value": general[1], "unit": "ms"},
        ],
        "notes": [
            f"{count} letters of three postings each; states at the end: {many.states}, {one.states}, {two.states}",
            "CPU of the sender a letter: "
            f"{many.cpu:.2f} ms with fifty a request, {one.cpu:.2f} with one, {two.cpu:.2f} with two senders",
            f"load of the machine over the last minute: {os.getloadavg()[0]:.1f}",
        ],
    }


def _timed(count: int, target: Target, *, at_once: int, senders: int = 1) -> _Took:
    with tempfile.TemporaryDirectory() as folder:
        where = f"sqlite:///{Path(folder) / 'store.sqlite'}"
        filler = _FORK.Process(target=_fill, args=(where, count))
        filler.start()
        filler.join()
        told = _FORK.SimpleQueue()
        begun = time.perf_counter()
        processes = [_FORK.Process(target=_send, args=(where, target, at_once, told)) for _ in range(senders)]
        for process in processes:
            process.start()
        done = [told.get() for _ in processes]
        seconds = time.perf_counter() - begun
        for process in processes:
            process.join()
        with Store.open(where) as store:
            states = Outbox(store).counts()
        sent = sum(one[0] for one in done)
        return _Took(sent / seconds, 1e3 * sum(one[1] for one in done) / sent, states)


def _send(where: str, target: Target, at_once: int, told: Any) -> None:  # noqa: ANN401
    with Store.open(where) as store:
        hook = Webhook(target, acknowledges=True)
        terms = Terms("hook", 7 * _DAY, 9, 0, lambda wish, now: now)
        own = Sender(store, hook, Writer(Links(b"s" * 32), html=False), terms=terms, manners=Manners(at_once=at_once))
        cpu = time.process_time()
        done = own.run()
        told.put((done.sent, time.process_time() - cpu))
        hook.close()


def _fill(where: str, count: int) -> None:
    with Store.open(where) as store:
        _plan(store, count)
        Outbox(store).acknowledged("hook", now=0)


def _plan(store: Store, count: int) -> None:
    postings = [
        Posting(
            tenant="a",
            id=f"p{n}",
            title=f"岗位{n}",
            employer_name="某公司",
            regions=["360100"],
            description="职责" * 200,
        )
        for n in range(300)
    ]
    store.upsert([*postings, *(Graduate(tenant="demo", id=f"g{n}", summary="自述" * 50) for n in range(count))])
    campaigns, now = Campaigns(store), time.time_ns() // 1000
    campaigns.create(Campaign("c", channel="hook"))
    drafts = [
        Draft(
            f"{n:020x}",
            f"demo:g{n}",
            tuple(Item(f"a:p{(n * 7 + r) % 300}", r, why=("专业对口：会计学",)) for r in (1, 2, 3)),
            now,
            now + _DAY,
        )
        for n in range(count)
    ]
    campaigns.write_night("n", "c", drafts, day=date(2026, 6, 15))


def _bare(count: int, url: str) -> tuple[float, float]:
    """Bare requests a second by our own courier, and their CPU milliseconds."""
    hook = Webhook(Target(url, _SECRET, 10.0, 1, 4), acknowledges=True)
    letters = [
        Letter(f"{n:020x}", f"demo:g{n}", "c", "s", "k" * 130, "l" * 900, "", {"postings": []}) for n in range(count)
    ]
    begun, cpu = time.perf_counter(), time.process_time()
    hook.deliver(letters, claim="k")
    rate, spent = count / (time.perf_counter() - begun), 1e3 * (time.process_time() - cpu) / count
    hook.close()
    return rate, spent


def _general(count: int, url: str) -> tuple[float, float]:
    """Requests of the same size by a general client with as many threads."""
    with httpx.Client(trust_env=False) as client, ThreadPoolExecutor(4) as pool:
        post = lambda n: client.post(url, content=b"x" * 1_600, headers={"idempotency-key": f"{n:020x}"})  # noqa: E731
        begun, cpu = time.perf_counter(), time.process_time()
        list(pool.map(post, range(count)))
        return count / (time.perf_counter() - begun), 1e3 * (time.process_time() - cpu) / count


def _receive(listening: socket.socket) -> None:
    while True:
        threading.Thread(target=_talk, args=(listening.accept()[0],), daemon=True).start()


def _talk(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as stream:
        while line := stream.readline():
            length, key, batched = 0, b"", False
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                name = name.lower()
                length = int(value) if name == b"content-length" else length
                key = value.strip() if name == b"idempotency-key" else key
                batched = batched or (name == b"content-type" and b"batch" in value)
            body = stream.read(length)
            told = orjson.dumps([{"id": e["id"], "accepted": True} for e in orjson.loads(body)]) if batched else b""
            head = b"HTTP/1.1 200 OK\r\nIdempotency-Key: %b\r\nContent-Length: %d\r\n\r\n" % (key, len(told))
            connection.sendall(head + told)


def _target(name: str, value: float, goal: float) -> dict[str, Any]:
    return {"name": name, "value": value, "goal": f">= {goal:g}", "unit": "/s", "met": value >= goal}
