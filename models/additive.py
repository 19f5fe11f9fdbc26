"""Learning an additive ranker: one curve a feature, fitted convexly, rising or falling where reason says so.

The model is log-linear: ``expected events = exposure · exp(base + Σ curve_f(x_f))``. That is the click model of a
list (looked at with the place's chance, then taken with the pair's own), so the position bias is an exposure and
needs no weights that make the variance grow; and chances of both sides multiply, so their logarithms add up.
Curves are drawn between knots; what is learned are the rises from knot to knot, held at 0 or more (or less) where the
curve may only rise (or fall). They are shrunk to a starting curve: without events that is what comes out.

The penalised Poisson likelihood is convex in the rises, and so are the bounds: SciPy's L-BFGS-B finds the one optimum.
scikit-learn's `PoissonRegressor` knows no bounds, its gradient-boosted trees no starting curve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ranker import AdditiveRanker, Curve, Features

Floats = NDArray[np.float64]

_FEW_VALUES = 8
"""A feature with no more values than this has a knot at each of them."""
_SHARES = (0.02, 0.1, 0.25, 0.4, 0.6, 0.75, 0.9, 0.98)
"""Else at these quantiles."""
_APART = 1e-3
_LARGEST = 30.0
"""Logarithms beyond this are cut: nothing is e^30 times as likely as something else."""


@dataclass(frozen=True)
class Observed:
    """What was seen of n pairs.

    Attributes
    ----------
    features : float32 (n, f)
        NaN is a missing value.
    events : float64 (n,)
        What came of it: 0 or 1.
    exposure : float64 (n,)
        How much it was looked at, above 0: 1 for the first place.
    """

    features: Features
    events: Floats
    exposure: Floats

    def __len__(self) -> int:
        """Pairs."""
        return len(self.events)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Observed:
        """Some of them."""
        return Observed(self.features[rows], self.events[rows], self.exposure[rows])


@dataclass(frozen=True)
class Form:
    """What the curve of a feature may be.

    Attributes
    ----------
    start : Curve
        What it is shrunk to.
    direction : {-1, 0, 1}
        Whether it may only fall, do both, or only rise. `start` keeps to it.
    """

    start: Curve
    direction: int = 0


@dataclass(frozen=True)
class Fitted:
    """``log(events an exposure) = base + Σ curves``; a missing value is worth 0, so the others stand beside it."""

    base: float
    curves: Mapping[str, Curve]

    @property
    def ranker(self) -> AdditiveRanker:
        """The curves as a ranker."""
        return AdditiveRanker(dict(self.curves))

    def logarithms(self, features: Features) -> Floats:
        """Of the expected events for one exposure, (n,)."""
        total = np.full(len(features), self.base)
        for i, curve in enumerate(self.curves.values()):
            total += values(curve, features[:, i])
        return total


def values(curve: Curve, feature: NDArray[np.float32]) -> Floats:
    """A curve's points, not rounded to micro-points."""
    points = np.interp(feature.astype(np.float64), curve.knots, curve.values)
    return np.asarray(np.where(np.isnan(feature), curve.missing, points), np.float64)


def scale_of(observed: Observed, forms: Mapping[str, Form], *, first: float, strength: float) -> float:
    """The factor (0 or more) of all starting curves that best tells what came about; near `first` if little did.

    Parameters
    ----------
    strength : float
        Events that `first` weighs as much as, for a change of the factor by itself.
    """
    index = sum(values(form.start, observed.features[:, i]) for i, form in enumerate(forms.values()))
    column = np.asarray(index, np.float64)[:, None]
    column = column - column.mean()
    found = _solve(
        column,
        observed,
        start=np.array([first]),
        pull=np.array([strength / max(first, 1e-6) ** 2]),
        bounds=[(0.0, None)],
    )
    return float(found[1])


def fit(observed: Observed, forms: Mapping[str, Form], *, strength: float) -> Fitted:
    """Learn the curves.

    Parameters
    ----------
    observed : Observed
        Columns of the features in the order of `forms`. Without a pair or an event the starting curves come out.
    forms : mapping of str to Form
    strength : float
        Above 0: as many events speak for the starting curves as there must be to move a rise by one.
    """
    designs = [_design(form, observed.features[:, i]) for i, form in enumerate(forms.values())]
    matrix = np.concatenate([part.columns for part in designs], axis=1)
    start = np.concatenate([part.start for part in designs])
    bounds = [bound for part in designs for bound in part.bounds]
    found = start
    base = 0.0
    if len(observed) and observed.events.sum() > 0:
        answer = _solve(matrix, observed, start=start, pull=np.full(len(start), strength), bounds=bounds)
        base, found = float(answer[0]), answer[1:]
    curves, at = {}, 0
    for name, part in zip(forms, designs, strict=True):
        size = len(part.start)
        curve = _curve(part.knots, found[at : at + size])
        points = tuple(round(v - curve.missing, 6) for v in curve.values)
        curves[name] = Curve(curve.knots, points, 0.0)
        base, at = base + curve.missing, at + size
    return Fitted(round(base, 6), curves)


@dataclass(frozen=True)
class _Part:
    """One feature's columns: for each stretch between knots how much of it lies below the value; what is missing."""

    knots: tuple[float, ...]
    columns: Floats
    start: Floats
    bounds: list[tuple[float | None, float | None]]


def _design(form: Form, feature: NDArray[np.float32]) -> _Part:
    knots = _knots(form.start, feature)
    low, wide = np.array(knots[:-1]), np.diff(knots)
    missing = np.isnan(feature)
    known = np.where(missing, 0.0, feature.astype(np.float64))
    below = np.clip((known[:, None] - low) / wide, 0.0, 1.0) * ~missing[:, None]
    points = np.interp(knots, form.start.knots, form.start.values)
    side: tuple[float | None, float | None] = {1: (0.0, None), -1: (None, 0.0)}.get(form.direction, (None, None))
    return _Part(
        knots,
        np.column_stack([below, missing.astype(np.float64)]),
        np.append(np.diff(points), form.start.missing - points[0]),
        [*([side] * len(wide)), (None, None)],
    )


def _knots(start: Curve, feature: NDArray[np.float32]) -> tuple[float, ...]:
    held = feature[~np.isnan(feature)].astype(np.float64)
    own = np.unique(held)
    if len(own) > _FEW_VALUES:
        own = np.unique(np.quantile(held, _SHARES))
    every = np.unique(np.round(np.concatenate([own, start.knots]), 6))
    kept = [float(every[0])]
    for knot in every[1:].tolist():
        if knot - kept[-1] > _APART:
            kept.append(knot)
    return tuple(kept) if len(kept) > 1 else (kept[0], kept[0] + 1.0)


def _curve(knots: tuple[float, ...], found: Floats) -> Curve:
    points = np.concatenate([[0.0], np.cumsum(found[:-1])])
    return Curve(knots, tuple(points.tolist()), float(found[-1]))


def _solve(
    matrix: Floats,
    observed: Observed,
    *,
    start: Floats,
    pull: Floats,
    bounds: Sequence[tuple[float | None, float | None]],
) -> Floats:
    """Base and coefficients of the least penalised Poisson loss."""
    from scipy.optimize import minimize

    y, exposure = observed.events, observed.exposure
    eta = matrix @ start
    base = np.log(y.sum() / (exposure * np.exp(np.clip(eta, -_LARGEST, _LARGEST))).sum())

    def loss(point: Floats) -> tuple[float, Floats]:
        eta = np.clip(point[0] + matrix @ point[1:], -_LARGEST, _LARGEST)
        expected = exposure * np.exp(eta)
        gap = point[1:] - start
        gradient = expected - y
        value = expected.sum() - y @ eta + 0.5 * (pull * gap) @ gap
        return float(value), np.concatenate([[gradient.sum()], matrix.T @ gradient + pull * gap])

    found = minimize(
        loss,
        np.concatenate([[base], start]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), *bounds],
        options={"maxiter": 500, "ftol": 1e-10, "gtol": 1e-4},
    )
    return np.asarray(found.x, np.float64)


def deviance(logarithms: Floats, observed: Observed) -> float:
    """Mean Poisson deviance a pair of expected events ``exposure · exp(logarithms)``: 0 is perfect, less is better."""
    expected = observed.exposure * np.exp(np.clip(logarithms, -_LARGEST, _LARGEST))
    y = observed.events
    seen = np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0) / expected), 0.0)
    return float(2 * (seen - (y - expected)).mean()) if len(y) else 0.0


def rise(scores: Floats, observed: Observed) -> tuple[float, float, float]:
    """The S-shaped curve of the score that tells best how often it came about: middle, steepness, ceiling.

    Largest likelihood of ``exposure · ceiling / (1 + exp(-steepness (score - middle)))``.
    """
    from scipy.optimize import minimize

    y, exposure = observed.events, observed.exposure
    rate = max(float(y.sum() / exposure.sum()), 1e-4)

    def loss(point: Floats) -> float:
        middle, steepness, ceiling = _unpacked(point)
        chance = exposure * ceiling * np.exp(-np.logaddexp(0.0, -steepness * (scores - middle)))
        chance = np.clip(chance, 1e-9, 1 - 1e-9)
        return float(-(y * np.log(chance) + (1 - y) * np.log1p(-chance)).sum())

    starts = []
    for ceiling in (0.3, 0.7, 0.95):
        middle = float(scores.mean()) - np.log(min(rate / ceiling, 0.9) / (1 - min(rate / ceiling, 0.9)))
        starts.append(np.array([middle, 0.0, np.log(ceiling / (1 - ceiling))]))
    found = [minimize(loss, start, method="L-BFGS-B", bounds=[(-60, 60), (-4, 2), (-3.5, 6)]) for start in starts]
    return _unpacked(min(found, key=lambda one: float(one.fun)).x)


def _unpacked(point: Floats) -> tuple[float, float, float]:
    return float(point[0]), float(np.exp(point[1])), float(1 / (1 + np.exp(-point[2])))
