"""Timetables of 3,000 random events: how many without clashes, beside a first-fit heuristic; proved on small ones."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from matching.timetable import Day, first_fit, plan
from matching.timetable.day import OUT
from matching.timetable.exact import best_slots


def event(seed: int, *, employers: tuple[int, int] = (5, 40), graduates: tuple[int, int] = (20, 400)) -> Day:
    """A random event; docs/fairs.md describes the generator."""
    rng = np.random.default_rng(seed)
    m, n, t = (int(rng.integers(low, high + 1)) for low, high in (employers, graduates, (8, 24)))
    tables = rng.choice([1, 1, 1, 2, 3], m)[:, None] * (rng.random((m, t)) < rng.uniform(0.85, 1.0))
    start = rng.integers(0, max(t // 3, 1), n)
    length = rng.integers(t // 3, t + 1, n)
    slots = np.arange(t)
    free = (slots >= start[:, None]) & (slots < (start + length)[:, None]) & (rng.random((n, t)) < 0.9)
    popular = rng.pareto(1.5, m) + 0.3
    fill = rng.uniform(0.6, 1.0)
    room_guest, room_host = free.sum(axis=1), np.floor(fill * tables.sum(axis=1)).astype(int)
    rooms = int(np.ceil(tables.sum(axis=0).max() * rng.uniform(0.8, 1.0))) or 1
    left, guest, host = int(fill * np.minimum(tables.sum(axis=0), rooms).sum()), [], []
    for i in rng.permutation(n).tolist():
        wishes = min(int(rng.integers(1, 7)), m)
        for h in rng.choice(m, wishes, replace=False, p=popular / popular.sum()).tolist():
            could = int((free[i] & (tables[h] > 0)).sum())
            if room_guest[i] > 0 and room_host[h] > 0 and could and left > 0:
                guest.append(i)
                host.append(h)
                room_guest[i] -= 1
                room_host[h] -= 1
                left -= 1
    return Day(np.array(guest, np.int64), np.array(host, np.int64), free, tables.astype(np.int64), rooms)


def run(quick: bool) -> dict[str, Any]:
    """Plan many events; everything is simulated."""
    count = 100 if quick else 3_000
    whole = greedy = scarce = proved_not = open_ = clashes = meetings = left_ours = left_greedy = left_scarce = 0
    slowest, begun = 0.0, time.process_time()
    how: dict[str, int] = {}
    for seed in range(count):
        day = event(seed)
        start = time.process_time()
        found = plan(day, seconds=60)
        slowest = max(slowest, time.process_time() - start)
        rough, hardest = first_fit(day), first_fit(day, np.argsort(day.may().sum(axis=1), kind="stable"))
        meetings += len(day.guest)
        left_ours += int((found.slot == OUT).sum())
        left_greedy += int((rough == OUT).sum())
        left_scarce += int((hardest == OUT).sum())
        clashes += day.clashes(found.slot)
        whole += found.whole
        greedy += bool((rough != OUT).all())
        scarce += bool((hardest != OUT).all())
        proved_not += not found.whole and found.bound < len(day.guest)
        open_ += not found.whole and found.bound >= len(day.guest)
        how[found.how] = how.get(found.how, 0) + 1
    seconds = time.process_time() - begun
    wrong = sum(_differs(seed) for seed in range(20 if quick else 200))
    share = 100.0 / count
    return {
        "name": "timetable",
        "targets": [
            _target("events that may have a timetable without clashes and got none", open_, 0, "events"),
            _target("clashes in all timetables", clashes, 0, "meetings"),
            _target("small events on which the integer programme alone places more", wrong, 0, "events"),
        ],
        "peers": [
            {"name": "events with every meeting placed: ours", "value": whole * share, "unit": "%"},
            {"name": "events with every meeting placed: first fit", "value": greedy * share, "unit": "%"},
            {
                "name": "events with every meeting placed: first fit, the scarcest first",
                "value": scarce * share,
                "unit": "%",
            },
            {"name": "events for which no such timetable exists (proved)", "value": proved_not * share, "unit": "%"},
            {"name": "meetings left over: ours", "value": 100 * left_ours / meetings, "unit": "%"},
            {"name": "meetings left over: first fit", "value": 100 * left_greedy / meetings, "unit": "%"},
            {
                "name": "meetings left over: first fit, scarcest first",
                "value": 100 * left_scarce / meetings,
                "unit": "%",
            },
        ],
        "notes": [
            f"{count} generated events, {meetings} meetings: simulated",
            f"{seconds:.0f} s CPU for all, the slowest {slowest:.1f} s; found by {how}",
            f"load of the machine over the last minute: {os.getloadavg()[0]:.1f}",
        ],
    }


def _differs(seed: int) -> bool:
    day = event(seed, employers=(3, 6), graduates=(8, 20))
    found = plan(day)
    judge = best_slots(day, np.ones((len(day.guest), day.slots), np.bool_), seconds=60)
    return found.placed != int((judge.slot != OUT).sum())


def _target(name: str, value: float, goal: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "goal": goal, "met": value <= goal}
