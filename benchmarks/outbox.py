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
from datetime import date
from pathlib import Path
from typing import Any

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


def run(quick: bool) -> dict[str, Any]:
    """Send 10,000 letters (2,000 when `quick`), one a request and fifty a request."""
    count, cpu = 2_000 if quick else 10_000, time.process_time()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        receiver = _FORK.Process(target=_receive, args=(listening,), daemon=True)
        receiver.start()
        try:
            batched, many = _timed(count, url, batch=50, parallel=2, at_once=200)
            alone, one = _timed(count, url, batch=1, parallel=4, at_once=100)
            bare = _bare(count // 4, url)
        finally:
            receiver.kill()
            receiver.join()
    return {
        "name": "outbox",
        "targets": [
            _target("sends a second, fifty letters a request", batched, 1_000),
            _target("sends a second, one letter a request", alone, 1_000),
        ],
        "peers": [{"name": "the same requests without an outbox, one letter each", "value": bare, "unit": "/s"}],
        "notes": [
            f"{count} letters of three postings each; states at the end: {many}, {one}",
            f"CPU of the sending process: {1e3 * (time.process_time() - cpu) / (2.25 * count):.2f} ms a letter",
            f"one sending process; load of the machine over the last minute: {os.getloadavg()[0]:.1f}",
        ],
    }


def _timed(count: int, url: str, *, batch: int, parallel: int, at_once: int) -> tuple[float, dict[str, int]]:
    with tempfile.TemporaryDirectory() as folder, Store.open(f"sqlite:///{Path(folder) / 'store.sqlite'}") as store:
        _plan(store, count)
        Outbox(store).acknowledged("hook", now=0)
        hook = Webhook(Target(url, _SECRET, 10.0, batch, parallel), acknowledges=True)
        terms = Terms("hook", 7 * _DAY, 9, 0, lambda wish, now: now)
        own = Sender(store, hook, Writer(Links(b"s" * 32), html=False), terms=terms, manners=Manners(at_once=at_once))
        begun = time.perf_counter()
        done = own.run()
        seconds = time.perf_counter() - begun
        hook.close()
        return done.sent / seconds, Outbox(store).counts()


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


def _bare(count: int, url: str) -> float:
    hook = Webhook(Target(url, _SECRET, 10.0, 1, 4), acknowledges=True)
    letters = [
        Letter(f"{n:020x}", f"demo:g{n}", "c", "s", "k" * 130, "l" * 900, "", {"postings": []}) for n in range(count)
    ]
    begun = time.perf_counter()
    hook.deliver(letters, claim="k")
    seconds = time.perf_counter() - begun
    hook.close()
    return count / seconds


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
