"""Churn: a day of live changes compressed, with readers; and snapshot switches under load. Counts, lags, memory."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks._soak import Soak, soak
from benchmarks._switch import switch_counts


def run(quick: bool) -> dict[str, Any]:
    """Measure; 20,000 + 20,000 records and six hours when `quick`, else 50,000 + 50,000 and a day."""
    records, hours = (20_000, 6.0) if quick else (50_000, 24.0)
    with tempfile.TemporaryDirectory(prefix="gradmatch-churn-") as folder:
        seen = soak(Path(folder) / "soak", records=records, hours=hours, rate=200.0, least=records // 20)
        switched = switch_counts(Path(folder) / "switch", records=600, switches=100 if quick else 400)
    wrong = {name: seen.counts[name] for name in ("lost", "stale", "ghosts", "twice", "behind at the end")}
    answers = switched["first"] + switched["second"]
    targets = [
        _target("slowest change until visible", max(seen.lags), 1.0, "s"),
        _target("records lost, stale, twice or left over at the end", float(sum(wrong.values())), 0, ""),
        _target("recall at 50 against brute force, worst", min(seen.recalls), 1.0, "", least=True),
        _target("memory, last quarter over second quarter", _drift(seen), 1.1, "times"),
        _target("errors in the background", float(len(seen.problems)), 0, ""),
        _target(f"mixed answers in {switched['switches']:.0f} switches, of {answers:,.0f}", switched["mixed"], 0, ""),
        _target("lost answers in them", switched["lost"], 0, ""),
    ]
    return {
        "name": "churn",
        "size": {"graduates": records, "postings": records, "hours": hours},
        "targets": targets,
        "peers": [
            {"name": "changes until visible, p50", "value": 1000 * statistics.median(seen.lags), "unit": "ms"},
            {"name": "answers during churn, p50", "value": 1000 * _p(seen.answers, 50), "unit": "ms"},
            {"name": "answers during churn, p99", "value": 1000 * _p(seen.answers, 99), "unit": "ms"},
            {"name": "answers during churn, slowest", "value": 1000 * max(seen.answers), "unit": "ms"},
            {"name": "slowest switch until it answers", "value": switched["slowest switch"], "unit": "s"},
            {"name": "slowest answer during switches", "value": 1000 * switched["slowest answer"], "unit": "ms"},
        ],
        "notes": [*_notes(seen, hours), f"switches: {switched}", *seen.problems[:3]],
    }


def _notes(seen: Soak, hours: float) -> list[str]:
    did = dict(sorted(seen.counts.items()))
    return [
        f"{hours:.0f} hours of churn in {seen.seconds:.0f} s: {did}",
        f"{len(seen.answers):,} answers by two readers, {len(seen.recalls)} held against brute force",
        f"{len(seen.snapshots) - 1} compactions; live postings at most {max(seen.live_rows):,}, at the end "
        f"{seen.live_rows[-1]:,}",
        "memory (MiB, no file behind it): " + ", ".join(f"{value:.0f}" for value in _tenths(seen.memory)),
        f"load average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
    ]


def _tenths(values: list[float]) -> list[float]:
    return [statistics.median(values[i * len(values) // 10 : max((i + 1) * len(values) // 10, 1)]) for i in range(10)]


def _drift(seen: Soak) -> float:
    """Median memory of the last quarter over that of the second: the first is the start."""
    quarter = max(len(seen.memory) // 4, 1)
    return statistics.median(seen.memory[-quarter:]) / statistics.median(seen.memory[quarter : 2 * quarter])


def _p(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _target(name: str, value: float, goal: float, unit: str, *, least: bool = False) -> dict[str, Any]:
    met = value >= goal if least else value <= goal
    return {"name": name, "value": round(value, 4), "goal": goal, "unit": unit, "met": bool(met)}
