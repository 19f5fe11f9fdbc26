"""The one table as Markdown: means with intervals, what an encoder costs, and whether what was asked is met.

``hybrid`` is set beside the better of BM25 and the base encoder alone, query by query; which of the two is better is
told by their means on the same task, so the comparison flatters nobody. p is corrected over the tasks (Holm).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from eval.contest import Entrant, Values
from eval.evaluation import ALL, Evaluation
from eval.intervals import bootstrap_intervals, holm, randomisation_tests
from eval.speed import Speed
from eval.task_folder import NamedTask
from matching.cli.speech import say
from matching.errors import QueryError
from matching.language import Words

HYBRID, BM25, BASE = "hybrid", "bm25", "base dense"
STATIC_HYBRID = "static hybrid"
ALPHA = 0.01
STATIC_KEEPS, STATIC_TIMES = 0.9, 200
"""What is asked of the static encoder: share of the full one's nDCG@20, and times its texts a second."""

WITHOUT = {
    "popularity": Words(
        "任务没有截止时刻之前的互动，热门无从定义", "a task has no interactions before a cutoff; see replays"
    ),
    "ranker": Words("任务只有文本，没有毕业生与岗位", "a task has texts only, no graduates and postings; see replays"),
}
"""Rows that mean nothing on a task of texts, and why."""
_SIMULATED = Words("模拟数据：不是真实结果", "SIMULATED data: no real result")


class Cost(NamedTuple):
    """Of an encoder: its texts a second and its size."""

    speed: Speed
    megabytes: float


class Gain(NamedTuple):
    """``hybrid`` less the better baseline on a task, and what was asked of it."""

    task: str
    measure: str
    baseline: str
    mean: float
    low: float | None
    high: float | None
    relative: float
    p: float
    asked: float | None

    @property
    def met(self) -> bool | None:
        """Whether what was asked is reached with p < `ALPHA`; None where nothing was."""
        return None if self.asked is None else self.relative >= self.asked and self.p < ALPHA


@dataclass(frozen=True)
class Standing:
    """Everything that the table is printed from; `queries` says how many of each task's queries were asked."""

    tasks: Sequence[NamedTask]
    entrants: Sequence[Entrant]
    cells: Mapping[tuple[str, str], Values]
    costs: Mapping[str, Cost]
    queries: Mapping[str, int]

    def gains(self) -> list[Gain]:
        """On each task, with p corrected over all of them; empty where there is no ``hybrid`` or no baseline."""
        names = [entrant.name for entrant in self.entrants]
        baselines = [name for name in (BM25, BASE) if name in names]
        if HYBRID not in names or not baselines:
            return []
        raw = [self._gain(task, baselines) for task in self.tasks]
        return [gain._replace(p=p) for gain, p in zip(raw, holm([gain.p for gain in raw]), strict=True)]

    def _gain(self, task: NamedTask, baselines: Sequence[str]) -> Gain:
        measure = task.about.measure
        own = self.cells[task.name, HYBRID][measure]
        best = max(baselines, key=lambda name: float(self.cells[task.name, name][measure].mean()))
        other = self.cells[task.name, best][measure]
        gap = (own - other)[:, None]
        (interval,) = bootstrap_intervals(gap)
        relative = float(own.mean() / other.mean() - 1) if other.mean() else np.inf
        return Gain(task.name, measure, best, *interval, relative, float(randomisation_tests(gap)[0]), task.about.asked)

    def kept(self) -> dict[str, float]:
        """By task, the share of ``hybrid``'s nDCG@20 that the static encoder's reaches; empty without one."""
        return {
            task.name: float(self.cells[task.name, STATIC_HYBRID]["nDCG@20"].mean() / whole)
            for task in self.tasks
            if (task.name, STATIC_HYBRID) in self.cells
            and (whole := self.cells[task.name, HYBRID]["nDCG@20"].mean()) > 0
        }


def as_markdown(standing: Standing) -> str:
    """The table, the gains, and what the static encoder keeps."""
    return "\n".join([*_table(standing), "", *_gains(standing.gains()), *_static(standing)]) + "\n"


def as_record(standing: Standing) -> dict[str, object]:
    """The same as plain values, for JSON: every mean with its interval."""
    return {
        "simulated": False,
        "tasks": {
            task.name: {**task.about.model_dump(), "queries": len(task.task.judged), "of": standing.queries[task.name]}
            for task in standing.tasks
        },
        "cells": [
            {"task": task, "system": name, "measure": measure, **bootstrap_intervals(column[:, None])[0]._asdict()}
            for (task, name), values in standing.cells.items()
            for measure, column in values.items()
        ],
        "encoders": {
            name: {"texts_per_second": cost.speed.rate, "megabytes": cost.megabytes}
            for name, cost in standing.costs.items()
        },
        "gains": [{**gain._asdict(), "met": gain.met} for gain in standing.gains()],
        "static_keeps": standing.kept(),
    }


def _table(standing: Standing) -> Iterator[str]:
    yield "| | " + " | ".join(_head(task, standing.queries) for task in standing.tasks) + " | texts/s | MB |"
    yield "|---|" + "--:|" * (len(standing.tasks) + 2)
    for entrant in standing.entrants:
        cells = (_mean(standing.cells[task.name, entrant.name][task.about.measure]) for task in standing.tasks)
        cost = standing.costs.get(entrant.encoder)
        costs = f"{cost.speed.rate:,.0f} | {cost.megabytes:,.0f}" if cost else "— | —"
        yield f"| {entrant.name} | {' | '.join(cells)} | {costs} |"
    for name in WITHOUT:
        yield f"| {name} | {' | '.join('—' for _ in standing.tasks)} | — | — |"
    yield ""
    for name, why in WITHOUT.items():
        yield f"- {name}: {say(why)}."
    for task in standing.tasks:
        yield f"- {task.name} ({task.about.role}): {task.about.note}"


def _head(task: NamedTask, queries: Mapping[str, int]) -> str:
    asked, there = len(task.task.judged), queries[task.name]
    count = str(asked) if asked == there else f"{asked} of {there}"
    return f"{task.name}, {task.about.role}, {task.about.measure} (n = {count})"


def _gains(gains: Sequence[Gain]) -> Iterator[str]:
    for gain in gains:
        verdict = "" if gain.met is None else f"; asked {gain.asked:+.0%}: {_word(met=gain.met)}"
        yield (
            f"- {gain.task}: hybrid − {gain.baseline}, {gain.measure} {gain.mean:+.4f} "
            f"[{_bound(gain.low)}, {_bound(gain.high)}], {gain.relative:+.1%}, p = {gain.p:.2g} (Holm){verdict}"
        )


def _static(standing: Standing) -> Iterator[str]:
    kept = standing.kept()
    if not kept:
        return
    encoders = {entrant.name: entrant.encoder for entrant in standing.entrants}
    quick, full = (standing.costs[encoders[name]].speed.rate for name in (STATIC_HYBRID, HYBRID))
    shares = ", ".join(f"{name} {share:.1%}" for name, share in kept.items())
    yield (
        f"- static: nDCG@20 of the full hybrid kept: {shares}; mean {np.mean(list(kept.values())):.1%}, "
        f"asked {STATIC_KEEPS:.0%} on each: {_word(met=min(kept.values()) >= STATIC_KEEPS)}"
    )
    times = quick / full
    yield f"- static: {times:,.0f} × its texts/s, asked {STATIC_TIMES}: {_word(met=times >= STATIC_TIMES)}"


def replays_as_markdown(replays: Mapping[str, Evaluation], measure: str = "nDCG@10") -> str:
    """Replays beside each other, those of generated data in a table of their own, which says so (Law 11).

    Raises
    ------
    QueryError
        A replay has no such measure.
    """
    parts = []
    for simulated in (False, True):
        own = {name: found for name, found in replays.items() if found.provenance.simulated == simulated}
        if own:
            parts.append((f"**{say(_SIMULATED)}**\n\n" if simulated else "") + _replays(own, measure))
    return "\n".join(parts)


def _replays(replays: Mapping[str, Evaluation], measure: str) -> str:
    columns = {name: _means(name, found, measure) for name, found in replays.items()}
    systems = dict.fromkeys(system for means in columns.values() for system in means)
    lines = [f"| {measure} | {' | '.join(columns)} |", "|---|" + "--:|" * len(columns)]
    lines += [
        f"| {system} | {' | '.join(means.get(system, '—') for means in columns.values())} |" for system in systems
    ]
    return "\n".join(lines) + "\n"


def _means(name: str, found: Evaluation, measure: str) -> dict[str, str]:
    rows = found.summary.filter(
        pl.col("axis") == ALL, pl.col("measure") == measure, pl.col("direction") == found.summary["direction"][0]
    )
    if not len(rows):
        raise QueryError(
            f"the replay '{name}' has no {measure}", where="--replay", cure="Replay with --depth 10 or more."
        )
    return {
        row["system"]: _interval(row["mean"], row["low"], row["high"])
        for row in rows.iter_rows(named=True)
        if row["mean"] is not None
    }


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return _interval(*bootstrap_intervals(values[:, None])[0])


def _interval(mean: float, low: float | None, high: float | None) -> str:
    return f"{mean:.3f}" if low is None or high is None else f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def _bound(value: float | None) -> str:
    return "—" if value is None else f"{value:+.4f}"


def _word(*, met: bool) -> str:
    return say(Words("达到", "met") if met else Words("未达到", "missed"))
