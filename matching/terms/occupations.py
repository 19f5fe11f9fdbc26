"""Occupations: the title of a posting → a code of the classification of 2022, at the deepest level it supports.

Read in this order, surest first: a code or an official name; a known title (会计, Java开发工程师); a known title behind
words of rank and sale (急聘高级会计（双休）); the last known title inside a longer one, since a Chinese title ends with
what it is about. What none of it reads, `occupation_nearest` may guess from words and meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from matching.terms.automaton import Automaton, Hit, fold
from matching.terms.occupation_table import (
    LEVELS,
    Level,
    Occupation,
    aliases,
    medium_group,
    occupation,
    parents,
    rows,
)
from matching.terms.reading import How, Reading

__all__ = ["LEVELS", "Level", "Occupation", "medium_group", "occupation", "parents", "read", "rows"]

_LONGEST = 80
_LEAST_SPOKEN = 4
"""Characters that a name without its ending must keep to be a title: 服装 of 服装工程技术人员 is none."""
_BRACKETS = re.compile(r"[(\[{【〔<《「『][^()\[\]{}【】〔〕<>《》「」『』]*(?:[)\]}】〕>》」』]|$)")
_CALL = re.compile(
    r"^.*(?:招聘|诚聘|急聘|急招|直招|招募|寻找)(?!专员|主管|经理|助理|师|顾问|实习|hr|岗|兼职|人员|[,，、/\s(（]|$)"
)
"""What an advertiser writes before the title itself (某公司招聘收银)."""
_PARTS = re.compile(r"[\s/|,，、+＋\-—–_·&~:：;；!！?？*★☆●。…\\\"'“”‘’@=]+|or|或")
_FRONT = re.compile(
    r"^(?:急聘|急招|急|诚聘|直聘|高薪|招聘|聘请?|招|新增|岗位|职位|全职|长期|短期|应届生?|\d{2,4}届|校招|社招|实习|见习|储备|兼职|高级|资深"
    r"|初级|中级|首席|执行|专业|优秀|精英|助理|副|总|大型|知名|上市|国企|央企|外企|世界\d+强|\d+[kw万千元]?|无责|底薪|包吃住?|包住|双休|五险|月薪|月入|无经验)+"
)
_BACK = re.compile(
    r"(?:实习生|见习生|储备干部|储备|岗位?|人员|师傅|学徒工?|助理|主管|经理|总监|专员|组长|队长|班长|领班|部长|主任|负责人|老师|工程师|顾问|员|工|师|生|者"
    r"|[a-z]?\d+|双休|急聘|急招|包吃住?|包住|五险一?金?|六险一?金?|高薪|应届生?|无责任?底薪.*|底薪.*|月薪.*|月入.*|年薪.*|提供.*|可.{0,6}|兼职|全职|长白班|夜班|白班|两班倒)$"
)
_TASK = re.compile(
    r"(?:研发|开发|设计|制造|工艺|维护|测试|生产|运行|应用|管理)?工程技术人员$|专业人员$|技术人员$|服务人员$|人员$"
)
_WEAK = frozenset(
    "助理 学徒工 文员 老师 教师 讲师 助教 设计师 设计总监 设计助理 文职 校长 物流 内勤 接待 测试 技工 操作员 杂工 管家 "
    "阿姨 师傅 教练 演员 策划 业务 推广 咨询师 机长 技术支持 督导 包装 维修 数控 cnc 组装工 部门助理 商务 生产工人 "
    "数据专员 调度".split()
)
"""Titles that say little at the end of a longer one: a stronger one before them tells more (口腔助理, 美术老师)."""


@lru_cache(maxsize=65536)
def read(title: str) -> Reading | None:
    """The occupation or group that a posting's title names, or None.

    Parameters
    ----------
    title : str
        As advertised, with its brackets, places and promises; of 会计/出纳 the first that is known counts. Empty, and
        titles without a known word, give None.

    Returns
    -------
    Reading or None
        ``confidence`` 1 for a code or official name, .97 a known title, .92 one behind words of rank, and .55 to .9
        for one inside a longer title, by how much of the title it covers.
    """
    folded = _CALL.sub("", fold(title[:_LONGEST]).strip())
    if (coded := occupation(folded)) is not None:
        return _reading(coded, 1.0, "code")
    whole = _exact(folded.replace(" ", ""))
    if whole is not None:
        return whole
    bare = _BRACKETS.sub(" ", folded).strip()
    parts = [part for part in _PARTS.split(bare or folded) if part]
    return _surest(parts) or (_surest([p for p in _PARTS.split(folded.strip("()[]【】")) if p]) if bare else None)


def _surest(parts: list[str]) -> Reading | None:
    """The first part that is a known title, else the best of what stands inside the parts."""
    for part in parts:
        for form, confidence in _forms(part):
            if (found := _exact(form)) is not None:
                return found._replace(confidence=min(found.confidence, confidence))
    inside = [found for part in parts if (found := _inside(part)) is not None]
    return max(inside, key=lambda found: found.confidence, default=None)


def _forms(part: str) -> Iterator[tuple[str, float]]:
    """A part as it stands, without words in front, and without what else goes around a title."""
    yield part, 0.97
    front = _FRONT.sub("", part)
    if front and front != part:
        yield front, 0.92
    for start in (part, front):
        shorter = _BACK.sub("", start)
        if len(shorter) > 1 and shorter != start:
            yield shorter, 0.85


def _exact(form: str) -> Reading | None:
    known = _names().get(form)
    if known is None:
        return None
    entry, how = known
    return _reading(entry, 1.0 if how == "name" else 0.97, how)


def _inside(part: str) -> Reading | None:
    """The last known title inside `part`; of a weak one (助理) the one before it."""
    hits = [hit for hit in _automaton().find(part) if not _cut(part, hit)]
    strong = [hit for hit in hits if part[hit.start : hit.end] not in _WEAK]
    best = max(strong or hits, key=lambda hit: (hit.end, -hit.start), default=None)
    if best is None:
        return None
    covered = (best.end - best.start) / len(part)
    at_end = best.end == len(part)
    confidence = 0.5 + 0.3 * covered + (0.1 if at_end else 0.0) - (0.0 if strong else 0.1)
    return _reading(best.value, round(confidence, 3), "inside")


def _cut(part: str, hit: Hit[Occupation]) -> bool:
    """Whether a Latin word was found inside a longer one (pa in spa)."""
    before, after = part[hit.start - 1 : hit.start], part[hit.end : hit.end + 1]
    latin_start, latin_end = part[hit.start].isascii(), part[hit.end - 1].isascii()
    return (latin_start and before.isascii() and before.isalpha()) or (
        latin_end and after.isascii() and after.isalpha()
    )


def _reading(entry: Occupation, confidence: float, how: How) -> Reading:
    return Reading(entry.code, entry.name, entry.level, confidence, how)


@cache
def _names() -> dict[str, tuple[Occupation, How]]:
    """Folded title → its entry: occupations' names, known titles, the spoken forms of names; then groups' names."""
    names: dict[str, tuple[Occupation, How]] = {}
    leaves = [entry for entry in rows() if entry.level == "occupation"]
    for entry in leaves:
        names.setdefault(fold(entry.name), (entry, "name"))
    for alias, entry in aliases():
        names.setdefault(fold(alias), (entry, "alias"))
    for entry in leaves:
        spoken = fold(_TASK.sub("", entry.name))
        if len(spoken) >= _LEAST_SPOKEN:
            names.setdefault(spoken, (entry, "alias"))
    for entry in rows():
        names.setdefault(fold(entry.name), (entry, "name"))
    return {name: known for name, known in names.items() if len(name) > 1}


@cache
def _automaton() -> Automaton[Occupation]:
    return Automaton({name: entry for name, (entry, _) in _names().items()})
