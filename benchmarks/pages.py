"""Organisers' pages at 100,000 graduates of one platform: server time of every page, of the live counts, of a list.

The server is `gradmatch serve` in a process of its own, asked over one kept connection as a browser asks: by session
cookie. With ``--home DIR`` the world is kept there, and a later run goes on from it; ``--size`` says how many
graduates.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import psutil

from benchmarks._pages_world import Ready, ready_in, took
from benchmarks.http import World, server
from matching.store import Lists, Store

_ASKS = 15
_GOAL = 300.0
_ROWS = {"HX-Request": "true", "HX-Target": "found"}


class _Page(NamedTuple):
    """What is asked: by address, or by a form where there are fields; a part of a page where htmx asks."""

    path: str
    fields: dict[str, str] | None = None
    part: bool = False


def run(quick: bool) -> dict[str, Any]:
    """Measure; 10,000 graduates when `quick`."""
    with tempfile.TemporaryDirectory(prefix="gradmatch-bench-") as folder:
        return run_in(Path(folder), 10_000 if quick else 100_000)


def run_in(home: Path, count: int) -> dict[str, Any]:
    """Measure in a folder, which is set up where it is not yet."""
    ready = ready_in(home, count)
    with Store.open(ready.settings.store) as store:
        fair, many = (Lists(store).get(event.key) for event in (ready.fair, ready.many))
    asked = [fair.guests[0].graduate]
    with server(World(home, ready.settings, ready.key, asked, [])) as (port, process, _):
        browser = _Browser(port, ready.key)
        times = {name: _times(browser, process, one) for name, one in _pages(ready, fair.guests[0].graduate)}
        wholes = [
            (f"{name}{what}", _times(browser, process, one, asks=3))
            for name, event in (("", ready.fair), ("many: ", ready.many))
            for what, one in _files_of(f"/events/{event.key}")
        ]
        begun = time.perf_counter()
        browser.send("GET", "/suggest/found?weeks=4")
        suggested = time.perf_counter() - begun
    invited = sum(guest.status == "invited" for guest in fair.guests)
    return {
        "name": "pages",
        "size": {"graduates": count, "guests": len(fair.guests), "many": len(many.guests)},
        "targets": [
            {"name": f"{name}, median", "value": round(ms, 1), "goal": _GOAL, "unit": "ms", "met": ms <= _GOAL}
            for name, (ms, _) in times.items()
        ],
        "peers": [
            {"name": "suggestions (they follow their page)", "value": round(suggested, 1), "unit": "s"},
            *({"name": f"{name}, the whole list", "value": round(ms, 1), "unit": "ms"} for name, (ms, _) in wholes),
            *({"name": f"{name}, CPU", "value": round(ms, 1), "unit": "ms"} for name, (_, ms) in times.items()),
        ],
        "notes": [
            f"the fair: {fair.about['eligible']} people of the theme, {len(fair.about['hosts'])} employers, "
            f"{invited} invited, {len(fair.guests)} on the list; many: {len(many.guests)} invited, kept as it is",
            *took(home),
            f"{_ASKS} asks each; load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        ],
    }


def _pages(ready: Ready, guest: str) -> Iterator[tuple[str, _Page]]:
    """Every page by name; those of one event for the fair, and for the event on which everybody is."""
    yield "events", _Page("/events?when=all")
    for name, event in (("", ready.fair), ("many: ", ready.many)):
        for page, one in _of_event(f"/events/{event.key}", guest):
            yield f"{name}{page}", one
    form = {"title": "x", "kind": "fair", "which": "chosen", "industries": ready.fair.industries[0], "region": "南昌市"}
    yield "wizard, theme", _Page(f"/events/{ready.fair.key}/edit")
    yield "wizard, employers", _Page("/wizard", {**form, "step": "theme", "go": "employers"})
    yield (
        "wizard, employers, every theme",
        _Page("/wizard", {"title": "x", "kind": "fair", "step": "theme", "go": "employers"}),
    )
    yield "wizard, confirm", _Page("/wizard", {**form, "which": "all", "step": "rules", "go": "confirm"})
    yield "live counts, everybody", _Page("/wizard/counts", {"seats": "800", "kind": "fair"})
    yield "live counts, two classes of majors", _Page("/wizard/counts", {"majors": "机械类、计算机类"})
    yield "suggestions, the page", _Page("/suggest")


def _of_event(here: str, guest: str) -> list[tuple[str, _Page]]:
    word = quote("大学")
    return [
        ("event", _Page(here)),
        ("list, first page", _Page(f"{here}/list")),
        ("list, page 40", _Page(f"{here}/list?status=all&page=40")),
        ("list, waiting", _Page(f"{here}/list?status=waiting")),
        ("list, to print", _Page(f"{here}/print?status=all")),
        ("list, filtered by a word", _Page(f"{here}/list?status=all&text={word}", part=True)),
        ("rules", _Page(f"{here}/rules")),
        ("charts", _Page(f"{here}/charts")),
        ("timetable", _Page(f"{here}/timetable")),
        ("answers and the next wave", _Page(f"{here}/answers")),
        ("answers, filtered by a word", _Page(f"{here}/answers?text={word}", part=True)),
        ("answers, one is kept", _Page(f"{here}/answers", {"yes": guest}, part=True)),
        ("the day", _Page(f"{here}/day")),
        ("the day, one is there", _Page(f"{here}/day", {"yes": guest}, part=True)),
        ("outcomes", _Page(f"{here}/outcomes")),
        ("outcomes, page 20", _Page(f"{here}/outcomes?page=20", part=True)),
    ]


def _files_of(here: str) -> list[tuple[str, _Page]]:
    """The list as a whole, to keep, which no page waits for."""
    return [
        ("CSV", _Page(f"{here}/file/csv")),
        ("calendars", _Page(f"{here}/file/ics")),
        ("Excel", _Page(f"{here}/file/xlsx")),
    ]


class _Browser:
    """A session over one kept connection."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self._cookie = ""
        self._token = self._found(self.send("GET", "/login")[1])
        self.send("POST", "/login", {"key": key})
        self._token = self._found(self.send("GET", "/events")[1])

    def send(
        self, method: str, path: str, fields: dict[str, str] | None = None, *, part: bool = False
    ) -> tuple[str, str]:
        """Where an answer leads, and its text."""
        body = urlencode({"token": self._token, **fields}) if fields is not None else None
        headers = {
            "Cookie": self._cookie,
            "Content-Type": "application/x-www-form-urlencoded",
            **(_ROWS if part else {}),
        }
        self._connection.request(method, f"/organiser{path}", body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode(errors="replace")
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[-600:]}")
        self._cookie = (answer.headers.get("Set-Cookie") or self._cookie).partition(";")[0]
        return (answer.headers.get("Location") or "").removeprefix("/organiser"), text

    @staticmethod
    def _found(text: str) -> str:
        found = re.search(r'name="token" value="([^"]+)"', text)
        assert found
        return found[1]


def _times(browser: _Browser, process: psutil.Process, asked: _Page, *, asks: int = _ASKS) -> tuple[float, float]:
    """Milliseconds until the whole answer is there, the median; and of computing, the mean: it does not see others."""
    times, before = [], _cpu(process)
    for _ in range(asks):
        begun = time.perf_counter()
        browser.send("POST" if asked.fields is not None else "GET", asked.path, asked.fields, part=asked.part)
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times[asks // 7 :]), 1000 * (_cpu(process) - before) / asks


def _cpu(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)
