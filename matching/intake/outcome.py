"""What became of a file: how many rows came in, and what was wrong with the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matching.errors import FileError
from matching.intake.refused import RefusalLog


@dataclass(slots=True)
class IntakeReport:
    """What became of a file.

    Attributes
    ----------
    rows : int
        Rows read, blank ones not counted; the sum of accepted, refused and skipped.
    accepted, refused, skipped : int
        Rows in the store, rows that break the standard, rows that the mapping leaves out.
    inserted, updated, unchanged : int
        What the accepted rows were to the store.
    reasons : Counter of (field, code)
        Refusals; a row may have several.
    redactions : Counter of field
        Pieces of contact data replaced.
    left : Counter of field
        Values that could not be read and were left out; `left_values` holds the first few distinct ones.
    refusals : RefusalLog
        Every refusal with its row.
    stopped : FileError, optional
        Why the file could not be read to its end; the rows before were taken.
    """

    path: Path
    mapping: str
    rows: int = 0
    accepted: int = 0
    refused: int = 0
    skipped: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    redactions: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    left_values: dict[str, Counter[str]] = field(default_factory=dict)
    refusals: RefusalLog = field(default_factory=RefusalLog)
    stopped: FileError | None = None
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Rows a second; 0 before the end."""
        return self.rows / self.seconds if self.seconds else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON takes it, without the refusals themselves."""
        names = "mapping rows accepted refused skipped inserted updated unchanged".split()
        reasons = [{"field": f, "code": code, "count": n} for (f, code), n in self.reasons.most_common()]
        return {
            "file": str(self.path),
            **{name: getattr(self, name) for name in names},
            "reasons": reasons,
            "redactions": dict(self.redactions),
            "left": {f: {"count": n, "values": dict(self.left_values[f])} for f, n in self.left.items()},
            "stopped": None if self.stopped is None else str(self.stopped),
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rate, 1),
        }
