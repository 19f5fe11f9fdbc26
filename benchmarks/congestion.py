"""Thirty simulated nights on the generated province: our plan beside what others ship. Simulated, not real.

Every third night is a graduate's turn (three postings each). Rules see the ranker's chances; who applies is drawn from
the province's hidden truth, with one number a pair for all rules, so that they differ by what they send alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from matching.bulk import rank_block
from matching.chance import chances_of
from matching.push import Load, Market, market_of, plan, posting_limits
from matching.push import baselines as others
from matching.push.report import Effects, effects, table
from matching.sample import SampleProvince

_NIGHTS, _TURN, _DIGEST, _WANTED = 30, 3, 3, 5.0


class World(NamedTuple):
    """Pairs (n,) by number of both sides, the ranker's chances, the truth, what would be drawn; open places."""

    graduate: np.ndarray
    posting: np.ndarray
    apply: np.ndarray
    value: np.ndarray
    true_apply: np.ndarray
    true_answer: np.ndarray
    applies: np.ndarray
    employer: np.ndarray
    places: np.ndarray
    priority: np.ndarray


class Tonight(NamedTuple):
    """What a rule is told: the market, the chance of each cell, applications so far, places, and the night."""

    market: Market
    apply: np.ndarray
    applied: np.ndarray
    places: np.ndarray
    night: int


Rule = Callable[[Tonight], np.ndarray]
RULES: dict[str, Rule] = {
    "gradmatch": lambda t: plan(t.market, gap=0.01).held,
    "top-k": lambda t: others.top_k(t.market),
    "random": lambda t: others.at_random(t.market, t.night),
    "hard cap 80": lambda t: others.hard_cap(t.market, t.apply, t.applied, seed=t.night),
    "hard cap 10": lambda t: others.hard_cap(t.market, t.apply, t.applied, cap=10, seed=t.night),
    "applications/openings": lambda t: others.fewest_applications(
        t.market, t.apply, t.applied, openings=t.places, seed=t.night
    ),
    "weighted shuffle": lambda t: others.weighted_shuffle(t.market, t.night),
    "optimal transport": lambda t: others.optimal_transport(t.market),
}


def run(quick: bool) -> dict[str, Any]:
    """Simulate 30 nights for 1,500 graduates and 1,500 postings (200 each when `quick`)."""
    size = 200 if quick else 1_500
    world = generated(size, size)
    found = {name: simulate(world, rule) for name, rule in RULES.items()}
    ours, theirs = found["gradmatch"], found["top-k"]
    ahead = [name for name, of in found.items() if name != "gradmatch" and _ahead(of, ours)]
    return {
        "name": "congestion",
        "targets": [
            _target("postings over capacity, against top-k", _change(ours.over, theirs.over), -80, "%", least=False),
            _target("utility, against top-k", 100 * ours.utility / theirs.utility, 95, "%"),
            _target("coverage of postings, against top-k", ours.coverage / theirs.coverage, 2, "×"),
            _target("rules with less congestion and more utility", len(ahead), 0, "", least=False),
        ],
        "peers": [],
        "notes": ["SIMULATED: generated province, its hidden truth, hashing encoder", *table(found).splitlines()],
    }


def generated(graduates: int, postings: int) -> World:
    """The sample province, ranked by the production path with the hashing encoder."""
    province = SampleProvince(11, graduates=graduates, postings=postings)
    pairs, chances = _ranked(province)
    people = {record.key: i for i, record in enumerate(province.graduates())}
    jobs = {record.key: i for i, record in enumerate(province.postings())}
    records = list(province.postings())
    numbers = np.array([(people[g], jobs[p]) for g, p in pairs.select("graduate", "posting").iter_rows()])
    graduate, posting = numbers[:, 0], numbers[:, 1]
    chance, truth = chances(pairs["score"].to_numpy()), province.true_value(graduate, posting)
    draws = np.random.default_rng(0).random(len(graduate))
    _, employer = np.unique([f"{r.tenant}:{r.employer_id}" for r in records], return_inverse=True)
    live = np.zeros(len(records), bool)
    live[posting] = True  # a posting that is nobody's candidate is closed, or nobody could be sent it
    places = np.array([max((r.headcount or 1) - r.filled, 0) for r in records]) * live
    hardship = {record.key for record in province.protected() if record.hardship_groups}
    priority = np.array([key in hardship for key in people])
    return World(
        graduate,
        posting,
        chance.apply,
        chance.both,
        truth.apply,
        truth.answer,
        draws < truth.apply,
        employer,
        places,
        priority,
    )


def _ranked(province: SampleProvince) -> tuple[pl.DataFrame, Any]:
    from matching.build import build
    from matching.live import open_state
    from matching.settings import EncoderSettings, Settings
    from matching.store import Store
    from models.hashing import HashingEncoder

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), encoder=EncoderSettings(name="hashing"))
        with Store.open(settings.store) as store:
            store.upsert([*province.graduates(), *province.postings()])
            build(store, HashingEncoder(), settings)
        state = open_state(settings, HashingEncoder())
        rows = np.arange(len(state.graduates))
        ranked = rank_block(state, settings, rows, k=100, today=province.today)
    frame = pl.from_arrow(ranked)
    assert isinstance(frame, pl.DataFrame)
    return frame.sort("graduate", "posting"), chances_of(settings.chance)


def simulate(world: World, rule: Rule) -> Effects:
    """Thirty nights under one rule; the figures are of all that was sent, by the hidden truth."""
    fresh = np.ones(len(world.graduate), bool)
    sent = np.zeros(len(world.graduate), bool)
    applied = np.zeros(len(world.places))
    wanted = world.places * _WANTED
    for night in range(_NIGHTS):
        now = np.flatnonzero(fresh & (world.graduate % _TURN == night % _TURN))
        if not len(now):
            continue
        market = _tonight(world, now, wanted - applied)
        cell = _cells(market, world.graduate[now], world.posting[now])
        apply = np.zeros(market.posting.shape)
        apply.reshape(-1)[cell] = world.apply[now]
        held = rule(Tonight(market, apply, applied, world.places, night))
        chosen = now[held.reshape(-1)[cell]]
        fresh[chosen], sent[chosen] = False, True
        applied += np.bincount(world.posting[chosen[world.applies[chosen]]], minlength=len(applied))
    return _measured(world, sent, wanted)


def _tonight(world: World, now: np.ndarray, wanted: np.ndarray) -> Market:
    posting, apply, value = world.posting[now], world.apply[now], world.value[now]
    graduates = len(world.priority)
    return market_of(
        world.graduate[now],
        posting,
        value,
        graduates=graduates,
        limits=posting_limits(posting, apply, value, wanted=wanted, load=Load(hard=1.0, help=0.5)),
        budget=_DIGEST,
        floor=world.priority.astype(int),
        bonus=float(value.mean()),
        employer=world.employer,
    )


def _cells(market: Market, graduate: np.ndarray, posting: np.ndarray) -> np.ndarray:
    """Where each pair stands in the market's matrix, flat."""
    flat = market.posting.reshape(-1)
    valid = np.flatnonzero(flat >= 0)
    keys = valid // market.width * market.postings + flat[valid]
    order = np.argsort(keys)
    return np.asarray(valid[order[np.searchsorted(keys[order], graduate * market.postings + posting)]])


def _measured(world: World, sent: np.ndarray, wanted: np.ndarray) -> Effects:
    market = market_of(
        world.graduate,
        world.posting,
        np.ones(len(sent)),
        graduates=len(world.priority),
        limits=(np.ones((1, len(wanted)), int), np.zeros((1, len(wanted)))),
    )
    cell = _cells(market, world.graduate, world.posting)
    held, apply, answer = (np.zeros(market.posting.size) for _ in range(3))
    held[cell], apply[cell], answer[cell] = sent, world.true_apply, world.true_answer
    shape = market.posting.shape
    return effects(
        market,
        held.reshape(shape) > 0,
        apply.reshape(shape),
        answer=answer.reshape(shape),
        wanted=wanted,
        priority=world.priority,
    )


def _change(ours: float, theirs: float) -> float:
    return 100 * (ours / theirs - 1) if theirs > 0 else 0.0


def _ahead(one: Effects, other: Effects) -> bool:
    return one.over <= other.over and one.utility > other.utility


def _target(name: str, value: float, goal: float, unit: str, *, least: bool = True) -> dict[str, Any]:
    met = value >= goal if least else value <= goal
    return {"name": name, "value": value, "goal": f"{'>=' if least else '<='} {goal:g}", "unit": unit, "met": met}
