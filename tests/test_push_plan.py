"""The plan against an exact solver, its own bound, and the laws that every plan keeps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from matching.push import Market, market_of, plan
from matching.push.bound import broken_limits, upper_bound, worth
from matching.push.plan import floor_price


def small_market(seed, *, graduates=8, postings=6, bonus=0.0):
    """A crowded market with every kind of limit in it."""
    rng = np.random.default_rng(seed)
    row, column = np.nonzero(rng.random((graduates, postings)) < 0.7)
    value = np.round(rng.random(len(row)) * (1 + 2 * (column < 2)), 3)
    employers = 3
    capacity = np.stack([rng.integers(0, 2, postings), rng.integers(0, 3, postings), rng.integers(0, 3, postings)])
    cost = np.array([-0.2, 0.0, 0.3])[:, None] + np.zeros((1, postings))
    return market_of(
        row,
        column,
        value,
        graduates=graduates,
        limits=(capacity, cost),
        budget=rng.integers(0, 4, graduates),
        floor=rng.integers(0, 2, graduates),
        bonus=bonus,
        employer=rng.integers(0, employers, postings),
        employer_limit=rng.integers(0, 7, employers),
        per_employer=int(rng.integers(1, 3)),
    )


def best_worth(market: Market) -> float:
    """The exact optimum, value and bonus together, by HiGHS: variables are pairs, lot uses and floor units."""
    row, column = np.nonzero(market.posting >= 0)
    post, n = market.posting[row, column], len(row)
    lots, p = market.capacity.shape
    size = n + lots * p + market.graduates
    rules, highest = [], []

    def at_most(entries, limit):
        line = np.zeros(size)
        for index, factor in entries:
            line[index] += factor
        rules.append(line)
        highest.append(limit)

    for g in range(market.graduates):
        mine = np.flatnonzero(row == g)
        at_most([(e, 1) for e in mine], market.budget[g])
        at_most([(n + lots * p + g, 1), *((e, -1) for e in mine)], 0)
        for owner in set(market.employer[post[mine]].tolist()):
            at_most([(e, 1) for e in mine if market.employer[post[e]] == owner], market.per_employer)
    for q in range(p):
        at_most([*((e, 1) for e in np.flatnonzero(post == q)), *((n + lot * p + q, -1) for lot in range(lots))], 0)
    for owner, limit in enumerate(market.employer_limit):
        at_most([(e, 1) for e in np.flatnonzero(market.employer[post] == owner)], limit)
    # a premium may not be earned by an empty place: lot uses together equal the sends
    for q in range(p):
        at_most([*((e, -1) for e in np.flatnonzero(post == q)), *((n + lot * p + q, 1) for lot in range(lots))], 0)
    objective = np.concatenate(
        [-market.value[row, column], market.cost.ravel(), -np.full(market.graduates, market.bonus)]
    )
    upper = np.concatenate([np.ones(n), market.capacity.ravel(), market.floor])
    found = milp(
        objective,
        constraints=LinearConstraint(np.array(rules), -np.inf, np.array(highest)),
        integrality=np.ones(size),
        bounds=Bounds(0, upper),
    )
    assert found.success
    return float(-found.fun)


@pytest.mark.parametrize("seed", range(16))
@pytest.mark.parametrize("bonus", [0.0, 0.4])
def test_a_plan_is_as_good_as_the_exact_solver_says(seed, bonus):
    market = small_market(seed, bonus=bonus)
    best = best_worth(market)
    found = plan(market, gap=0.005)
    assert not any(broken_limits(market, found.held).values())
    assert found.value + found.bonus <= best + 1e-9 <= found.bound + 2e-9
    assert found.value + found.bonus >= best - 0.005 * max(found.value, 1e-9) - 1e-9
    assert found.gap <= 0.005


@given(seed=st.integers(0, 10_000), scale=st.floats(0, 3))
@settings(max_examples=25, deadline=None)
def test_any_prices_bound_every_plan(seed, scale):
    market = small_market(seed % 50, bonus=0.2)
    rng = np.random.default_rng(seed)
    price, share = rng.normal(size=market.postings) * scale, rng.random(len(market.employer_limit)) * scale
    found = plan(market, gap=0.05)
    assert upper_bound(market, price, share) >= found.value + found.bonus - 1e-9


def test_the_checker_notices_each_broken_limit():
    market = small_market(3)
    everything = market.posting >= 0
    broken = broken_limits(market, everything)
    assert all(broken[name] > 0 for name in ("budget", "posting", "employer", "same employer twice"))
    assert broken["not a candidate"] == 0
    assert broken_limits(market, np.ones_like(everything))["not a candidate"] == (~everything).sum()


def two_for_one(*, floor=(0, 0), bonus=0.0):
    """Two graduates want posting 0, which bears one; the first could also do with posting 1."""
    return market_of(
        [0, 0, 1],
        [0, 1, 0],
        [0.9, 0.8, 0.6],
        graduates=2,
        limits=(np.array([[1, 1]]), np.zeros((1, 2))),
        budget=1,
        floor=floor,
        bonus=bonus,
    )


def test_the_one_with_another_choice_gives_way():
    found = plan(two_for_one(), gap=0.001)
    pairs = found.pairs()
    assert list(zip(pairs.graduate, pairs.posting, pairs.rank, strict=True)) == [(0, 1, 1), (1, 0, 1)]
    assert found.value == pytest.approx(1.4)
    assert 0.1 - 1e-9 <= found.price[0] <= 0.6 + 0.01


def test_a_floor_is_met_and_its_price_is_the_value_lost():
    market = market_of(
        [0, 1], [0, 0], [0.9, 0.5], graduates=2, limits=(np.array([[1]]), np.zeros((1, 1))), floor=[0, 1], bonus=0.45
    )
    found = plan(market, gap=0.001)
    assert found.floors() == (1, 1)
    assert found.pairs().graduate.tolist() == [1]
    assert floor_price(market, found, gap=0.001) == pytest.approx(0.4)


def test_a_floor_dearer_than_its_bonus_is_not_bought():
    market = market_of(
        [0, 1], [0, 0], [0.9, 0.5], graduates=2, limits=(np.array([[1]]), np.zeros((1, 1))), floor=[0, 1], bonus=0.3
    )
    assert plan(market, gap=0.001).floors() == (0, 1)


def test_a_send_beyond_the_soft_limit_must_be_worth_its_cost():
    for cost, sent in ((0.45, 2), (0.55, 1)):
        limits = (np.array([[1], [1]]), np.array([[0.0], [cost]]))
        found = plan(market_of([0, 1], [0, 0], [0.9, 0.5], graduates=2, limits=limits), gap=0.001)
        assert found.sent == sent
        assert found.value == pytest.approx(0.9 if sent == 1 else 1.4 - cost)


def test_a_digest_names_an_employer_once():
    found = plan(
        market_of(
            [0, 0, 0],
            [0, 1, 2],
            [0.9, 0.8, 0.1],
            graduates=1,
            limits=(np.ones((1, 3), int), np.zeros((1, 3))),
            employer=[0, 0, 1],
        ),
        gap=0.001,
    )
    assert found.pairs().posting.tolist() == [0, 2]


def test_the_order_of_the_pairs_makes_no_difference():
    rng = np.random.default_rng(5)
    row, column = np.divmod(np.arange(400), 20)
    value = np.round(rng.random(400), 1)  # many ties
    limits = (np.full((1, 20), 2), np.zeros((1, 20)))
    first = plan(market_of(row, column, value, graduates=20, limits=limits))
    for _ in range(3):
        mixed = rng.permutation(400)
        again = plan(market_of(row[mixed], column[mixed], value[mixed], graduates=20, limits=limits))
        assert (again.held == first.held).all()
        assert (again.price == first.price).all()


def test_nobody_and_nothing():
    limits = (np.zeros((1, 2), int), np.zeros((1, 2)))
    for market in (
        market_of([], [], [], graduates=0, limits=limits),
        market_of([], [], [], graduates=3, limits=limits),
        market_of([0], [1], [0.5], graduates=3, limits=limits),
        market_of([0], [1], [-0.5], graduates=1, limits=(np.ones((1, 2), int), np.zeros((1, 2)))),
    ):
        found = plan(market)
        assert (found.sent, found.value, found.gap) == (0, 0.0, 0.0)


def test_what_cannot_be_a_market_is_refused():
    limits = (np.ones((1, 2), int), np.zeros((1, 2)))
    for pair in (([2], [0], [0.5]), ([0], [2], [0.5]), ([0], [0], [np.nan])):
        with pytest.raises(ValueError, match="pair"):
            market_of(*pair, graduates=2, limits=limits)
    with pytest.raises(ValueError, match="negative"):
        market_of([0], [0], [0.5], graduates=1, limits=limits, budget=-1)
    with pytest.raises(ValueError, match="gap"):
        plan(market_of([0], [0], [0.5], graduates=1, limits=limits), gap=0)


def test_a_crowded_middle_sized_market_has_a_small_gap():
    rng = np.random.default_rng(0)
    row = np.repeat(np.arange(2_000), 20)
    column = np.minimum(rng.pareto(0.8, len(row)) * 30, 999).astype(int)
    limits = (np.full((1, 1_000), 4), np.zeros((1, 1_000)))
    found = plan(market_of(row, column, rng.random(len(row)), graduates=2_000, limits=limits), gap=0.01)
    assert found.gap <= 0.01
    assert worth(found.market, found.held)[0] == found.value
    assert np.bincount(found.pairs().posting).max() <= 4
