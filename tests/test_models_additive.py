"""Learning curves: known curves come back, bounds hold, the prior holds where little was seen, places are undone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from models.additive import Form, Observed, deviance, fit, rise, scale_of, values
from models.ranker import Curve

FLAT = Form(Curve((0.0, 1.0), (0.0, 0.0)), 1)
EITHER = Form(Curve((0.0, 1.0), (0.0, 0.0)))


def drawn(n=60_000, seed=0, *, exposure=None):
    """Two features; the first is worth 2·x, the second falls by 1 and rises again, missing costs 0.5."""
    generator = np.random.default_rng(seed)
    x = generator.uniform(0, 1, (n, 2)).astype(np.float32)
    x[generator.random(n) < 0.2, 1] = np.nan
    second = np.where(np.isnan(x[:, 1]), -0.5, np.interp(np.nan_to_num(x[:, 1]), [0, 0.5, 1], [0, -1, 0]))
    seen = np.ones(n) if exposure is None else exposure(generator, x)
    chance = seen * np.exp(-3.5 + 2 * x[:, 0] + second)
    return Observed(x, (generator.random(n) < chance).astype(np.float64), seen)


def test_known_curves_come_back_with_what_is_missing():
    found = fit(drawn(), {"a": FLAT, "b": EITHER}, strength=1.0)
    a, b = found.curves["a"], found.curves["b"]
    assert a.values[-1] - a.values[0] == pytest.approx(2.0, abs=0.15)
    assert (a.missing, b.missing) == (0.0, 0.0)
    low, middle, high = values(b, np.array([0.0, 0.5, 1.0], np.float32))
    assert (low, middle, high) == tuple(pytest.approx(v, abs=0.35) for v in (0.5, -0.5, 0.5))
    assert found.base + values(a, np.float32([0.0]))[0] == pytest.approx(-3.5 - 0.5, abs=0.3)


def test_places_that_are_looked_at_less_do_not_bend_the_curve():
    """What has a high value stood low: without the places the curve would be flat or fall."""

    def low_places(generator, x):
        return np.where(x[:, 0] > 0.5, 0.2, 1.0)

    seen = drawn(exposure=low_places)
    right = fit(seen, {"a": FLAT, "b": EITHER}, strength=1.0).curves["a"]
    blind = fit(Observed(seen.features, seen.events, np.ones(len(seen))), {"a": FLAT, "b": EITHER}, strength=1.0)
    assert right.values[-1] - right.values[0] == pytest.approx(2.0, abs=0.2)
    assert blind.curves["a"].values[-1] - blind.curves["a"].values[0] < 1.0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, -1]))
def test_a_curve_never_goes_the_forbidden_way(seed, direction):
    generator = np.random.default_rng(seed)
    x = generator.normal(0, 1, (300, 1)).astype(np.float32)
    y = (generator.random(300) < 0.3).astype(np.float64)
    start = Curve((-2.0, 2.0), (-0.5 * direction, 0.5 * direction))
    curve = fit(Observed(x, y, np.ones(300)), {"a": Form(start, direction)}, strength=0.5).curves["a"]
    assert (direction * np.diff(curve.values) >= -1e-9).all()


def test_the_less_was_seen_the_more_the_start_holds():
    start = {"a": Form(Curve((0.0, 1.0), (0.0, -1.0))), "b": EITHER}
    rises = []
    for n in (0, 40, 4_000, 60_000):
        curve = fit(drawn(n), start, strength=10.0).curves["a"]
        rises.append(curve.values[-1] - curve.values[0])
    assert rises[0] == pytest.approx(-1.0)
    assert rises == sorted(rises)
    assert rises[-1] > 1.5


def test_the_optimum_is_that_of_a_general_solver():
    """The same loss written out plainly, minimised by another method: the same curve."""
    seen = drawn(2_000)
    found = fit(seen, {"a": FLAT, "b": EITHER}, strength=3.0)
    a, b = found.curves["a"], found.curves["b"]

    def eta(point):
        first = np.interp(seen.features[:, 0], a.knots, np.cumsum(np.r_[0, point[1 : len(a.knots)]]))
        inside = np.interp(np.nan_to_num(seen.features[:, 1]), b.knots, np.cumsum(np.r_[0, point[len(a.knots) : -1]]))
        return point[0] + first + np.where(np.isnan(seen.features[:, 1]), point[-1], inside)

    def loss(point):
        return np.exp(eta(point)).sum() - seen.events @ eta(point) + 1.5 * (point[1:] ** 2).sum()

    size = len(a.knots) + len(b.knots)
    bounds = [(None, None)] + [(0, None)] * (len(a.knots) - 1) + [(None, None)] * (size - len(a.knots))
    best = minimize(loss, np.r_[-3.0, np.zeros(size - 1)], method="SLSQP", bounds=bounds, options={"maxiter": 500})
    ours = np.r_[0.0, np.diff(a.values), np.diff(b.values), -b.values[0]]
    ours[0] = found.base + a.values[0] + b.values[0]
    assert loss(ours) <= best.fun + 1e-2
    assert np.abs(eta(ours) - eta(best.x)).max() < 0.05


def test_scale_and_rise_find_what_was_drawn():
    generator = np.random.default_rng(1)
    x = generator.normal(0, 1, (40_000, 1)).astype(np.float32)
    forms = {"a": Form(Curve((-5.0, 5.0), (-5.0, 5.0)), 1)}
    seen = generator.uniform(0.2, 1.0, 40_000)
    y = (generator.random(40_000) < seen * np.exp(-3 + 0.6 * x[:, 0]).clip(max=1)).astype(np.float64)
    assert scale_of(Observed(x, y, seen), forms, first=0.42, strength=20.0) == pytest.approx(0.6, abs=0.05)
    nothing = Observed(x[:50], np.r_[1.0, np.zeros(49)], seen[:50])
    assert scale_of(nothing, forms, first=0.42, strength=1e6) == pytest.approx(0.42, abs=0.01)
    chance = 0.5 / (1 + np.exp(-1.5 * (x[:, 0] - 0.7)))
    came = (generator.random(40_000) < seen * chance).astype(np.float64)
    middle, steepness, ceiling = rise(x[:, 0].astype(np.float64), Observed(x, came, seen))
    made = ceiling / (1 + np.exp(-steepness * (x[:, 0] - middle)))
    assert np.abs(made - chance).max() < 0.05


def test_deviance_is_zero_where_everything_was_foretold():
    seen = Observed(np.zeros((3, 1), np.float32), np.array([1.0, 1.0, 1.0]), np.ones(3))
    assert deviance(np.zeros(3), seen) == pytest.approx(0.0)
    assert deviance(np.full(3, -1.0), seen) == pytest.approx(2 * (1 - (1 - np.exp(-1))))
