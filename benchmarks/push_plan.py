"""The nightly plan: 100,000 graduates × 100,000 postings × 50 candidates, its gap, time and memory; HiGHS beside it.

The market is generated: popularity of postings has a heavy tail, value rises with it, everyone has 50 candidates.
"""

from __future__ import annotations

import os
import resource
import time
from typing import Any

import numpy as np

from matching.push import Load, Market, Plan, market_of, plan, posting_limits
from matching.push import baselines as others
from matching.push.bound import worth

_WIDTH, _DIGEST = 50, 3


def run(quick: bool) -> dict[str, Any]:
    """Plan for growing markets, the largest of 100,000 graduates (5,000 when `quick`)."""
    sizes = [1_250, 2_500, 5_000] if quick else [25_000, 50_000, 100_000]
    timed = [(size, *_timed(generated(size))) for size in sizes]
    size, found, wall, cpu = timed[-1]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    growth = (cpu / timed[0][3]) / (size / sizes[0])
    return {
        "name": "push_plan",
        "targets": [
            _target(f"{size} graduates planned in", wall, 300, "s"),
            _target("memory of the process", memory, 6, "GiB"),
            _target("gap to the best plan, proved", 100 * found.gap, 1, "%"),
            _target(f"CPU of {size} against {sizes[0]}, over the ratio of sizes", growth, 1.5, "×"),
        ],
        "peers": [*_top_k(found), *_exact(1_000)],
        "notes": [
            f"value {found.value:.2f} beside the bound {found.bound - found.bonus:.2f}; {found.sent} sends, "
            f"{found.rounds} rounds, {found.bids} bids",
            *[f"{n} graduates: {s:.1f} s, {c:.1f} s CPU, gap {100 * p.gap:.3f} %" for n, p, s, c in timed],
            f"load of the machine over the last minute: {os.getloadavg()[0]:.1f}",
        ],
    }


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
