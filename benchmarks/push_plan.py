"""The nightly plan: 100,000 graduates × 100,000 postings × 50 candidates, its gap, time and memory; HiGHS beside it.

The market is generated: popularity of postings has a heavy tail, value rises with it, everyone has 50 candidates.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from matching.push import Load, Market, Plan, market_of, plan, posting_limits
from matching.push import baselines as others
from matching.push.again import Held, replan, stays
from matching.push.bound import worth

_WIDTH, _DIGEST = 50, 3


class _Took(NamedTuple):
    """A planned market: its size, the plan's figures, seconds, GiB at the peak (the generated market's making too)."""

    size: int
    wall: float
    cpu: float
    memory: float
    gap: float
    told: str
    peers: list[dict[str, Any]]


def run(quick: bool, part: tuple[int, int] = (1, 1)) -> dict[str, Any]:
    """Plan for growing markets, the largest of 500,000 graduates (5,000 when `quick`), each in a process of its own.

    Of two parts the first ends at 100,000 graduates, the second is 500,000.
    """
    sizes = [1_250, 2_500, 5_000] if quick else [25_000, 50_000, 100_000, 500_000]
    if part[1] > 1:
        sizes = sizes[:-1] if part[0] == 1 else sizes[-1:]
    return _told([_apart(size) for size in sizes], [*_exact(1_000), *_again(1_000 if quick else 10_000)])


def summed(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Parts as one result."""
    took = sorted((_Took(*one) for result in results for one in result["took"]), key=lambda one: one.size)
    return _told(took, results[0]["exact"])


def _told(took: list[_Took], exactly: list[dict[str, Any]]) -> dict[str, Any]:
    targets = []
    for one in took:
        if one.size in (5_000, 100_000, 500_000):
            most, memory = (1_800, 24) if one.size == 500_000 else (300, 6)
            targets += [
                _target(f"{one.size} graduates planned in", one.wall, most, "s"),
                _target(f"{one.size}: memory of the process", one.memory, memory, "GiB"),
                _target(f"{one.size}: gap to the best plan, proved", 100 * one.gap, 1, "%"),
            ]
    if len(took) > 1:
        growth = np.log(took[-1].cpu / took[0].cpu) / np.log(took[-1].size / took[0].size)
        targets.append(_target("growth: CPU as a power of the graduates", float(growth), 1.15, ""))
    return {
        "name": "push_plan",
        "targets": targets,
        "peers": [*took[-1].peers, *exactly],
        "notes": [
            *[
                f"{o.size} graduates: {o.wall:.1f} s, {o.cpu:.1f} s CPU, {o.memory:.1f} GiB, gap {100 * o.gap:.3f} %; "
                f"{o.told}"
                for o in took
            ],
            f"load of the machine over the last minute: {os.getloadavg()[0]:.1f}",
        ],
        "took": [list(one) for one in took],
        "exact": exactly,
    }


def _apart(size: int) -> _Took:
    context = multiprocessing.get_context("fork")
    told = context.SimpleQueue()
    process = context.Process(target=lambda: told.put(_measured(size)))
    process.start()
    found: _Took = told.get()
    process.join()
    return found


def _measured(size: int) -> _Took:
    found, wall, cpu = _timed(generated(size))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told = (
        f"value {found.value:.2f} beside the bound {found.bound - found.bonus:.2f}; {found.sent} sends, "
        f"{found.rounds} rounds, {found.bids} bids"
    )
    return _Took(size, wall, cpu, memory, found.gap, told, _top_k(found))


def _again(size: int) -> list[dict[str, Any]]:
    """What going on from a plan saves and keeps, where some people and postings leave and others' values change."""
    market = generated(size)
    found, told = plan(market, gap=0.01), []
    pairs = found.pairs()
    before = Held(pairs.graduate, pairs.posting, pairs.price)
    for share in (0.01, 0.05):
        other = _changed(market, share)
        cpu = time.process_time()
        on = replan(other, before)
        middle = time.process_time()
        new = plan(other, gap=0.01)
        end = time.process_time()
        name = f"{size} graduates, {100 * share:g} % of both sides gone and of the lists of another value"
        told += [
            {
                "name": f"{name}: CPU of going on, against a new plan",
                "value": (middle - cpu) / (end - middle),
                "unit": "×",
            },
            {"name": f"{name}: pairs that stay, going on", "value": 100 * stays(on, before), "unit": "%"},
            {"name": f"{name}: pairs that stay, in a new plan", "value": 100 * stays(new, before), "unit": "%"},
            {"name": f"{name}: gap, going on", "value": 100 * on.gap, "unit": "%"},
            {"name": f"{name}: begun with pairs (0: it gave up and planned anew)", "value": on.begun, "unit": ""},
        ]
    return told


def _changed(market: Market, share: float) -> Market:
    rng = np.random.default_rng(1)
    leave = rng.random(market.graduates) < share
    closed = rng.random(market.postings) < share
    other = rng.random(market.graduates) < share
    value = market.value * np.where(other[:, None], rng.uniform(0.5, 1.5, market.value.shape), 1.0)
    return replace(
        market,
        value=value,
        budget=np.where(leave, 0, market.budget),
        capacity=np.where(closed, 0, market.capacity),
    )


def generated(size: int, *, seed: int = 0) -> Market:
    """A crowded market of `size` graduates and as many postings; the same seed gives the same market."""
    rng = np.random.default_rng(seed)
    popularity = rng.pareto(1.2, size) + 0.2
    row = np.repeat(np.arange(size), _WIDTH)
    column = np.searchsorted(np.cumsum(popularity) / popularity.sum(), rng.random(size * _WIDTH))
    liking = 0.5 * np.log(popularity)[column] + rng.normal(size=len(row)) + 0.5 * rng.normal(size=size)[row]
    apply = 0.6 / (1 + np.exp(1.5 - liking))
    value = 0.4 * apply
    wanted = 5.0 * rng.integers(1, 4, size)
    employer = rng.integers(0, size // 5, size)
    limits = posting_limits(column, apply, value, wanted=wanted, load=Load())
    return market_of(
        row,
        column,
        value,
        graduates=size,
        limits=limits,
        budget=_DIGEST,
        floor=(rng.random(size) < 0.1).astype(int),
        bonus=float(value.mean()),
        employer=employer,
        employer_limit=np.full(size // 5, 60),
    )


def _timed(market: Market) -> tuple[Plan, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    found = plan(market, gap=0.01)
    return found, time.perf_counter() - wall, time.process_time() - cpu


def _top_k(found: Plan) -> list[dict[str, Any]]:
    market = found.market
    held = others.top_k(market)
    sent = np.bincount(market.posting[held], minlength=market.postings)
    over = sent > market.capacity.sum(axis=0)
    total = float(market.value[held].sum())
    return [
        {"name": "value of the plan against top-k, which knows no limits", "value": found.value / total, "unit": "×"},
        {"name": "sends of top-k beyond the hard limits", "value": _beyond(market, sent), "unit": "%"},
        {"name": "postings beyond their hard limit under top-k", "value": 100 * float(over.mean()), "unit": "%"},
    ]


def _beyond(market: Market, sent: np.ndarray) -> float:
    return 100 * float(np.maximum(sent - market.capacity.sum(axis=0), 0).sum() / sent.sum())


def _exact(size: int) -> list[dict[str, Any]]:
    """The linear programme of a small market by HiGHS: how long it takes, and how much better it is."""
    market = generated(size)
    found, wall, _ = _timed(market)
    start = time.perf_counter()
    best = exact(market)
    took = time.perf_counter() - start
    ours = sum(worth(market, found.held))
    return [
        {"name": f"HiGHS on {size} graduates, time against ours", "value": took / wall, "unit": "×"},
        {"name": f"HiGHS on {size} graduates, better by", "value": 100 * (best / ours - 1), "unit": "%"},
    ]


def exact(market: Market) -> float:
    """The best value and bonus together, as SciPy's HiGHS finds it (limits nest, so its relaxation is whole)."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, hstack, vstack

    row, column = np.nonzero(market.posting >= 0)
    posting, n, at = market.posting[row, column], len(row), np.arange(len(row))
    lots, p = market.capacity.shape
    extra = market.graduates

    def sums(group: np.ndarray, groups: int) -> coo_array:
        return coo_array((np.ones(n), (group, at)), shape=(groups, n))

    def zeros(rows: int, columns: int) -> coo_array:
        return coo_array((rows, columns))

    owner = market.employer[posting]
    pairs, of_pair = np.unique(row * len(market.employer_limit) + owner, return_inverse=True)
    uses = coo_array((-np.ones(lots * p), (np.tile(np.arange(p), lots), np.arange(lots * p))), shape=(p, lots * p))
    units = coo_array((np.ones(extra), (np.arange(extra), np.arange(extra))), shape=(extra, extra))
    above = [
        (sums(row, extra), market.budget),
        (sums(owner, len(market.employer_limit)), market.employer_limit),
        (sums(of_pair, len(pairs)), np.full(len(pairs), market.per_employer)),
    ]
    lines = [hstack([a, zeros(a.shape[0], lots * p + extra)]) for a, _ in above]
    lines.append(hstack([-sums(row, extra), zeros(extra, lots * p), units]))
    highest = np.concatenate([np.ones(n), market.capacity.ravel(), market.floor])
    found = linprog(
        np.concatenate([-market.value[row, column], market.cost.ravel(), -np.full(extra, market.bonus)]),
        A_ub=vstack(lines).tocsr(),
        b_ub=np.concatenate([*[limit for _, limit in above], np.zeros(extra)]),
        A_eq=hstack([sums(posting, p), uses, zeros(p, extra)]).tocsr(),
        b_eq=np.zeros(p),
        bounds=np.stack([np.zeros(n + lots * p + extra), highest], axis=1),
        method="highs",
    )
    return float(-found.fun)


def _target(name: str, value: float, goal: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "goal": f"<= {goal:g}", "unit": unit, "met": value <= goal}
