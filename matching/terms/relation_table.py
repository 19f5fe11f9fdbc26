"""Relations as a file: what was built, and apart from it what an analyst changed, so that a rebuild loses no edit.

The exported table has a column ``edited``: a weight from 0 (never) to 1 written there replaces what was built, for the
pair of that row, until it is emptied; rows may be added. Importing keeps only the edited rows.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from matching.errors import FileError
from matching.terms.relations import KINDS, Kind, Relation, name_of

_COLUMNS = ("kind", "source", "source_name", "target", "target_name", "weight", "evidence", "edited", "note")
_BUILT, _EDITS = "relations.csv", "relation_edits.csv"


class Edit(NamedTuple):
    """What an analyst wrote for a pair: its weight, and a note."""

    kind: Kind
    source: str
    target: str
    weight: float
    note: str


class RelationTable:
    """The relations of one home.

    Parameters
    ----------
    folder : Path
        Made when something is written; an absent or empty folder holds no relations.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def replace(self, built: Iterable[Relation]) -> None:
        """Write what was built anew; edits stay."""
        rows = [_row(relation, None) for relation in built]
        _write(self._folder / _BUILT, rows)

    def relations(self) -> list[Relation]:
        """What was built with the edits over it; those edited to 0 are left out. By kind, source, weight."""
        edits = {(edit.kind, edit.source, edit.target): edit for edit in self.edits()}
        found = {(r.kind, r.source, r.target): r for r in self._built()}
        for key, edit in edits.items():
            words = f"edited: {edit.note}" if edit.note else "edited"
            found[key] = Relation(*key, edit.weight, words)
        kept = [relation for relation in found.values() if relation.weight > 0]
        return sorted(kept, key=lambda r: (r.kind, r.source, -r.weight, r.target))

    def edits(self) -> list[Edit]:
        """The analyst's edits."""
        return list(_edits(_read(self._folder / _EDITS), self._folder / _EDITS))

    def export(self, path: Path) -> int:
        """Write the table for an analyst, built weights beside edited ones; return how many rows."""
        edits = {(edit.kind, edit.source, edit.target): edit for edit in self.edits()}
        built = {(r.kind, r.source, r.target): r for r in self._built()}
        rows = [
            _row(built.get(key) or Relation(*key, 0.0, ""), edits.get(key))
            for key in sorted(built.keys() | edits.keys())
        ]
        _write(path, rows)
        return len(rows)

    def take(self, path: Path) -> int:
        """Keep the edited rows of an exported table, in place of the edits before; return how many.

        Raises
        ------
        FileError
            The file cannot be read, or a row names an unknown kind or code, or an edit is no number from 0 to 1.
            Nothing is changed then.
        """
        rows = _read(path, must=True)
        edits = list(_edits(rows, path))
        _write(self._folder / _EDITS, [_row(Relation(e.kind, e.source, e.target, 0.0, ""), e) for e in edits])
        return len(edits)

    def _built(self) -> list[Relation]:
        return [
            Relation(_kind(row, self._folder), row["source"], row["target"], float(row["weight"]), row["evidence"])
            for row in _read(self._folder / _BUILT)
        ]


def _edits(rows: Iterable[dict[str, str]], path: Path) -> Iterator[Edit]:
    for number, row in enumerate(rows, 2):
        written = (row.get("edited") or "").strip()
        if not written:
            continue
        where = f"{path}, line {number}"
        try:
            weight = float(written)
        except ValueError:
            weight = -1.0
        if not 0 <= weight <= 1:
            raise FileError(f"{written!r} is no weight", where=where, cure="Write a number from 0 to 1, or nothing.")
        for code in (row["source"], row["target"]):
            if not name_of(code):
                raise FileError(f"{code!r} is no known code", where=where, cure="Use codes of the term tables.")
        yield Edit(_kind(row, path), row["source"], row["target"], weight, (row.get("note") or "").strip())


def _kind(row: dict[str, str], path: Path) -> Kind:
    for kind in KINDS:
        if row["kind"] == kind:
            return kind
    raise FileError(f"{row['kind']!r} is no kind of relation", where=str(path), cure=f"Use {' or '.join(KINDS)}.")


def _row(relation: Relation, edit: Edit | None) -> dict[str, str]:
    return {
        "kind": relation.kind,
        "source": relation.source,
        "source_name": name_of(relation.source),
        "target": relation.target,
        "target_name": name_of(relation.target),
        "weight": f"{relation.weight:.4f}",
        "evidence": relation.evidence,
        "edited": "" if edit is None else f"{edit.weight:g}",
        "note": "" if edit is None else edit.note,
    }


def _read(path: Path, *, must: bool = False) -> list[dict[str, str]]:
    if not must and not path.exists():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = {"kind", "source", "target"} - set(reader.fieldnames or ())
            if missing:
                cure = "Use a table written by `gradmatch terms relations export`."
                raise FileError(f"columns are missing: {', '.join(sorted(missing))}", where=str(path), cure=cure)
            return list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError("table cannot be read", where=str(path), cure="Give a CSV file in UTF-8.") from error


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    """Write whole or not at all; with a mark by which spreadsheets know UTF-8."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        with draft.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, _COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        os.replace(draft, path)
    except OSError as error:
        raise FileError("table cannot be written", where=str(path), cure="Give a place that can be written.") from error
