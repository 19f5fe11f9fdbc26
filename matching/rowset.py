"""The rules as a row set, made without asking any rule of every row.

`row_set` gives, for one asker, the rows that the search may return (Law 2), the cells that hold them and the
runs of rows that these cover. It equals `Rules.allowed` over all rows, which the tests hold to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.attributes import GraduateRows, PostingRows
from matching.cells import Cells, Coded, Columns, coded_rules
from matching.eligibility import RULES, Rule, Rules

if TYPE_CHECKING:
    from matching.side import Side

_RUNS = 8
"""At most so many runs: nearer ones are joined over the rows between, which the mask excludes."""

_PLAIN = ("live", "capacity", "kind", "degree")
"""Rules that compare a number or two, and leave few rows to the others."""

Narrow = Callable[[Any], NDArray[np.bool_]]
"""Columns of rows → which of them to keep."""


class Allowed(NamedTuple):
    """What a question may return.

    mask : bool (n,), every row, live ones included.
    cells : int64, the cells of the built rows that hold allowed rows (and may hold others).
    runs : int64 (r, 2), half-open ranges of built rows that hold every allowed one.
    total : how many rows are allowed.
    """

    mask: NDArray[np.bool_]
    cells: NDArray[np.int64]
    runs: NDArray[np.int64]
    total: int


def row_set(side: Side[Any], asker: Columns, rules: Rules, narrow: Narrow | None = None) -> Allowed:
    """The rows of `side` that `asker` (columns of one record) may be shown.

    Parameters
    ----------
    narrow : callable, optional
        Asked of the rows that the rules leave, and only of them.
    """
    cells, built = side.cells, side.vectors.built
    columns = side.at(slice(0, built))
    passing = _passing_cells(cells, columns, asker, rules)
    mask = np.empty(len(side), np.bool_)
    mask[:built] = np.repeat(passing, np.diff(cells.starts))
    mask[:built] &= cells.open_rows(columns, rules)
    for rule, coded in coded_rules(cells.by_row):
        fits = _fits(rules, rule, asker, cells.values(rule.name, columns))
        if not fits.all():
            rows = np.flatnonzero(mask[:built])
            mask[rows] = fits[coded.codes[rows]] if len(fits) > 1 else False
    if built < len(side):
        mask[built:] = _live(side.at(slice(built, None)), side.alive[built:], asker, rules)
    mask &= side.alive
    if narrow is not None:
        rows = np.flatnonzero(mask)
        mask[rows[~narrow(side.at(rows))]] = False
    held = np.flatnonzero(passing)
    return Allowed(mask, held, _runs(cells.starts, held), int(np.count_nonzero(mask)))


def _passing_cells(cells: Cells, columns: Columns, asker: Columns, rules: Rules) -> NDArray[np.bool_]:
    passing = np.ones(len(cells.starts) - 1, np.bool_)
    if isinstance(asker, PostingRows):
        for rule in RULES:
            if not rule.graduate_columns and not rules.fits(rule, GraduateRows.of([]), asker).all():
                return np.zeros_like(passing)
    if not len(passing):
        return passing
    for rule, coded in coded_rules(cells.by_cell):
        passing &= _spread(_fits(rules, rule, asker, cells.values(rule.name, columns)), coded)
    return passing


def _fits(rules: Rules, rule: Rule, asker: Columns, rows: Columns) -> NDArray[np.bool_]:
    if isinstance(asker, GraduateRows):
        assert isinstance(rows, PostingRows)
        return rules.fits(rule, asker, rows)
    assert isinstance(rows, GraduateRows)
    return rules.fits(rule, rows, asker)


def _spread(fits: NDArray[np.bool_], coded: Coded) -> NDArray[np.bool_]:
    if len(fits) == 1:
        return np.broadcast_to(fits, coded.codes.shape)
    out: NDArray[np.bool_] = fits[coded.codes]
    return out


def _live(rows: Columns, alive: NDArray[np.bool_], asker: Columns, rules: Rules) -> NDArray[np.bool_]:
    """The same for live rows: the plain rules of all of them, the others of those that are left."""
    mask = alive & rows.seeking & rows.visible if isinstance(rows, GraduateRows) else alive.copy()
    for rule in RULES:
        if rule.name in _PLAIN:
            mask &= _fits(rules, rule, asker, rows)
    left = np.flatnonzero(mask)
    near, fits = rows.at(left), np.ones(len(left), np.bool_)
    for rule in RULES:
        if rule.name not in _PLAIN:
            fits &= _fits(rules, rule, asker, near)
    mask[left] = fits
    return mask


def _runs(starts: NDArray[np.int64], cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """The ranges of rows that `cells` cover, joined where cells touch, and over the smallest gaps."""
    if not len(cells):
        return np.empty((0, 2), np.int64)
    begin, end = starts[cells], starts[cells + 1]
    gaps = begin[1:] - end[:-1]
    wide = np.flatnonzero(gaps > 0)
    cuts = np.sort(wide[np.argsort(-gaps[wide], kind="stable")[: _RUNS - 1]])
    return np.stack([np.append(begin[0], begin[cuts + 1]), np.append(end[cuts], end[-1])], axis=1)
