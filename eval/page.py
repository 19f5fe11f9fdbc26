"""The report as one HTML page: charts first, words beside them, tables last; nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from eval.catalogue import named
from eval.charts import FONTS, Chart, Range, Spot, distribution, front, ranges, reliability
from eval.document import Document, Item, Listing, Row
from eval.evaluation import ALL, Finding
from eval.slices import REST, UNKNOWN

DIRECTIONS = {
    "postings": "为毕业生推荐岗位 <i>postings for graduates</i>",
    "graduates": "为岗位推荐毕业生 <i>graduates for postings</i>",
    "documents": "检索任务 <i>retrieval task</i>",
}
AXES = {
    "major_category": "专业大类 <i>category of majors</i>",
    "degree": "学历 <i>degree</i>",
    "region": "地区 <i>region</i>",
    "kind": "岗位类型 <i>kind of posting</i>",
    "popularity": "热门与冷门 <i>head and tail</i>",
    "history": "有无历史 <i>cold and warm</i>",
    "employer_size": "单位规模 <i>size of the employer</i>",
    "posting_degree": "岗位要求的学历 <i>degree demanded</i>",
    "posting_region": "岗位地区 <i>region of the posting</i>",
    "posting_history": "岗位有无历史 <i>cold and warm postings</i>",
}
CROWD = "Congestion@10"
_LAST = {REST: 1, UNKNOWN: 2}
_WHAT_COMES = {"postings": "毕业生投递", "graduates": "用人单位回应"}
BEST_FIRST = "绿色标记为实际发生的结果。理由按当前快照重算。"

_STYLE = (
    """
:root { color: #1f2933; background: #f6f7f8; font: 15px/1.65 FONTS; }
body { max-width: 860px; margin: 0 auto; padding: 28px 20px 80px; }
h1 { font-size: 26px; margin: 8px 0 2px; } h2 { font-size: 20px; margin: 44px 0 8px; border-top: 2px solid #1f2933;
padding-top: 12px; } h3 { font-size: 16px; margin: 26px 0 4px; }
i { font-style: normal; color: #6b7682; font-size: .82em; font-weight: 400; margin-left: .35em; }
p { margin: 4px 0 10px; } .muted { color: #6b7682; font-size: 13px; }
.sim { background: #fff3d6; border-left: 5px solid #d99a1c; padding: 10px 16px; font-weight: 600; margin: 14px 0; }
.bad { background: #fbe9e5; border-left: 5px solid #b5452c; padding: 10px 16px; margin: 10px 0; }
.note { padding: 3px 0; font-size: 13px; } figure svg { display: block; margin: 0 auto; }
.cards { display: flex; flex-wrap: wrap; gap: 14px; margin: 16px 0; }
.card { background: #fff; border-radius: 8px; padding: 12px 18px; flex: 1 1 220px; box-shadow: 0 1px 2px #0001; }
.card b { display: block; font-size: 28px; line-height: 1.3; color: #b5452c; font-weight: 600; }
figure { background: #fff; border-radius: 8px; margin: 10px 0 18px; padding: 14px 16px; box-shadow: 0 1px 2px #0001; }
figcaption { font-weight: 600; margin-bottom: 6px; } figcaption i { display: inline; }
table { border-collapse: collapse; width: 100%; background: #fff; font-size: 13px; }
th, td { padding: 5px 9px; text-align: right; border-bottom: 1px solid #e3e7eb; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } .scroll { overflow-x: auto; }
details { margin: 8px 0; background: #fff; border-radius: 8px; padding: 8px 16px; box-shadow: 0 1px 2px #0001; }
summary { cursor: pointer; } ol { padding-left: 26px; margin: 8px 0; } li { margin: 5px 0; }
li.hit { background: #e8f1e6; } li small { color: #6b7682; display: block; }
.tag { border-radius: 4px; padding: 0 6px; font-size: 12px; background: #5b8c5a; color: #fff; margin-left: 6px; }
.tag.no { background: #b5452c; } code { background: #e3e7eb; padding: 1px 5px; border-radius: 4px;
overflow-wrap: anywhere; }
"""
).replace("FONTS", FONTS)


def html_page(document: Document) -> str:
    """The whole page; the same document gives the same bytes."""
    return "\n".join(
        (
            '<!doctype html><html lang="zh"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>匹配质量报告 · {escape(document.system)}</title><style>{_STYLE}</style></head><body>",
            *_head(document),
            *(part for direction in document.directions for part in _direction(document, direction)),
            *_foot(document),
            "</body></html>\n",
        )
    )


def figures(document: Document, direction: str) -> list[tuple[str, Chart]]:
    """The charts of a direction with their captions: what the page shows, and what a notebook can show alone."""
    headline, system = document.headline, document.system
    overall = [row for row in document.rows(direction, measure=headline) if row.axis == ALL]
    ordered = sorted(overall, key=lambda row: (row.system == system, row.mean or 0.0))
    found = [
        (f"各系统的 {headline} <i>every system, mean with interval</i>",
         ranges(f"{headline}：各系统 / every system", [_range(row, row.system) for row in reversed(ordered)],
                unit=headline)),
        ("每个查询的得分分布 <i>values per query, heights by the square root; line and dot: interval and mean</i>",
         _spread(document, direction, ordered)),
    ]  # fmt: skip
    gaps = _gaps(document, direction)
    if gaps:
        found.append(
            (
                f"与基线相比的差 <i>paired difference in {headline}</i>",
                ranges(
                    f"{headline}：与基线之差 / less the baseline", gaps, zero=True, unit=f"{headline} 之差 / difference"
                ),
            )
        )
    whole = next((row.mean for row in overall if row.system == system), None)
    found += [
        (
            f"分组：{AXES.get(axis, escape(axis))} <i>grey: too small to judge</i>",
            ranges(_plain_axis(axis), rows, mark=whole, unit=headline),
        )
        for axis, rows in _slices(document, direction)
    ]
    bins = [(b.predicted or 0.0, b.observed or 0.0, b.n) for b in document.reliability
            if b.direction == direction and b.system == system]  # fmt: skip
    if any(n for _, _, n in bins):
        found.append(
            (
                f"概率是否可信：{_WHAT_COMES.get(direction, '')} "
                f"<i>reliability, 95 % intervals over pairs{_errors(document, direction)}</i>",
                reliability("概率是否可信 / reliability", bins),
            )
        )
    spots = _front(document, direction)
    if spots:
        found.append((
            "质量与拥挤 <i>quality against congestion: upper left is better</i>",
            front("质量与拥挤 / quality and congestion", spots,
                 x_label=f"{CROWD}（越小越好 / smaller is better）", y_label=headline),
        ))  # fmt: skip
    return found


def _head(document: Document) -> Iterator[str]:
    own = document.provenance
    yield f"<h1>匹配质量报告 <i>quality report: {escape(document.system)}</i></h1>"
    when = f"截止 {own.cutoff[:10]}，其后观察 {own.horizon_days:g} 天 · " if own.cutoff else ""
    yield f'<p class="muted">{when}{own.confidence:.0%} 区间，按查询自助抽样 {own.resamples:,} 次</p>'
    if document.simulated:
        yield ('<div class="sim">模拟结果：数据由程序生成，不代表真实效果。'
               "<i>SIMULATED: generated data, no real result.</i></div>")  # fmt: skip
    yield from (_finding(finding) for finding in document.findings if finding.fatal)
    yield '<div class="cards">'
    for direction in document.directions:
        for row in document.rows(direction, system=document.system, measure=document.headline):
            if row.axis == ALL:
                yield (f'<div class="card">{DIRECTIONS.get(direction, direction)}<b>{row.mean:.3f}</b>'
                       f'<span class="muted">{row.measure} {_ends(row)} · {row.n:,} 个查询，'
                       f"未答 {row.unanswered:,}</span></div>")  # fmt: skip
    yield "</div>"
    notes = [finding for finding in document.findings if not finding.fatal]
    if notes:
        yield f"<details><summary>检查提示 {len(notes)} 条 <i>notes of the checks</i></summary>"
        yield from (_finding(finding) for finding in notes)
        yield "</details>"


def _finding(finding: Finding) -> str:
    mark = "严重 fatal" if finding.fatal else "注意 note"
    where = " ".join(part for part in (finding.system, finding.direction, finding.slice) if part)
    words = f"{escape(where)} {escape(finding.zh)} <i>{escape(finding.en)}</i>"
    kind = "bad" if finding.fatal else "note"
    return f'<div class="{kind}"><b>{mark} · {escape(finding.fault)}</b> {words}</div>'


def _direction(document: Document, direction: str) -> Iterator[str]:
    yield f"<h2>{DIRECTIONS.get(direction, escape(direction))}</h2>"
    for caption, chart in figures(document, direction):
        yield f"<figure><figcaption>{caption}</figcaption>{chart.svg}</figure>"
    yield "<details><summary>全部指标 <i>every measure</i></summary>"
    yield f'<div class="scroll">{_table(document, direction)}</div></details>'
    for extreme, words in (
        ("best", "最好的列表 <i>ten best lists</i>"),
        ("worst", "最差的列表 <i>ten worst lists</i>"),
    ):
        lists = [one for one in document.lists if one.direction == direction and one.extreme == extreme]
        if lists:
            yield f'<h3>{words}</h3><p class="muted">{BEST_FIRST}</p>'
            yield from (_listing(one, opened=place == 0) for place, one in enumerate(lists))


def _listing(one: Listing, *, opened: bool) -> str:
    items = "".join(_item(item, explained=any(other.reasons for other in one.items)) for item in one.items)
    return (
        f"<details{' open' if opened else ''}><summary><b>{one.value:.3f}</b> {escape(one.words or one.query)} "
        f"<i>{escape(one.query)}</i></summary><ol>{items}</ol></details>"
    )


def _item(item: Item, *, explained: bool) -> str:
    hit = (item.grade or 0) > 0
    parts = [escape(item.words or item.document)]
    if hit:
        parts.append(f'<span class="tag">结果 {item.grade}</span>')
    if item.eligible is False:
        parts.append('<span class="tag no">不符合条件</span>')
    if item.reasons:
        parts.append(f"<small>{escape('；'.join(item.reasons))}</small>")
    elif explained:
        parts.append("<small>当前快照已不向其列出，故无理由 not listed any more, so without reasons</small>")
    return f"<li{' class=hit' if hit else ''}>{''.join(parts)}</li>"


def _table(document: Document, direction: str) -> str:
    overall = [row for row in document.rows(direction) if row.axis == ALL]
    systems = list(dict.fromkeys(row.system for row in overall))
    cells = {(row.measure, row.system): row for row in overall}
    lines = [f"<tr><th></th>{''.join(f'<th>{escape(system)}</th>' for system in systems)}</tr>"]
    for measure in dict.fromkeys(row.measure for row in overall):
        held = [cells.get((measure, system)) for system in systems]
        body = "".join(f"<td>{'—' if row is None else f'{row.mean:.4f}<br><i>{_ends(row)}</i>'}</td>" for row in held)
        lines.append(f'<tr><td title="{escape(str(named(measure).words))}">{escape(measure)}</td>{body}</tr>')
    return f"<table>{''.join(lines)}</table>"


def _foot(document: Document) -> Iterator[str]:
    own = document.provenance
    yield "<h2>如何复现 <i>how to get it again</i></h2>"
    facts = {
        "数据 data": own.data,
        "快照 snapshot": own.snapshot,
        "编码器 encoder": own.encoder,
        "代码版本 code": own.code_version,
        "随机种子 seed": str(own.seed),
        "命令 command": " ".join(own.command),
    }
    for name, value in facts.items():
        if value:
            yield f'<p class="muted">{name} <code>{escape(value)}</code></p>'
    for zh, en in document.warnings:
        yield f'<p class="muted">注意：{escape(zh)} <i>{escape(en)}</i></p>'


def _range(row: Row, label: str) -> Range:
    note = f"n={row.n:,}" + (f"，未答 {row.unanswered:,}" if row.unanswered else "")
    return Range(label, row.mean or 0.0, row.low, row.high, note, row.small)


def _spread(document: Document, direction: str, ordered: list[Row]) -> Chart:
    spreads = {one.system: one for one in document.spreads if one.direction == direction}
    shown = [row for row in ordered if row.system in spreads][-4:]
    groups = [(_range(row, row.system), spreads[row.system].counts) for row in shown]
    first = next(iter(spreads.values()), None)
    low, high = (first.low, first.high) if first else (0.0, 1.0)
    title = f"{document.headline}：按查询的分布 / by query"
    return distribution(title, groups, low=low, high=high, unit=document.headline)


def _gaps(document: Document, direction: str) -> list[Range]:
    return [
        Range(f"{gap.system} − {gap.baseline}", gap.mean, gap.low, gap.high, _p(gap.p_holm))
        for gap in document.differences
        if gap.direction == direction and gap.axis == ALL and gap.measure == document.headline and gap.mean is not None
    ]


def _slices(document: Document, direction: str) -> Iterator[tuple[str, list[Range]]]:
    rows = document.rows(direction, system=document.system, measure=document.headline)
    for axis in dict.fromkeys(row.axis for row in rows if row.axis != ALL):
        held = [row for row in rows if row.axis == axis]
        yield axis, [_range(row, row.slice) for row in sorted(held, key=lambda row: _LAST.get(row.slice, 0))]


def _p(value: float | None) -> str:
    """P after Holm's correction, in a few letters."""
    if value is None:
        return ""
    return "Holm p<0.001" if value < 0.001 else f"Holm p={value:.3f}"


def _errors(document: Document, direction: str) -> str:
    own = document.rows(direction, system=document.system)
    means = {row.measure: row.mean for row in own if row.axis == ALL and row.measure in {"Brier", "ECE"}}
    return "".join(f"; {name} {mean:.3f}" for name, mean in means.items())


def _front(document: Document, direction: str) -> list[Spot]:
    crowd, quality = (
        {row.system: _range(row, row.system) for row in document.rows(direction, measure=name) if row.axis == ALL}
        for name in (CROWD, document.headline)
    )
    return [Spot(name, crowd[name], quality[name]) for name in quality if name in crowd]


def _plain_axis(axis: str) -> str:
    zh, _, en = AXES.get(axis, axis).replace("</i>", "").partition(" <i>")
    return f"分组：{zh} / {en}" if en else axis


def _ends(row: Row) -> str:
    return "" if row.low is None or row.high is None else f"[{row.low:.3f}, {row.high:.3f}]"
