"""The report as data: one value that is the JSON (with a published schema) and that the page and the Markdown show.

A document is of one evaluation, so real and simulated results can never stand in one table (Law 11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from eval.catalogue import named
from eval.evaluation import Evaluation, Finding, Provenance
from eval.versus import production
from matching.errors import QueryError

BINS = 20
EXTREMES = 10
HEADLINES = ("nDCG@10", "mAP", "Recall@50", "MRR")
"""What is shown first: the first of them that was measured."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(_Part):
    """A mean over a slice: see `eval.evaluation.SUMMARY`."""

    system: str
    direction: str
    axis: str
    slice: str
    measure: str
    mean: float | None
    low: float | None
    high: float | None
    n: int
    unanswered: int
    small: bool


class Gap(_Part):
    """A paired difference: see `eval.evaluation.DIFFERENCES`."""

    system: str
    baseline: str
    direction: str
    axis: str
    slice: str
    measure: str
    mean: float | None
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    n: int
    detectable: float | None
    small: bool


class Spread(_Part):
    """How the headline's values spread over the queries: counts of equal bins from `low` to `high`."""

    system: str
    direction: str
    measure: str
    low: float
    high: float
    counts: list[int]


class Bin(_Part):
    """A bin of the reliability curve; null where it is empty."""

    system: str
    direction: str
    bin: int
    predicted: float | None
    observed: float | None
    n: int


class Item(_Part):
    """One place of a list. `words` name the document, `reasons` say why it stands there; empty where not known."""

    rank: int
    document: str
    words: str = ""
    score: float | None
    grade: int | None
    eligible: bool | None
    reasons: list[str] = []


class Listing(_Part):
    """A whole list that did well or badly by the headline measure."""

    direction: str
    query: str
    words: str = ""
    value: float
    extreme: Literal["best", "worst"]
    items: list[Item]


class Document(_Part):
    """Everything that a report says.

    `system` is the production path; `headline` the measure shown first; `simulated` that all of it is on generated
    data.
    """

    format: Literal["gradmatch-report/1"] = "gradmatch-report/1"
    simulated: bool
    system: str
    headline: str
    provenance: Provenance
    failed: bool
    findings: list[Finding]
    warnings: list[tuple[str, str]]
    summary: list[Row]
    differences: list[Gap]
    spreads: list[Spread]
    reliability: list[Bin]
    lists: list[Listing]

    @property
    def directions(self) -> list[str]:
        """Directions in their order."""
        return list(dict.fromkeys(row.direction for row in self.summary))

    def rows(self, direction: str, *, system: str | None = None, measure: str | None = None) -> list[Row]:
        """Means of a direction that have a value, of every slice."""
        return [
            row
            for row in self.summary
            if row.direction == direction
            and row.mean is not None
            and system in {None, row.system}
            and measure in {None, row.measure}
        ]


class Words(_Part):
    """What the keys in the lists mean to people."""

    names: Mapping[str, str] = {}
    reasons: Mapping[tuple[str, str], list[str]] = {}


def document_of(evaluation: Evaluation, *, words: Words | None = None) -> Document:
    """The report on an evaluation; `words` name queries and documents, and give the reasons of pairs.

    Raises
    ------
    QueryError
        Nothing was measured.
    """
    system, headline = production(evaluation), headline_of(evaluation)
    return Document(
        simulated=evaluation.provenance.simulated,
        system=system,
        headline=headline,
        provenance=evaluation.provenance,
        failed=evaluation.failed,
        findings=list(evaluation.findings),
        warnings=[(text.zh, text.en) for text in evaluation.warnings],
        summary=[Row(**row) for row in _plain(evaluation.summary)],
        differences=[Gap(**row) for row in _plain(evaluation.differences)],
        spreads=_spreads(evaluation, headline),
        reliability=[Bin(**row) for row in _plain(evaluation.reliability)],
        lists=_listings(evaluation, (system, headline), words or Words()),
    )


def headline_of(evaluation: Evaluation) -> str:
    """The first of `HEADLINES` that was measured, else the first measure."""
    found = evaluation.measures
    if not found:
        raise QueryError("an evaluation without a measure", where="report", cure="Evaluate again.")
    return next((name for name in HEADLINES if name in found), found[0])


def extremes(evaluation: Evaluation, system: str, headline: str) -> list[tuple[str, str, float, str]]:
    """(direction, query, value, best or worst): the ten best and ten worst answered queries of each direction.

    Of equal ones those of smaller key; no query is both, so with fewer than twenty there are fewer of each.
    """
    mine = evaluation.values.filter(
        (pl.col("system") == system)
        & (pl.col("measure") == headline)
        & pl.col("value").is_not_null()
        & pl.col("answered")
    )
    found = []
    for (direction,), part in mine.group_by("direction", maintain_order=True):
        ranked = part.sort(["value", "query"], descending=[True, False]).select("query", "value").rows()
        most = min(EXTREMES, len(ranked) // 2)
        found += [(str(direction), query, value, "best") for query, value in ranked[:most]]
        found += [(str(direction), query, value, "worst") for query, value in ranked[len(ranked) - most :]]
    return found


def _listings(evaluation: Evaluation, shown: tuple[str, str], words: Words) -> list[Listing]:
    system, headline = shown
    lists = evaluation.lists.filter((pl.col("system") == system) & (pl.col("rank") <= EXTREMES))
    found = []
    for direction, query, value, extreme in extremes(evaluation, system, headline):
        rows = lists.filter((pl.col("direction") == direction) & (pl.col("query") == query)).sort("rank")
        if not len(rows):
            continue
        items = [
            Item(
                rank=row["rank"],
                document=row["document"],
                words=words.names.get(row["document"], ""),
                score=row["score"],
                grade=row["grade"],
                eligible=row["eligible"],
                reasons=words.reasons.get((query, row["document"]), []),
            )
            for row in _plain(rows)
        ]
        found.append(Listing(direction=direction, query=query, words=words.names.get(query, ""), value=value,
                             extreme="best" if extreme == "best" else "worst", items=items))  # fmt: skip
    return found


def _spreads(evaluation: Evaluation, headline: str) -> list[Spread]:
    found = []
    rows = evaluation.values.filter((pl.col("measure") == headline) & pl.col("value").is_not_null())
    for (system, direction), part in rows.group_by("system", "direction", maintain_order=True):
        values = part["value"].to_numpy()
        low, high = (0.0, 1.0) if named(headline).group == "relevance" else (float(values.min()), float(values.max()))
        counts = np.histogram(values, BINS, (low, high if high > low else low + 1))[0]
        found.append(Spread(system=str(system), direction=str(direction), measure=headline, low=low, high=high,
                            counts=counts.tolist()))  # fmt: skip
    return found


def _plain(table: pl.DataFrame) -> Sequence[dict[str, Any]]:
    """Rows as plain values: what is not a number is null, as JSON has it."""
    floats = pl.col(pl.Float64, pl.Float32)
    return table.with_columns(floats.fill_nan(None)).to_dicts()
