"""Education: the entry that ended last (a running one counts as last) gives degree, major, school and year.

An entry begins at a line that names a school. What a label says (专业：, 毕业时间：, 2023届) fills what the entries leave
open. A major that no catalogue knows is taken only from behind a label, from a table's column 专业, or with 专业 behind it.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from matching.attributes import STAGES
from matching.resumes.door import COVER
from matching.resumes.finding import Finding
from matching.resumes.periods import Moment, moments, periods
from matching.resumes.text import Line, cells_of
from matching.standard.records import Degree
from matching.terms import majors, schools
from matching.terms.degrees import find_degree

SCHOOL = re.compile(
    r"[\u4e00-\u9fff（）()·]{2,24}?(?:大学(?!生|本科|英语|物理|期间|语文)(?:[（(][\u4e00-\u9fff]{2,6}[)）]|[\u4e00-\u9fff]{2,8}?(?:学院|分校|校区))?|(?:职业)?学院|(?:专科|技工|职业|技师|卫生|师范|职业技术|中等专业|高等专科)学校)(?:[（(](?:样例|[\u4e00-\u9fff]{2,4})[)）])?"
    r"|(?:[A-Z][A-Za-z&.'-]*(?: of| and| the)?,? ){1,6}(?:University|College|Institute|Polytechnic)(?: of(?: (?!Bachelor|Master|Ph)[A-Z][A-Za-z&]*)+)?(?: and(?: (?!Bachelor|Master|Ph)[A-Z][A-Za-z&]*)+)?"
    r"|(?:University|College|Institute) of(?: (?:(?!Bachelor|Master|Ph)[A-Z][A-Za-z&]*|and|of)){1,6}"
)  # fmt: skip
_BEFORE_SCHOOL = re.compile(r"(?:毕业于|就读于|考入|毕业院校|学校|院校|[年月日至今]+)+")
_BRANCH = re.compile(r"[（(](?!本科|专科|硕士|博士|大专|研究生|在读|全日制)[\u4e00-\u9fff]{2,4}[)）]")
"""A campus in brackets: 哈尔滨工业大学（威海）."""
_GROWN = re.compile(r"(?:[\u4e00-\u9fff]{2,10}?(?:学院|系))?(?P<rest>[\u4e00-\u9fff（）()]{2,})")
_HIGH = re.compile(r"[\u4e00-\u9fff]{2,16}(?:中学|高中|一中|二中|附中)|High School")
_DEPARTMENT = re.compile(r"^[\u4e00-\u9fff]{2,12}(?:学院|系)$")
_DEGREE = re.compile(
    r"博士(?:研究生)?|硕士(?:研究生)?|研究生|(?:全日制|统招)?(?:大学)?本科|学士|专升本|大学专科|大专|专科|高职|高中|中专|职高|技校"
    r"|\b(?:Ph\.?\s?D|Doctor(?:ate)?|Master(?:['’]s)?|M\.?\s?(?:Sc|A|S|Eng)|MBA|Bachelor(?:['’]s)?|B\.?\s?(?:Sc|A|S|Eng|E)|Undergraduate|Associate(?:['’]s)?|Diploma)\b\.?"
)  # fmt: skip
_ENGLISH = {
    "ph": Degree.DOCTOR, "do": Degree.DOCTOR, "ma": Degree.MASTER, "m.": Degree.MASTER, "ms": Degree.MASTER, "mb": Degree.MASTER,
    "me": Degree.MASTER, "m ": Degree.MASTER, "ba": Degree.BACHELOR, "b.": Degree.BACHELOR, "bs": Degree.BACHELOR, "be": Degree.BACHELOR,
    "b ": Degree.BACHELOR, "un": Degree.BACHELOR, "as": Degree.COLLEGE, "di": Degree.COLLEGE,
}  # fmt: skip
_BLANK = r"[\s\u3000]*"
_END = r"[\s\u3000]*[:：][\s\u3000]*|\t+"
_MAJOR_LABEL = re.compile(
    rf"(?:(?<![\u4e00-\u9fff])(?:所{_BLANK}学{_BLANK}|主{_BLANK}修{_BLANK}|就读|毕业)?专{_BLANK}业(?:名称)?|\bmajor(?: in)?|\bfield of study)(?:{_END}|(?<=major in) )(?P<value>[^\n\t|｜，,；;]+?)(?=\s{{2,}}|\u3000|[\t|｜，,；;\n]|$)",
    re.IGNORECASE,
)
_DEGREE_LABEL = re.compile(rf"(?:(?:最高)?学{_BLANK}历(?:/学位|层次)?|文化程度|学{_BLANK}位|education level|\bdegree)(?:{_END})(?P<value>[^\n\t|｜，,；;]+)", re.IGNORECASE)  # fmt: skip
_YEAR_LABEL = re.compile(
    r"(?:(?:预计|拟|预期)?毕业(?:时间|年份|日期|年月|年度)|(?:expected )?(?:graduation(?: date)?|graduat(?:ed|ing)(?: in)?))[\s\u3000]*(?:[:：]|\t|\s)[\s\u3000]*(?P<value>[^\n\t|｜，,；;]+)",
    re.IGNORECASE,
)
_SCHOOL_LABEL = re.compile(rf"(?:毕业(?:院校|学校)|就读院校|(?<![\u4e00-\u9fff])(?:学{_BLANK}校|院{_BLANK}校)(?:名称)?)(?:{_END})(?P<value>[^\n\t|｜，,；;]+?)(?=\s{{2,}}|\u3000|[\t|｜，,；;\n]|$)")  # fmt: skip
_COHORT = re.compile(r"(?<!\d)(?P<value>(?:20)?[0-4]\d)\s?届")
_GRADUATES = re.compile(r"(?P<value>20[0-4]\d)\s?年\s?(?:\d{1,2}月)?(?:本科|专科|硕士)?毕业")
_SPLIT = re.compile(r"[\t\u3000|｜，,；;/·•—–]+|\s+|[()（）【】\[\]]")
_ENGLISH_SPLIT = re.compile(r"\t+|[,，|｜;；()（）]|\s[–—-]\s|\s{2,}")
_BEFORE_MAJOR = re.compile(r"^(?:major(?:ing)? in|majors?:|in|of|bachelor(?:['’]s)? (?:degree )?(?:of|in)|master(?:['’]s)? (?:degree )?(?:of|in)|b\.?sc\.? in|b\.?eng\.? in|b\.?a\.? in|m\.?sc\.? in|degree in|"
    r"(?:bachelor|master) of (?:science|engineering|arts|management|economics|law|medicine)(?: in)?)\s+", re.IGNORECASE)  # fmt: skip
_NOT_MAJOR = re.compile(r"课程|GPA|绩点|排名|成绩|奖|主修|辅修|第二学位|双学位|论文|导师", re.IGNORECASE)
_MINOR = re.compile(r"辅修|第二学位|双学位|\bminor\b", re.IGNORECASE)
_COLUMNS = {"major": ("专业", "所学专业", "专业名称", "major"), "school": ("学校", "院校", "毕业院校", "学校名称", "毕业学校", "school"),
            "degree": ("学历", "学位", "学历/学位", "degree"), "time": ("时间", "起止时间", "起止年月", "就读时间", "date", "period")}  # fmt: skip


class Entry(NamedTuple):
    """One course of education: what was found of it, its end, and whether it still goes on."""

    school: Finding | None
    degree: Finding | None
    major: Finding | None
    until: Finding | None
    ends: Moment | None
    running: bool


def education(sections: Sequence[Sequence[Line]], everything: Sequence[Line]) -> list[Finding]:
    """School, degree, major, its code and the graduation year; each only where it is said.

    Parameters
    ----------
    sections : lines of each section of education
    everything : lines in which labels may stand
    """
    entries = [entry for lines in sections for entry in _entries(lines)]
    best = max(entries, key=_rank, default=Entry(None, None, None, None, None, running=False))
    labels = _labels(everything)
    degree = best.degree or labels.degree
    found = [
        finding
        for finding in (best.school or labels.school, degree, best.major or labels.major, best.until or labels.until)
        if finding is not None
    ]
    if (code := _code(found, degree)) is not None:
        found.append(code)
    return found


def _rank(entry: Entry) -> tuple[int, int, int, int]:
    level = Degree(str(entry.degree.value)).level if entry.degree else 0
    ends = entry.ends or (Moment(9999, 12) if entry.running else Moment(0, 0))
    return (level if level > 1 else -1 if level == 1 else 0, int(entry.school is not None), ends.year, ends.month)


def _code(found: list[Finding], degree: Finding | None) -> Finding | None:
    written = next((finding for finding in found if finding.field == "major"), None)
    if written is None:
        return None
    stage = STAGES.get(Degree(str(degree.value))) if degree else None
    name = str(written.value)
    known = _english(name) or majors.find_major(name, stage=stage) or majors.find_major(name)
    return (
        None if known is None or known.level == "category" else written._replace(field="major_code", value=known.code)
    )


def _entries(lines: Sequence[Line]) -> Iterator[Entry]:
    """The entries of a section: from one line with a school to the next; a date alone above a school goes with it."""
    columns = _header(lines)
    starts = [i for i, line in enumerate(lines) if _starts(line) and (i or columns is None)]
    begins = [i - 1 if i and _only_dates(lines[i - 1]) and i - 1 not in starts else i for i in starts]
    for begin, end in itertools.pairwise([*begins, len(lines)]):
        yield _entry(lines[begin:end], columns)
    if not starts and lines:
        yield _entry(lines, columns)


def _starts(line: Line) -> bool:
    named = school_in(line.text) is not None or _HIGH.search(line.text)
    return (
        bool(named)
        and not _DEPARTMENT.match(line.text.strip())
        and not re.match(r"\s*(?:主修|课程|荣誉|奖)", line.text)
    )


def _only_dates(line: Line) -> bool:
    period = next(periods(line.text), None)
    return period is not None and len(line.text.strip()) - (period.stop - period.start) <= 2


def _entry(lines: Sequence[Line], columns: dict[str, int] | None) -> Entry:
    school = next((f for line in lines if (f := _school(line))), None)
    degree = next((f for line in lines if (f := _degree(line))), None)
    stage = STAGES.get(Degree(str(degree.value))) if degree else None
    major = _labelled_major(lines) or (_column_major(lines, columns) if columns else None)
    major = major or next((f for line in lines if (f := _known_major(line, stage))), None)
    major = major or next((f for line in lines if (f := _so_called(line))), None)
    period = next(((line, p) for line in lines for p in periods(line.text)), None)
    single = None if period else next(((line, p) for line in lines[:3] for p in moments(line.text) if "毕业" in line.text or len(lines) < 3), None)  # fmt: skip
    line, at = period or single or (None, None)
    ends = at.until if at else None
    until = (
        None
        if line is None or at is None or ends is None
        else Finding.of("graduation_year", ends.year, line, at.until_place)
    )
    return Entry(school, degree, major, until, ends, running=at is not None and ends is None)


def school_in(text: str) -> tuple[int, int] | None:
    """Where `text` names a school: one of the table of schools, else what is written as schools are; no department."""
    listed = next((place for place in schools.find_in(text) if place.name), None)
    if listed is not None:
        branch = _BRANCH.match(text, listed.end)
        return listed.start, branch.end() if branch else listed.end
    for match in SCHOOL.finditer(text):
        skip = _BEFORE_SCHOOL.match(match[0])
        start = match.start() + (skip.end() if skip else 0)
        if COVER not in match[0] and not schools.is_department(text[start : match.end()]):
            return start, match.end()
    return None


def _school(line: Line) -> Finding | None:
    place = school_in(line.text)
    return None if place is None else Finding.of("school", line.text[slice(*place)], line, place)


def _degree(line: Line) -> Finding | None:
    for match in _DEGREE.finditer(line.text):
        if re.match(r"[生师]?导师|学院|医院|大学|室", line.text[match.end() : match.end() + 2]):
            continue
        level = (
            _ENGLISH.get(match[0][:2].lower())
            if match[0].isascii()
            else find_degree("本科" if match[0] == "专升本" else match[0])
        )
        if level is not None and level is not Degree.NONE:
            return Finding.of("degree", level.value, line, match.span())
    return None


def _labelled_major(lines: Sequence[Line]) -> Finding | None:
    for line in lines:
        match = _MAJOR_LABEL.search(line.text)
        if match is None:
            continue
        value = match["value"].rstrip()
        cut = re.search(rf"[（(](?:{_DEGREE.pattern})[)）]$|\s(?:{_DEGREE.pattern}|学历|毕业).*$", value)
        value = value[: cut.start()] if cut else value
        if 2 <= len(value) <= 40 and COVER not in value and not re.search(r"学历|学校|学位|起止|技能", value):
            return Finding.of("major", value, line, (match.start("value"), match.start("value") + len(value)))
    return None


def _header(lines: Sequence[Line]) -> dict[str, int] | None:
    """The columns of a table by the words of its first line; None where the first line is no such header."""
    if not lines:
        return None
    cells = [re.sub(r"\s", "", cell.text).lower() for cell in cells_of(lines[0])]
    found = {name: i for name, words in _COLUMNS.items() for i, cell in enumerate(cells) if cell in words}
    return found if len(found) >= 2 else None


def _column_major(lines: Sequence[Line], columns: dict[str, int]) -> Finding | None:
    for line in lines:
        cells = cells_of(line)
        place = columns.get("major", len(cells))
        if place < len(cells) and school_in(line.text) and COVER not in cells[place].text:
            cell = cells[place]
            start = cell.start - line.start
            return Finding.of("major", cell.text, line, (start, start + len(cell.text)))
    return None


def _known_major(line: Line, stage: majors.Stage | None) -> Finding | None:
    """A part of the line that the catalogues know as a field of study, besides the school's own name."""
    if re.match(
        r"\s*(?:主修|相关|主要|核心|专业)?(?:课程|技能)|\s*(?:courses|coursework|relevant)", line.text, re.IGNORECASE
    ):
        return None
    school = school_in(line.text)
    for start, part in [*_behind(line.text, school), *_parts(line.text)]:
        named = school is not None and start < school[1] and start + len(part) > school[0]
        if named or _NOT_MAJOR.search(part) or (_MINOR.search(line.text) and start > _MINOR.search(line.text).start()):  # type: ignore[union-attr]
            continue
        if (
            len(part) < 2
            or re.search(r"学院$|系$|学校$|大学$|^\d", part)
            or (find_degree(part) is not None and _DEGREE.fullmatch(part))
        ):
            continue
        own = _tail(part)
        known = _english(own) or majors.find_major(own, stage=stage) or majors.find_major(own)
        if known is not None and known.level != "category":
            return Finding.of("major", own, line, (start, start + len(own)))
    return None


def _behind(text: str, school: tuple[int, int] | None) -> Iterator[tuple[int, str]]:
    """What is grown together with the school in front of it: 南昌大学软件学院软件工程."""
    match = _GROWN.match(text, school[1]) if school else None
    if match:
        yield match.start("rest"), match["rest"]


def _tail(part: str) -> str:
    """Without the degree behind it: 软件工程本科, 会计学专业（本科）."""
    return re.sub(rf"(?:专业)?[\s（(]*(?:{_DEGREE.pattern})(?:生|学历|在读|毕业)*[)）]*$", "", part) or part


def _parts(text: str) -> Iterator[tuple[int, str]]:
    latin = not re.search(r"[\u4e00-\u9fff]{3}", text)
    for pattern in (_ENGLISH_SPLIT,) if latin else (_SPLIT, _ENGLISH_SPLIT):
        start = 0
        for gap in [*pattern.finditer(text), None]:
            end = gap.start() if gap else len(text)
            part = text[start:end]
            head = _BEFORE_MAJOR.match(part.lstrip())
            left = len(part) - len(part.lstrip()) + (head.end() if head else 0)
            if part[left:].strip():
                yield start + left, part[left:].rstrip()
            start = gap.end() if gap else end
    for match in re.finditer(r"[-~]", text):  # 南昌大学-软件工程-本科
        rest = re.match(r"[\u4e00-\u9fff（）()]+", text[match.end() :])
        if rest:
            yield match.end(), rest[0]


def _so_called(line: Line) -> Finding | None:
    """A field of study that no catalogue knows, with 专业 behind it."""
    match = re.search(
        r"(?:^|[\s\t|｜，,）)])(?P<value>[\u4e00-\u9fff]{2,14})专业(?![\u4e00-\u9fff]*[课技能排])", line.text
    )
    if match is None or school_in(match["value"]):
        return None
    return Finding.of("major", match["value"], line, match.span("value"))


@cache
def _english_names() -> dict[str, str]:
    text = (files("matching.resumes") / "data" / "majors_english.csv").read_text(encoding="utf-8")
    return {row["name"]: row["code"] for row in csv.DictReader(text.splitlines())}


def _english(name: str) -> majors.Major | None:
    if not name.isascii():
        return None
    bare = " ".join(re.sub(r"[^a-z\s-]", " ", name.lower().replace("&", " and ")).split())
    code = _english_names().get(bare)
    return majors.major(code) if code else None


class _Labels(NamedTuple):
    school: Finding | None
    degree: Finding | None
    major: Finding | None
    until: Finding | None


def _labels(lines: Sequence[Line]) -> _Labels:
    degree = school = until = None
    for line in lines:
        if degree is None and (match := _DEGREE_LABEL.search(line.text)):
            inner = _degree(Line(line.page, line.start + match.start("value"), match["value"]))
            degree = inner
        if school is None and (match := _SCHOOL_LABEL.search(line.text)) and school_in(match["value"]):
            school = Finding.of("school", match["value"].strip(), line, match.span("value"))
        until = until or _graduation(line)
    return _Labels(school, degree, _labelled_major(lines), until)


def _graduation(line: Line) -> Finding | None:
    match = _YEAR_LABEL.search(line.text)
    if match and (at := next(moments(match["value"]), None)) and at.until:
        start = match.start("value")
        return Finding.of("graduation_year", at.until.year, line, (start + at.start, start + at.stop))
    match = _COHORT.search(line.text) or _GRADUATES.search(line.text)
    if match is None:
        return None
    year = int(match["value"]) + (2000 if len(match["value"]) == 2 else 0)
    return Finding.of("graduation_year", year, line, match.span("value")) if 1980 <= year <= date.max.year else None
