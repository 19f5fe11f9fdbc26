"""The least degree that a posting's words demand, and the clause that says so."""

from __future__ import annotations

import re
from functools import lru_cache

from matching.requirements.findings import Span
from matching.standard.records import Degree
from matching.terms.degrees import find_degree

_WORD = re.compile(
    r"(?=[学文本专大高中初技职硕博研BbMmPpDdCc])(?:学历|文化程度|[本专]科|大专|高职|中[专技职]|高中|初中|技校|职高|[硕博]士|研究生|学士|大学"
    r"|[Bb]achelor|[Mm]aster|[Pp][Hh]\.?[Dd]|[Dd]egree|[Cc]ollege)"
)
_CLAUSE = re.compile(r"[^。；;\n•●*]+")
_ITEM = re.compile(r"(?<![\d.\-~—至])\d{1,2}\s*[、.．)）](?!\d)|[(（]\d{1,2}[)）]|[①-⑩⑴-⑽]")
_ASKS = re.compile(
    r"学历|学位|以上|毕业|专业|统招|全日制|应届|在读|文化程度|[:：]|教育|放宽|择优|bachelor|master|degree|college",
    re.IGNORECASE,
)
_STRONG = re.compile(r"学历|学位|以上|统招|全日制|文化程度|教育(?:背景|程度|水平)|degree", re.IGNORECASE)
_OTHER = re.compile(
    r"万人|亿|员工(?!学历)|团队(?:成员|介绍|的专业|背景)|进修|提升学历|学历提升|(?:服务|大|老|为)客户|经纪人(?:超|已)|工资|补贴|薪|元/|\d元|导师|学员|子女|宝宝|孩子"
    r"|授课对象|教学目标|教授(?:高|初|小)|高中(?:三年|数|语|英|物|化|课)|小学(?:数|语|英)|创始|专家|教师团队|访问学者|落户|住房|奖学金|学历进修|辅导|家教|培养方案"
)
_RELAXED = re.compile(r"放宽|择优|[亦也]可|均可|皆可")
_PART_TIME = re.compile(r"非全日制|不限(?:是否)?全日制")
_COMMA = re.compile(r"[，,]")
_FULL_TIME = re.compile(r"全日制|统招|普通高等|普通高校")


def demanded_degree(part: str, text: str) -> tuple[Degree, Span] | None:
    """The least degree that the words accept, with the clause; None where they do not speak of it.

    The first clause that clearly asks (学历, 以上, 统招 …) decides, else the first that may; a later clause lowers it
    only where it says that less will do (可放宽至大专).
    """
    found: list[tuple[int, Degree, Span]] = []
    for start, end in _clauses(text):
        clause = text[start:end]
        if not _WORD.search(clause) or not (_ASKS.search(clause) or len(clause) <= 12) or _of_others(clause):
            continue
        if ("优先" in clause or "大中专院校" in clause) and not _STRONG.search(clause):
            continue
        degree = _degree_of(clause)
        if degree is not None:
            weak = 0 if _STRONG.search(clause) else 1
            found.append((weak, degree, Span.of(part, text, (start, end))))
    if not found:
        return None
    first = min(found, key=lambda one: one[0])
    less = [one for one in found if _RELAXED.search(one[2].text) and one[1].level < first[1].level]
    _, degree, span = min(less, key=lambda one: one[1].level) if less else first
    return degree, span


def _of_others(clause: str) -> bool:
    """Whether the part of the clause that names a degree speaks of someone else: staff, customers, pupils."""
    parts = [part for part in _COMMA.split(clause) if _WORD.search(part)]
    return all(_OTHER.search(part) for part in parts)


@lru_cache(maxsize=8192)
def _degree_of(clause: str) -> Degree | None:
    return find_degree(clause)


def asks_full_time_study(text: str) -> bool:
    """Whether the words ask for full-time study (全日制, 统招)."""
    return _FULL_TIME.search(text) is not None and _PART_TIME.search(text) is None


def _clauses(text: str) -> list[tuple[int, int]]:
    """The clauses of a text that may speak of a degree, cut also where a number begins the next item."""
    places: list[tuple[int, int]] = []
    for match in _CLAUSE.finditer(text) if _WORD.search(text) else ():
        if not _WORD.search(text, match.start(), match.end()):
            continue
        start = match.start()
        for item in _ITEM.finditer(text, match.start(), match.end()):
            if item.start() > start:
                places.append((start, item.start()))
            start = item.end()
        if start < match.end():
            places.append((start, match.end()))
    return places
