"""The gate: may the new model go live? Rules from a file, a verdict with its figures, an exit code.

A rule that cannot be judged does not pass: no old evaluation, other data, a measure that is missing are refusals.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.catalogue import named
from eval.evaluation import ALL, Evaluation
from eval.slices import SMALL
from eval.versus import production, versus
from matching.errors import SettingsError
from matching.language import Words

_PLACES = 4
"""Decimal places that a ruling shows, and that count."""


class Rules(BaseModel):
    """What the gate asks. Every field may be set in the file; these are the defaults.

    Attributes
    ----------
    hold : measures that must not fall: the upper end of the paired difference must not lie below -`margin`. Measures
        that are better when small (congestion, calibration error) must not rise, likewise. Ends count as they are
        shown, to four places: what shows as nothing stops nothing.
    margin : how much may be lost for sure.
    unmeasured : measures of `hold` that neither run has are left out (a task knows no congestion); one that only one
        run has stops the gate in any case.
    slices : measures that must not fall in any slice that is large enough: difference below 0 with corrected
        p < `alpha`.
    least : queries on which at least one comparison of `hold` has to rest: fewer show nothing.
    zero : measures whose mean must be 0 in the new run.
    unanswered : how much the share of queries without a list may grow.
    system : the system that is compared; empty: the production path.

    A measure that was not taken at the depth of its name is the same one at the depth at which it was taken:
    ``Violations@10`` is ``Violations@50`` in a replay of lists of 50.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hold: tuple[str, ...] = ("nDCG@10", "mAP", "Recall@100", "Congestion@10", "ECE", "Brier")
    margin: Annotated[float, Field(ge=0, le=1)] = 0.0
    unmeasured: bool = True
    slices: tuple[str, ...] = ("nDCG@10",)
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    least: Annotated[int, Field(ge=0)] = SMALL
    zero: tuple[str, ...] = ("Violations@10",)
    unanswered: Annotated[float, Field(ge=0, le=1)] = 0.0
    system: str = ""


class Ruling(BaseModel):
    """One rule's outcome: whether it holds, and the figures, in both languages."""

    model_config = ConfigDict(frozen=True)

    rule: str
    passed: bool
    zh: str
    en: str

    @property
    def words(self) -> Words:
        """In both languages."""
        return Words(self.zh, self.en)


def read_rules(path: Path | None) -> Rules:
    """Rules from a TOML file; the defaults where `path` is None.

    Raises
    ------
    SettingsError
        The file cannot be read, or names a rule or a measure that is not known.
    """
    if path is None:
        return Rules()
    try:
        rules = Rules.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"rules cannot be read: {error}", where=str(path), cure="Mend the file.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"rule '{key}': {first['msg']}", where=str(path), cure="See docs/reports.md.") from None
    for name in {*rules.hold, *rules.slices, *rules.zero}:
        named(name)
    return rules


def gate(old: Evaluation, new: Evaluation, rules: Rules | None = None) -> list[Ruling]:
    """Every rule's outcome; the new model may go live when all have passed.

    Raises
    ------
    QueryError
        The two evaluations are not of the same data.
    """
    rules = rules or Rules()
    found = versus(old, new, system=rules.system or None)
    rulings = [_findings(new), *_zero(new, rules), _unanswered(old, new, rules)]
    return [*rulings, *_hold(found, (old, new), rules), _evidence(found, rules), *_slices(found, rules)]


def _findings(new: Evaluation) -> Ruling:
    fatal = [finding.fault for finding in new.findings if finding.fatal]
    return Ruling(
        rule="findings",
        passed=not fatal,
        zh=f"严重问题：{'、'.join(fatal) or '无'}",
        en=f"fatal findings: {', '.join(fatal) or 'none'}",
    )


def _hold(found: pl.DataFrame, both: tuple[Evaluation, Evaluation], rules: Rules) -> Iterator[Ruling]:
    everyone = found.filter(pl.col("axis") == ALL)
    for name in rules.hold:
        rows = everyone.filter(_is(name, everyone))
        if not len(rows):
            has = any(_measured(evaluation, name) for evaluation in both)
            if has or not rules.unmeasured:
                yield _missing(name)
        for row in rows.iter_rows(named=True):
            better = named(name).better or 1
            ends = [row["mean"] if row[end] is None else row[end] for end in ("low", "high")]
            lost = _seen(max(better * end for end in ends) + rules.margin) < 0
            yield _ruling("hold", not lost, row)


def _seen(difference: float) -> float:
    """A difference as a ruling shows it: sums in another order differ by 1e-17, and that is no loss."""
    return round(difference, _PLACES)


def _is(name: str, table: pl.DataFrame) -> pl.Expr:
    """Rows of a measure; where it is not there at that depth, of the same one at another depth."""
    if name in table["measure"].unique().to_list():
        return pl.col("measure") == name
    stem, at, _ = name.partition("@")
    return pl.col("measure").cast(pl.String).str.starts_with(f"{stem}{at}") if at else pl.lit(value=False)


def _evidence(found: pl.DataFrame, rules: Rules) -> Ruling:
    everyone = found.filter(pl.col("axis") == ALL)
    most = max((row["n"] for name in rules.hold for row in everyone.filter(_is(name, everyone)).to_dicts()), default=0)
    return Ruling(
        rule="evidence",
        passed=most >= rules.least,
        zh=f"比较最多依据 {most} 个查询，至少需要 {rules.least} 个",
        en=f"the comparisons rest on {most} queries at most, {rules.least} are needed",
    )


def _measured(evaluation: Evaluation, name: str) -> bool:
    rows = evaluation.summary.filter(_is(name, evaluation.summary) & pl.col("mean").is_not_null())
    return len(rows.filter(pl.col("mean").is_not_nan())) > 0


def _missing(name: str) -> Ruling:
    return Ruling(rule="hold", passed=False, zh=f"{name} 没有可比的数值", en=f"{name} has no value in both runs")


def _slices(found: pl.DataFrame, rules: Rules) -> Iterator[Ruling]:
    rows = found.filter((pl.col("axis") != ALL) & pl.col("measure").is_in(rules.slices) & ~pl.col("small"))
    worse = [
        row
        for row in rows.iter_rows(named=True)
        if _seen((named(row["measure"]).better or 1) * row["mean"]) < 0 and row["p_holm"] < rules.alpha
    ]
    for row in worse:
        yield _ruling("slices", False, row)
    if not worse:
        small = found.filter((pl.col("axis") != ALL) & pl.col("small"))["slice"].n_unique()
        yield Ruling(
            rule="slices",
            passed=True,
            zh=f"{len(rows)} 个分组比较，无一显著变差（另有 {small} 组太小，不作判断）",
            en=f"{len(rows)} comparisons of slices, none is surely worse ({small} slices are too small to judge)",
        )


def _zero(new: Evaluation, rules: Rules) -> Iterator[Ruling]:
    system = rules.system or production(new)
    mine = new.summary.filter((pl.col("system") == system) & (pl.col("axis") == ALL))
    for name in rules.zero:
        for row in mine.filter(_is(name, mine) & pl.col("mean").is_not_null()).iter_rows(named=True):
            yield Ruling(
                rule="zero",
                passed=row["mean"] == 0,
                zh=f"{row['direction']} {row['measure']} = {row['mean']:.4f}，必须为 0",
                en=f"{row['direction']} {row['measure']} = {row['mean']:.4f}, must be 0",
            )


def _unanswered(old: Evaluation, new: Evaluation, rules: Rules) -> Ruling:
    shares = []
    for evaluation in (old, new):
        mine = evaluation.values.filter(pl.col("system") == (rules.system or production(evaluation)))
        asked = mine.select("direction", "query", "answered").unique(["direction", "query"])
        shares.append(1 - float(asked["answered"].mean() or 0.0) if len(asked) else 1.0)  # type: ignore[arg-type]
    return Ruling(
        rule="unanswered",
        passed=shares[1] <= shares[0] + rules.unanswered + 1e-12,
        zh=f"未作答的比例 {shares[0]:.2%} → {shares[1]:.2%}",
        en=f"share unanswered {shares[0]:.2%} → {shares[1]:.2%}",
    )


def _ruling(rule: str, passed: bool, row: dict[str, Any]) -> Ruling:
    where = "" if row["axis"] == ALL else f" {row['axis']}={row['slice']}"
    ends = "" if row["low"] is None else f" [{row['low']:+.4f}, {row['high']:+.4f}]"
    text = f"{row['direction']} {row['measure']}{where}: {row['mean']:+.4f}{ends}, n = {row['n']}"
    return Ruling(rule=rule, passed=passed, zh=text, en=text)
