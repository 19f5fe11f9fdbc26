"""What a résumé says that the person looks for: titles, places, pay, industries, kinds; and where the person lives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from matching.resumes.door import COVER
from matching.resumes.finding import Finding
from matching.resumes.headings import heading
from matching.resumes.text import Line, cells_of
from matching.standard.records import Kind
from matching.terms import regions
from matching.terms.pay import read_pay

_B = r"[\s\u3000]*"
_TO = r"(?P<value>[^\n\t|｜]+?)(?=\s{2,}|\u3000|[\t|｜\n]|[，,；;]\s*[\u4e00-\u9fff]{2,8}[:：]|[；;]|$)"


def _label(zh: str, en: str) -> re.Pattern[str]:
    words = "|".join(_B.join(word) for word in zh.split())
    return re.compile(rf"(?:(?<![\u4e00-\u9fff])(?:{words})|\b(?:{en}))(?:{_B}[:：]{_B}|\t+){_TO}", re.IGNORECASE)


_TITLE = _label(
    "求职意向 意向岗位 期望岗位 应聘岗位 应聘职位 期望职位 目标岗位 目标职位 求职岗位 求职目标 意向职位 期望职业 期望从事职业 意向职业 岗位意向 职位意向 求职职位 期望工作 求职方向 职业意向 就业意向",
    "job objective|career objective|objective|desired position|target position|job target|expected position|position desired",
)  # fmt: skip
_PLACE = _label(
    "意向城市 期望城市 期望地点 工作地点 期望工作地 期望工作地点 意向地区 期望地区 工作地区 期望工作城市 目标城市 意向地点 意向工作地 工作城市 意向工作城市 期望工作地区 求职地区 求职城市",
    "preferred (?:city|location|cities)|desired (?:city|location)|expected (?:city|location)|location preference|work location",
)  # fmt: skip
_PAY = _label(
    "期望薪资 期望月薪 薪资要求 期望薪酬 期望待遇 薪酬要求 期望工资 薪资期望 月薪要求 薪资 待遇要求 期望薪水 薪酬期望",
    "expected (?:salary|pay)|desired salary|salary expectation|salary",
)
_INDUSTRY = _label("期望行业 意向行业 目标行业 从事行业", "desired industry|expected industry|preferred industry")
_KIND = _label("工作性质 求职类型 工作类型 期望性质 岗位类型 职位类型", "job type|employment type|work type")
_HOME = _label("现居地 现居住地 所在地 现居 居住地 现居城市 所在城市 现所在地 目前所在地 现住城市 当前城市 所在地区 居住城市", "location|based in|current city|city|residence")  # fmt: skip
_SPLIT = re.compile(
    r"[、,，;；|]|(?<![A-Za-z])/|/(?![A-Za-z])|\s+(?:or|and)\s+|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])|\s{2,}|或者?|\s+/\s+"
)
_AROUND = re.compile(r"^(?:从事|应聘|希望从事)|(?:等)?(?:相关)?(?:的)?(?:岗位|工作|职位|方向|方面|类)+$")
_PAY_SHAPE = re.compile(r"\d[\d.,]*\s*[kK千万wW元]|\d{4,}|面议")
_ASIDE = re.compile(r"全职|兼职|实习|随时|到岗|一周|周内|立即|在职|离职|应届|面议|服从|不限|尽快|月内|状态")
_KINDS = {
    "全职": Kind.JOB,
    "实习": Kind.INTERNSHIP,
    "见习": Kind.INTERNSHIP,
    "full-time": Kind.JOB,
    "intern": Kind.INTERNSHIP,
}


def wishes(section: Sequence[Line], everything: Sequence[Line]) -> Iterator[Finding]:
    """The findings of wishes and of `region`.

    Parameters
    ----------
    section : the lines of the section 求职意向; what stands there without a label is told by what it is
    everything : all lines in which labels may stand
    """
    for line in everything:
        yield from _titles(line, _TITLE)
        yield from _places(line, _PLACE, "wishes.regions")
        yield from _pay(line, _PAY)
        yield from _plain(line, _INDUSTRY, "wishes.industries")
        yield from _kinds(line)
        yield from list(_places(line, _HOME, "region"))[:1]
    for line in section:
        yield from _unlabelled(line)


def _values(line: Line, label: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    for match in label.finditer(line.text):
        if COVER not in match["value"] and heading(match["value"]) is None:
            yield match.start("value"), match["value"]


def _parts(start: int, value: str) -> Iterator[tuple[int, str]]:
    begin = 0
    for gap in [*_SPLIT.finditer(value), None]:
        end = gap.start() if gap else len(value)
        own = value[begin:end]
        left = len(own) - len(own.lstrip())
        if own.strip():
            yield start + begin + left, own.strip()
        begin = gap.end() if gap else end


def _titles(line: Line, label: re.Pattern[str]) -> Iterator[Finding]:
    for start, value in _values(line, label):
        yield from _titled(line, start, value)


def _titled(line: Line, start: int, value: str) -> Iterator[Finding]:
    for place, part in _parts(start, value):
        own = _AROUND.sub("", part).strip(" .。:：")
        if _PAY_SHAPE.search(part) or _ASIDE.fullmatch(part) or not 2 <= len(own) <= 24 or _is_place(own):
            continue
        place += part.find(own)
        yield Finding.of("wishes.titles", own, line, (place, place + len(own)))


def _is_place(text: str) -> bool:
    found = regions.find_region(text)
    return found is not None and len(text) <= 8


def _places(line: Line, label: re.Pattern[str], field: str) -> Iterator[Finding]:
    for start, value in _values(line, label):
        for place, part in _parts(start, value):
            found = regions.find_region(part)
            if found is not None:
                yield Finding.of(field, found.code, line, (place, place + len(part)))


def _pay(line: Line, label: re.Pattern[str]) -> Iterator[Finding]:
    for start, value in _values(line, label):
        yield from _paid(line, start, value.strip())


def _paid(line: Line, start: int, value: str) -> Iterator[Finding]:
    pay = read_pay(value)
    least = pay.monthly()[0] if pay else None
    if least is not None and 500 <= least <= 1_000_000:
        yield Finding.of("wishes.pay_min", least, line, (start, start + len(value)))


def _plain(line: Line, label: re.Pattern[str], field: str) -> Iterator[Finding]:
    for start, value in _values(line, label):
        for place, part in _parts(start, value):
            if 2 <= len(part) <= 20:
                yield Finding.of(field, part, line, (place, place + len(part)))


def _kinds(line: Line) -> Iterator[Finding]:
    for start, value in _values(line, _KIND):
        for word, kind in _KINDS.items():
            if word in value.lower():
                at = start + value.lower().find(word)
                yield Finding.of("wishes.kinds", kind.value, line, (at, at + len(word)))


def _unlabelled(line: Line) -> Iterator[Finding]:
    """What stands in the section without a label: pay, places, kinds, and titles."""
    for cell in cells_of(line):
        if re.search(r"[:：]", cell.text) or COVER in cell.text or len(cell.text) > 60:
            continue
        start = cell.start - line.start
        if _PAY_SHAPE.search(cell.text) and read_pay(cell.text) is not None:
            yield from _paid(line, start, cell.text)
            continue
        for place, part in _parts(start, cell.text):
            if _PAY_SHAPE.search(part):
                yield from _paid(line, place, part)
            elif (found := regions.find_region(part)) is not None and len(part) <= 12:
                yield Finding.of("wishes.regions", found.code, line, (place, place + len(part)))
            elif part in ("全职", "实习"):
                yield Finding.of("wishes.kinds", _KINDS[part].value, line, (place, place + len(part)))
            elif "。" not in cell.text:
                yield from _titled(line, place, part)
