"""Thirty simulated nights on the generated province: our plan beside what others ship. Simulated, not real.

Two markets: a crowded one (some twenty graduates for an open posting), where pushing everyone's best floods postings,
and an even one, where hardly any posting is ever full. Candidates by the production path, people and employers as
`matching.push.simulation` states them; `gradmatch push simulate` is the same with every knob. ``--part 2/13`` does a
part of the rules in both markets, ``--sum FILES`` adds parts up, ``--plot FILE`` draws the front.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matching.push.simulation.contest import BASELINES, OURS, contest, figures, front_of, summary, told
from matching.push.simulation.front import draw_front
from matching.push.simulation.habits import Habits
from matching.push.simulation.world import generated
from matching.sample import SampleProvince, Tuning
from matching.settings import PushSettings, Settings

_SEED, _NIGHTS = 11, 30
_MARKETS = {"crowded": (3_000, 150), "even": (800, 800)}
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
    return _told(markets) if parts == 1 else {"name": "congestion", "targets": [], "markets": markets}


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
    return _told(markets)


def _told(markets: dict[str, Any]) -> dict[str, Any]:
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
    return {"name": "congestion", "targets": targets, "peers": [], "notes": notes, "markets": markets}


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


def _contest(graduates: int, postings: int, nights: int, among: list[str]) -> dict[str, Any]:
    settings = _settings()
    province = SampleProvince(_SEED, graduates=graduates, postings=postings, tuning=Tuning(reposts=0.0))
    world = generated(province, settings)
    variants = front_of(settings.push)
    found = contest(world, settings.push, Habits(), nights=nights, variants=variants, among=among)
    size = f"{graduates} graduates, {int((world.places > 0).sum())} open postings, {nights} nights"
    return {"size": size, "rows": {name: figures(one) for name, one in found.items()}}


def _target(name: str, value: float, goal: float, *, unit: str = "%", least: bool = True) -> dict[str, Any]:
    met = value >= goal if least else value <= goal
    return {"name": name, "value": value, "goal": f"{'>=' if least else '<='} {goal:g}", "unit": unit, "met": met}
