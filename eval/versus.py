"""Two evaluations of the same data beside each other: one system in both, query by query, slice by slice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from eval.evaluation import ALL, DIFFERENCES, Evaluation
from eval.intervals import bootstrap_intervals, detectable, holm, randomisation_tests
from eval.slices import SMALL
from matching.errors import QueryError

PRODUCTION = ("gradmatch", "hybrid")
"""Names of the production path: of replays, and of tasks."""


class _Cell(NamedTuple):
    direction: str
    axis: str
    slice: str
    measure: str
    old: np.ndarray[Any, np.dtype[np.float64]]
    new: np.ndarray[Any, np.dtype[np.float64]]


def production(evaluation: Evaluation) -> str:
    """The production path's name among the systems; the last of them where it is not there."""
    found = evaluation.systems
    if not found:
        raise QueryError("an evaluation without a system", where=evaluation.provenance.data, cure="Run it again.")
    return next((name for name in PRODUCTION if name in found), found[-1])


def comparable(old: Evaluation, new: Evaluation) -> None:
    """Do nothing where the two are of the same data.

    Raises
    ------
    QueryError
        Other data, another cutoff or horizon, or one is simulated and the other not (Law 11); names both sides.
    """
    a, b = old.provenance, new.provenance
    for name in ("simulated", "kind", "cutoff", "horizon_days", "data"):
        before, after = getattr(a, name), getattr(b, name)
        if before != after:
            raise QueryError(
                f"the two runs are not of one kind: {name} is {before} in the first, {after} in the second",
                where="compare",
                cure="Evaluate both on the same data, with the same cutoff and horizon.",
            )


def versus(old: Evaluation, new: Evaluation, *, system: str | None = None) -> pl.DataFrame:
    """`new` less `old` for one system (default: the production path), columns as in `eval.evaluation.DIFFERENCES`.

    Paired over the queries that both have; a query without a value in either is in no mean. Slices are those of
    `new`. p is corrected over all rows together (Holm). ``small`` marks slices of fewer than 30 pairs.

    Raises
    ------
    QueryError
        The two are not comparable, or share no query.
    """
    comparable(old, new)
    names = (system or production(old), system or production(new))
    cells = list(_cells(old, new, names))
    if not cells:
        raise QueryError(
            f"nothing is measured for {names[0]} and {names[1]} in both", where="compare", cure="See both."
        )
    own = new.provenance
    rows = []
    for cell in cells:
        gap = (cell.new - cell.old)[:, None]
        (interval,) = bootstrap_intervals(gap, seed=own.seed, resamples=own.resamples, confidence=own.confidence)
        p = float(randomisation_tests(gap, seed=own.seed)[0])
        least = float(detectable(gap, confidence=own.confidence)[0])
        rows.append((names[1], names[0], cell.direction, cell.axis, cell.slice, cell.measure, *interval, p, p,
                     len(gap), None if np.isnan(least) else least, cell.axis != ALL and len(gap) < SMALL))  # fmt: skip
    found = pl.DataFrame(rows, schema=dict(DIFFERENCES), orient="row")
    return found.with_columns(p_holm=pl.Series(holm(found["p"].to_list()), dtype=pl.Float64))


def _cells(old: Evaluation, new: Evaluation, names: tuple[str, str]) -> Iterator[_Cell]:
    keys = ["direction", "measure", "query"]
    before, after = (
        evaluation.values.filter(pl.col("system") == name).select(
            pl.col("direction").cast(pl.String), pl.col("measure").cast(pl.String), "query", "value"
        )
        for evaluation, name in zip((old, new), names, strict=True)
    )
    pairs = before.join(after, on=keys, suffix="_new", maintain_order="right")
    pairs = pairs.with_columns(pl.col("value", "value_new").fill_nan(None)).drop_nulls()
    for (direction, measure), part in pairs.group_by("direction", "measure", maintain_order=True):
        yield _cell((str(direction), ALL, ALL, str(measure)), part)
        members = new.members.filter(pl.col("direction") == direction)
        for (axis, name), inside in members.group_by("axis", "slice", maintain_order=True):
            held = part.join(inside.select("query"), on="query", how="semi")
            if len(held):
                yield _cell((str(direction), str(axis), str(name), str(measure)), held)


def _cell(names: tuple[str, str, str, str], pairs: pl.DataFrame) -> _Cell:
    return _Cell(*names, pairs["value"].to_numpy(), pairs["value_new"].to_numpy())
