"""Crash runs: planner, senders and server killed at random moments, a receiver that answers late, twice or never.

Every run: sixteen people, four campaigns that together plan more than anyone's budget, one of them half planned anew
while it is sent, two senders, the service's route for taps; something is killed every tenth of a second, the clock is
set back and forth, quiet hours begin or end in the middle. Every other run is on PostgreSQL, which is killed and
started again now and then. Then time goes on until nothing waits, and `benchmarks._crash_check` counts. ``--part
2/25`` does a part of the runs, ``--sum FILES`` adds parts up.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import socket
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from benchmarks import _crash_check as check
from benchmarks import _crash_parts as parts
from benchmarks._crash_parts import TRAPS, World
from benchmarks._crash_stores import Files, Place, Server, Stores, can_serve

_FORK = multiprocessing.get_context("fork")
_HOUR = 3_600_000_000
_CONTROLS = 4
"""Runs of each broken sender, in turn on each store."""
_EDGES = ("21:29:58", "07:59:59", "12:00:00")
"""When runs begin, in China: quiet soon, quiet still, an ordinary noon; on a day so far off that no link has ended."""
_STORES = ("SQLite", "PostgreSQL")
WRONG = (
    "duplicate messages", "duplicate pairs", "over budget", "without a rest between", "in quiet hours", "after a stop",
    "not signed", "lost", "without a reason", "sent, never got", "suppressed, but got", "other postings than told",
)  # fmt: skip


Counts = dict[str, dict[str, Counter[str]]]
"""Store → wrong, events → name → how often."""


def run(quick: bool, part: tuple[int, int] = (1, 1)) -> dict[str, Any]:
    """500 runs (20 when `quick`), or a part of them, then some with a broken sender in a trap, which must be caught.

    A sound sender is set the same traps, and must come through.

    Parameters
    ----------
    quick : bool
    part : (int, int)
        The how-manieth part of how many; the broken senders belong to the first.
    """
    number, parts_ = part
    seeds = range(20 if quick else 500)[number - 1 :: parts_]
    begun, found = time.perf_counter(), many(seeds)
    caught: dict[str, int] = {}
    if number == 1:
        for name, trap in TRAPS.items():
            caught[name] = sum(
                wrong_at_all(many([seed], broken=name, trap=trap, stores=_STORES[seed % 2]))
                for seed in range(_CONTROLS)
            )
            _add(found, many(range(_CONTROLS), trap=trap))
    return _told(found, caught, time.perf_counter() - begun)


def wrong_at_all(found: Counts) -> bool:
    """Whether the checker found anything."""
    return any(count for of in found.values() for count in of["wrong"].values())


def _add(found: Counts, more: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
    for store, of in more.items():
        mine = found.setdefault(store, {"wrong": Counter(), "events": Counter()})
        for kind in mine:
            mine[kind].update(of[kind])


def summed(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Parts of the runs as one result."""
    found: Counts = {}
    caught: Counter[str] = Counter()
    for result in results:
        caught.update(result["caught"])
        _add(found, result["counts"])
    return _told(found, dict(caught), sum(result["seconds"] for result in results))


def _told(found: Counts, caught: dict[str, int], seconds: float) -> dict[str, Any]:
    wrong = sum((of["wrong"] for of in found.values()), Counter())
    targets = [_target(name, wrong[name], 0, least=False) for name in WRONG]
    targets += [
        _target(f"runs with a {name} sender that are caught, of {_CONTROLS}", times, _CONTROLS)
        for name, times in caught.items()
    ]
    notes = [f"{sum(of['events']['runs'] for of in found.values())} runs in {seconds:.0f} s"]
    for store, of in sorted(found.items()):
        notes += [f"{store}: {name}: {of['events'][name]}" for name in sorted(of["events"])]
    if "PostgreSQL" not in found:
        notes.append("PostgreSQL is not installed here: all runs were on SQLite")
    return {
        "name": "crash",
        "targets": targets,
        "peers": [],
        "notes": notes,
        "counts": {store: {kind: dict(of[kind]) for kind in of} for store, of in found.items()},
        "caught": caught,
        "seconds": seconds,
    }


def many(seeds: Sequence[int], *, broken: str = "", trap: str = "", stores: str = "SQLite PostgreSQL") -> Counts:
    """A run for each of `seeds`, in turn on each of the `stores` that are there: what was wrong, and what happened.

    In a new process, as roles are forked from it: one forked where Polars has run waits for its threads for ever.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        return alone.submit(_many, seeds, broken, trap, stores).result()


def _many(seeds: Sequence[int], broken: str, trap: str, stores: str) -> Counts:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        served = "PostgreSQL" in stores and can_serve()
        own: list[Stores] = [Files(Path(folder))] if "SQLite" in stores or not served else []
        if served:
            own.append(stack.enter_context(Server(Path(folder))))
        found: Counts = {each.name: {"wrong": Counter(), "events": Counter()} for each in own}
        for each in own:
            maker = _FORK.Process(target=_fill, args=(each.template,))  # so that no store is open here
            maker.start()
            maker.join()
        for turn, seed in enumerate(seeds):
            each = own[turn % len(own)]
            wrong, events = Run(Path(folder) / str(seed), each.place(seed), seed, broken, trap=trap).go()
            found[each.name]["wrong"].update(wrong)
            found[each.name]["events"].update(events)
            found[each.name]["events"]["runs"] += 1
    return found


def _fill(url: str) -> None:
    """The people and postings of every run."""
    from matching.standard.records import Graduate, Posting
    from matching.store import Store

    with Store.open(url) as store:
        store.upsert([Graduate(tenant="demo", id=f"g{n}") for n in range(parts.PEOPLE)])
        store.upsert([Posting(tenant="demo", id=f"p{n}", title=f"岗位{n}") for n in range(parts.POSTINGS)])
        store.database.forget()


class Run:
    """One run."""

    def __init__(self, folder: Path, place: Place, seed: int, broken: str, *, trap: str = "") -> None:
        folder.mkdir()
        self.place = place
        self.world = World(folder, place.url, seed, keys=not broken and seed // 2 % 2 == 1, trap=trap)
        self.times, self.dice, self.broken = parts.Times(folder), random.Random(seed), broken
        edge = datetime.fromisoformat(f"2030-06-17T{_EDGES[seed // 4 % 3]}+08:00") - timedelta(
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
            if self.place.restart is not None and self.dice.random() < 0.12:
                how = self.dice.choice(["immediate", "immediate", "fast"])
                self.place.restart(how)
                self.events[f"restarts of the database ({how})"] += 1
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
        self.place.wait()
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
        rows = self.place.rows()
        acts = check.read_acts(self.world.folder / "acts")
        self.events += check.happened(rows, acts)
        found = check.judge([*planned, *(rows.keys() - set(planned))], rows, acts, self.stops)
        found["not signed"] = int((self.world.folder / "unsigned").exists())
        shutil.rmtree(self.world.folder)
        self.place.remove()
        return found, self.events


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
