"""Rows laid out by what the rules read of them, so that a rule is asked once for all rows that it cannot tell apart.

A *cell* is a run of built rows that are equal in every column that the cell rules read. A question asks those
rules of one row a distinct value, finds the cells that pass, and never looks at the rows of the others. Rules
whose columns have too many combinations for cells are coded by row: still asked once a distinct value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.attributes import GraduateRows, PostingRows
from matching.eligibility import RULES, Rule, Rules

Columns = GraduateRows | PostingRows

CELL_RULES: Mapping[type, tuple[str, ...]] = {
    PostingRows: ("degree", "majors", "kind", "graduation_year", "experience"),
    GraduateRows: ("degree", "majors", "graduation_year", "kind"),
}
"""The rules that cells are made of, from the one that splits rows most coarsely; the others are coded by row."""
_DAYS = 4
"""Days whose open rows are kept."""


class Coded(NamedTuple):
    """A rule's distinct values: a row that has each (`firsts`), and the place among them of every cell or row."""

    firsts: NDArray[np.int64]
    codes: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Cells:
    """The layout of a side's built rows.

    Attributes
    ----------
    starts : int64 array (cells + 1,)
        Where each cell begins, and the number of rows; ascending strictly.
    by_cell, by_row : dict of rule name → Coded
    """

    starts: NDArray[np.int64]
    by_cell: Mapping[str, Coded]
    by_row: Mapping[str, Coded]
    _open: dict[int, NDArray[np.bool_]] = field(default_factory=dict, repr=False)
    _values: dict[str, Columns] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, columns: Columns) -> Cells:
        """The layout of rows that stand in the order that `layout` gave."""
        n, codes = len(columns.degree), dict(_codes(columns))
        names = CELL_RULES[type(columns)]
        changes = np.zeros(n, np.bool_)
        changes[:1] = True
        for name in names:
            changes[1:] |= np.diff(codes[name]) != 0
        starts = np.append(np.flatnonzero(changes), n).astype(np.int64) if n else np.zeros(1, np.int64)
        firsts = {name: _firsts(code) for name, code in codes.items()}
        by_cell = {name: Coded(firsts[name], codes[name][starts[:-1]]) for name in names}
        return cls(starts, by_cell, {name: Coded(firsts[name], codes[name]) for name in codes if name not in names})

    def open_rows(self, columns: Columns, rules: Rules) -> NDArray[np.bool_]:
        """The rows that may be shown to anyone on the rules' day; kept, since built rows do not change."""
        held = self._open.get(rules.today)
        if held is None:
            if isinstance(columns, GraduateRows):
                held = columns.seeking & columns.visible
            else:
                held = np.ones(len(columns.degree), np.bool_)
                for rule in RULES:
                    if not rule.graduate_columns:
                        held &= rules.fits(rule, GraduateRows.of([]).at(slice(0, 0)), columns)
            while len(self._open) >= _DAYS:
                self._open.pop(next(iter(self._open)), None)
            self._open[rules.today] = held
        return held

    def values(self, rule: str, columns: Columns) -> Columns:
        """The columns of a row for each distinct value of `rule`, among the built `columns`; kept."""
        held = self._values.get(rule)
        if held is None:
            coded = self.by_cell[rule] if rule in self.by_cell else self.by_row[rule]
            held = self._values[rule] = columns.at(coded.firsts)
        return held

    def save(self, path: Path) -> None:
        """Write the layout to one .npz file."""
        arrays: dict[str, NDArray[Any]] = {"starts": self.starts}
        for kind, coded in (("cell", self.by_cell), ("row", self.by_row)):
            for name, (firsts, codes) in coded.items():
                arrays |= {f"{kind}.{name}.firsts": firsts, f"{kind}.{name}.codes": codes}
        np.savez(path, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> Cells:
        """Read what `save` wrote."""
        found: dict[str, dict[str, Coded]] = {"cell": {}, "row": {}}
        with np.load(path, allow_pickle=False) as held:
            for entry in held.files:
                if entry.endswith(".codes"):
                    kind, name, _ = entry.split(".")
                    found[kind][name] = Coded(held[f"{kind}.{name}.firsts"], held[entry])
            return cls(held["starts"], found["cell"], found["row"])


def layout(columns: Columns, keys: Sequence[str]) -> NDArray[np.int64]:
    """The order in which rows are built: by cell, then by what the other rules read, then by key."""
    codes = dict(_codes(columns))
    names = CELL_RULES[type(columns)]
    others = [codes[name] for name in codes if name not in names]
    order = np.lexsort((np.array(keys, np.str_), *others, *(codes[name] for name in reversed(names))))
    return order.astype(np.int64)


def _codes(columns: Columns) -> Iterator[tuple[str, NDArray[np.int32]]]:
    """For each rule that compares the two sides: which rows of `columns` it cannot tell apart."""
    for rule in RULES:
        own, other = rule.graduate_columns, rule.posting_columns
        if isinstance(columns, PostingRows):
            own, other = other, own
        if own and other:
            yield rule.name, _distinct([getattr(columns, name) for name in own])


def _distinct(columns: Sequence[NDArray[Any]]) -> NDArray[np.int32]:
    """Equal numbers for rows equal in all `columns`; ascending with the values of the first."""
    n = len(columns[0])
    if not n:
        return np.empty(0, np.int32)
    flat = [part for c in columns for part in (c.T if c.ndim > 1 else (c,))]
    keys = [np.unique(part, return_inverse=True, equal_nan=True)[1].astype(np.int64) for part in flat]
    joined = keys[0]
    for key in keys[1:]:
        joined = np.unique(joined * (int(key.max()) + 1) + key, return_inverse=True)[1].astype(np.int64)
    return joined.astype(np.int32)


def _firsts(codes: NDArray[np.int32]) -> NDArray[np.int64]:
    return np.unique(codes, return_index=True)[1].astype(np.int64)


def coded_rules(coded: Mapping[str, Coded]) -> Iterator[tuple[Rule, Coded]]:
    """The rules of `coded`, in the order of `RULES`."""
    for rule in RULES:
        if rule.name in coded:
            yield rule, coded[rule.name]
