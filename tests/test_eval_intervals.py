"""Intervals and tests against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.intervals import Interval, bootstrap_intervals, holm, randomisation_test
from matching.errors import InputError


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def test_interval_of_coin_throws_is_that_of_the_binomial():
    # 100 zeros and ones, mean 0.5: resampled means have standard deviation 0.05, so the 95 % interval is ±0.098.
    interval = bootstrap_intervals(np.repeat([[0.0], [1.0]], 50, axis=0))[0]
    assert interval.mean == 0.5
    assert interval.low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.011)
    assert interval.high == pytest.approx(0.5 + 1.96 * 0.05, abs=0.011)


def test_two_values_resample_to_three_means():
    # Means 0, 1/2, 1 with probability 1/4, 1/2, 1/4: the quartiles' tails reach the ends at 95 %, not at 40 %.
    assert bootstrap_intervals(column(0, 1))[0] == Interval(0.5, 0.0, 1.0)
    assert bootstrap_intervals(column(0, 1), confidence=0.4)[0] == Interval(0.5, 0.5, 0.5)


def test_every_column_has_its_own_interval():
    values = np.array([[0.0, 1.0], [1.0, 1.0], [0.5, 1.0]])
    first, second = bootstrap_intervals(values)
    assert second == Interval(1.0, 1.0, 1.0)
    assert first == bootstrap_intervals(values[:, :1])[0]


def test_same_seed_same_interval_and_blocks_cover_all_resamples():
    values = np.random.default_rng(1).random((3000, 2))
    once, again = (bootstrap_intervals(values, seed=7, resamples=1500) for _ in range(2))
    assert once == again
    assert once != bootstrap_intervals(values, seed=8, resamples=1500)
    deviation = values[:, 0].std() / 3000**0.5
    assert once[0].high == pytest.approx(values[:, 0].mean() + 1.96 * deviation, abs=0.2 * deviation)


def test_one_query_has_no_interval_and_no_query_no_mean():
    assert bootstrap_intervals(column(0.25)) == [Interval(0.25, None, None)]
    with pytest.raises(InputError, match="no query"):
        bootstrap_intervals(np.empty((0, 1)))


def test_coverage_of_the_interval_is_near_95_percent():
    generator = np.random.default_rng(5)
    covered = 0
    for _ in range(300):
        interval = bootstrap_intervals(generator.random((60, 1)), resamples=600)[0]
        covered += interval.low <= 0.5 <= interval.high
    assert 0.90 <= covered / 300 <= 0.99


def test_exact_p_of_three_pairs_that_all_agree():
    # 2 of the 8 sign patterns (all +, all -) are as extreme.
    assert randomisation_test(np.array([3.0, 2.0, 4.0]), np.array([1.0, 1.0, 1.0])) == 2 / 8


def test_exact_p_by_hand():
    # Differences 1, 2, -4: sum -1; of the sums ±1±2±4 (all odd, none within ±1 but ±1) every one is as extreme.
    assert randomisation_test(np.array([1.0, 2.0, 0.0]), np.array([0.0, 0.0, 4.0])) == 1.0
    # Differences 4, 2, -1: sum 5; |sum| is 7, 5, 3 or 1, each for 2 of the 8 patterns: 4 are as extreme.
    assert randomisation_test(np.array([4.0, 2.0, 0.0]), np.array([0.0, 0.0, 1.0])) == 4 / 8


def test_systems_that_agree_have_p_one():
    values = np.random.default_rng(0).random(40)
    assert randomisation_test(values, values) == 1.0


def test_sampled_p_follows_the_exact_one():
    # 14 pairs of difference 1, two of -1: sum 12 of 16; P(|S| >= 12) = 2 * (1 + 16 + 120) / 2^16.
    a = np.array([1.0] * 14 + [0.0] * 2)
    p = randomisation_test(a, 1 - a, resamples=100_000)
    assert p == pytest.approx(2 * 137 / 2**16, rel=0.15)


def test_a_sampled_p_is_never_zero():
    a = np.ones(60)
    assert randomisation_test(a, np.zeros(60), resamples=99) == pytest.approx(2 * np.exp(-30))
    b = np.where(np.arange(60) < 42, 1.0, -1.0)  # seldom as extreme, and the bound says no more than .016
    assert 0 < randomisation_test(b, np.zeros(60), resamples=99) <= 2 * np.exp(-(24**2) / 120)


def test_values_that_are_no_pairs_are_an_error():
    with pytest.raises(InputError, match="not pairs"):
        randomisation_test(np.ones(2), np.ones(3))
    with pytest.raises(InputError, match="not pairs"):
        randomisation_test(np.ones(0), np.ones(0))


def test_no_difference_is_rarely_found():
    generator = np.random.default_rng(3)
    found = sum(
        randomisation_test(generator.random(30), generator.random(30), resamples=400) <= 0.05 for _ in range(300)
    )
    assert found / 300 <= 0.09


def test_holm_by_hand():
    # Sorted 0.01, 0.03, 0.04 times 3, 2, 1: 0.03, 0.06, and 0.04 lifted to 0.06.
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_a_p_and_keeps_their_order(p_values):
    corrected = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, corrected, strict=True))
    assert [corrected[i] for i in np.argsort(p_values, kind="stable")] == sorted(corrected)
