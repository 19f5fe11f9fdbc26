"""The gaps of an audit as pictures: one a measure, raw and within categories of majors."""

from __future__ import annotations

import polars as pl

from eval.audit import NONE, SEXES
from eval.charts import Chart, Range, ranges

KINDS = {
    "opportunity": "机会 / opportunity",
    "exposure": "曝光 / exposure",
    "found": "被找到 / found",
}
UNITS = {
    "exposure": "注意力，以整份列表计 / attention, in whole lists",
    "1/rank": "名次倒数 / one over the rank",
    "Crowding": "落在拥挤处的注意力 / share of attention on crowded postings",
}
_MIRRORED = (SEXES["male"], NONE)


def gap_charts(gaps: pl.DataFrame) -> list[Chart]:
    """A chart for each kind and measure of `gaps` (`eval.audit.GAPS`, of one system).

    Of two groups that are each other's rest, one is drawn: the other's gap is the same with the sign turned. A gap of
    which either side has fewer than 30 people is grey.
    """
    charts = []
    shown = gaps.filter(pl.col("gap").is_not_null(), ~pl.col("group").is_in(_MIRRORED))
    for part in shown.partition_by("kind", "measure", maintain_order=True):
        kind, measure = str(part["kind"][0]), str(part["measure"][0])
        rows = [row for one in part.iter_rows(named=True) for row in _rows(one)]
        unit = UNITS.get(measure.split("@")[0], measure)
        title = f"{KINDS.get(kind, kind)}: {measure}" if kind != "exposure" else KINDS[kind]
        charts.append(ranges(title, rows, zero=True, unit=f"差 gap：{unit}"))
    return charts


def _rows(gap: dict[str, object]) -> list[Range]:
    few, note = bool(gap["small"]), f"n={gap['n']:,} / {gap['others']:,}"
    found = [Range(f"{gap['group']}", _number(gap["gap"]), _end(gap["low"]), _end(gap["high"]), note, few)]
    if gap["adjusted"] is not None:
        ends = _end(gap["adjusted_low"]), _end(gap["adjusted_high"])
        found.append(Range("└ 同专业门类 / within majors", _number(gap["adjusted"]), *ends, "", few))
    return found


def _number(value: object) -> float:
    assert isinstance(value, float)
    return value


def _end(value: object) -> float | None:
    return value if isinstance(value, float) else None
