"""Thirty simulated nights on the generated province: our plan beside what others ship. Simulated, not real.

Two markets: a crowded one (some twenty graduates for an open posting), where pushing everyone's best floods postings,
and an even one, where hardly any posting is ever full. Candidates by the production path, people and employers as
`matching.push.simulation` states them; `gradmatch push simulate` is the same with every knob. ``--part 2/13`` does a
part of the rules in both markets, ``--sum FILES`` adds parts up, ``--plot FILE`` draws the front. Then ours and top-k
on five other provinces of half the size, each with a luck of its own: means and 95 % intervals.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from matching.push.simulation.contest import BASELINES, OURS, TOP, contest, figures, front_of, summary, told
from matching.push.simulation.front import draw_front
from matching.push.simulation.habits import Habits
from matching.push.simulation.world import generated
from matching.sample import SampleProvince, Tuning
from matching.settings import PushSettings, Settings

Floats = NDArray[np.float64]
_SEED, _NIGHTS = 11, 30
_LUCKS = (101, 102, 103, 104, 105)
"""Seeds of the provinces whose means are told; nothing was ever chosen on them."""
_MARKETS = {"crowded": (3_000, 150), "even": (800, 800)}
_HALF = {"crowded": (1_500, 75), "even": (400, 400)}
_QUICK = {"crowded": (400, 40), "even": (200, 200)}


def run(quick: bool, part: tuple[int, int] = (1, 1)) -> dict[str, Any]:
    """Simulate both markets (smaller ones, ten nights, when `quick`).

    Parameters
    ----------
    quick : bool
    part : (int, int)
        The how-manieth part of how many: which of the rules.
    """
    number, parts = part
    among = _rules(_settings().push)[number - 1 :: parts]
    markets = {
        name: _contest(*size, 10 if quick else _NIGHTS, among) for name, size in (_QUICK if quick else _MARKETS).items()
    }
    if parts > 1 and number > 1:
        return {"name": "congestion", "targets": [], "markets": markets}
    lucks = _lucks(_QUICK if quick else _HALF, 10 if quick else _NIGHTS)
    if parts == 1:
        return _told(markets, lucks)
    return {"name": "congestion", "targets": [], "markets": markets, "lucks": lucks}


def summed(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Parts as one result."""
    markets = {}
    for name in _MARKETS:
        rows: dict[str, Any] = {}
        for result in results:
            rows |= result["markets"][name]["rows"]
        order = _rules(_settings().push)
        ordered = {rule: rows[rule] for rule in order if rule in rows}
        markets[name] = {"size": results[0]["markets"][name]["size"], "rows": ordered}
    return _told(markets, next((result["lucks"] for result in results if "lucks" in result), {}))


def _told(markets: dict[str, Any], lucks: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    targets, notes = [], ["SIMULATED: generated province, its hidden truth, stated habits, hashing encoder"]
    for name, market in markets.items():
        of = summary(market["rows"])
        targets += [
            _target(f"{name}: postings over capacity, against top-k", of["over capacity, change %"], -80, least=False),
            _target(f"{name}: useful utility, against top-k", of["useful utility, share %"], 95),
            _target(f"{name}: utility if no posting were ever full, against top-k", of["utility, share %"], 95),
            _target(f"{name}: coverage a night, against top-k", of["coverage a night, times"], 2, unit="×"),
            _target(f"{name}: coverage of all nights, against top-k", of["coverage of all nights, times"], 2, unit="×"),
            _target(f"{name}: baselines with less congestion and more use", of["baselines ahead"], 0, least=False),
        ]
        notes += [f"{name}: {market['size']}", *told(market["rows"]).splitlines()]
        notes += [f"{name}: {what}: {value:.2f}" for what, value in of.items() if "floors" in what or "most" in what]
    notes += [f"{name}, {len(rows)} lucks: {line}" for name, rows in lucks.items() for line in _means(rows)]
    found = {"name": "congestion", "targets": targets, "peers": [], "notes": notes, "markets": markets}
    return {**found, "lucks": lucks}


def _lucks(markets: dict[str, tuple[int, int]], nights: int) -> dict[str, list[dict[str, Any]]]:
    """Rows of ours and of top-k, by market, one for each of the seeds."""
    return {
        name: [_contest(*size, nights, [OURS, TOP], seed=seed)["rows"] for seed in _LUCKS]
        for name, size in markets.items()
    }


def _means(lucks: list[dict[str, Any]]) -> list[str]:
    """Ours and top-k in the mean of all lucks, and one in parts of the other."""
    told = []
    for measure in ("over%", "useful", "utility", "nightly%", "cover%"):
        ours, top = (np.array([rows[rule][measure] for rows in lucks]) for rule in (OURS, TOP))
        ratio, half = ratio_of_means(ours, top)
        each = ", ".join(f"{a:.1f}/{b:.1f}" for a, b in zip(ours, top, strict=True))
        told.append(f"{measure} {ours.mean():.2f} / {top.mean():.2f} = {ratio:.3f} ± {half:.3f} ({each})")
    return told


def ratio_of_means(ones: Floats, others: Floats) -> tuple[float, float]:
    """The ratio of two paired means, and half its 95 % interval.

    The linearised ratio estimator (Cochran, Sampling Techniques, 6.4) with Student's t. Fewer than two pairs have no
    interval, and others that are 0 in the mean no ratio: NaN.
    """
    n, base = len(ones), float(np.mean(others)) if len(others) else 0.0
    if base == 0:
        return float("nan"), float("nan")
    ratio = float(np.mean(ones)) / base
    if n < 2:
        return ratio, float("nan")
    spread = float(np.std(ones - ratio * others, ddof=1))
    return ratio, float(student.ppf(0.975, n - 1)) * spread / (base * n**0.5)


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw the front of the crowded market: use against congestion, and against coverage."""
    market = result["markets"]["crowded"]
    draw_front(market["rows"], path, title=f"Simulated: {market['size']}, seed {_SEED}")


def _settings() -> Settings:
    """Everything that is a candidate may be sent: more pressure than `push.least` allows."""
    settings = Settings()
    return settings.model_copy(update={"push": settings.push.model_copy(update={"least": 0.0})})


def _rules(push: PushSettings) -> list[str]:
    return [OURS, *BASELINES, *front_of(push)]


def _contest(graduates: int, postings: int, nights: int, among: list[str], *, seed: int = _SEED) -> dict[str, Any]:
    settings = _settings()
    province = SampleProvince(seed, graduates=graduates, postings=postings, tuning=Tuning(reposts=0.0))
    world = generated(province, settings)
    variants = front_of(settings.push)
    found = contest(world, settings.push, Habits(), nights=nights, luck=seed - _SEED, variants=variants, among=among)
    size = f"{graduates} graduates, {int((world.places > 0).sum())} open postings, {nights} nights"
    return {"size": size, "rows": {name: figures(one) for name, one in found.items()}}


def _target(name: str, value: float, goal: float, *, unit: str = "%", least: bool = True) -> dict[str, Any]:
    met = value >= goal if least else value <= goal
    return {"name": name, "value": value, "goal": f"{'>=' if least else '<='} {goal:g}", "unit": unit, "met": met}
