"""Interactions before a moment → a learned ranker: curves of both sides, calibrated chances, and what they were worth.

A chance is learned in stages (opened, applied to, answered), each log-linear, so their curves add up.

The parts of time: the last fifth of the exposures (of the applications) is held back for the figures of the card; what
is before it chooses how strongly the prior holds (on its own last quarter). Then everything is learned from once more.
Chances are calibrated on scores of people whom the curves had not seen (folds by a hash of the key).
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.learning.exposed import applications, days_of, examination_of, exposures, settled_by
from matching.learning.learned import LearnedCurve, LearnedRanker, Rise, SideOfPair, Stage, joined
from matching.scoring import FORMS
from models.additive import Fitted, Form, Observed, deviance, fit, rise, scale_of

if TYPE_CHECKING:
    from matching.learning.examination import Examination
    from matching.matcher import Matcher
    from matching.progress import Progress

Floats = NDArray[np.float64]

STRENGTHS = (3.0, 10.0, 30.0, 100.0, 300.0)
"""How strongly the prior may hold; the development part of the past chooses."""
_SLOPES = {"apply": 0.42, "click": 0.21, "take": 0.21, "answer": 0.125}
"""What a point of the prior is worth in the logarithm of each chance, before anything is known: `[chance]`'s."""
_BOTH = _SLOPES["apply"] + _SLOPES["answer"]
_SLOPE_EVENTS = 20.0
_FIXED = 1e9
"""Strength that leaves the starting curves as they are."""
_TEST, _DEVELOPMENT = 0.8, 0.75
_FOLDS = 3
_BINS = 10


@dataclass(frozen=True)
class Terms:
    """How the ranker is learned.

    Attributes
    ----------
    least : int
        Applications (and answers) below which a side keeps the prior's curves.
    apply_days, answer_days : float
        How long an exposure has to lead to an application, an application to an answer, before it counts as neither.
    seed : int
        Of the folds.
    """

    least: int = 100
    apply_days: float = 3.0
    answer_days: float = 10.0
    seed: int = 0


class Lessons(NamedTuple):
    """One side's pairs in order of time: what was seen, whose they are (a fold each), and what was opened at least."""

    observed: Observed
    fold: NDArray[np.int64]
    opened: NDArray[np.bool_]

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Lessons:
        """Some of them."""
        return Lessons(self.observed.take(rows), self.fold[rows], self.opened[rows])

    def until(self, share: float) -> tuple[Lessons, Lessons]:
        """The first `share` of them, and the rest."""
        cut, rows = round(share * len(self.fold)), np.arange(len(self.fold))
        return self.take(rows[:cut]), self.take(rows[cut:])


class _Stage(NamedTuple):
    fitted: Fitted
    told: Stage


def lessons_of(
    table: pl.DataFrame, matcher: Matcher, looked: Examination | None, *, seed: int, progress: Progress | None = None
) -> Lessons:
    """The pairs of `table` (`matching.learning.exposed`) that the state holds, with their features on the day.

    Parameters
    ----------
    looked : Examination or None
        How much places are looked at; None: each pair was.
    """
    say = progress or (lambda step, done, total: None)
    own, offers = matcher.state.graduates, matcher.state.postings
    names = table["graduate"].unique(maintain_order=True).to_list()
    people = {key: own.row_of(key) for key in names}
    jobs = {key: offers.row_of(key) for key in table["posting"].unique(maintain_order=True).to_list()}
    held = table.with_columns(
        g=pl.Series([people[key] for key in table["graduate"].to_list()], dtype=pl.Int64),
        p=pl.Series([jobs[key] for key in table["posting"].to_list()], dtype=pl.Int64),
        day=days_of(table),
    ).drop_nulls(["g", "p"])
    row, job, day = (held[name].to_numpy() for name in ("g", "p", "day"))
    features = np.empty((len(held), len(FORMS)), np.float32)
    order = np.argsort(row, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(row[order]) != 0]) if len(row) else np.empty(0, np.int64)
    for done, mine in enumerate(np.split(order, starts[1:]) if len(row) else ()):
        features[mine] = matcher.features_of(int(row[mine[0]]), job[mine], day[mine])
        if done % 100 == 0:
            say("features", done, len(starts))
    exposure = np.ones(len(held))
    if looked is not None:
        exposure = looked(held["rank"].cast(pl.Int64).fill_null(1).to_numpy())
    folds = {key: _fold(key, seed) for key in held["graduate"].unique().to_list()}
    fold = np.array([folds[key] for key in held["graduate"].to_list()], np.int64)
    opened = held["clicked" if "clicked" in held.columns else "event"].to_numpy()
    return Lessons(Observed(features, held["event"].to_numpy().astype(np.float64), exposure), fold, opened)


def _fold(key: str, seed: int) -> int:
    return int.from_bytes(blake2b(f"{seed}:{key}".encode(), digest_size=4).digest()) % _FOLDS


def learn(past: pl.DataFrame, matcher: Matcher, cutoff: datetime, terms: Terms, *, progress: Progress) -> LearnedRanker:
    """Learn from what had happened before `cutoff`.

    Parameters
    ----------
    past : DataFrame
        Interactions before the cutoff: `matching.store.past.Past.interactions`.
    matcher : Matcher
        Over a state of the cutoff.

    Raises
    ------
    ValueError
        Something in `past` is not before the cutoff.
    """
    if past.filter(pl.col("at") >= cutoff).height:
        raise ValueError("an interaction that is not before the cutoff")
    began = time.monotonic()
    looked, how = examination_of(past)
    shown = exposures(past, settled_by(cutoff, terms.apply_days))
    asked = applications(past, settled_by(cutoff, terms.answer_days))
    both = {
        "apply": lessons_of(shown, matcher, looked, seed=terms.seed, progress=progress),
        "answer": lessons_of(asked, matcher, None, seed=terms.seed, progress=progress),
    }
    progress("learn", 0, 2)
    worth = _worth(both, terms)
    progress("learn", 1, 2)
    stages = _stages(both, terms)
    chances = _chances(both, stages, terms)
    progress("learn", 2, 2)
    card = {
        "cutoff": cutoff.isoformat(),
        "first": past["at"].min().isoformat() if len(past) else "",  # type: ignore[union-attr]
        "interactions": len(past),
        "people": int(past["graduate"].n_unique()),
        "least": terms.least,
        "apply_days": terms.apply_days,
        "answer_days": terms.answer_days,
        "seed": terms.seed,
        "examination": how,
        "simulated": bool(past["graduate"].str.starts_with("sample-").any()),
        "test": worth,
        "seconds": round(time.monotonic() - began, 1),
    }
    found = LearnedRanker(
        name="",
        features=tuple(FORMS),
        apply=_side_of([stage for name, stage in stages.items() if name != "answer"], chances["apply"]),
        answer=_side_of([stages["answer"]], chances["answer"]),
        examination=tuple(round(chance, 4) for chance in looked.chances),
        card=card,
    )
    return found.named(cutoff.date().isoformat())


def _side_of(stages: list[_Stage], chance: Rise) -> SideOfPair:
    curves = dict(stages[0].fitted.curves)
    for stage in stages[1:]:
        curves = {name: joined(curve, stage.fitted.curves[name]) for name, curve in curves.items()}
    return SideOfPair(
        base=round(sum(stage.fitted.base for stage in stages), 6),
        curves={name: LearnedCurve.of(curve) for name, curve in curves.items()},
        chance=chance,
        stages=tuple(stage.told for stage in stages),
    )


def _lessons(both: dict[str, Lessons], terms: Terms, names: Collection[str] = ()) -> dict[str, Lessons]:
    """The pairs of each stage: of showings, what was opened, and what was applied to of that; of applications, answers.

    Opened postings say as much about taste as applications, and there are many more of them. Where they are not told
    (no more than the applications), showings have one stage.

    Parameters
    ----------
    names : collection of str, optional
        The stages wanted; default: as many as there is enough of.
    """
    shown = both["apply"]
    seen = shown.observed
    applied, passed = seen.events.sum(), (shown.opened & (seen.events == 0)).sum()
    if not ("click" in names if names else min(applied, passed) >= terms.least):
        return both
    click = shown._replace(observed=Observed(seen.features, shown.opened.astype(np.float64), seen.exposure))
    take = shown.take(shown.opened)
    take = take._replace(observed=Observed(take.observed.features, take.observed.events, np.ones(len(take.fold))))
    return {"click": click, "take": take, "answer": both["answer"]}


def _stages(both: dict[str, Lessons], terms: Terms, before: dict[str, _Stage] | None = None) -> dict[str, _Stage]:
    """Curves of each stage; the prior's, scaled, where there is too little.

    Parameters
    ----------
    before : dict, optional
        Stages of all people, where these are some of them: as strongly does the prior hold, and as many are learned.
    """
    found = {}
    for name, lessons in _lessons(both, terms, before or ()).items():
        observed = lessons.observed
        pairs, events = len(observed), int(observed.events.sum())
        if before is not None and not before[name].told.learned:
            found[name] = before[name]
        elif before is None and min(events, pairs - events) < terms.least:
            told = Stage(name=name, learned=False, pairs=pairs, events=events, strength=0.0)
            found[name] = _Stage(fit(observed, _forms(name), strength=_FIXED), told)
        else:
            strength = _strength(lessons, name) if before is None else before[name].told.strength
            told = Stage(name=name, learned=True, pairs=pairs, events=events, strength=strength)
            found[name] = _Stage(fit(observed, _scaled(observed, name), strength=strength), told)
    return found


def _strength(lessons: Lessons, name: str) -> float:
    """How strongly the prior holds: what tells the last quarter best."""
    before, after = lessons.until(_DEVELOPMENT)
    forms = _scaled(before.observed, name)

    def loss(strength: float) -> float:
        fitted = fit(before.observed, forms, strength=strength)
        return deviance(fitted.logarithms(after.observed.features), after.observed)

    return min(STRENGTHS, key=loss)


def _forms(name: str, factor: float | None = None) -> dict[str, Form]:
    slope = _SLOPES[name] if factor is None else factor
    return {feature: Form(form.start.scaled(slope), form.direction) for feature, form in FORMS.items()}


def _scaled(observed: Observed, name: str) -> dict[str, Form]:
    """The prior at the scale that these pairs show."""
    return _forms(name, scale_of(observed, FORMS, first=_SLOPES[name], strength=_SLOPE_EVENTS))


def _score(stages: dict[str, _Stage], features: NDArray[np.float32]) -> Floats:
    """The score of both sides: logarithms, bases left out."""
    return sum((s.fitted.logarithms(features) - s.fitted.base for s in stages.values()), np.zeros(len(features)))


def _chances(both: dict[str, Lessons], stages: dict[str, _Stage], terms: Terms) -> dict[str, Rise]:
    """Each side's chance by the score of both, from scores of people whom the curves had not seen."""
    scores = {name: np.zeros(len(lessons.observed)) for name, lessons in both.items()}
    for fold in range(_FOLDS):
        others = {name: lessons.take(lessons.fold != fold) for name, lessons in both.items()}
        found = _stages(others, terms, stages)
        for name, lessons in both.items():
            mine = lessons.fold == fold
            scores[name][mine] = _score(found, lessons.observed.features[mine])
    return {name: _rise(name, scores[name], lessons.observed, terms) for name, lessons in both.items()}


def _rise(name: str, scores: Floats, observed: Observed, terms: Terms) -> Rise:
    from matching.settings import ChanceSettings

    if observed.events.sum() < terms.least // 2:
        prior = getattr(ChanceSettings(), name)  # by points of the prior, one of which is `_BOTH` here
        return Rise(middle=prior.middle * _BOTH, steepness=prior.steepness / _BOTH, ceiling=prior.ceiling)
    middle, steepness, ceiling = rise(scores, observed)
    return Rise(middle=round(middle, 4), steepness=round(steepness, 5), ceiling=round(ceiling, 5))


def _worth(both: dict[str, Lessons], terms: Terms) -> dict[str, Any]:
    """What the same procedure on the first four fifths was worth on the last, beside the prior at its best scale."""
    parts = {name: lessons.until(_TEST) for name, lessons in both.items()}
    before = {name: part[0] for name, part in parts.items()}
    stages = _stages(before, terms)
    chances = _chances(before, stages, terms)
    report = {}
    for name, (early, late) in parts.items():
        observed, own = late.observed, chances[name]
        if not len(observed) or not observed.events.sum():
            continue
        mine = [stage.fitted for stage_name, stage in stages.items() if (stage_name == "answer") == (name == "answer")]
        start = fit(early.observed, _scaled(early.observed, name), strength=_FIXED)
        learned = sum((fitted.logarithms(observed.features) for fitted in mine), np.zeros(len(observed)))
        scores = _score(stages, observed.features)
        chance = own.ceiling / (1 + np.exp(-own.steepness * (scores - own.middle))) * observed.exposure
        report[name] = {
            "pairs": len(observed),
            "events": int(observed.events.sum()),
            "deviance_prior": round(deviance(start.logarithms(observed.features), observed), 5),
            "deviance_learned": round(deviance(learned, observed), 5),
            "calibration_error": round(calibration_error(chance, observed.events), 5),
            "reliability": reliability(chance, observed.events),
        }
    return report


def calibration_error(chance: Floats, events: Floats) -> float:
    """|mean chance − share that came about| in ten bins of equal width, weighed by their pairs."""
    bins = np.minimum((chance * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.bincount(bins, weights=chance - events, minlength=_BINS)
    return float(np.abs(gaps).sum() / max(len(events), 1))


def reliability(chance: Floats, events: Floats) -> list[list[float]]:
    """Mean chance, share that came about and pairs, in ten bins of as many pairs each, by rising chance."""
    order = np.argsort(chance, kind="stable")
    return [
        [round(float(chance[rows].mean()), 5), round(float(events[rows].mean()), 5), len(rows)]
        for rows in np.array_split(order, _BINS)
        if len(rows)
    ]
