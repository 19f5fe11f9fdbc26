"""The report as Markdown, and the model card: the same document in words."""

from __future__ import annotations

from collections.abc import Iterator

from eval.document import Document, Row
from eval.evaluation import ALL

SIMULATED = "> **模拟结果**：数据由程序生成，不代表真实效果。 / **SIMULATED**: generated data, no real result."


def markdown(document: Document) -> str:
    """Every mean with its interval, slice by slice, and what the checks found."""
    return "\n".join(_report(document)) + "\n"


def model_card(document: Document) -> str:
    """What the model is, for what, measured how, where it is weak: for those who decide about it."""
    return "\n".join(_card(document)) + "\n"


def _report(document: Document) -> Iterator[str]:
    yield f"# 匹配质量报告 / Quality report: {document.system}"
    yield from _label(document)
    for direction in document.directions:
        rows = document.rows(direction)
        yield f"\n## {direction}\n"
        systems = list(dict.fromkeys(row.system for row in rows if row.axis == ALL))
        cells = {(row.measure, row.system): row for row in rows if row.axis == ALL}
        yield f"| | {' | '.join(systems)} |"
        yield f"|---|{'--:|' * len(systems)}"
        for measure in dict.fromkeys(measure for measure, _ in cells):
            yield f"| {measure} | {' | '.join(_cell(cells.get((measure, system))) for system in systems)} |"
        slices = [r for r in rows if r.axis != ALL and (r.system, r.measure) == (document.system, document.headline)]
        if slices:
            yield f"\n| 分组 slice | {document.headline} | n |\n|---|--:|--:|"
            for row in slices:
                small = "（太小 too small）" if row.small else ""
                yield f"| {row.axis} = {row.slice}{small} | {_cell(row)} | {row.n} |"
    yield from _provenance(document)


def _card(document: Document) -> Iterator[str]:
    own = document.provenance
    yield f"# 模型卡 / Model card: {document.system}"
    yield from _label(document)
    yield (
        "\n**用途 / Use.** 为毕业生推荐岗位、为岗位推荐毕业生；名单由人决定。 Ranks postings for graduates and "
        "graduates for postings; people decide.\n\n**不得用于 / Not for.** 自动淘汰求职者。 "
        "Rejecting anybody automatically."
    )
    yield (
        "\n**输入 / Inputs.** 专业、学历、技能、经历、意向；不读取性别、民族、残疾、家庭收入、户籍。 Major, degree, "
        "skills, experience, wishes; never sex, ethnicity, disability, income, household registration."
    )
    yield f"\n**编码器 / Encoder.** `{own.encoder or '—'}`"
    yield f"\n**排序权重 / Weights.** `{own.settings.get('ranking', {}).get('weights', {}) or '默认 default'}`"
    yield "\n**质量 / Quality.**\n\n| | | |\n|---|---|--:|"
    for direction in document.directions:
        for row in document.rows(direction, system=document.system):
            if row.axis == ALL:
                yield f"| {direction} | {row.measure} | {_cell(row)} |"
    yield "\n**较弱之处 / Where it is weak.**\n"
    weak = list(_weak(document))
    yield "\n".join(weak) if weak else "没有显著低于总体的分组。 No slice is surely below the whole."
    yield from _provenance(document)


def _weak(document: Document) -> Iterator[str]:
    """Slices whose interval lies below the mean of all."""
    for direction in document.directions:
        rows = document.rows(direction, system=document.system, measure=document.headline)
        mean = next((row.mean for row in rows if row.axis == ALL), None)
        for row in rows:
            if row.axis != ALL and not row.small and row.high is not None and mean is not None and row.high < mean:
                yield f"- {direction}, {row.axis} = {row.slice}: {_cell(row)}, n = {row.n} (总体 all {mean:.3f})"


def _label(document: Document) -> Iterator[str]:
    if document.simulated:
        yield f"\n{SIMULATED}"
    for finding in document.findings:
        yield f"\n- {'**严重 fatal**' if finding.fatal else '注意 note'} `{finding.fault}`: {finding.zh} / {finding.en}"


def _provenance(document: Document) -> Iterator[str]:
    own = document.provenance
    yield "\n## 复现 / To get it again\n"
    for name, value in (("data", own.data), ("snapshot", own.snapshot), ("code", own.code_version),
                        ("seed", str(own.seed)), ("command", " ".join(own.command))):  # fmt: skip
        if value:
            yield f"- {name}: `{value}`"


def _cell(row: Row | None) -> str:
    if row is None or row.mean is None:
        return "—"
    return f"{row.mean:.4f}" + ("" if row.low is None else f" [{row.low:.3f}, {row.high:.3f}]")
