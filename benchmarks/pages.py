"""Organisers' pages at 100,000 graduates of one platform: server time of every page, of the live counts, of a list.

The world is the sample province moved to one tenant, with the hashing encoder; the server is `gradmatch serve` in a
process of its own, asked over one kept connection as a browser asks: by session cookie.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.http import World, batches, server
from matching.build import build
from matching.encoders import open_encoder
from matching.question import CHINA
from matching.sample import SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.standard.records import Event, Record
from matching.store import Keys, Lists, Store

_TENANT = "sample-jiangxi"
_SETTINGS = '[encoder]\nname = "hashing"\n'
_ASKS = 25
_GOAL = 300.0


def run(quick: bool) -> dict[str, Any]:
    """Measure; 10,000 graduates when `quick`."""
    count = 10_000 if quick else 100_000
    with tempfile.TemporaryDirectory(prefix="gradmatch-bench-") as folder:
        world, event = _world(Path(folder), count)
        with server(world) as (port, _, _):
            browser = _Browser(port, world.key)
            begun = time.perf_counter()
            browser.finish(browser.post(f"/events/{event.key}/make", base=""))
            listed = time.perf_counter() - begun
            browser.finish(browser.post(f"/events/{event.key}/timetable"))
            times = {name: _median(browser, path) for name, path in _pages(event)}
            times["live counts, everybody"] = _median(browser, "", seats="800", kind="fair")
            times["live counts, two classes of majors"] = _median(browser, "", majors="机械类、计算机类")
        with Store.open(world.settings.store) as store:
            held = Lists(store).get(event.key)
    invited = sum(guest.status == "invited" for guest in held.guests)
    return {
        "name": "pages",
        "size": {"graduates": count, "guests": len(held.guests)},
        "targets": [
            {"name": f"{name}, median", "value": round(ms, 1), "goal": _GOAL, "unit": "ms", "met": ms <= _GOAL}
            for name, ms in times.items()
        ],
        "notes": [
            f"the list: {held.about['eligible']} people of the theme, {len(held.about['hosts'])} employers, "
            f"{invited} invited, {len(held.guests)} on the list; made in {listed:.1f} s",
            f"{_ASKS} asks each; load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        ],
    }


def _world(home: Path, count: int) -> tuple[World, Event]:
    (home / "settings.toml").write_text(_SETTINGS, encoding="utf-8")
    settings = Settings(home=home, encoder=EncoderSettings(name="hashing"))
    today = datetime.now(CHINA)
    province = SampleProvince(1, graduates=count, postings=count // 5, today=today.date())
    begins = (today + timedelta(days=10)).replace(hour=9, minute=0, second=0, microsecond=0)
    event = Event(
        tenant=_TENANT, id="fair", title="软件和机械专场招聘会", starts_at=begins, ends_at=begins + timedelta(hours=3),
        majors=["机械类", "计算机类"], industries=["信息传输、软件和信息技术服务业"], region="360100",
        seats=400, tables=2,
    )  # fmt: skip
    with Store.open(settings.store) as store:
        for records in (province.graduates(), province.protected(), province.postings(), province.events()):
            for batch in batches(_moved(records), 2_000):
                store.upsert(batch)
        store.upsert([event])
        build(store, open_encoder(settings), settings)
        key = Keys(store).create(_TENANT, "read", "write")
    asked = [f"{_TENANT}:{one.id}" for one in province.graduates(0, 50) if one.status == "seeking"]
    return World(home, settings, key, asked, []), event


def _moved(records: Iterable[Record]) -> Iterable[Record]:
    return (record.model_copy(update={"tenant": _TENANT}) for record in records)


def _pages(event: Event) -> list[tuple[str, str]]:
    here = f"/events/{event.key}"
    return [
        ("events", "/events?when=all"), ("event", here), ("list, first page", f"{here}/list"),
        ("list, filtered by a word", f"{here}/list?status=all&text=%E5%A4%A7%E5%AD%A6"), ("rules", f"{here}/rules"),
        ("charts", f"{here}/charts"), ("timetable", f"{here}/timetable"), ("wizard", f"{here}/edit"),
    ]  # fmt: skip


class _Browser:
    """A session over one kept connection."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self._cookie = ""
        self._token = self._found(self.send("GET", "/login")[1])
        self.send("POST", "/login", {"key": key})
        self._token = self._found(self.send("GET", "/events")[1])

    def send(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[str, str]:
        """Where an answer leads, and its text."""
        body = urlencode({"token": self._token, **fields}) if fields is not None else None
        headers = {"Cookie": self._cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request(method, f"/organiser{path}", body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[-600:]}")
        self._cookie = (answer.headers.get("Set-Cookie") or self._cookie).partition(";")[0]
        return (answer.headers.get("Location") or "").removeprefix("/organiser"), text

    def post(self, path: str, **fields: str) -> str:
        """Where a form leads."""
        return self.send("POST", path, fields)[0]

    def finish(self, path: str) -> None:
        """Wait for a job."""
        while True:
            ahead, text = self.send("GET", path)
            if ahead:
                return
            if 'every 1s"' not in text:
                raise RuntimeError(text[-1500:])
            time.sleep(0.2)

    @staticmethod
    def _found(text: str) -> str:
        found = re.search(r'name="token" value="([^"]+)"', text)
        assert found
        return found[1]


def _median(browser: _Browser, path: str, **fields: str) -> float:
    """Milliseconds of a page; with fields, of the counts that follow a form."""
    times = []
    for _ in range(_ASKS):
        begun = time.perf_counter()
        browser.send("POST", "/wizard/counts", fields) if fields else browser.send("GET", path)
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times[2:])
