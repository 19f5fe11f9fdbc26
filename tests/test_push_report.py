"""Baselines and measures on worlds small enough to reckon by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.push import baselines as others
from matching.push import market_of
from matching.push.report import effects, gini, most_covered, table

WANTED = np.array([1.0, 1.0, 1.0, 0.0])


def world(budget=1):
    """Three graduates who all like posting 0 best, then 1, then 2; posting 3 is closed."""
    row, column = np.divmod(np.arange(9), 3)
    limits = (np.array([[1, 1, 1, 0]]), np.zeros((1, 4)))
    return market_of(row, column, np.tile([0.8, 0.4, 0.2], 3), graduates=3, limits=limits, budget=budget)


def measured(market, held, apply=0.8, answer=0.5):
    shape = market.posting.shape
    return effects(
        market,
        held,
        np.full(shape, apply),
        answer=np.full(shape, answer),
        wanted=WANTED,
        priority=np.array([False, True, True]),
    )


def test_all_send_their_best_and_the_figures_show_the_crowd():
    market = world()
    held = others.top_k(market)
    assert market.posting[held].tolist() == [0, 0, 0]
    found = measured(market, held)
    assert found.utility == pytest.approx(3 * 0.8 * 0.5)
    assert found.useful == pytest.approx(1.0 * 0.5)  # 2.4 applications where 1 is wanted
    assert (found.over, found.crowded, found.coverage) == pytest.approx((1 / 3, 1.0, 1 / 3))
    assert found.waiting == pytest.approx((2.4 + 1) / 2)
    assert found.gini_postings == pytest.approx(2 / 3)
    assert found.gini_graduates == pytest.approx(0.0)
    assert (found.reach, found.priority_reach) == (1.0, 1.0)


def test_one_each_crowds_nobody():
    market = world()
    held = np.eye(3, dtype=bool)
    found = measured(market, held)
    assert (found.over, found.crowded, found.coverage, found.waiting) == (0.0, 0.0, 1.0, 1.0)
    assert found.gini_postings == pytest.approx(0.0)
    assert found.useful == found.utility


def test_the_most_that_can_be_covered_is_found_where_taking_in_turn_is_not_enough():
    limits = (np.ones((1, 4), np.int64), np.zeros((1, 4)))
    row, column = (
        np.array([0, 0, 1, 1, 1]),
        np.array([0, 1, 0, 2, 3]),
    )  # in turn, each takes posting 0
    for budget, most in (([1, 1], 2), ([2, 1], 3), ([2, 3], 4), ([0, 1], 1), ([0, 0], 0)):
        market = market_of(row, column, np.ones(5), graduates=2, limits=limits, budget=np.array(budget))
        assert most_covered(market) == most
    assert most_covered(world(budget=3)) == 3


@given(st.integers(0, 10_000))
def test_no_choice_within_budgets_covers_more_than_the_most(seed):
    rng = np.random.default_rng(seed)
    pairs = [(g, p) for g in range(3) for p in range(4) if rng.random() < 0.5] or [(0, 0)]
    budget = rng.integers(0, 3, 3)
    row, column = np.array(pairs).T
    limits = (np.ones((1, 4), np.int64), np.zeros((1, 4)))
    market = market_of(row, column, np.ones(len(pairs)), graduates=3, limits=limits, budget=budget)
    best = 0
    for chosen in itertools.product([False, True], repeat=len(pairs)):
        held = [pair for pair, takes in zip(pairs, chosen, strict=True) if takes]
        if all(sum(g == who for g, _ in held) <= budget[who] for who in range(3)):
            best = max(best, len({p for _, p in held}))
    assert most_covered(market) == best


def test_nothing_sent_is_measured_as_nothing():
    market = world()
    found = measured(market, np.zeros((3, 3), bool))
    assert (found.utility, found.over, found.coverage, found.reach, found.priority_reach) == (0, 0, 0, 0, 0)
    assert all(math.isnan(x) for x in (found.crowded, found.waiting, found.gini_postings, found.gini_graduates))


def test_the_cap_closes_a_posting_to_those_who_come_later():
    market = world()
    apply = np.full((3, 3), 1.0)
    held = others.hard_cap(market, apply, np.zeros(4), cap=2, seed=1)
    assert np.bincount(market.posting[held], minlength=3).tolist() == [2, 1, 0]
    full = others.hard_cap(market, apply, np.array([2.0, 0, 0, 0]), cap=2, seed=1)
    assert np.bincount(market.posting[full], minlength=3).tolist() == [0, 2, 1]


def test_the_fewest_applications_for_an_opening_come_first():
    market = world()
    apply = np.full((3, 3), 1.0)
    held = others.fewest_applications(market, apply, np.zeros(4), openings=np.array([1, 1, 1, 0]))
    assert sorted(market.posting[held].tolist()) == [0, 1, 2]
    roomy = others.fewest_applications(market, apply, np.array([1.0, 1, 0, 0]), openings=np.array([9, 1, 0, 0]))
    assert market.posting[roomy].tolist() == [0, 0, 0]


def test_a_weighted_shuffle_draws_in_proportion_to_value():
    row, column = np.divmod(np.arange(30_000), 3)
    limits = (np.ones((1, 3), int), np.zeros((1, 3)))
    market = market_of(row, column, np.tile([0.5, 0.3, 0.2], 10_000), graduates=10_000, limits=limits, budget=1)
    share = np.bincount(market.posting[others.weighted_shuffle(market, 1)]) / 10_000
    assert share == pytest.approx([0.5, 0.3, 0.2], abs=0.02)
    assert (others.weighted_shuffle(market, 1) == others.weighted_shuffle(market, 1)).all()
    even = np.bincount(market.posting[others.at_random(market, 1)]) / 10_000
    assert even == pytest.approx([1 / 3] * 3, abs=0.02)


def test_transport_parts_people_by_what_they_lose():
    # both like posting 0 better, but the first loses more by going without it
    market = market_of(
        [0, 0, 1, 1],
        [0, 1, 0, 1],
        [0.9, 0.1, 0.9, 0.7],
        graduates=2,
        limits=(np.ones((1, 2), int), np.zeros((1, 2))),
        budget=1,
    )
    held = others.optimal_transport(market)
    assert list(zip(np.nonzero(held)[0].tolist(), market.posting[held].tolist(), strict=True)) == [(0, 0), (1, 1)]


@given(st.integers(0, 50), st.integers(0, 3))
def test_every_baseline_keeps_the_budget_and_sends_candidates_only(seed, budget):
    rng = np.random.default_rng(seed)
    row, column = np.nonzero(rng.random((6, 5)) < 0.5)
    limits = (np.ones((1, 5), int), np.zeros((1, 5)))
    market = market_of(row, column, rng.random(len(row)), graduates=6, limits=limits, budget=budget)
    apply, none = np.full(market.posting.shape, 0.5), np.zeros(5)
    for held in (
        others.top_k(market),
        others.at_random(market, seed),
        others.weighted_shuffle(market, seed),
        others.hard_cap(market, apply, none),
        others.fewest_applications(market, apply, none, openings=np.ones(5, int)),
        others.optimal_transport(market, rounds=5),
    ):
        assert (held.sum(axis=1) == np.minimum(budget, (market.posting >= 0).sum(axis=1))).all()
        assert (market.posting[held] >= 0).all()


@given(st.lists(st.floats(0, 100), min_size=1, max_size=12))
def test_gini_is_the_mean_difference(values):
    amounts = np.array(values)
    if amounts.sum() > 0:
        pairs = np.abs(amounts[:, None] - amounts).mean()
        assert gini(amounts) == pytest.approx(pairs / (2 * amounts.mean()))


def test_the_table_has_a_line_for_each_rule():
    found = measured(world(), np.eye(3, dtype=bool))
    lines = table({"ours": found, "theirs": found}).splitlines()
    assert len(lines) == 3
    assert lines[1].split() == ["ours", *(f"{v:.3f}" for v in found.as_dict().values())]
