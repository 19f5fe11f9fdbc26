"""A plan made again after a change: near to the earlier one, as good as asked for, and never beyond a limit."""

from dataclasses import replace

import numpy as np
import pytest

from matching.push import market_of, plan
from matching.push.again import Held, replan, stays
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


def held(before, graduate=PEOPLE, posting=JOBS):
    """The plan's pairs, in the numbers that people and postings have now; -1: not there any more."""
    pairs = before.pairs()
    now = graduate[pairs.graduate], posting[pairs.posting]
    there = (now[0] >= 0) & (now[1] >= 0)
    return Held(now[0][there], now[1][there], pairs.price[there])


def test_where_nothing_changed_everything_stays():
    market = crowded()
    before = plan(market)
    again = replan(market, held(before))
    assert stays(again, held(before)) == 1.0
    assert again.bids < 0.1 * before.bids
    assert again.begun == before.sent
    assert again.value == pytest.approx(before.value, rel=0.01)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_a_small_change_little_moves_and_the_gap_is_measured(seed):
    before = plan(crowded())
    rng = np.random.default_rng(seed)
    budget = np.where(rng.random(G) < 0.01, 0, before.market.budget)
    capacity = np.where(rng.random(P) < 0.01, 0, before.market.capacity)
    market = replace(before.market, budget=budget, capacity=capacity)
    again, cold = replan(market, held(before), gap=0.03), plan(market, gap=0.03)
    assert again.gap <= 0.03
    assert not any(broken_limits(market, again.held).values())
    assert stays(again, held(before)) > 0.9
    assert again.bids < cold.bids / 2


def test_after_a_great_change_it_is_planned_from_nothing():
    before, market = plan(crowded()), crowded(seed=5)
    again, cold = replan(market, held(before)), plan(market)
    assert (again.value, again.bids, again.gap, again.begun) == (cold.value, cold.bids, cold.gap, 0)


def test_numbers_may_change():
    market, turned = crowded(), PEOPLE[::-1]
    before = plan(market)
    other = replace(market, posting=market.posting[turned], value=market.value[turned], floor=market.floor[turned])
    again = replan(other, held(before, turned))
    assert stays(again, held(before, turned)) == 1.0
    assert (again.held >= before.held[turned]).all()


def test_those_who_were_not_there_are_planned_for():
    market = crowded()
    before = plan(market)
    again = replan(market, held(before, np.full(G, -1)))
    assert (again.value, again.rounds) == (before.value, before.rounds)


def test_who_lost_a_posting_gets_another_and_nobody_else_moves():
    """Two people, three postings of one place each: the second's posting is closed."""
    value = [3.0, 2.0, 1.0, 3.0, 2.5, 1.5]
    limits = np.ones((1, 3), int), np.zeros((1, 3))
    market = market_of([0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2], value, graduates=2, limits=limits, budget=1)
    before = plan(market)
    assert before.pairs().posting.tolist() == [0, 1]
    closed = replace(market, capacity=np.array([[1, 0, 1]]))
    again = replan(closed, held(before))
    assert again.pairs().posting.tolist() == [0, 2]
    assert (again.value, again.begun) == (4.5, 1)
    assert again.bound >= 4.5
    assert again.gap <= 0.01
