"""Thirty simulated nights on the generated province: our plan beside what others ship. Simulated, not real.

Two markets: a crowded one (some twenty graduates for an open posting), where pushing everyone's best floods postings,
and an even one, where hardly any posting is ever full. Candidates by the production path, people and employers as
`matching.push.simulation` states them; `gradmatch push simulate` is the same with every knob.
"""

from __future__ import annotations

from typing import Any

from matching.push.simulation.contest import contest, front_of, summary, told
from matching.push.simulation.habits import Habits
from matching.push.simulation.world import generated
from matching.sample import SampleProvince, Tuning
from matching.settings import Settings

_SEED, _NIGHTS = 11, 30
_MARKETS = {"crowded": (3_000, 150), "even": (800, 800)}
_QUICK = {"crowded": (400, 40), "even": (200, 200)}


def run(quick: bool) -> dict[str, Any]:
    """Simulate both markets (smaller ones, ten nights, when `quick`)."""
    targets, notes = [], ["SIMULATED: generated province, its hidden truth, stated habits, hashing encoder"]
    for name, (graduates, postings) in (_QUICK if quick else _MARKETS).items():
        found, size = _contest(graduates, postings, 10 if quick else _NIGHTS)
        of = summary(found)
        targets += [
            _target(f"{name}: postings over capacity, against top-k", of["over capacity, change %"], -80, least=False),
            _target(f"{name}: useful utility, against top-k", of["useful utility, share %"], 95),
            _target(f"{name}: utility if no posting were ever full, against top-k", of["utility, share %"], 95),
            _target(f"{name}: coverage a night, against top-k", of["coverage a night, times"], 2, unit="×"),
            _target(f"{name}: coverage of all nights, against top-k", of["coverage of all nights, times"], 2, unit="×"),
            _target(f"{name}: baselines with less congestion and more use", of["baselines ahead"], 0, least=False),
        ]
        notes += [f"{name}: {size}", *told(found).splitlines()]
        notes += [f"{name}: {what}: {value:.2f}" for what, value in of.items() if "floors" in what or "most" in what]
    return {"name": "congestion", "targets": targets, "peers": [], "notes": notes}


def _contest(graduates: int, postings: int, nights: int) -> tuple[dict[str, Any], str]:
    settings = Settings()  # everything that is a candidate may be sent: more pressure than `push.least` allows
    settings = settings.model_copy(update={"push": settings.push.model_copy(update={"least": 0.0})})
    province = SampleProvince(_SEED, graduates=graduates, postings=postings, tuning=Tuning(reposts=0.0))
    world = generated(province, settings)
    found = contest(world, settings.push, Habits(), nights=nights, variants=front_of(settings.push))
    return found, f"{graduates} graduates, {int((world.places > 0).sum())} open postings, {nights} nights"


def _target(name: str, value: float, goal: float, *, unit: str = "%", least: bool = True) -> dict[str, Any]:
    met = value >= goal if least else value <= goal
    return {"name": name, "value": value, "goal": f"{'>=' if least else '<='} {goal:g}", "unit": unit, "met": met}
