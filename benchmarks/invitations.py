"""Invitation lists: seconds, proved gap and memory by size, beside the lists that people make by hand."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from matching.allocation import Bar, Problem, Share, simple_lists, solve
from matching.allocation.solve import bound_by_prices
from matching.build import build
from matching.errors import NoList, OutOfTime, QueryError
from matching.fairs.listing import prepare
from matching.fairs.solving import Wish, solved_for
from matching.live import open_state
from matching.sample import SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.store import Store
from models.hashing import HashingEncoder

_SIZES = [(1_000, 50, 3.0), (10_000, 300, 60.0), (25_000, 300, None), (50_000, 300, None)]


def fair(n: int, m: int, *, seed: int = 0) -> Problem:
    """A generated fair: scores with taste and popularity, the prior's chances, twelve rules."""
    rng = np.random.default_rng(seed)
    worth = np.zeros((n, m))
    wants, popular = rng.normal(size=(m, 12)), 0.8 * rng.normal(size=m)
    for start in range(0, n, 5_000):
        score = 0.6 * rng.normal(size=(min(5_000, n - start), 12)) @ wants.T + popular
        chance = 0.36 / (1 + np.exp(-0.42 * (score - 9.5))) / (1 + np.exp(-0.125 * (score - 6.4)))
        worth[start : start + 5_000] = np.where(rng.random(score.shape) < 0.4, chance, 0)
    row, column = np.nonzero(worth)
    seats = 0.1 * n
    most = np.maximum(4.0, rng.poisson(4.4 * seats / m, m))
    county, college = rng.integers(0, 4, n), rng.integers(0, 12, n)
    shares = [Share("hardship", rng.random(n) < 0.08, least=0.1), Share("furthest", rng.random(n) < 0.3, least=0.25)]
    shares += [Share("county", county == c, least=0.15) for c in range(4)]
    shares += [Share("college", college == c, most=0.15) for c in range(12)]
    barred = {"invitations": 0.1, "clash": 0.05, "region": 0.05, "by hand": 0.001}
    bars = tuple(Bar(name, (rng.random(n) < share)[row]) for name, share in barred.items())
    shows = np.where(rng.random(n) < 0.6, 0.6, 0.4)
    least = np.minimum(5.0, np.floor(most / 2))
    free = np.ones(n, np.bool_)
    for bar in bars:
        free[row[bar.pairs]] = False
    pinned = np.zeros(n, np.bool_)
    pinned[np.flatnonzero(free)[:3]] = True
    return Problem(row, column, worth[row, column], shows, (1, 4), least, most, seats, tuple(shares), bars, pinned)


def event(seed: int) -> Problem:
    """A random small fair whose rules may ask for anything, also for what cannot be."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(10, 300)), int(rng.integers(2, 25))
    row, column = np.nonzero(rng.random((n, m)) < rng.uniform(0.2, 0.9))
    low = int(rng.integers(1, 3))
    seats, slots = float(rng.uniform(0.05, 0.6) * n), rng.integers(2, 16, m).astype(np.float64)
    shares = [Share("hardship", rng.random(n) < 0.1, least=float(rng.uniform(0, 0.3)))]
    county, college = rng.integers(0, 4, n), rng.integers(0, 6, n)
    shares += [Share("county", county == c, least=float(rng.uniform(0, 0.2))) for c in range(4)]
    shares += [Share("college", college == c, most=float(rng.uniform(0.15, 0.6))) for c in range(6)]
    bars = tuple(Bar(name, (rng.random(n) < 0.08)[row]) for name in ("invitations", "clash", "region"))
    return Problem(
        row, column, rng.beta(1, 6, len(row)), rng.uniform(0.2, 0.95, n), (low, low + int(rng.integers(0, 4))),
        np.floor(rng.uniform(0, 0.6) * slots), slots * rng.uniform(0.4, 1.5), seats, tuple(shares), bars,
        rng.random(n) < 0.01, slots=slots, rooms=float(int(slots.sum() * rng.uniform(0.5, 1.2))),
    )  # fmt: skip


def _thousand(count: int) -> tuple[dict[str, Any], str]:
    """Rules that lists of random events break; each refusal is proved. Two seconds and a gap of 5 % each."""
    broken = lists = refused = late = 0
    begun = time.process_time()
    for seed in range(count):
        problem = event(seed)
        try:
            chosen = solve(problem, seconds=2, gap=0.05)
        except NoList:
            refused += 1
        except OutOfTime:
            late += 1
        else:
            lists += 1
            broken += len(problem.broken(chosen.invited, chosen.met))
    seconds = time.process_time() - begun
    name = f"rules broken by the lists of {count:,} random events"
    note = f"of these {lists} have a list, {refused} have none (proved), {late} ran out of time; {seconds:.0f} s CPU"
    return {"name": name, "value": broken, "unit": "rules", "goal": 0, "met": not broken}, note


_PHYSICAL = ("seats", "rooms", "slots", "most")
"""What a list without rules must still keep: people, tables and time are what they are."""


def _free(problem: Problem) -> Problem:
    """The problem under nothing but `_PHYSICAL` rules."""
    for rule in problem.rules:
        problem = problem if rule in _PHYSICAL else problem.without(rule)
    return problem


def unlooked(problem: Problem) -> float:
    """What a top score list is worth that promises everybody the best hosts, whatever these have time for.

    Guests with the best scores fill the seats; of the meetings promised each host holds those worth most, in its time.
    """
    m = len(problem.least)
    wide = replace(problem, most=np.full(m, np.inf), slots=None, rooms=np.inf)
    met = next(way.met for way in simple_lists(wide) if way.name == "top score")
    pairs = np.flatnonzero(met)
    room, value = problem.most.copy(), 0.0
    slots = np.full(m, np.inf) if problem.slots is None else problem.slots.copy()
    for pair in pairs[np.argsort(-problem.gain[pairs], kind="stable")].tolist():
        host, shows = problem.column[pair], problem.shows[problem.row[pair]]
        if room[host] >= shows and slots[host] >= 1:
            room[host], slots[host] = room[host] - shows, slots[host] - 1
            value += float(problem.gain[pair])
    return value


def _province(quick: bool) -> tuple[list[dict[str, Any]], str]:
    """Lists of the sample province's own events under all default rules, beside top score and a list without rules."""
    size = {"graduates": 1_000, "postings": 600} if quick else {"graduates": 6_000, "postings": 3_000}
    today = date(2026, 6, 15)
    made = SampleProvince(1, **size, today=today)
    ratio_top, ceiling, kept, broken, gaps, passed, gave_way = [], [], [], 0, [], 0, 0
    with TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), encoder=EncoderSettings(name="hashing"))
        with Store.open(settings.store) as store:
            store.upsert([*made.graduates(), *made.postings(), *made.protected()])
            build(store, HashingEncoder(), settings)
            state = open_state(settings, HashingEncoder())
            for event in made.events():
                # a sample's employers come from all over it; an event of its theme takes those of its own city
                event = event.model_copy(
                    update={"employer_ids": [], "industries": [], "seats": 60, "cross_region": True}
                )
                try:
                    problem = prepare(store, state, settings, event, Wish(), today=today).problem()
                except QueryError:
                    passed += 1
                    continue
                if not problem.open_pairs().size or len(problem.least) < 3:
                    passed += 1
                    continue
                problem, chosen, gave = solved_for(event, problem, Wish(gap=0.002))
                gave_way += bool(gave)
                broken += len(problem.broken(chosen.invited, chosen.met))
                top = next(way.value for way in simple_lists(problem) if way.name == "top score")
                bound = bound_by_prices(_free(problem))
                ratio_top.append(chosen.value / top if top else np.nan)
                ceiling.append(bound / top if top else np.nan)
                kept.append(chosen.value / bound)
                gaps.append(chosen.gap)
    told = [
        ("list ÷ top-score list, mean over events", float(np.nanmean(ratio_top)), 1.3, "times"),
        (
            "list ÷ bound of a list without rules, mean over events",
            float(np.mean(kept)),
            0.97,
            "of its meetings",
        ),
    ]
    lines = [{"name": f"sample province: {n}", "value": v, "unit": u, "goal": g, "met": v >= g} for n, v, g, u in told]
    lines.append({"name": "sample province: broken", "value": broken, "unit": "rules", "goal": 0, "met": not broken})
    note = (
        f"sample province (generated, hashing): {len(kept)} events, {passed} without three employers or guests, "
        f"in {gave_way} a rule left open gave way; "
        f"no list whatever could be more than {np.nanmean(ceiling):.2f} times top score; "
        f"list ÷ top score {min(ratio_top):.2f} to {max(ratio_top):.2f}, of the free list {min(kept):.3f} to "
        f"{max(kept):.3f}, largest gap {100 * max(gaps):.2f} %"
    )
    return lines, note


def run(quick: bool) -> dict[str, Any]:
    """Measure; everything is simulated."""
    targets, peers, notes = [], [], ["generated fairs, all twelve rules: simulated"]
    random_ones, note = _thousand(100 if quick else 1_000)
    targets.append(random_ones)
    notes.append(note)
    of_province, note = _province(quick)
    targets += of_province
    notes.append(note)
    for n, m, goal in _SIZES[:2] if quick else _SIZES:
        problem = fair(n, m)
        begun, wall = time.process_time(), time.perf_counter()
        chosen = solve(problem, seconds=600)
        seconds, wall = time.process_time() - begun, time.perf_counter() - wall
        name = f"{n:,} × {m}, {len(problem.row):,} pairs, {len(problem.rules)} rules"
        broken = len(problem.broken(chosen.invited, chosen.met))
        notes.append(f"{name}: {seconds:.1f} s CPU, {wall:.1f} s wall, gap {100 * chosen.gap:.2f} %, broken {broken}")
        if goal is not None:
            told = [("CPU seconds", seconds, "s", goal), ("proved gap", 100 * chosen.gap, "%", 1.0)]
            targets += [
                {"name": f"{name}: {t}", "value": v, "unit": u, "goal": g, "met": v <= g} for t, v, u, g in told
            ]
            targets.append({"name": f"{name}: broken", "value": broken, "unit": "rules", "goal": 0, "met": not broken})
        for way in simple_lists(problem, seed=1):
            told_as = f"{name}: list ÷ {way.name} list, which breaks {', '.join(way.broken) or 'nothing'}"
            peers.append({"name": told_as, "value": chosen.value / way.value, "unit": "times the useful meetings"})
        top = next(way.value for way in simple_lists(problem, seed=1) if way.name == "top score")
        told_as = f"{name}: bound of any list without rules ÷ top score list"
        peers.append(
            {"name": told_as, "value": bound_by_prices(_free(problem)) / top, "unit": "times, the most there is"}
        )
        told_as = f"{name}: list ÷ top score list that does not look at employers' time"
        peers.append({"name": told_as, "value": chosen.value / unlooked(problem), "unit": "times the useful meetings"})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    targets.append({"name": "peak memory", "value": peak, "unit": "GiB", "goal": 4, "met": peak <= 4})
    notes.append(f"load of the machine over the last minute: {os.getloadavg()[0]:.1f}")
    return {"name": "invitations", "targets": targets, "peers": peers, "notes": notes}
