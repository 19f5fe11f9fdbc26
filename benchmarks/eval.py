"""Evaluation: 100,000 graduates × top 50, all measures, 10 slices, 1,000 bootstraps; beside ir_measures and ranx.

The lists are made up; how they came about is not measured. The peers compute four measures and neither slices nor
intervals; for them ours is timed on the same four measures, and has to give the same values to 1e-9. ranx is a peer
where RANX_PYTHON names a Python that has it (it pins a numpy of its own, so it is not among our dependencies).
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

DEPTH, DIM, SLICES, RESAMPLES = 50, 384, 10, 1_000
_RANX = """
import sys, time, numpy as np
from ranx import Qrels, Run, evaluate
z = np.load(sys.argv[1])
names = np.array([f"d{i}" for i in range(int(z["documents"]))])
queries = [f"q{i:07d}" for i in range(len(z["rows"]))]  # ranx answers in the order of the names
start = np.searchsorted(z["query"], np.arange(len(queries) + 1))
begun = time.perf_counter()
qrels = Qrels({q: dict(zip(names[z["document"][a:b]].tolist(), z["grade"][a:b].tolist()))
               for q, a, b in zip(queries, start[:-1], start[1:])})
scores = list(range(z["rows"].shape[1], 0, -1))
run = Run({q: dict(zip(names[row].tolist(), map(float, scores))) for q, row in zip(queries, z["rows"])})
ready = time.perf_counter()
small = queries[:100]
evaluate(Qrels({q: qrels.qrels[q] for q in small}), Run({q: run.run[q] for q in small}),
         ["ndcg@10", "map", "mrr", "recall@50"])  # compiles
compiled = time.perf_counter()
found = evaluate(qrels, run, ["ndcg@10", "map", "mrr", "recall@50"], return_mean=False)
print(ready - begun, time.perf_counter() - compiled)
np.save(sys.argv[2], np.stack([found[m] for m in ("ndcg@10", "map", "mrr", "recall@50")], axis=1))
"""


def run(quick: bool) -> dict[str, Any]:
    """Measure the time and the memory; 10,000 graduates when `quick`."""
    from eval.catalogue import named
    from eval.measures import measure_all, per_query

    n = 10_000 if quick else 100_000
    lists, axes = made(n, documents=max(n // 5, 2_000))
    begun, cpu = time.perf_counter(), time.process_time()
    rows = _whole(lists, axes)
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    four = [named(name) for name in ("nDCG@10", "mAP", "MRR", "Recall@50")]
    ours, values = _timed(lambda: measure_all(four, _fresh(lists)))
    qrels, ranked = _as_dicts(lists)
    theirs, expected = _timed(lambda: per_query(four, qrels, ranked))
    worst = float(np.abs(values - expected).max())
    peers = [{"name": "ir_measures (trec_eval), 4 measures", "value": theirs, "unit": "s"}]
    notes = [
        f"{rows} rows of summary; CPU {cpu:.1f} s; load {os.getloadavg()[0]:.1f}",
        f"the same 4 measures by us: {ours:.2f} s, {ours / theirs:.3f} of ir_measures; differ by {worst:.1e}",
    ]
    targets = [
        _target("all measures, slices and bootstraps", wall, 60, "s"),
        _target("peak memory", peak, 4, "GiB"),
        _target("largest difference from ir_measures", worst, 1e-9, ""),
        _target("time of the 4 measures over ir_measures'", ours / theirs, 1.5, "x"),
    ]
    if os.environ.get("RANX_PYTHON"):
        loading, computing, found = _ranx(lists, os.environ["RANX_PYTHON"])
        apart = float(np.abs(values - found).max())
        peers.append(
            {"name": f"ranx, 4 measures (compiled before; {loading:.1f} s to load)", "value": computing, "unit": "s"}
        )
        targets += [
            _target("largest difference from ranx", apart, 1e-9, ""),
            _target("time of the 4 measures over ranx's, loading included", ours / (loading + computing), 1.5, "x"),
        ]
        notes.append(f"over ranx's computing alone: {ours / computing:.2f}")
    size = {"graduates": n, "postings": len(lists.rankings.documents), "depth": DEPTH, "slices": SLICES}
    return {"name": "eval", "size": size, "targets": targets, "peers": peers, "notes": notes}


def made(n: int, *, documents: int, seed: int = 3) -> tuple[Any, dict[str, list[str]]]:
    """Lists of `n` graduates with judgements, a market, rules and an earlier list; and a slice for each graduate."""
    from eval.judged import Judged, Market
    from eval.rankings import Judgements, Rankings

    random = np.random.default_rng(seed)
    start = random.integers(0, documents, size=(n, 1))
    steps = 1 + 2 * random.integers(0, documents // 100, size=(n, 1))
    rows = ((start + steps * np.arange(DEPTH)) % documents).astype(np.int32)
    scores = np.sort(random.random((n, DEPTH), dtype=np.float32), axis=1)[:, ::-1].copy()
    listed = rows[:, random.permutation(DEPTH)[:4]]
    others = random.integers(0, documents, size=(n, 6))
    pairs = np.concatenate([listed, others], axis=1)
    key = np.unique((np.arange(n)[:, None] * documents + pairs).ravel())
    grade = random.integers(0, 4, size=len(key)).astype(np.int16)
    vectors = random.normal(size=(documents, DIM)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = [f"d{i}" for i in range(documents)], [f"q{i}" for i in range(n)]
    rankings = Rankings(names[1], names[0], rows, scores, scores)
    market = Market(
        random.integers(1, 20, documents).astype(float),
        random.integers(0, 50, documents).astype(float),
        vectors,
        random.integers(0, documents // 6, documents),
    )
    before = Rankings(names[1], names[0], np.roll(rows, 7, axis=1))
    lists = Judged(
        rankings,
        Judgements.of_arrays(*np.divmod(key, documents), grade, n),
        market,
        np.ones(rows.shape, np.bool_),
        np.arange(documents),
        before,
        hopeless=np.nan,
    )
    return lists, {"major_category": [f"slice {i}" for i in random.integers(0, SLICES, n)]}


def _whole(lists: Any, axes: dict[str, list[str]]) -> int:  # noqa: ANN401
    from eval.catalogue import of_replay
    from eval.evaluation import Direction
    from eval.measures import measure_all, over_slices
    from eval.scores import Scores, values_table
    from eval.slices import slices_of
    from eval.summary import Sampling, summarise

    measures = of_replay(DEPTH)
    scores = Scores(
        "system",
        Direction.POSTINGS,
        lists.rankings.queries,
        measures,
        measure_all(measures, lists),
        lists.rankings.answered,
        over_slices(measures, lists),
    )
    found = summarise([scores], slices_of(axes, len(lists)), Sampling(resamples=RESAMPLES))
    if found.summary["mean"].is_null().any() or len(values_table([scores])) != len(lists) * len(measures):
        raise RuntimeError("a measure has no value")
    return len(found.summary)


def _fresh(lists: Any) -> Any:  # noqa: ANN401
    """The same lists with nothing computed yet; what is judged without anything relevant counts 0, as for trec_eval."""
    from dataclasses import replace

    return replace(lists, hopeless=0.0)


def _as_dicts(lists: Any) -> tuple[dict[str, dict[str, int]], dict[str, list[str]]]:  # noqa: ANN401
    names = np.array(lists.rankings.documents, dtype=object)
    queries = lists.rankings.queries
    start = np.searchsorted(lists.judgements.query, np.arange(len(queries) + 1)).tolist()
    documents, grades = names[lists.judgements.document].tolist(), lists.judgements.grade.tolist()
    qrels = {
        q: dict(zip(documents[a:b], grades[a:b], strict=True))
        for q, a, b in zip(queries, start, start[1:], strict=False)
    }
    return qrels, {query: names[row].tolist() for query, row in zip(queries, lists.rankings.rows, strict=True)}


def _ranx(lists: Any, python: str) -> tuple[float, float, Any]:  # noqa: ANN401
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder) / "in.npz", Path(folder) / "out.npy"
        judgements = lists.judgements
        np.savez(
            given,
            rows=lists.rankings.rows,
            query=judgements.query,
            document=judgements.document,
            grade=judgements.grade,
            documents=len(lists.rankings.documents),
        )
        done = subprocess.run([python, "-c", _RANX, given, taken], capture_output=True, text=True, check=True)
        loading, computing = map(float, done.stdout.split()[-2:])
        return loading, computing, np.load(taken)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


def _target(name: str, value: float, goal: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "goal": goal, "unit": unit, "met": value <= goal}
