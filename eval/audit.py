"""Fairness: whether groups of people are shown, and found, alike. The only place where protected attributes are read.

They are joined here alone, through `Store.protected`, which logs the purpose; nothing of them leaves but sums over
groups. Groups are sex, and hardship (a published hardship group, a low-income family, a disability). What is compared,
with intervals over people:

opportunity   postings for people: relevance and crowding of their lists, by group
exposure      people for postings: attention that a person gets from all lists, by group, over everybody who is in any
found         people for postings: one over the rank of those whom the employer answered later, by group

A gap is a group less all others. *Adjusted*, it is taken within each category of major and averaged by the group's own
numbers, because the share of women follows the major. A small group is named, and marked as too small to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.evaluation import Direction, Evaluation
from eval.intervals import resample_counts
from eval.slices import SMALL
from matching.standard.records import Protected

if TYPE_CHECKING:
    from matching.store import Store

GAPS = {
    "system": pl.String(),
    "direction": pl.String(),
    "kind": pl.String(),
    "measure": pl.String(),
    "axis": pl.String(),
    "group": pl.String(),
    "n": pl.Int64(),
    "others": pl.Int64(),
    "mean": pl.Float64(),
    "mean_others": pl.Float64(),
    "gap": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "adjusted": pl.Float64(),
    "adjusted_low": pl.Float64(),
    "adjusted_high": pl.Float64(),
    "small": pl.Boolean(),
}
SEXES = {"female": "女 / female", "male": "男 / male"}
NONE = "无 / none"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """Slice names by person, by axis, read once through the store's log."""

    axes: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, store: Store, people: Sequence[str], purpose: str) -> Groups:
        """Sex and hardship of `people`; someone without a record is in no group.

        Raises
        ------
        QueryError
            No purpose is stated.
        """
        records = store.protected(people, purpose)
        sex: dict[str, str] = {}
        hardship: dict[str, str] = {}
        for key, record in records.items():
            assert isinstance(record, Protected)
            if record.sex is not None:
                sex[key] = SEXES[record.sex]
            named = record.hardship_groups[0] if record.hardship_groups else ""
            if named or record.low_income_family or record.disability:
                hardship[key] = "困难群体 / hardship"
            else:
                hardship[key] = NONE
        return cls({"sex": sex, "hardship": hardship})


def audit(
    evaluation: Evaluation, store: Store, purpose: str, *, seed: int = 0, resamples: int = 1_000, small: int = SMALL
) -> pl.DataFrame:
    """Gaps between groups in what an evaluation listed: see the module, and `GAPS` for the columns.

    Parameters
    ----------
    evaluation : Evaluation
        A replay; directions that it does not hold are left out.
    store : Store
        Its protected records are read, once, and the use is logged with `purpose`.

    Raises
    ------
    QueryError
        No purpose is stated.
    """
    values = _values(evaluation)
    people = sorted({key for table in values for key in table.people})
    groups = Groups.read(store, people, purpose)
    strata = dict(
        evaluation.members.filter(pl.col("axis") == "major_category", pl.col("direction") == "postings")
        .select("query", "slice")
        .iter_rows()
    )
    rows = [
        row
        for table in values
        for axis, names in groups.axes.items()
        for row in _gaps(table, axis, names, strata, (seed, resamples, small))
    ]
    return pl.DataFrame(rows, schema=dict(GAPS), orient="row")


@dataclass(frozen=True)
class _Values:
    """One number a person: of one system, one measure."""

    system: str
    direction: str
    kind: str
    measure: str
    people: list[str]
    values: Floats


def _values(evaluation: Evaluation) -> list[_Values]:
    return [*_opportunities(evaluation), *_exposures(evaluation)]


def _opportunities(evaluation: Evaluation) -> Iterator[_Values]:
    wanted = [name for name in evaluation.measures if name.split("@")[0] in ("nDCG", "Recall", "Success", "Crowding")]
    rows = evaluation.values.filter(
        pl.col("direction") == Direction.POSTINGS.value, pl.col("measure").is_in(wanted), pl.col("value").is_not_null()
    )
    for part in rows.partition_by("system", "measure", maintain_order=True):
        yield _Values(
            str(part["system"][0]),
            Direction.POSTINGS.value,
            "opportunity",
            str(part["measure"][0]),
            part["query"].to_list(),
            part["value"].to_numpy(),
        )


def _exposures(evaluation: Evaluation) -> Iterator[_Values]:
    lists = evaluation.lists.filter(pl.col("direction") == Direction.GRADUATES.value)
    everyone = sorted(set(lists["document"].to_list()) - {"?"})
    for part in lists.partition_by("system", maintain_order=True):
        weighed = part.with_columns(weight=1 / (pl.col("rank") + 1).log(2)).with_columns(
            weight=pl.col("weight") / pl.col("weight").sum().over("query")
        )
        got = dict(weighed.group_by("document").agg(pl.col("weight").sum()).iter_rows())
        system, direction = str(part["system"][0]), Direction.GRADUATES.value
        exposure = np.array([got.get(person, 0.0) for person in everyone])
        yield _Values(system, direction, "exposure", "exposure", everyone, exposure)
        answered = part.filter(pl.col("grade") >= 1)
        found = answered.group_by("document", maintain_order=True).agg((1 / pl.col("rank")).mean().alias("rr"))
        if len(found):
            yield _Values(system, direction, "found", "1/rank", found["document"].to_list(), found["rr"].to_numpy())


def _gaps(
    table: _Values, axis: str, names: Mapping[str, str], strata: Mapping[str, str], sampling: tuple[int, int, int]
) -> Iterator[dict[str, object]]:
    known = [i for i, person in enumerate(table.people) if person in names]
    values = table.values[known]
    labels = np.array([names[table.people[i]] for i in known], dtype=np.str_)
    layers = np.array([strata.get(table.people[i], "") for i in known], dtype=np.str_)
    for group in np.unique(labels).tolist():
        inside = labels == group
        n, others = int(inside.sum()), int((~inside).sum())
        if not n or not others:
            continue
        raw = _interval(values, inside, None, sampling)
        adjusted = _interval(values, inside, layers, sampling)
        yield {
            "system": table.system,
            "direction": table.direction,
            "kind": table.kind,
            "measure": table.measure,
            "axis": axis,
            "group": group,
            "n": n,
            "others": others,
            "mean": float(values[inside].mean()),
            "mean_others": float(values[~inside].mean()),
            "gap": raw[0],
            "low": raw[1],
            "high": raw[2],
            "adjusted": adjusted[0],
            "adjusted_low": adjusted[1],
            "adjusted_high": adjusted[2],
            "small": min(n, others) < sampling[2],
        }


def _interval(
    values: Floats, inside: NDArray[np.bool_], layers: NDArray[np.str_] | None, sampling: tuple[int, int, int]
) -> tuple[float | None, float | None, float | None]:
    """Gap with its bootstrap interval over people; None where no layer holds both sides.

    Within layers: the gap of each layer that holds both sides, averaged by the group's own numbers in it.
    """
    seed, resamples, _ = sampling
    cells = np.zeros(len(values), np.int64) if layers is None else np.unique(layers, return_inverse=True)[1].reshape(-1)
    cell = cells * 2 + inside
    size = int(cells.max()) + 1

    def gap(counts: Floats) -> Floats:
        held = np.stack([np.bincount(cell, weights=row, minlength=2 * size) for row in counts])
        sums = np.stack([np.bincount(cell, weights=row * values, minlength=2 * size) for row in counts])
        n_out, n_in = held[:, 0::2], held[:, 1::2]
        both = (n_out > 0) & (n_in > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            difference = np.where(both, sums[:, 1::2] / n_in - sums[:, 0::2] / n_out, 0.0)
            weight = np.where(both, n_in, 0.0)
            out: Floats = (difference * weight).sum(axis=1) / weight.sum(axis=1)
        return out

    found = float(gap(np.ones((1, len(values))))[0])
    if np.isnan(found):
        return None, None, None
    resampled = np.concatenate([gap(counts) for counts in resample_counts(len(values), seed, resamples)])
    low, high = np.quantile(resampled[~np.isnan(resampled)], [0.025, 0.975])
    return found, float(low), float(high)
