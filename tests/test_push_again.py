"""A plan made again after a change: near to the earlier one, as good as asked for, and never beyond a limit."""

from dataclasses import replace

import numpy as np
import pytest

from matching.push import market_of, plan
from matching.push.again import replan, stays
from matching.push.bound import broken_limits

G, P = 400, 200
PEOPLE, JOBS = np.arange(G), np.arange(P)


def crowded(seed=0):
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(G), 12)
    column = np.minimum(rng.pareto(0.9, len(row)) * 20, P - 1).astype(int)
    capacity, cost = np.stack([np.ones(P, int), rng.integers(1, 8, P)]), np.array([[-0.05] * P, [0.0] * P])
    return market_of(
        row,
        column,
        rng.random(len(row)) + 0.1,
        graduates=G,
        limits=(capacity, cost),
        employer=JOBS // 2,
        employer_limit=np.full(P // 2, 9),
        floor=(PEOPLE % 9 == 0).astype(int),
        bonus=0.2,
    )


def test_where_nothing_changed_everything_stays():
    market = crowded()
    before = plan(market)
    again = replan(market, before, graduate=PEOPLE, posting=JOBS)
    assert stays(again, before, graduate=PEOPLE, posting=JOBS) == 1.0
    assert again.bids < 0.1 * before.bids
    assert again.value == pytest.approx(before.value, rel=0.01)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_a_small_change_little_moves_and_the_gap_is_measured(seed):
    before = plan(crowded())
    rng = np.random.default_rng(seed)
    budget = np.where(rng.random(G) < 0.01, 0, before.market.budget)
    capacity = np.where(rng.random(P) < 0.01, 0, before.market.capacity)
    market = replace(before.market, budget=budget, capacity=capacity)
    again, cold = replan(market, before, graduate=PEOPLE, posting=JOBS, gap=0.03), plan(market, gap=0.03)
    assert again.gap <= 0.03
    assert not any(broken_limits(market, again.held).values())
    assert stays(again, before, graduate=PEOPLE, posting=JOBS) > 0.9
    assert again.bids < cold.bids / 2


def test_after_a_great_change_it_is_planned_from_nothing():
    before, market = plan(crowded()), crowded(seed=5)
    again, cold = replan(market, before, graduate=PEOPLE, posting=JOBS), plan(market)
    assert (again.value, again.bids, again.gap) == (cold.value, cold.bids, cold.gap)


def test_numbers_may_change():
    market, turned = crowded(), PEOPLE[::-1]
    before = plan(market)
    other = replace(market, posting=market.posting[turned], value=market.value[turned], floor=market.floor[turned])
    again = replan(other, before, graduate=turned, posting=JOBS)
    assert stays(again, before, graduate=turned, posting=JOBS) == 1.0
    assert (again.held >= before.held[turned]).all()


def test_those_who_were_not_there_are_planned_for():
    market = crowded()
    before = plan(market)
    again = replan(market, before, graduate=np.full(G, -1), posting=JOBS)
    assert (again.value, again.rounds) == (before.value, before.rounds)
