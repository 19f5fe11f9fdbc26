"""Schools as a gazetteer: where a text names one, so that it can be left out. A school is never a feature (Law 4).

Jiangxi's universities and colleges are complete, of the nation's the best known are listed, with former names and
abbreviations. What the table does not know is still found where it is named as schools are: by a place and a kind
of school (鹤壁职业技术学院), or in English.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from matching.terms import majors, regions
from matching.terms.automaton import Automaton, fold


class School(NamedTuple):
    """A university or college: its name, the GB/T 2260 code of its province, 本科 or 专科, and other names."""

    name: str
    region: str
    level: str
    also: tuple[str, ...]


class Place(NamedTuple):
    """Where a text names a school: ``text[start:end]``; `name` is empty for one that is not listed."""

    start: int
    end: int
    name: str


_KINDS = (
    r"职业技术大学|职业大学|大学|职业技术学院|职业学院|技师学院|学院|高等专科学校|职业技术学校|技工学校"
    r"|(?:中等)?(?:专业|职业|师范|卫生)学校"
)
_KIND = re.compile(
    rf"(?:省|市)?(?:(?![的在于与和是从各某有内外就读考入校系院后前省市])[\u4e00-\u9fff]){{0,9}}?(?:{_KINDS})"
)
"""What makes a school's name of a place: 职业技术学院 right behind it, or a few characters on."""
_ENGLISH = re.compile(
    r"(?:[A-Z][A-Za-z&.'-]*(?: of| and| the)? ){1,6}(?:University|College|Institute|Polytechnic)"
    r"(?: of(?: and)?(?: [A-Z][A-Za-z&]*)+)?"
    r"|(?:University|College|Institute) of(?: (?:[A-Z][A-Za-z&]*|and|of))+"
)  # fmt: skip
_RANKED = re.compile(
    r"(?<!\d)(?:985|211)(?:(?:[/、和及]|工程)*(?:985|211|双一流))*(?:工程|重点)*(?=院校|高校|大学|学校|本科|毕业|硕士|博士)(?:院校|高校|大学|学校)?"
    r"|双一流(?:建设)?(?:院校|高校|大学|学校|学科)?"
)  # fmt: skip
"""What says how a school is ranked, and so which it is among few."""
_STUDENT = re.compile(r"生(?![物命态产医源活化理])")
"""Right behind 大学: 南昌大学生就业 is of students, 南昌大学生物系 of the university."""
_NO_SCHOOL = re.compile(r"[路街苑园村镇道]|同方|紫光|大道|小区|城")
_SUBJECT = re.compile(r"^(?P<subject>[\u4e00-\u9fff]{2,12}?)(?:与[\u4e00-\u9fff]{2,6})?学院$")
_SUBJECTS = frozenset(
    "经济管理 经管 商 管理 人文 文 理 法 工 医 农 信息工程 机电 机电工程 传媒 国际 国际教育 继续教育 成人教育 教育 "
    "体育 艺术 文法 财经 信息 电子信息 生命科学 研究生 二级 创新创业 人文社科".split()
)
"""What else parts of schools are named by."""
_HINT = re.compile(r"大学|学院|学校|University|College|Institute|Polytechnic|985|211|双一流")
_TIDY = re.compile(r"(?:毕业于|就读于|毕业院校|学校|院校)[:：]?(?=[\s，,。；;、|｜]|$)")


def rows() -> tuple[School, ...]:
    """Every school of the table, those of Jiangxi first."""
    return _table()


def school(name: str) -> School | None:
    """The school of this name, former name or abbreviation, or None."""
    return _named().get(fold(name.strip()))


def find_in(text: str) -> list[Place]:
    """Every place of `text` that names a school, from left to right, never two that overlap; empty for none."""
    return _apart([*_listed(text), *_unlisted(text)])


def without(text: str, own: str = "") -> str:
    """`text` without the schools it names, without what says how one is ranked (985, 双一流), and without `own`.

    Parameters
    ----------
    own : str
        The school that the record states, left out wherever it stands, listed or not.
    """
    spans = spans_in(text, own)
    if not spans:
        return text
    parts, end = [], 0
    for start, stop in spans:
        parts.append(text[end:start])
        end = stop
    return _TIDY.sub("", "".join([*parts, text[end:]])).strip()


def spans_in(text: str, own: str = "") -> list[tuple[int, int]]:
    """What `without` leaves out of `text`: from which character to which, from left to right, never two that touch."""
    found = find_in(text)
    if _HINT.search(text):
        found += [Place(*match.span(), "") for match in _RANKED.finditer(text)]
    if own := own.strip():
        found += [Place(*match.span(), "") for match in re.finditer(re.escape(own), text)]
    return _joined(found)


def is_department(text: str) -> bool:
    """Whether a name that ends in 学院 is a part of a school: named by a field of study, and no school of the table."""
    match = _SUBJECT.match(text.strip())
    if match is None or school(text) is not None:
        return False
    if match["subject"] in _SUBJECTS:
        return True
    return majors.find_major(match["subject"]) is not None or majors.find_major(match["subject"] + "学") is not None


def _listed(text: str) -> Iterator[Place]:
    folded = fold(text)
    for hit in _automaton().find(folded):
        if folded[: hit.end].endswith("大学") and _STUDENT.match(folded, hit.end):
            continue
        if hit.end - hit.start <= 3 and _NO_SCHOOL.match(folded, hit.end):
            continue
        yield Place(hit.start, hit.end, hit.value.name)


def _unlisted(text: str) -> Iterator[Place]:
    if not _HINT.search(text):
        return
    for hit in _places().find(fold(text)):
        match = _KIND.match(text, hit.end)
        if match and not (match[0].endswith("大学") and _STUDENT.match(text, match.end())):
            yield Place(hit.start, match.end(), "")
    for match in _ENGLISH.finditer(text):
        yield Place(*match.span(), "")


def _apart(found: list[Place]) -> list[Place]:
    """From left to right, of those that overlap the one that begins first, then the listed, then the longer."""
    kept: list[Place] = []
    for place in sorted(found, key=lambda p: (p.start, not p.name, -p.end)):
        if not kept or place.start >= kept[-1].end:
            kept.append(place)
    return kept


def _joined(found: list[Place]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end, _ in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


@cache
def _table() -> tuple[School, ...]:
    text = (files("matching.terms") / "data" / "schools.csv").read_text(encoding="utf-8")
    return tuple(
        School(row["name"], row["region"], row["level"], tuple(row["also"].split()))
        for row in csv.DictReader(text.splitlines())
    )


@cache
def _named() -> dict[str, School]:
    own = {fold(entry.name): entry for entry in _table()}
    return {fold(name): entry for entry in _table() for name in entry.also} | own


@cache
def _automaton() -> Automaton[School]:
    return Automaton(_named())


@cache
def _places() -> Automaton[str]:
    """Provinces and prefectures as schools name themselves by them."""
    short = re.compile(r"(?:特别行政区|(?:壮族|回族|维吾尔)?自治区|(?:[\u4e00-\u9fff]{1,4}族)*自治州|省|市|地区|盟)$")
    names = {short.sub("", place.name): place.code for place in regions.rows() if place.level != "county"}
    return Automaton({name: code for name, code in names.items() if len(name) > 1})
