"""Means over several lucks: the ratio of ours to top-k, and how sure it is."""

import math

import numpy as np
import pytest

from benchmarks.congestion import ratio_of_means


def test_a_ratio_of_means_is_no_mean_of_ratios_and_needs_no_full_denominator():
    ratio, half = ratio_of_means(np.array([1.0, 2.0, 0.0]), np.array([4.0, 2.0, 0.0]))
    assert ratio == pytest.approx(0.5)
    # by hand: residuals -1, 1, 0 spread by 1; t(2, 97.5 %) = 4.3027; the mean is 2
    assert half == pytest.approx(4.3027 / (2 * math.sqrt(3)), rel=1e-4)


def test_what_is_always_the_same_share_is_sure():
    ratio, half = ratio_of_means(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    assert (ratio, half) == (pytest.approx(0.5), pytest.approx(0.0))


def test_no_ratio_without_anything_to_divide_by_and_no_interval_of_one():
    assert all(math.isnan(value) for value in ratio_of_means(np.array([1.0, 2.0]), np.zeros(2)))
    assert all(math.isnan(value) for value in ratio_of_means(np.array([]), np.array([])))
    ratio, half = ratio_of_means(np.array([1.0]), np.array([2.0]))
    assert ratio == 0.5
    assert math.isnan(half)
