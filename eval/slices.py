"""Slices of the queries: small ones are merged or named as too small, none is hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.evaluation import ALL, MEMBERS, Direction

SMALL = 30
"""Queries below which a slice is too small to judge: its interval says little, and it is marked so."""
REST = "其他 / other"
"""Slice that small slices of an axis are merged into, where that makes it large enough."""
UNKNOWN = "不详 / unknown"
"""Slice of the queries about which the axis knows nothing."""


class Slice(NamedTuple):
    """Some of the queries: `axis` says by what, `name` which; `rows` is None for every query."""

    axis: str
    name: str
    rows: NDArray[np.int64] | None


def slices_of(axes: Mapping[str, Sequence[str]], n: int, *, small: int = SMALL) -> list[Slice]:
    """Every query, then each axis in its order, each slice in the order of its name.

    Parameters
    ----------
    axes : mapping of axis to one slice name a query
        An empty name is `UNKNOWN`.
    n : int
        Queries.
    small : int
        Slices of fewer queries are merged into `REST`, where there are several of them. One alone keeps its name.
    """
    found = [Slice(ALL, ALL, None)]
    for axis, names in axes.items():
        labels = merged([name or UNKNOWN for name in names], small=small)
        order = np.argsort(labels, kind="stable")
        held, starts = np.unique(labels[order], return_index=True)
        for name, rows in zip(held.tolist(), np.split(order, starts[1:]), strict=True):
            found.append(Slice(axis, name, np.sort(rows).astype(np.int64)))
    return found


def merged(names: Sequence[str], *, small: int = SMALL) -> NDArray[np.str_]:
    """`names` with those that fewer than `small` queries have put together as `REST`, where there are several."""
    labels = np.array(names, dtype=np.str_) if len(names) else np.empty(0, np.str_)
    held, counts = np.unique(labels, return_counts=True)
    few = held[counts < small]
    if len(few) > 1:
        labels = np.where(np.isin(labels, few), REST, labels)
    return labels


def members_table(slices: Sequence[Slice], direction: Direction, queries: Sequence[str]) -> pl.DataFrame:
    """Which query is in which slice: see `eval.evaluation.MEMBERS`; the slice of every query is left out."""
    keys = np.array(queries, dtype=object)
    parts = [pl.DataFrame(schema=dict(MEMBERS))]
    for one in slices:
        if one.rows is None:
            continue
        parts.append(
            pl.DataFrame({"query": pl.Series(keys[one.rows].tolist(), dtype=pl.String)}).select(
                pl.lit(direction.value).alias("direction"),
                pl.lit(one.axis).alias("axis"),
                "query",
                pl.lit(one.name).alias("slice"),
            )
        )
    return pl.concat(parts)
