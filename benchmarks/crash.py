"""Crash runs: planner, senders and server killed at random moments, a receiver that answers late, twice or never.

Every run: sixteen people, four campaigns that together plan more than anyone's budget, two senders, the service's
route for taps; something is killed every tenth of a second, the clock is set back and forth, quiet hours begin or end
in the middle. Then time goes on until nothing waits, and `benchmarks._crash_check` counts.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import socket
import sqlite3
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from benchmarks import _crash_check as check
from benchmarks import _crash_parts as parts
from benchmarks._crash_parts import World

_FORK = multiprocessing.get_context("fork")
_HOUR = 3_600_000_000
_EDGES = ("21:29:58", "07:59:59", "12:00:00")
"""When runs begin, in China: quiet soon, quiet still, an ordinary noon; on a day so far off that no link has ended."""
WRONG = (
    "duplicate messages", "duplicate pairs", "over budget", "without a rest between", "in quiet hours", "after a stop",
    "not signed", "lost", "without a reason", "sent, never got", "suppressed, but got", "other postings than told",
)  # fmt: skip


def run(quick: bool) -> dict[str, Any]:
    """500 runs (20 when `quick`), then some with a broken sender that must be caught."""
    count = 20 if quick else 500
    begun = time.perf_counter()
    found, events = many(count)
    caught = {name: many(20, broken=name, until_caught=True)[0] for name in ("careless", "forgetful")}
    targets = [_target(name, found[name], 0, least=False) for name in WRONG]
    targets += [
        _target(f"duplicates that a {name} sender makes are caught", of["duplicate messages"], 1)
        for name, of in caught.items()
    ]
    return {
        "name": "crash",
        "targets": targets,
        "peers": [],
        "notes": [
            f"{count} runs on SQLite in {time.perf_counter() - begun:.0f} s",
            *[f"{name}: {events[name]}" for name in sorted(events)],
        ],
    }


def many(
    count: int, *, broken: str = "", until_caught: bool = False, first: int = 0
) -> tuple[Counter[str], Counter[str]]:
    """So many runs: what was wrong, and what happened."""
    wrong: Counter[str] = Counter()
    events: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        template = _template(Path(folder))
        for seed in range(first, first + count):
            one_wrong, one_events = Run(Path(folder) / str(seed), template, seed, broken).go()
            wrong += one_wrong
            events += one_events
            events["runs"] += 1
            if until_caught and wrong["duplicate messages"]:
                break
    return wrong, events


def _template(folder: Path) -> Path:
    """A store with the people and postings of every run; made in a process of its own, so that none is open here."""
    path = folder / "template.sqlite"
    maker = _FORK.Process(target=_fill, args=(path,))
    maker.start()
    maker.join()
    return path


def _fill(path: Path) -> None:
    from matching.standard.records import Graduate, Posting
    from matching.store import Store

    with Store.open(f"sqlite:///{path}") as store:
        store.upsert([Graduate(tenant="demo", id=f"g{n}") for n in range(parts.PEOPLE)])
        store.upsert([Posting(tenant="demo", id=f"p{n}", title=f"岗位{n}") for n in range(parts.POSTINGS)])
        store.database.forget()


class Run:
    """One run."""

    def __init__(self, folder: Path, template: Path, seed: int, broken: str) -> None:
        folder.mkdir()
        shutil.copy(template, folder / "store.sqlite")
        self.world = World(folder, f"sqlite:///{folder}/store.sqlite", seed, keys=seed % 2 == 1)
        self.times, self.dice, self.broken = parts.Times(folder), random.Random(seed), broken
        edge = datetime.fromisoformat(f"2030-06-17T{_EDGES[seed % 3]}+08:00") - timedelta(
            seconds=self.dice.random() / 2
        )
        self.base = int(edge.timestamp() * 1e6) - time.time_ns() // 1000
        self.times.write(self.base, 0, 0)
        self.alive: dict[str, BaseProcess] = {}
        self.stops: dict[str, int] = {}
        self.events: Counter[str] = Counter()
        self.hook, self.port = _listening(), _free_port()

    def go(self) -> tuple[Counter[str], Counter[str]]:
        """All of it: (what was wrong, what happened)."""
        begin, hook = self.times.true(), self.hook.getsockname()[1]
        receiver = _FORK.Process(target=parts.Receiver(self.world).serve, args=(self.hook,), daemon=True)
        receiver.start()
        roles: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {
            "planner": (parts.planner, (self.world, begin)),
            "sender": (parts.sender, (self.world, hook, self.broken)),
            "second sender": (parts.sender, (self.world, hook, self.broken)),
            "server": (parts.server, (self.world, self.port)),
        }
        try:
            self._finish(parts.begin_clock, (self.world,))
            self._wild(roles)
            self._calm(roles["planner"], hook)
        finally:
            for process in [*self.alive.values(), receiver]:
                _kill(process)
            self.hook.close()
        return self._judged(begin)

    def _wild(self, roles: dict[str, tuple[Callable[..., None], tuple[Any, ...]]]) -> None:
        until = time.monotonic() + self.dice.uniform(1.2, 2.4)
        while time.monotonic() < until:
            for name, (work, given) in roles.items():
                if name not in self.alive:
                    self.alive[name] = _FORK.Process(target=work, args=given, daemon=True)
                    self.alive[name].start()
            time.sleep(self.dice.uniform(0.02, 0.18))
            name = self.dice.choice(sorted(self.alive))
            running = self.alive[name].is_alive()
            if self.dice.random() < (0.2 if name == "server" else 0.7):
                _kill(self.alive.pop(name))
                self.events[f"kills of {name}"] += running
            if self.dice.random() < 0.15:
                jump = self.dice.choice([-3, -1, 1, 3, 24, -48, 200]) * _HOUR
                self.times.write(self.base, 0, jump)
                self.events["clock jumps"] += 1
            else:
                self.times.write(self.base, 0, 0)
            self._tap()

    def _tap(self) -> None:
        """Someone who got something wants no more of it."""
        acts = check.read_acts(self.world.folder / "acts")
        if not acts or self.dice.random() > 0.6:
            return
        act = self.dice.choice(acts)
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{act['stop']}", method="POST")
        try:
            with urllib.request.urlopen(request, timeout=1.0) as answer:
                if answer.status == 200:
                    self.stops.setdefault(act["graduate"], self.times.true())
                    self.events["stops confirmed"] += 1
        except (OSError, urllib.error.URLError):
            self.events["stops not confirmed"] += 1

    def _calm(self, planner: tuple[Callable[..., None], tuple[Any, ...]], hook: int) -> None:
        """The receiver is well again, planner and sender run undisturbed, and time goes on until nothing waits."""
        for process in self.alive.values():
            _kill(process)
        (self.world.folder / "calm").touch()
        time.sleep(parts.TIMEOUT + 0.35)  # what the receiver still has in hand
        last: tuple[Callable[..., None], tuple[Any, ...]] = (parts.sender, (self.world, hook, self.broken, True))
        for passed, works in ((0, [planner, last]), (12, [last]), (26, [last]), (49, [last])):
            self.times.write(self.base, passed * _HOUR, 0)
            for work, given in works:
                self._finish(work, given)

    @staticmethod
    def _finish(work: Callable[..., None], given: tuple[Any, ...]) -> None:
        process = _FORK.Process(target=work, args=given, daemon=True)
        process.start()
        process.join(30)
        _kill(process)

    def _judged(self, begin: int) -> tuple[Counter[str], Counter[str]]:
        planned = [d.id for n in range(parts.CAMPAIGNS) for d in parts.drafts(self.world, n, begin)]
        rows = _rows(self.world.folder / "store.sqlite")
        acts = check.read_acts(self.world.folder / "acts")
        self.events += check.happened(rows, acts)
        found = check.judge(planned, rows, acts, self.stops)
        found["not signed"] = int((self.world.folder / "unsigned").exists())
        shutil.rmtree(self.world.folder)
        return found, self.events


def _rows(path: Path) -> dict[str, check.Row]:
    with closing(sqlite3.connect(path)) as store:
        inside: dict[str, dict[str, str | None]] = {}
        for message, posting, dropped in store.execute("SELECT message, posting, dropped FROM push_items"):
            inside.setdefault(message, {})[posting] = dropped
        found = store.execute("SELECT id, state, reason FROM push_messages")
        return {i: check.Row(i, state, reason, inside.get(i, {})) for i, state, reason in found}


def _kill(process: BaseProcess) -> None:
    if process.pid is not None and process.is_alive():
        process.kill()
    process.join()


def _listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=64)


def _free_port() -> int:
    with _listening() as probe:
        port: int = probe.getsockname()[1]
    return port


def _target(name: str, value: float, goal: float, *, least: bool = True) -> dict[str, Any]:
    met = value >= goal if least else value <= goal
    return {"name": name, "value": value, "goal": f"{'>=' if least else '<='} {goal:g}", "unit": "", "met": met}
