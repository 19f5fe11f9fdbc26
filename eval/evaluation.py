"""What came of an evaluation: tables of one shape for tasks and replays, with what makes the figures again.

``values``       one row a system, direction, measure and query: the smallest thing that is measured
``summary``      means over slices of the queries, with intervals
``differences``  systems beside each other: paired, tested, corrected
``members``      which query belongs to which slice
``lists``        what was ranked for whom, and what came of it
``reliability``  predicted chance beside observed share
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from matching.errors import FileError
from matching.language import Words

ALL = "all"
"""Name of the axis that has one slice, also called so: every query."""

Schema = Mapping[str, Any]

VALUES: Schema = {
    "system": pl.Categorical(),
    "direction": pl.Categorical(),
    "measure": pl.Categorical(),
    "query": pl.String(),
    "value": pl.Float64(),
    "answered": pl.Boolean(),
}
SUMMARY: Schema = {
    "system": pl.String(),
    "direction": pl.String(),
    "axis": pl.String(),
    "slice": pl.String(),
    "measure": pl.String(),
    "mean": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "n": pl.Int64(),
    "unanswered": pl.Int64(),
    "small": pl.Boolean(),
}
DIFFERENCES: Schema = {
    "system": pl.String(),
    "baseline": pl.String(),
    "direction": pl.String(),
    "axis": pl.String(),
    "slice": pl.String(),
    "measure": pl.String(),
    "mean": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "p": pl.Float64(),
    "p_holm": pl.Float64(),
    "n": pl.Int64(),
    "detectable": pl.Float64(),
    "small": pl.Boolean(),
}
MEMBERS: Schema = {"direction": pl.String(), "axis": pl.String(), "query": pl.String(), "slice": pl.String()}
LISTS: Schema = {
    "system": pl.Categorical(),
    "direction": pl.Categorical(),
    "query": pl.String(),
    "rank": pl.Int32(),
    "document": pl.String(),
    "score": pl.Float32(),
    "grade": pl.Int16(),
    "eligible": pl.Boolean(),
}
RELIABILITY: Schema = {
    "system": pl.String(),
    "direction": pl.String(),
    "bin": pl.Int32(),
    "predicted": pl.Float64(),
    "observed": pl.Float64(),
    "n": pl.Int64(),
}
_TABLES: dict[str, Schema] = {
    "values": VALUES,
    "summary": SUMMARY,
    "differences": DIFFERENCES,
    "members": MEMBERS,
    "lists": LISTS,
    "reliability": RELIABILITY,
}


class Direction(StrEnum):
    """What is ranked, for whom."""

    DOCUMENTS = "documents"
    """Documents of a corpus for the queries of a task."""
    POSTINGS = "postings"
    """Postings for graduates."""
    GRADUATES = "graduates"
    """Graduates for postings."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Provenance(_Part):
    """What the figures depend on: the same values make the same figures.

    Attributes
    ----------
    data : str
        SHA-256 of what was measured on: texts and judgements, or the interactions of the split.
    snapshot : str
        Name of the snapshot that answered; empty where none did.
    cutoff, horizon_days
        Of a replay: the moment the system stood at (ISO 8601), and for how long it was then watched.
    depth : int or None
        Length of the lists; None: everything is ranked.
    simulated : bool
        Whether the data are generated. A simulated result is labelled so wherever it is shown (Law 11).
    settings : dict
        The settings of the service that ranked.
    command : tuple of str
        The command line that makes the same figures again; empty where it was called from Python.
    """

    kind: Literal["task", "replay"]
    code_version: str
    data: str
    snapshot: str = ""
    encoder: str = ""
    seed: int = 0
    resamples: int = 1_000
    confidence: float = 0.95
    cutoff: str = ""
    horizon_days: float = 0.0
    depth: int | None = None
    simulated: bool = False
    settings: dict[str, Any] = {}
    command: tuple[str, ...] = ()
    counts: dict[str, int] = {}


class Finding(_Part):
    """Something that is wrong, or looks so.

    Attributes
    ----------
    fault : str
        Which check found it (`eval.faults`).
    fatal : bool
        Whether the run has failed: its figures are not to be used.
    zh, en : str
        What, where, and what to do.
    evidence : dict of str to float
        The figures behind it.
    """

    fault: str
    fatal: bool
    zh: str
    en: str
    system: str = ""
    direction: str = ""
    axis: str = ""
    slice: str = ""
    measure: str = ""
    evidence: dict[str, float] = {}

    @property
    def words(self) -> Words:
        """In both languages."""
        return Words(self.zh, self.en)


def empty(schema: Schema) -> pl.DataFrame:
    """A table without rows."""
    return pl.DataFrame(schema=dict(schema))


@dataclass(frozen=True)
class Evaluation:
    """Everything that one evaluation found out.

    Attributes
    ----------
    provenance : Provenance
    values : DataFrame, columns as in `VALUES`
        ``value`` is null where the measure has nothing to say about the query (no outcome to judge, a list of one
        has no diversity); such a query is not in the mean. ``answered`` is false where the system gave no list: its
        relevance is 0 then, and counts.
    summary : DataFrame, columns as in `SUMMARY`
        ``axis`` and ``slice`` name the slice (``all``, ``all`` is every query); ``n`` queries are in the mean;
        ``unanswered`` of them had no list; ``small`` slices are too small to judge, and still shown. ``low`` and
        ``high`` are null where one query alone is in the mean.
    differences : DataFrame, columns as in `DIFFERENCES`
        ``system`` less ``baseline``; ``detectable`` is the least difference that so many queries would show in
        four runs of five.
    members, lists, reliability : DataFrame
        See `MEMBERS`, `LISTS`, `RELIABILITY`. ``grade`` is null where the pair is not judged.
    findings : tuple of Finding
        What the checks found; a run with a fatal finding has failed.
    warnings : tuple of Words
    """

    provenance: Provenance
    values: pl.DataFrame
    summary: pl.DataFrame
    differences: pl.DataFrame = field(default_factory=lambda: empty(DIFFERENCES))
    members: pl.DataFrame = field(default_factory=lambda: empty(MEMBERS))
    lists: pl.DataFrame = field(default_factory=lambda: empty(LISTS))
    reliability: pl.DataFrame = field(default_factory=lambda: empty(RELIABILITY))
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Words, ...] = ()

    def __post_init__(self) -> None:
        """Refuse tables of another shape."""
        for name, schema in _TABLES.items():
            found = getattr(self, name).schema
            if list(found) != list(schema):
                raise ValueError(f"table {name} has columns {list(found)}, not {list(schema)}")

    @property
    def failed(self) -> bool:
        """Whether a finding is fatal."""
        return any(finding.fatal for finding in self.findings)

    @property
    def systems(self) -> list[str]:
        """Names of the systems, in the order of the report."""
        return self.summary["system"].unique(maintain_order=True).to_list()

    @property
    def measures(self) -> list[str]:
        """Names of the measures, in the order of the report."""
        return self.summary["measure"].unique(maintain_order=True).to_list()

    def only(self, *systems: str) -> Evaluation:
        """The tables of some of the systems."""
        kept = {
            name: getattr(self, name).filter(pl.col("system").is_in(list(systems)))
            for name, schema in _TABLES.items()
            if "system" in schema
        }
        return replace(self, **kept)

    def save(self, folder: Path) -> None:
        """Write ``evaluation.json`` and one Parquet file a table into `folder` (made where there is none).

        Raises
        ------
        FileError
        """
        record = {
            "provenance": self.provenance.model_dump(mode="json"),
            "findings": [finding.model_dump(mode="json") for finding in self.findings],
            "warnings": [list(words) for words in self.warnings],
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in _TABLES:
                getattr(self, name).write_parquet(folder / f"{name}.parquet")
            part = folder / "evaluation.json.part"
            part.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
            os.replace(part, folder / "evaluation.json")
        except OSError as error:
            raise FileError(
                f"evaluation cannot be written: {error.strerror}", where=str(folder), cure="Check rights and room."
            ) from None

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        FileError
            There is no evaluation in the folder, or it is not whole.
        """
        try:
            record = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
            tables = {name: pl.read_parquet(folder / f"{name}.parquet") for name in _TABLES}
            return cls(
                provenance=Provenance.model_validate(record["provenance"]),
                findings=tuple(Finding.model_validate(finding) for finding in record["findings"]),
                warnings=tuple(Words(*words) for words in record["warnings"]),
                **tables,
            )
        except (OSError, ValueError, KeyError, TypeError, ValidationError, pl.exceptions.PolarsError) as error:
            raise FileError(
                f"no evaluation can be read: {error}", where=str(folder), cure="Name a folder that --out has written."
            ) from None


TABLES = tuple(f.name for f in fields(Evaluation) if f.name in _TABLES)
"""Names of the tables."""
