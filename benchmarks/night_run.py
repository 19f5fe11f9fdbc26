"""The night run: what everyone's best 20 cost, stage by stage, at three sizes; the search beside brute force in numpy.

The world is the sample province with the hashing encoder at 384 numbers, a fifth of its people asked at most. Times are
CPU seconds of one thread (a process a core does the same), by a stopwatch around the functions of the production path;
each size runs in a process of its own, whose greatest memory is told. The peer is one matrix product for many people
(the BLAS of numpy), every rule as a mask over all rows: it answers only which rows are nearest among those allowed.
"""

from __future__ import annotations

import io
import math
import os
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import wraps
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import matching.matcher as asked_path
from matching.build import build
from matching.bulk import rank_block
from matching.eligibility import Rules
from matching.night import open_snapshot
from matching.rowset import row_set
from matching.sample import DEFAULT_TODAY, SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.snapshot import Snapshots
from matching.state import State
from matching.store import Store
from models.hashing import HashingEncoder
from models.ranker import AdditiveRanker

DIM = 384
DEPTH = 200
_STAGES = (
    ("read", asked_path.Matcher, "_at"),
    ("rules", asked_path, "row_set"),
    ("retrieval", asked_path, "find_candidates"),
    ("features", asked_path.Matcher, "_pairs"),
    ("features", asked_path, "pair_features"),
    ("ranker", AdditiveRanker, "contributions"),
    ("order", asked_path, "order"),
    ("write", pq, "write_table"),
)
"""Stage, and where the function of the production path stands that it is."""


def run(quick: bool, part: tuple[int, int] | None = None) -> dict[str, Any]:
    """Measure at 12,500, 25,000 and 50,000 postings when `quick`, else at 40,000, 80,000 and 160,000.

    `part`, the K-th of N, measures every N-th size from the K-th on; `summed` puts parts together.
    """
    sizes = (12_500, 25_000, 50_000) if quick else (40_000, 80_000, 160_000)
    number, of = part or (1, 1)
    return _result([_apart(size, 400) for size in sizes[number - 1 :: of]])


def summed(results: list[dict[str, Any]]) -> dict[str, Any]:
    """The parts of one run as one."""
    measured = [one for result in results for one in result["unit_costs"]]
    return _result(sorted(measured, key=lambda one: int(one["rows"]["postings"])))


def _result(measured: list[dict[str, Any]]) -> dict[str, Any]:
    last = measured[-1]
    return {
        "name": "night-run",
        "size": {"postings": [one["rows"]["postings"] for one in measured], "asked": last["asked"], "dim": DIM},
        "unit_costs": measured,
        "targets": [
            _target("retrieval, of the sgemm peak on the pairs that the rules allow", last["share"], 0.6, "of it"),
            _target("recall of brute force's nearest 200", last["recall"], 1.0, ""),
        ],
        "peers": list(_lines(measured)),
        "notes": [
            f"{one['rows']['postings']:,}: sgemm peak {one['peak'] / 1e9:.1f} GFLOP/s, load {one['load']:.1f}"
            for one in measured
        ],
    }


def _lines(measured: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in measured:
        n, unit = one["rows"]["postings"], "CPU s a thousand graduates"
        yield {"name": f"{n:,}: all", "value": one["total"], "unit": unit}
        for stage, seconds in one["cpu"].items():
            yield {"name": f"{n:,}: {stage}", "value": seconds * 1000 / one["asked"], "unit": unit}
        yield {"name": f"{n:,}: numpy brute force, rules as masks given", "value": one["brute"], "unit": unit}
        yield {"name": f"{n:,}: rows allowed a graduate", "value": one["allowed"], "unit": "rows"}
        yield {"name": f"{n:,}: build, without encoding", "value": one["build_ms"], "unit": "CPU ms a record"}
        yield {"name": f"{n:,}: greatest memory of a process", "value": one["memory"] / 2**20, "unit": "MiB"}
    if len(measured) < 3:
        return
    for name, of in {
        "all": lambda one: one["total"],
        "rules": lambda one: one["cpu"]["rules"],
        "retrieval": lambda one: one["cpu"]["retrieval"],
        "brute force": lambda one: one["brute"],
    }.items():
        yield {"name": f"growth with postings: {name}", "value": exponent(measured, of), "unit": "exponent"}


def exponent(measured: list[dict[str, Any]], of: Callable[[dict[str, Any]], float]) -> float:
    """The slope of cost over postings, both as logarithms, by least squares."""
    places = [math.log(one["rows"]["postings"]) for one in measured]
    return float(np.polyfit(places, [math.log(of(one)) for one in measured], 1)[0])


def sgemm_peak() -> float:
    """Floating-point operations a second of numpy's matrix product, one thread, the best of five."""
    rng = np.random.default_rng(0)
    left, right = rng.random((1024, DIM), np.float32), rng.random((DIM, 4096), np.float32)
    best = math.inf
    with threadpool_limits(1):
        for _ in range(5):
            begun = time.process_time()
            for _ in range(8):
                left @ right
            best = min(best, time.process_time() - begun)
    return 8 * 2 * 1024 * DIM * 4096 / best


def _apart(size: int, asked: int) -> dict[str, Any]:
    """Build and measure one size, each in a process that ends: memory is that of the step alone."""
    with tempfile.TemporaryDirectory(prefix="gradmatch-bench-") as folder:
        built = _in_process(_built, folder, size)
        return {**built, **_in_process(measure, folder, asked)}


def _in_process(function: Callable[..., dict[str, Any]], *given: object) -> dict[str, Any]:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *given).result()


def _settings(folder: str) -> Settings:
    return Settings(home=Path(folder), encoder=EncoderSettings(name="hashing"))


def _built(folder: str, size: int) -> dict[str, Any]:
    settings, province = _settings(folder), SampleProvince(6, graduates=2_000, postings=size)
    with Store.open(settings.store) as store, threadpool_limits(1):
        for records in (province.graduates(), province.postings()):
            source = iter(records)
            while batch := list(islice(source, 5_000)):
                store.upsert(batch)
        begun = time.process_time()
        manifest = build(store, HashingEncoder(DIM), settings)
        seconds = time.process_time() - begun
    home = settings.snapshots / manifest.name
    sizes = {
        side: sum(f.stat().st_size for f in (home / side).iterdir()) / manifest.rows[side] for side in manifest.rows
    }
    return {
        "rows": manifest.rows,
        "build_ms": seconds * 1000 / sum(manifest.rows.values()),
        "build_memory": _memory(),
        "bytes_a_row": sizes,
    }


def measure(folder: str, asked: int) -> dict[str, Any]:
    """The stages' CPU seconds for `asked` people, twenty postings each, and the peer's, with memory and recall."""
    settings = _settings(folder)
    state = open_snapshot(settings, Snapshots(settings.snapshots).current())
    seeking = np.flatnonzero(state.graduates.at(slice(None)).seeking)
    rows = np.sort(np.random.default_rng(0).permutation(seeking)[:asked])
    with threadpool_limits(1):
        rank_block(state, settings, rows[:20], k=20, today=DEFAULT_TODAY)  # pages of the snapshot are in memory now
        seconds: Counter[str] = Counter()
        begun = time.process_time()
        with _stopwatches(seconds):
            table = rank_block(state, settings, rows, k=20, today=DEFAULT_TODAY)
            pq.write_table(table, io.BytesIO(), compression="zstd")
        total = time.process_time() - begun
        memory = _memory()
        peak = sgemm_peak()
        brute, recall, allowed = _against_brute_force(state, settings, rows[:100])
    seconds["rest"] = total - sum(seconds.values())
    return {
        "asked": len(rows),
        "lines": len(table),
        "cpu": dict(seconds),
        "total": total * 1000 / len(rows),
        "memory": memory,
        "brute": brute * 1000 / 100,
        "recall": recall,
        "allowed": allowed,
        "peak": peak,
        "share": 2 * DIM * allowed * len(rows) / seconds["retrieval"] / peak,
        "load": os.getloadavg()[0],
    }


@contextmanager
def _stopwatches(seconds: Counter[str]) -> Iterator[None]:
    def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*given: object, **named: object) -> object:
            begun = time.process_time()
            try:
                return function(*given, **named)
            finally:
                seconds[stage] += time.process_time() - begun

        return call

    with ExitStack() as stack:
        for stage, owner, name in _STAGES:
            stack.enter_context(patch.object(owner, name, timed(stage, getattr(owner, name))))
        yield


def _against_brute_force(state: State, settings: Settings, rows: NDArray[np.int64]) -> tuple[float, float, float]:
    """CPU seconds of one product for all `rows`; the share of its nearest that we find; rows allowed a graduate."""
    own, people, offers = settings.eligibility, state.graduates, state.postings
    rules = Rules(DEFAULT_TODAY, unknown=own.unknown, unstated=own.unstated)
    sets = [row_set(offers, people.at(np.array([row])), rules, None) for row in rows.tolist()]
    masks = np.stack([found.mask for found in sets])
    vectors = offers.vectors.vectors()
    queries = people.vectors.vectors(rows)
    begun = time.process_time()
    scores = queries @ vectors.T
    scores[~masks] = -np.inf
    nearest = np.argpartition(-scores, DEPTH, axis=1)[:, :DEPTH]
    seconds = time.process_time() - begun
    hit = wanted = 0
    for i, found in enumerate(sets):
        best = scores[i, nearest[i]]
        best = best[best > -np.inf]
        ours = offers.vectors.search(queries[i], DEPTH, found.mask, cells=found.cells).rows
        near = scores[i, ours] >= best.min(initial=np.inf) - 1e-6  # of rows that are equally near either may be taken
        hit, wanted = hit + int(np.count_nonzero(near)), wanted + len(best)
    return seconds, hit / wanted, float(masks.sum(axis=1).mean())


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _target(name: str, value: float, goal: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "goal": f"at least {goal:g}", "unit": unit, "met": value >= goal}
