"""A day of churn in minutes: a writer in a process of its own, readers all the time, everything counted.

The writer changes 5 % of the rows an hour of the day that is played: new and rewritten postings, closings, expiries,
postings that fill up, deletions, changed graduates. Meanwhile readers ask, live rows are compacted, and checks hold
the state against brute force and, at the end, against the store.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from matching.build import build
from matching.compaction import is_due
from matching.eligibility import Rules
from matching.live import Live
from matching.question import Question
from matching.rowset import row_set
from matching.sample import DEFAULT_TODAY, SampleProvince
from matching.settings import EncoderSettings, ServiceSettings, Settings
from matching.snapshot import Snapshots
from matching.standard.records import Posting, Record
from matching.state import State
from matching.store import Store
from models.hashing import HashingEncoder
from models.similarity import ranked, similarity_of

_K = 50
_HOUR = 0.05
"""Share of the rows that change in an hour."""
_BATCH = 10
_THINK = 0.02
"""Seconds between two questions of a reader: two who never pause would measure only who gets the processor."""
_WRITER = "import sys; from benchmarks._soak import write; write(*sys.argv[1:])"


@dataclass
class Soak:
    """What was seen."""

    counts: Counter[str] = field(default_factory=Counter)
    lags: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    live_rows: list[int] = field(default_factory=list)
    recalls: list[float] = field(default_factory=list)
    snapshots: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def soak(home: Path, *, records: int, hours: float, rate: float, least: int) -> Soak:
    """Play `hours` of churn over `records` graduates and as many postings, `rate` changes a second.

    Parameters
    ----------
    least : int
        Changed rows from which on live rows are compacted.
    """
    service = ServiceSettings(compact_least=least, follow_seconds=0.1)
    settings = Settings(home=home, encoder=EncoderSettings(name="hashing"), service=service)
    province = SampleProvince(1, graduates=records, postings=records)
    with Store.open(settings.store) as store:
        for part in (province.graduates(), province.postings()):
            _filled(store, part)
        build(store, HashingEncoder(), settings)
        seen = Soak()
        with Live(store, HashingEncoder(), settings, problem=lambda e: seen.problems.append(str(e))) as live:
            changes = int(hours * _HOUR * 2 * records)
            _played(live, settings, seen, [str(home), str(records), str(changes), str(rate)])
            _caught_up(live, settings, seen)
            _against_store(live.matcher.state, store, seen)
    return seen


def _filled(store: Store, records: Iterable[Record]) -> None:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == 2_000:
            store.upsert(batch)
            batch = []
    store.upsert(batch)


def _played(live: Live, settings: Settings, seen: Soak, arguments: list[str]) -> None:
    records = int(arguments[1])
    asked = [g.key for g in SampleProvince(1, graduates=records, postings=records).graduates(0, 400)]
    stop, wrote = threading.Event(), deque[tuple[int, float]]()
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, *arguments], stdout=subprocess.PIPE, text=True)
    threads = [threading.Thread(target=_read, args=(live, asked, at, seen, stop), daemon=True) for at in range(2)]
    threads += [threading.Thread(target=_listen, args=(writer, wrote, seen), daemon=True)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    checked = begun
    while threads[-1].is_alive() or wrote:
        while wrote and live.matcher.state.change >= wrote[0][0]:
            seen.lags.append(time.monotonic() - wrote.popleft()[1])
        if time.perf_counter() - checked > 1.0:
            checked = time.perf_counter()
            _looked(live.matcher.state, asked, settings, seen)
        time.sleep(0.002)
    seen.seconds = time.perf_counter() - begun
    if writer.wait():
        raise RuntimeError("the writer failed")
    stop.set()
    for thread in threads:
        thread.join()
    assert writer.stdout is not None
    writer.stdout.close()


def _listen(writer: subprocess.Popen[str], wrote: deque[tuple[int, float]], seen: Soak) -> None:
    assert writer.stdout is not None
    for line in writer.stdout:
        told = json.loads(line)
        wrote.append((told["change"], told["at"]))
        seen.counts.update(told["did"])


def _read(live: Live, asked: list[str], at: int, seen: Soak, stop: threading.Event) -> None:
    question = Question(k=10, today=DEFAULT_TODAY)
    while not stop.is_set():
        at = (at + 7) % len(asked)
        matcher, begun = live.matcher, time.perf_counter()
        if matcher.state.graduates.row_of(asked[at]) is None:
            continue
        matcher.postings_for(asked[at], question)
        seen.answers.append(time.perf_counter() - begun)
        time.sleep(_THINK)


def _looked(state: State, asked: list[str], settings: Settings, seen: Soak) -> None:
    """Memory, live rows, the snapshot, and the recall of one question against brute force."""
    seen.memory.append(own_memory())
    seen.live_rows.append(len(state.postings) - state.postings.vectors.built)
    if not seen.snapshots or seen.snapshots[-1] != state.name:
        seen.snapshots.append(state.name)
    key = asked[len(seen.memory) % len(asked)]
    if state.graduates.row_of(key) is not None:
        seen.recalls.append(recall(state, key))


def recall(state: State, key: str) -> float:
    """Of the nearest 50 that every rule asked of every row allows: the share that the search finds."""
    side, rules = state.postings, Rules(DEFAULT_TODAY)
    rows = np.array([state.graduates.row_of(key)], np.int64)
    asker, query = state.graduates.at(rows), state.graduates.vectors.vectors(rows)[0]
    every = np.flatnonzero(side.alive & rules.allowed(asker, side.at(slice(None))))
    truth = ranked(every, similarity_of(side.vectors.vectors(every), query), _K).rows
    allowed = row_set(side, asker, rules)
    found = side.vectors.search(query, _K, allowed.mask, cells=allowed.cells).rows
    return 1.0 if not len(truth) else len(np.intersect1d(truth, found)) / len(truth)


def own_memory() -> float:
    """MiB of this process that no file stands behind."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return float("nan")


def _caught_up(live: Live, settings: Settings, seen: Soak) -> None:
    """Wait until all is followed and the last compaction has ended."""
    until, snapshots = time.monotonic() + 120, Snapshots(settings.snapshots)

    def is_busy() -> bool:
        state = live.matcher.state
        return live.behind > 0 or is_due(state, settings) or snapshots.current() != state.name

    while is_busy() and time.monotonic() < until:
        time.sleep(0.05)
    seen.counts["behind at the end"] = live.behind
    seen.live_rows.append(len(live.matcher.state.postings) - live.matcher.state.postings.vectors.built)
    if seen.snapshots[-1] != live.matcher.state.name:
        seen.snapshots.append(live.matcher.state.name)


def _against_store(state: State, store: Store, seen: Soak) -> None:
    """The state's live records are the store's, byte for byte."""
    for type_name, side in (("graduate", state.graduates), ("posting", state.postings)):
        rows = np.flatnonzero(side.alive)
        held = dict(zip(side.keys[rows].tolist(), rows.tolist(), strict=True))
        seen.counts["twice"] += len(rows) - len(held)
        for batch in store.scan(type_name):
            for record in batch:
                row = held.pop(record.key, None)
                if row is None:
                    seen.counts["lost"] += 1
                elif side.body(row) != record.model_dump_json(exclude_defaults=True).encode():
                    seen.counts["stale"] += 1
                seen.counts["compared"] += 1
        seen.counts["ghosts"] += len(held)


def write(home: str, records: str, changes: str, rate: str) -> None:
    """The writer's process: change records at an even rate; a line of JSON for each transaction."""
    settings = Settings(home=Path(home))
    count, chance = int(records), random.Random(3)
    province = SampleProvince(1, graduates=count, postings=count)
    postings = {p.key: p for p in province.postings()}
    keys, fresh, born = list(postings), SampleProvince(2, graduates=1, postings=10**6), 0
    people = [g for g in province.graduates(0, min(count, 5_000)) if g.status == "seeking"]
    with Store.open(settings.store) as store:
        begun, sent = time.monotonic(), 0
        while sent < int(changes):
            put: list[Record] = []
            gone, did = [], Counter[str]()
            for _ in range(_BATCH):
                what = chance.choices(("new", "rewritten", "closed", "expired", "full", "deleted", "graduate"),
                                      (25, 20, 10, 10, 10, 15, 10))[0]  # fmt: skip
                did[what] += 1
                if what == "graduate":
                    person = chance.choice(people)
                    put.append(person.model_copy(update={"major": chance.choice(people).major}))
                    continue
                if what == "new":
                    posting = next(iter(fresh.postings(born, born + 1)))
                    posting = posting.model_copy(update={"id": f"new-{born}"})
                    born += 1
                    keys.append(posting.key)
                else:
                    at = chance.randrange(len(keys))
                    posting = postings[keys[at]]
                    if what == "deleted":
                        keys[at] = keys[-1]
                        keys.pop()
                        gone.append(posting.key)
                        continue
                    posting = posting.model_copy(update=_change(what, posting, sent))
                postings[posting.key] = posting
                put.append(posting)
            store.upsert([record for record in put if record.key not in gone])
            store.delete("posting", gone)
            print(json.dumps({"change": store.last_change(), "at": time.monotonic(), "did": did}), flush=True)
            sent += _BATCH
            time.sleep(max(sent / float(rate) - (time.monotonic() - begun), 0))


def _change(what: str, posting: Posting, number: int) -> dict[str, Any]:
    if what == "closed":
        return {"status": "closed"}
    if what == "expired":
        closes = DEFAULT_TODAY - timedelta(days=1)
        return {"published": min(posting.published or closes, closes), "closes": closes}
    if what == "full":
        return {"headcount": 2, "filled": 2}
    return {"description": f"{posting.description}\n第 {number} 版：负责数据与报表。", "status": "open"}
