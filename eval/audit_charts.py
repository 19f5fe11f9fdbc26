"""The gaps of an audit as pictures: one a measure, raw and within categories of majors."""

from __future__ import annotations

import polars as pl

from eval.audit import NONE, SEXES
from eval.charts import FONTS, INK, Chart, Range, ranges

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


def gap_page(gaps: pl.DataFrame, *, simulated: bool) -> str:
    """The charts of a system's gaps as one HTML page that loads nothing; a simulated result says so on top."""
    label = '<p class="sim">模拟结果：数据由程序生成，不代表真实效果。 SIMULATED: generated data, no real result.</p>'
    charts = "".join(f"<figure>{chart._repr_html_()}</figure>" for chart in gap_charts(gaps))
    return (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>公平性审计 fairness audit</title><style>'
        f"body{{font:15px/1.6 {FONTS};color:{INK};max-width:820px;margin:24px auto}}figure{{margin:18px 0}}"
        ".sim{background:#fff3d6;padding:10px 16px;font-weight:600}</style></head><body>"
        f"<h1>公平性审计 fairness audit</h1>{label if simulated else ''}"
        "<p>每组减去其他人的差，带 95% 区间；下一行是同一专业门类之内的差。灰色：一侧不足 30 人，不下结论。"
        "<br>Each group less all others, with 95 % intervals; below it, within categories of majors. Grey: fewer than "
        f"30 people on one side.</p>{charts}</body></html>\n"
    )


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
