"""The search of `gradmatch tune`: many settings on one development split, the poor ones dropped early.

One world is built; a trial is the settings' ranker with other weights and other numbers of candidates, asked the same
questions. Trials are proposed by Optuna's TPE sampler and cut by successive halving: first a ninth of the queries, then
a third, then all; what falls behind the others at a step goes no further. The first trial is the settings as they are,
so the best is never worse than they on the split that was searched. Whether it is on another one, the gate says.

Optuna was preferred to scikit-learn's halving search, which wants an estimator and folds: here a trial is a replay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from eval.charts import Chart, Range, Spot, front
from eval.evaluation import ALL, Evaluation
from eval.faults import check
from eval.measuring import measure_ground
from eval.replay import PRODUCTION, Replay, evaluation_of
from eval.split import temporal_split
from eval.world import World, world_at
from matching.errors import QueryError
from matching.features import FEATURE_NAMES
from matching.scoring import ranker_of
from matching.settings import Settings

if TYPE_CHECKING:
    from eval.ground import Ground
    from matching.progress import Progress
    from matching.store import Store
    from models.encoder import Encoder

STEPS = (9, 3, 1)
"""A trial is asked a ninth of the queries first, then a third, then all."""
_LOW, _HIGH = 0.25, 4.0
_CANDIDATES = (50, 100, 200, 400)


@dataclass(frozen=True)
class Search:
    """What is searched, and on what.

    Attributes
    ----------
    replay : Replay
        The development split, its directions, depth, limit and sampling; its other systems are not asked.
    trials : int
        With the settings as they are.
    measure : str
        Mean over the directions is made as large as possible; of a measure that is better when small, as small.
    features : tuple of str
        Whose weights may change.
    candidates : bool
        Whether the numbers of candidates may change, too.
    seed : int
    """

    replay: Replay
    trials: int = 40
    measure: str = "nDCG@10"
    features: tuple[str, ...] = FEATURE_NAMES
    candidates: bool = True
    seed: int = 0


class Tried(NamedTuple):
    """A trial: its number from 0, its settings, what it reached on how many of the queries' shares, and its figures."""

    number: int
    settings: Settings
    value: float
    whole: bool
    evaluation: Evaluation


def search(
    store: Store,
    encoder: Encoder,
    settings: Settings,
    plan: Search,
    *,
    kept: Callable[[Tried], object] = id,
    progress: Progress = lambda step, done, total: None,
) -> list[Tried]:
    """Try `plan.trials` settings; every one in order, the settings as they are first.

    Parameters
    ----------
    kept : callable, optional
        Told every trial when it has ended, for the ledger.

    Raises
    ------
    QueryError
        Optuna is not installed, or the measure has no value on the split.
    InputError
        Nothing happened in the split.
    """
    if find_spec("optuna") is None:
        raise QueryError("Optuna is not installed", where="tune", cure="Install gradmatch[tune].")
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    split = temporal_split(store, plan.replay.cutoff, plan.replay.horizon)
    found: list[Tried] = []
    with ExitStack() as worlds:
        world = worlds.enter_context(world_at(store, encoder, settings, split, progress=progress))
        steps = list(_steps(world, plan))
        study = optuna.create_study(
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=plan.seed, n_startup_trials=max(plan.trials // 4, 2)),
            pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
        )
        study.enqueue_trial(_as_they_are(settings, plan))
        for number in range(plan.trials):
            progress("try", number, plan.trials)
            trial = study.ask()
            tried = _try(trial, world, steps, plan)
            found.append(tried)
            state = optuna.trial.TrialState.COMPLETE if tried.whole else optuna.trial.TrialState.PRUNED
            study.tell(trial, tried.value if tried.whole else None, state=state)
            kept(tried)
        progress("try", plan.trials, plan.trials)
    return found


def best_of(found: list[Tried]) -> Tried:
    """The best of those that went all the way; of equals the first: the settings as they are, if nothing beats them."""
    return max((one for one in found if one.whole), key=lambda one: one.value)


def _steps(world: World, plan: Search) -> Iterator[list[Ground]]:
    whole = [world.ground(direction, limit=plan.replay.limit) for direction in plan.replay.directions]
    for part in STEPS:
        limits = [max(len(ground.queries) // part, 1) for ground in whole]
        grounds = zip(whole, limits, strict=True)
        yield [world.ground(ground.direction, limit=limit) for ground, limit in grounds] if part > 1 else whole


def _as_they_are(settings: Settings, plan: Search) -> dict[str, Any]:
    own = settings.ranking.weights
    point: dict[str, Any] = {name: min(max(own.get(name, 1.0), _LOW), _HIGH) for name in plan.features}
    if plan.candidates:
        point |= {f"candidates.{name}": _nearest(getattr(settings.retrieval, name)) for name in ("dense", "lexical")}
    return point


def _nearest(number: int) -> int:
    return min(_CANDIDATES, key=lambda choice: abs(choice - number))


def _try(trial: Any, world: World, steps: list[list[Ground]], plan: Search) -> Tried:  # noqa: ANN401 - Optuna's
    drawn = _drawn(trial, world.settings, plan)
    settings = drawn if trial.number else world.settings
    other = replace(world, settings=settings, state=replace(world.state, ranker=ranker_of(settings.ranking)))
    for step, grounds in enumerate(steps, 1):
        evaluation = _measured(other, grounds, plan)
        value = _value(evaluation, plan.measure)
        if np.isnan(value):  # a ninth may hold nobody to whom anything happened
            continue
        trial.report(value, step)
        if step < len(steps) and trial.number > 0 and trial.should_prune():
            return Tried(trial.number, settings, value, False, evaluation)
    if np.isnan(value):
        raise QueryError(f"{plan.measure} has no value on this split", where="tune", cure="Choose a longer horizon.")
    return Tried(trial.number, settings, value, True, evaluation)


def _drawn(trial: Any, settings: Settings, plan: Search) -> Settings:  # noqa: ANN401 - Optuna's
    weights = {name: round(trial.suggest_float(name, _LOW, _HIGH, log=True), 3) for name in plan.features}
    ranking = settings.ranking.model_copy(update={"weights": {**settings.ranking.weights, **weights}})
    update: dict[str, Any] = {"ranking": ranking}
    if plan.candidates:
        numbers = {name: trial.suggest_categorical(f"candidates.{name}", _CANDIDATES) for name in ("dense", "lexical")}
        update["retrieval"] = settings.retrieval.model_copy(update=numbers)
    return settings.model_copy(update=update)


def _measured(world: World, grounds: list[Ground], plan: Search) -> Evaluation:
    own = plan.replay
    measured = [
        measure_ground(
            ground,
            {PRODUCTION: world.production(ground, own.depth).cut(own.depth)},
            depth=own.depth,
            sampling=own.sampling,
        )
        for ground in grounds
    ]
    findings = [finding for part in measured for finding in check(part)]
    return evaluation_of(measured, own.provenance(world, world.split, grounds, world.settings), findings)


def _value(evaluation: Evaluation, measure: str) -> float:
    from eval.catalogue import named

    better = named(measure).better or 1
    rows = evaluation.summary.filter(pl.col("axis") == ALL, pl.col("measure") == measure, pl.col("mean").is_not_null())
    means = rows["mean"].drop_nans().to_numpy()
    return float(better * np.mean(means)) if len(means) else float("nan")


def history(found: list[Tried], measure: str) -> Chart:
    """Every trial that went all the way by its number, the best so far joined."""
    whole = [one for one in found if one.whole]
    spots = [
        Spot(
            "现用 / as is" if one.number == 0 else str(one.number),
            Range("", float(one.number), None, None, ""),
            Range("", one.value, None, None, ""),
        )
        for one in whole
    ]
    return front(f"调参过程 / the search: {measure}", spots, x_label="试验 / trial", y_label=measure)


def table_of(found: list[Tried]) -> pl.DataFrame:
    """A trial a row: number, value, whether it went all the way, candidates, and its weights."""
    rows = [
        {
            "trial": one.number,
            "value": one.value,
            "whole": one.whole,
            "dense": one.settings.retrieval.dense,
            "lexical": one.settings.retrieval.lexical,
            **{name: float(one.settings.ranking.weights.get(name, 1.0)) for name in FEATURE_NAMES},
        }
        for one in found
    ]
    return pl.DataFrame(rows)
