"""The parts of a crash run, each a process that may be killed at any moment: planner, senders, server, receiver.

They are forked from a driver that has imported everything, so that a start costs milliseconds. Time is the machine's,
moved: `base` puts the run beside the edge of quiet hours, `passed` is time that has gone by (clocks and ticks both
show it), `jump` is what someone set the clock by (only the clock shows it).
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import uvicorn
from anyio import CapacityLimiter
from fastapi import FastAPI

from api import routes_taps
from matching.errors import StoreError
from matching.sending.hours import Hours
from matching.sending.letter import Writer
from matching.sending.links import Links, secret_of
from matching.sending.loop import Manners, Sender
from matching.sending.moment import ClockSet
from matching.sending.webhook import Target, Webhook, is_signed
from matching.store import Campaign, Campaigns, Draft, Item, Outbox, Overtaken, Result, Store, Verdict, standing
from matching.store.claiming import Terms

SECRET = b"crash-run-secret"
QUIET = "21:30-08:00"
IN_WINDOW, WINDOW, GAP = 3, 7 * 86_400_000_000, 1_500_000
TIMEOUT = 0.25
MARGIN = 0.8
"""Seconds before quiet hours in which nothing is claimed any more."""
PEOPLE, POSTINGS, CAMPAIGNS = 16, 12, 4
LATE, SOON = 86_400_000_000, 3_600_000_000
ANEW_LEAST = PEOPLE // 4
"""Messages that are surely planned anew in a run: every other one of the half that nothing can claim before."""


class World(NamedTuple):
    """One run: where its files are, which store, whether the receiver acknowledges keys, and which trap is set.

    Attributes
    ----------
    trap : str
        ``"silence"``: a letter that comes for the first time arrives, and is not answered. ``"kill"``: the first sender
        that is told of an arrival is killed before it can write that down.
    """

    folder: Path
    url: str
    seed: int
    keys: bool
    trap: str = ""


class Times:
    """`base`, `passed`, `jump` in microseconds, shared through a file of three numbers."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "times"

    def write(self, base: int, passed: int, jump: int) -> None:
        draft = self._path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(struct.pack("qqq", base, passed, jump))
        draft.replace(self._path)

    def read(self) -> tuple[int, int, int]:
        base, passed, jump = struct.unpack("qqq", self._path.read_bytes())
        return base, passed, jump

    def true(self) -> int:
        """What time it really is."""
        base, passed, _ = self.read()
        return time.time_ns() // 1000 + base + passed

    def wall(self) -> int:
        base, passed, jump = self.read()
        return time.time_ns() // 1000 + base + passed + jump

    def ticks(self) -> int:
        return time.monotonic_ns() // 1000 + self.read()[1]

    def boot(self) -> str:
        return "run"


def drafts(world: World, campaign: int, begin: int) -> list[Draft]:
    """What a campaign plans: for everyone two postings, more in all than anyone's budget.

    Half of the last one's is not due while things are killed, so that a planner always finds something to plan anew.
    """
    dice = random.Random(world.seed * 31 + campaign)
    waits = SOON if campaign == CAMPAIGNS - 1 else 0
    return [
        Draft(
            f"{world.seed:08x}{campaign:02x}{person:04x}",
            f"demo:g{person}",
            tuple(Item(f"demo:p{p}", rank, 1.0) for rank, p in enumerate(dice.sample(range(POSTINGS), 2), start=1)),
            begin + waits * (person % 2),
            begin + LATE,
        )
        for person in range(PEOPLE)
    ]


def planner(world: World, begin: int) -> None:
    """Write every campaign's night, and half of the last one anew; begun again after a kill."""
    with _opened(world) as store:
        campaigns = Campaigns(store)
        for number in range(CAMPAIGNS):
            _insist(lambda n=number: campaigns.create(Campaign(f"c{n}", channel="hook")))
            _insist(
                lambda n=number: campaigns.write_night(f"n{n}", f"c{n}", drafts(world, n, begin), day=date(2026, 6, 15))
            )

        last, again = f"c{CAMPAIGNS - 1}", drafts(world, CAMPAIGNS, begin)
        while not _insist(lambda: _anew(store, last, again)):
            time.sleep(0.02)


def _anew(store: Store, campaign: str, again: list[Draft]) -> bool:
    """Put other messages in the place of half of those that wait, once; whether that is done, or nothing waits."""
    campaigns, before = Campaigns(store), standing(store, campaign)
    if before is None or "anew" in campaigns.nights(campaign):
        return True
    waits = sorted(set(before.pairs.select("message", "graduate").iter_rows()))[::2]
    theirs = {graduate for _, graduate in waits}
    try:
        return campaigns.write_night(
            "anew",
            campaign,
            [draft for draft in again if draft.graduate in theirs],
            day=before.day,
            instead_of=[message for message, _ in waits],
        )
    except Overtaken:
        return False


class Careless(Outbox):
    """A broken outbox, to be caught: what is unclear is taken for not sent, and is sent again."""

    def settle(self, name: str, results: Any, **other: Any) -> None:  # noqa: ANN401
        super().settle(
            name,
            [r._replace(verdict=Verdict.NOT_SENT, again=0) if r.verdict is Verdict.UNCLEAR else r for r in results],
            **other,
        )


class Forgetful(Outbox):
    """Another: what a killed sender had claimed is sent again."""

    def recover(self, *, now: int, lease: int, **_: Any) -> int:  # noqa: ANN401
        stale = self.letters_claimed(now - lease)
        for message, claim in stale:
            super().settle(claim, [Result(message, Verdict.NOT_SENT, "again", 0)], now=now, repeats=False)
        return len(stale)

    def letters_claimed(self, before: int) -> list[tuple[str, str]]:
        from sqlalchemy import text

        asked = text("SELECT id, claim FROM push_messages WHERE state = 'claimed' AND claimed <= :before")
        with self._database.reading() as connection:
            return [(row.id, row.claim) for row in connection.execute(asked, {"before": before})]


BROKEN: dict[str, type[Outbox]] = {"": Outbox, "careless": Careless, "forgetful": Forgetful}
TRAPS = {"careless": "silence", "forgetful": "kill"}
"""What each broken sender surely falls into, whatever the machine's load; a sound one bears both."""


def _trapped(outbox: Outbox, world: World) -> Outbox:
    """The outbox of a sender that dies between an arrival and its own knowledge of it, once a run."""
    settle = outbox.settle

    def dying(name: str, results: Sequence[Result], **other: Any) -> None:  # noqa: ANN401
        sprung = world.folder / "sprung"
        if any(result.verdict is Verdict.SENT for result in results) and not sprung.exists():
            sprung.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        settle(name, results, **other)

    if world.trap == "kill":
        outbox.settle = dying  # type: ignore[method-assign]
    return outbox


def sender(world: World, port: int, broken: str = "", until_idle: bool = False) -> None:
    """Send on and on, or until nothing is due."""
    times = Times(world.folder)
    hours = Hours(QUIET, "Asia/Shanghai", "every", timedelta(seconds=MARGIN))
    terms = Terms("hook", WINDOW, IN_WINDOW, GAP, hours.opens)
    manners = Manners(
        at_once=4,
        lease=timedelta(seconds=1),
        held=timedelta(seconds=0.5),
        backoff=timedelta(milliseconds=50),
        tolerance=timedelta(seconds=1),
        attempts=6,
    )
    with _opened(world) as store:
        target = Target(f"http://127.0.0.1:{port}/", SECRET, TIMEOUT, parallel=4)
        hook = Webhook(target, acknowledges=_insist(lambda: Outbox(store).acknowledges("hook")))
        writer = Writer(Links(secret_of(world.folder), "/p/"))
        own = _insist(lambda: Sender(store, hook, writer, terms=terms, manners=manners, clock=times))
        own._outbox = _trapped(BROKEN[broken](store), world)
        while True:
            try:
                looked = own.step().looked
            except (ClockSet, StoreError):
                looked = 0
            if not looked:
                if until_idle and not _waits(store, times.true()):
                    return
                time.sleep(0.02)


def _waits(store: Store, now: int) -> bool:
    """Whether anything may still be done without time going on."""
    counts = _insist(lambda: Outbox(store).counts())
    due = _insist(lambda: Outbox(store).next_due())
    return bool(counts.get("claimed")) or (due is not None and due <= now + 400_000)


def server(world: World, port: int) -> None:
    """The service's own route for taps, with nothing behind it but the store."""
    with _opened(world) as store:

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            limits = {"lookups": CapacityLimiter(2), "writes": CapacityLimiter(2)}
            app.state.service = SimpleNamespace(store=store, settings=SimpleNamespace(home=world.folder), **limits)
            yield

        app = FastAPI(lifespan=lifespan)
        app.include_router(routes_taps.router)
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical")


def begin_clock(world: World) -> None:
    """See the clock once while it is right, as when sending is set up."""
    times = Times(world.folder)
    with _opened(world) as store:
        Outbox(store).drift(times.boot(), wall=times.wall(), ticks=times.ticks())


class Receiver:
    """Takes letters, and acts on them (once for a key, where it acknowledges keys); answers as the dice say.

    A line of ``acts`` is written before it answers: that is when the person gets the message.
    """

    def __init__(self, world: World) -> None:
        self._world, self._times = world, Times(world.folder)
        self._dice, self._done, self._lock = random.Random(world.seed), set(), threading.Lock()
        self._seen: set[str] = set()
        self._acts = os.open(world.folder / "acts", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def serve(self, listening: socket.socket) -> None:
        while True:
            connection = listening.accept()[0]
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            try:
                while head := _head(stream):
                    body = stream.read(int(head["content-length"]))
                    if not self._answer(connection, head, body):
                        return
            except (OSError, ValueError, KeyError):
                return

    def _answer(self, connection: socket.socket, head: dict[str, str], body: bytes) -> bool:
        if len(body) < int(head["content-length"]):
            return False  # the sender was killed in the middle of it
        if not is_signed(SECRET, head, body):
            (self._world.folder / "unsigned").touch()
        calm = (self._world.folder / "calm").exists()
        mood = "well" if calm else self._dice.choices(*zip(*MOODS, strict=True))[0]
        if self._world.trap == "silence" and self._first(json.loads(body)["id"]):
            mood = "silent"
        if mood not in ("wait", "deaf", "broken", "refuse"):
            self._act(json.loads(body))
        named = f"Idempotency-Key: {head['idempotency-key']}\r\n" if self._world.keys else ""
        if mood == "late":
            time.sleep(TIMEOUT + self._dice.uniform(0.01, 0.3))
        if mood in ("silent", "deaf"):
            return False
        status = {"wait": 429, "broken": 503, "angry": 503, "refuse": 410}.get(mood, 200)
        said = f"HTTP/1.1 {status} x\r\n{named}Content-Length: 0\r\n\r\n".encode()
        connection.sendall(said * (2 if mood == "twice" else 1))
        return True

    def _first(self, message: str) -> bool:
        with self._lock:
            new = message not in self._seen
            self._seen.add(message)
        return new

    def _act(self, event: dict[str, Any]) -> None:
        with self._lock:
            if self._world.keys and event["id"] in self._done:
                return
            self._done.add(event["id"])
            told = {
                "at": self._times.true(),
                "message": event["id"],
                "graduate": event["subject"],
                "postings": [p["key"] for p in event["data"]["postings"]],
                "stop": event["data"]["links"]["stop"],
            }
            os.write(self._acts, json.dumps(told).encode() + b"\n")


MOODS = [
    ("well", 60), ("late", 8), ("silent", 7), ("deaf", 5), ("twice", 8), ("wait", 4), ("broken", 3), ("angry", 3),
    ("refuse", 2),
]  # fmt: skip
"""How a receiver answers, and how often of a hundred times."""


def _head(stream: Any) -> dict[str, str]:  # noqa: ANN401
    line, found = stream.readline(), {}
    if not line:
        return {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().partition(":")
        found[name.strip().lower()] = value.strip()
    return found


def _opened(world: World) -> Store:
    return _insist(lambda: Store.open(world.url))  # type: ignore[no-any-return]


def _insist(work: Callable[[], Any]) -> Any:  # noqa: ANN401
    """Do it, again while the database is away."""
    while True:
        try:
            return work()
        except StoreError:
            time.sleep(0.05)
