"""Experiences: internships, projects, campus work and jobs, one entry a dated head line."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from matching.resumes.door import COVER, clauses_without_covers, without_covers
from matching.resumes.finding import Finding
from matching.resumes.periods import Period, periods
from matching.resumes.text import Cell, Line, cells_of
from matching.terms import occupations

Kind = Literal["internship", "project", "campus", "work"]

_BULLET = re.compile(r"^[\s\u3000]*(?:[•●■◆▪▸➢✓✔·\-–*○◇►]|\d{1,2}[.、)）]|[（(]\d{1,2}[)）]|[①-⑩])")
_ORGANISATION = re.compile(
    r"公司|集团|医院|银行|事务所|中心$|[局厂店所社]$|院$|学校$|小学|中学|幼儿园|工作室|卫生院|大学|学院$|协会|学生会|社团|委员会|有限|科技$|股份|酒店|药房|超市|支行|分行|门诊|街道|基地"
    r"|\b(?:Co|Ltd|Inc|Corp|Company|Group|Bank|Hospital|University|School|Hotel|Firm|Studio|Technology|Union|Association|Center|LLP|LLC)\b\.?"
)  # fmt: skip
_TITLE = re.compile(
    r"实习生?$|工程师$|助理$|专员$|[员师长生]$|干事$|负责人$|组长$|经理$|主管$|会计$|出纳$|护士$|部长$|主席$|委员$|开发$|设计$|运营$|编辑$|客服$|文员$|志愿者$|队长$|教师$|讲师$|顾问$|代表$|策划$|主播$|跟单$|岗$"
    r"|\b(?:intern|engineer|assistant|developer|manager|analyst|accountant|designer|specialist|nurse|teacher|leader|president|member|volunteer|minister|trainee|clerk|auditor)\b",
    re.IGNORECASE,
)  # fmt: skip
_INTERN = re.compile(r"实习|见习|\bintern(?:ship)?\b|\btrainee\b", re.IGNORECASE)
_LABEL = re.compile(
    r"^[\s\u3000]*(?P<label>项目名称|项目|公司名称|公司|单位名称|实习单位|单位|组织|职位|岗位|实习岗位|职务|担任职务|担任角色|角色|部门|所在部门|时间|起止时间|项目时间|实习时间|"
    r"工作内容|主要职责|职责描述|工作描述|项目描述|项目职责|项目简介|项目介绍|主要工作|工作职责|个人职责|责任描述|内容描述|实习内容|company|position|title|role|project(?: name)?|date|duration|description)"
    r"[\s\u3000]*[:：][\s\u3000]*",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"^(?:项目)?(?:负责人|组长|成员|组员|队长|核心成员|后端开发|前端开发|独立完成|个人项目|主要负责人|参与者)$"
)
_NAMES = {"项目名称": "title", "项目": "title", "职位": "title", "岗位": "title", "实习岗位": "title", "职务": "title", "担任职务": "title",
          "公司名称": "organisation", "公司": "organisation", "单位名称": "organisation", "实习单位": "organisation", "单位": "organisation",
          "组织": "organisation", "company": "organisation", "position": "title", "title": "title", "project": "title", "project name": "title"}  # fmt: skip
_SEPARATED = re.compile(
    r"\s*(?:,(?!\s*(?:Ltd|Inc|LLC|LLP|Corp))|[，;；·•]|(?<![A-Za-z])/|/(?![A-Za-z])|\s[-–—]\s|[-–—](?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])[-–—](?=\S)|\s+at\s+)\s*|\s+(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])\s+"
)
_LONGEST_HEAD = 90
_MOST = 50


class Found(NamedTuple):
    """An experience as the standard has it, and the findings of its parts (fields without their place in the list)."""

    data: dict[str, Any]
    findings: tuple[Finding, ...]


def experiences(kind: Kind, lines: Sequence[Line]) -> list[Found]:
    """The entries of one section, in order; text before the first head is no entry."""
    groups = list(_groups(lines))
    found = [_entry(kind, group) for group in groups[:_MOST]]
    return [entry for entry in found if entry is not None]


def _groups(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """One group of lines an entry: a head has a period in it, and may reach one short line up."""
    starts: list[int] = []
    for i, line in enumerate(lines):
        if next(periods(line.text), None) is None or len(line.text) > _LONGEST_HEAD or _of_last(lines, i, starts):
            continue
        begin = i
        while (
            begin > (starts[-1] + 1 if starts else 0) and i - begin < 2 and _is_head(lines[begin - 1], lone=_lone(line))
        ):
            begin -= 1
        starts.append(begin)
    if not starts:
        starts = _undated(lines)
    for begin, end in itertools.pairwise([*starts, len(lines)]):
        yield lines[begin:end]


def _of_last(lines: Sequence[Line], i: int, starts: list[int]) -> bool:
    """A labelled period (项目时间：) below the head that it belongs to."""
    labelled = _LABEL.match(lines[i].text)
    return bool(labelled and "时间" in labelled["label"] and starts and i - starts[-1] <= 2 and not any(
        next(periods(line.text), None) for line in lines[starts[-1] : i]))  # fmt: skip


def _lone(line: Line) -> bool:
    period = next(periods(line.text), None)
    return period is not None and len(line.text.strip()) - (period.stop - period.start) <= 8


def _is_head(line: Line, *, lone: bool) -> bool:
    """Whether a line above a dated one may be its head: short, no bullet, no sentence, and naming a place or a post."""
    text = line.text.strip()
    if _BULLET.match(text) or len(text) > 40 or re.search(r"[。；;]$", text) or next(periods(text), None):
        return False
    labelled = _LABEL.match(text)
    if labelled:
        return labelled["label"] in _NAMES
    return lone and "。" not in text and text.count("，") < 2


def _undated(lines: Sequence[Line]) -> list[int]:
    heads = [
        i
        for i, line in enumerate(lines)
        if (label := _LABEL.match(line.text))
        and label["label"] in ("项目名称", "公司名称", "公司", "实习单位", "单位名称", "单位", "项目")
    ]
    if heads:
        return heads
    short = [
        i
        for i, line in enumerate(lines)
        if not _BULLET.match(line.text) and len(line.text.strip()) <= 40 and not re.search(r"[。；;，,：:]", line.text)
    ]
    return short or ([0] if lines else [])


def _entry(kind: Kind, lines: Sequence[Line]) -> Found | None:
    """Head lines up to the first sentence or bullet, then the description."""
    parts: list[Finding] = []
    period: Finding | None = None
    months: int | None = None
    body: list[Line] = []
    dated = next((i for i, line in enumerate(lines) if next(periods(line.text), None)), 0)
    for i, line in enumerate(lines):
        at = next(periods(line.text), None)
        if at is not None and period is None and not body:
            period, months = Finding.of("months", at.months or 0, line, (at.start, at.stop)), at.months
            parts += _head_parts(line, at)
        elif not body and (i < dated or (i < 4 and _in_head(line))):
            parts += _head_parts(line, None)
        else:
            body.append(line)
    named = _named(kind, parts)
    description = _description(body)
    if not named and description is None:
        return None
    findings = [*named.values(), *([period] if period and months else []), *([description] if description else [])]
    data: dict[str, Any] = {name: without_covers(str(f.value))[:200] for name, f in named.items()}
    data["kind"] = _kind(kind, data)
    data["months"] = months
    data["description"] = "" if description is None else str(description.value)
    return Found(data, tuple(findings))


def _in_head(line: Line) -> bool:
    text = line.text.strip()
    label = _LABEL.match(text)
    if label is not None:
        return label["label"].lower() in _NAMES
    return not _BULLET.match(text) and len(text) <= 40 and not re.search(r"[。；;，,：:]", text)


def _head_parts(line: Line, at: Period | None) -> list[Finding]:
    """The parts of a head line besides its period, labelled ones by their label."""
    found = []
    text = line.text if at is None else line.text[: at.start] + "\t" * (at.stop - at.start) + line.text[at.stop :]
    for cell in cells_of(Line(line.page, line.start, text)):
        label = _LABEL.match(cell.text)
        name = _NAMES.get(label["label"].lower(), "") if label else "part"
        if not name:
            continue
        cut = label.end() if label else 0
        own = Cell(cell.page, cell.start + cut, cell.text[cut:])
        found += [_part(name, piece) for piece in (_pieces(own) if name == "part" else [own]) if piece.text]
    return [part for part in found if not re.fullmatch(rf"[\W_{COVER}]*", part.text)]


def _part(name: str, cell: Cell) -> Finding:
    text = cell.text.strip(" \t\u3000-–—:：()（）|,，")
    start = cell.start + cell.text.find(text)
    return Finding(name, text, text, cell.page, start, start + len(text))


def _pieces(cell: Cell) -> list[Cell]:
    """A cell cut where a company ends and a post begins, or at commas and dashes."""
    found, start = [], 0
    for gap in [*_SEPARATED.finditer(cell.text), None]:
        end = gap.start() if gap else len(cell.text)
        if cell.text[start:end].strip():
            found.append(Cell(cell.page, cell.start + start, cell.text[start:end]))
        start = gap.end() if gap else end
    latin = all(piece.text.isascii() for piece in found)
    return (
        found
        if not latin or any("," in cell.text or mark in cell.text for mark in (" - ", " – ", " — ", " at "))
        else [cell]
    )


def _named(kind: Kind, parts: list[Finding]) -> dict[str, Finding]:
    """Which part is the organisation, which the title."""
    named = {part.field: part for part in reversed(parts) if part.field in ("title", "organisation")}
    free = [part for part in parts if part.field == "part"]
    if kind == "project":
        titled = [part for part in free if not _ROLE.match(part.text)]
        if "title" not in named and titled:
            named["title"] = titled[0].named("title")
        return named
    for part in free:
        if "organisation" not in named and _ORGANISATION.search(part.text) and not _post(part.text):
            named["organisation"] = part.named("organisation")
        elif "title" not in named and (_TITLE.search(part.text) or _post(part.text)):
            named["title"] = part.named("title")
    left = [part for part in free if part.text not in {f.text for f in named.values()}]
    for part in left:
        missing = "organisation" if "organisation" not in named and kind in ("internship", "work") else "title"
        if missing not in named and not re.search(r"部$|^\W|科$", part.text):
            named[missing] = part.named(missing)
    return named


def _post(text: str) -> bool:
    return bool(re.search(r"(?:实习生|工程师|助理|专员|主席|部长|干事|负责人)$", text)) or (len(text) <= 10 and occupations.read(text) is not None and not _ORGANISATION.search(text))  # fmt: skip


def _kind(kind: Kind, data: dict[str, Any]) -> Kind:
    words = f"{data.get('title', '')} {data.get('organisation', '')}"
    return "internship" if kind == "work" and _INTERN.search(words) else kind


def _description(lines: Sequence[Line]) -> Finding | None:
    told = [
        text for line in lines if (text := clauses_without_covers(re.sub(_LABEL, "", line.text).replace("\t", " ")))
    ]
    if not told:
        return None
    return Finding.over("description", "\n".join(told)[:20_000], lines)
