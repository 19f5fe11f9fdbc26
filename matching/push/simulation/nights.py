"""Time passing under one rule: budgets, news and learning as in a real night, then what people and employers do.

What production learns from interactions is learned here by the same functions: budgets with their back-off, the
employers' reply factors, how far each posting draws. Every rule is told the same and keeps the same budgets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from matching.push import market_of, posting_limits
from matching.push.bound import Flags
from matching.push.history import Replies, appeal_factors, budgets, reply_factors
from matching.push.market import Floats, Ints, Market
from matching.push.planning import budget_of, rules_of
from matching.push.report import most_covered
from matching.push.simulation.habits import Desks, Habits, Luck
from matching.push.simulation.world import World

if TYPE_CHECKING:
    from matching.settings import PushSettings

_START = datetime(2026, 6, 15, 9, tzinfo=UTC)
_COMING = 7


@dataclass(frozen=True)
class Tonight:
    """What a rule is told.

    Parameters
    ----------
    market : Market
    apply : float64 (g, width)
        Expected applications of each cell.
    applied, wanted : float64 (p,)
        Applications that came or are expected of what is under way; how many a posting wants in all.
    places : int64 (p,)
    night : int
    """

    market: Market
    apply: Floats
    applied: Floats
    wanted: Floats
    places: Ints
    night: int


Rule = Callable[[Tonight], Flags]


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Parameters
    ----------
    sent : int64 (n,)
        Night in which each pair was sent, -1: never.
    looked : float64 (n,)
        Attention that it got: 0 where the digest stayed unopened.
    came : bool (n,)
        Whether an application came of it.
    nightly : float64 (nights,)
        Share of the open postings sent to anybody, night by night.
    could : float64 (nights,)
        The largest such share that any rule could have that night, after the nights before.
    muted, placed : bool (g,)
    clicked, answered, hired : int
    waited : float
        Days from an application until it was read; those unread count until the last night.
    """

    sent: Ints
    looked: Floats
    came: Flags
    nightly: Floats
    could: Floats
    muted: Flags
    placed: Flags
    clicked: int
    answered: int
    hired: int
    waited: float


def simulate(
    world: World, rule: Rule, push: PushSettings, habits: Habits, *, nights: int = 30, luck: int = 0
) -> Outcome:
    """`nights` nights under one rule.

    Parameters
    ----------
    world : World
    rule : callable
        Told a `Tonight`, gives the cells that are sent.
    push : PushSettings
        Budgets, loads and floors; the market is made of them.
    habits : Habits
    nights, luck : int
        The same luck gives all rules the same draws.
    """
    course = _Course(world, push, habits, luck)
    for night in range(nights):
        course.spend(night, rule)
    return course.outcome(nights)


class _Course:
    """What is known and true between two nights."""

    def __init__(self, world: World, push: PushSettings, habits: Habits, luck: int) -> None:
        self.world, self.push, self.habits = world, push, habits
        n, g = len(world.graduate), world.graduates
        self.luck = Luck(1_000 * world.seed + luck, habits, graduates=g, pairs=n)
        self.keys = [f"{i:07d}" for i in range(g)]
        self.wanted: Floats = np.asarray(world.places * push.wanted, np.float64)
        self.sent, self.looked = np.full(n, -1, np.int64), np.zeros(n)
        self.applied, self.answered = np.full(n, -1, np.int64), np.zeros(n, bool)
        self.will = np.ones(g)
        self.muted, self.placed = np.zeros(g, bool), np.zeros(g, bool)
        self.log: list[pl.DataFrame] = [_log(np.empty(0, np.int64), self.keys, 0, np.empty(0, bool))]
        self.desks = Desks(world.places, habits.reads)
        self.nightly: list[float] = []
        self.could: list[float] = []
        self.clicked = 0

    def spend(self, night: int, rule: Rule) -> None:
        """One night: decide, send, and let a day pass."""
        told, now = self._tonight(night)
        if len(now):
            cell = cells_of(told.market, self.world.graduate[now], self.world.posting[now])
            held = rule(told)
            self.could.append(self._share(most_covered(told.market)))
            self._deliver(night, now[held.reshape(-1)[cell]])
        else:
            self.nightly.append(0.0)
            self.could.append(0.0)
        answers = self.luck.answer < self.world.true_answer
        answered, hired = self.desks.read(night, answers, self.luck.hire < self.habits.hires)
        self.answered[answered] = True
        self.placed[self.world.graduate[hired]] = True

    def _tonight(self, night: int) -> tuple[Tonight, Ints]:
        w, push = self.world, self.push
        open_ = self.desks.left > 0
        free = ~(self.muted | self.placed)
        now = np.flatnonzero((self.sent < 0) & open_[w.posting] & free[w.graduate] & (w.apply >= push.least))
        appeal, reply, applied = self._learned(night)
        apply = np.minimum(w.apply[now] * appeal[w.posting[now]], 1.0)
        value = apply * w.answer[now] * reply[w.employer[w.posting[now]]] * w.worth[now]
        rules = rules_of(push)
        market = market_of(
            w.graduate[now],
            w.posting[now],
            value,
            graduates=w.graduates,
            limits=posting_limits(w.posting[now], apply, value, wanted=self._room(applied, open_), load=rules.load),
            budget=np.where(free, self._budget(night), 0),
            floor=np.where(w.priority, rules.floor, 0),
            bonus=rules.floor_price * (float(value.mean()) if len(value) else 0.0),
            employer=w.employer,
            per_employer=rules.per_employer,
        )
        cell = cells_of(market, w.graduate[now], w.posting[now])
        spread = np.zeros(market.posting.size)
        spread[cell] = apply
        return Tonight(market, spread.reshape(market.posting.shape), applied, self.wanted, self.desks.left, night), now

    def _room(self, applied: Floats, open_: Flags) -> Floats:
        return np.where(open_, self.wanted - applied, 0.0)

    def _budget(self, night: int) -> Ints:
        return budgets(self.keys, pl.concat(self.log), now=_at(night), budget=budget_of(self.push))

    def _learned(self, night: int) -> tuple[Floats, Floats, Floats]:
        """How far postings draw, how employers reply, and the applications that came or are coming."""
        w = self.world
        was, did = np.flatnonzero(self.sent >= 0), np.flatnonzero(self.applied >= 0)
        appeal = appeal_factors(w.posting[was], w.apply[was], self.applied[was] >= 0, postings=w.postings)
        fresh = was[(self.sent[was] > night - _COMING) & (self.applied[was] < 0) & (self.looked[was] == 0)]
        came = np.bincount(w.posting[did], minlength=w.postings).astype(np.float64)
        coming = np.bincount(w.posting[fresh], (w.apply * appeal[w.posting])[fresh], minlength=w.postings)
        old = did[self.applied[did] <= night - self.push.answer_days]
        outcomes = pl.DataFrame(
            {
                "employer": w.employer[w.posting[old]],
                "at": [_at(int(t)) for t in self.applied[old]],
                "answered": self.answered[old],
            },
            schema_overrides={"at": pl.Datetime("us", "UTC")},
        )
        reply = np.ones(int(w.employer.max(initial=-1)) + 1)
        found = reply_factors(outcomes, now=_at(night), replies=Replies())
        reply[found["employer"].to_numpy()] = found["factor"].to_numpy()
        return appeal, reply, came + coming

    def _deliver(self, night: int, chosen: Ints) -> None:
        """Digests go out; people open, click, apply and mute."""
        w, habits = self.world, self.habits
        self.sent[chosen] = night
        opening, muting = self.luck.tonight(night)
        people = np.unique(w.graduate[chosen])
        opened = np.zeros(w.graduates, bool)
        opened[people] = opening[people] < (self.luck.opens * self.will)[people]
        attention = _places(w.graduate[chosen]) ** -habits.fades * opened[w.graduate[chosen]]
        self.looked[chosen] = attention
        seen = self.luck.look[chosen] < attention
        clicks = chosen[seen & (self.luck.click[chosen] < w.click[chosen])]
        applies = clicks[self.luck.click[clicks] < w.true_apply[clicks]]
        self.applied[applies] = night
        self.clicked += len(clicks)
        self.desks.take(w.posting[applies], applies, night)
        self._feel(people, opened, np.isin(people, w.graduate[clicks]), muting)
        self.log.append(_log(w.graduate[chosen], self.keys, night, opened[w.graduate[chosen]]))
        self.nightly.append(self._share(len(np.unique(w.posting[chosen]))))

    def _share(self, postings: int) -> float:
        """Of the postings that were open on the first night."""
        return postings / max(int((self.world.places > 0).sum()), 1)

    def _feel(self, people: Ints, opened: Flags, glad: Flags, muting: Floats) -> None:
        habits = self.habits
        change = np.where(glad, habits.glad, np.where(opened[people], habits.bored, 1.0))
        self.will[people] = np.clip(self.will[people] * change, habits.least, 1.0)
        risk = np.where(opened[people], np.where(glad, 0.0, habits.mute), habits.mute_unread)
        self.muted[people] |= muting[people] < risk

    def outcome(self, nights: int) -> Outcome:
        """What came of it all."""
        waited = self.desks.waited + self.desks.still(nights)
        return Outcome(
            self.sent,
            self.looked,
            self.applied >= 0,
            np.array(self.nightly),
            np.array(self.could),
            self.muted,
            self.placed,
            self.clicked,
            len(self.desks.answered),
            len(self.desks.hired),
            float(np.mean(waited)) if waited else 0.0,
        )


def cells_of(market: Market, graduate: Ints, posting: Ints) -> Ints:
    """Where each pair stands in the market's matrix, flat."""
    flat = market.posting.reshape(-1)
    valid = np.flatnonzero(flat >= 0)
    keys = valid // max(market.width, 1) * market.postings + flat[valid]
    order = np.argsort(keys)
    return np.asarray(valid[order[np.searchsorted(keys[order], graduate * market.postings + posting)]])


def _places(graduate: Ints) -> Floats:
    """1, 2, … within each graduate's digest; pairs are sorted by graduate."""
    at = np.arange(len(graduate))
    return (at - np.searchsorted(graduate, graduate) + 1).astype(np.float64)


def _log(graduate: Ints, keys: list[str], night: int, opened: Flags) -> pl.DataFrame:
    return pl.DataFrame(
        {"graduate": [keys[i] for i in graduate.tolist()], "at": [_at(night)] * len(graduate), "opened": opened},
        schema={"graduate": pl.String, "at": pl.Datetime("us", "UTC"), "opened": pl.Boolean},
    )


def _at(night: int) -> datetime:
    return _START + timedelta(days=night)
