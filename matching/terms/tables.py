"""Every table of terms beside its standard: edition, rows, the standard's own count, and why they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from matching.language import Words
from matching.terms import industries, key_industries, majors, occupations, regions, schools
from matching.terms.degrees import CODES
from matching.terms.skills import skills


class Count(NamedTuple):
    """Rows of one level of a table.

    Attributes
    ----------
    table : str
        As `matching.terms.lookup.KINDS` has it, where it can be looked up.
    edition : str
        The standard and its edition; empty where there is no standard.
    level : str
        In the words of the table.
    held : int
        Rows that we hold.
    standard : int or None
        The standard's own count; None where it states none, or there is no standard.
    why : Words
        What makes the difference; empty where there is none.
    """

    table: str
    edition: str
    level: str
    held: int
    standard: int | None
    why: Words

    @property
    def difference(self) -> int | None:
        """Rows that we hold beyond the standard's; None where that has no count."""
        return None if self.standard is None else self.held - self.standard


_SAME = Words("", "")
_MAJORS = {
    "undergraduate": ("普通高等学校本科专业目录 (2025)", {"category": 12, "class": 93, "major": 845}),
    "vocational": ("职业教育专业目录 (2021), 高职专科", {"category": 19, "class": 97, "major": 744}),
    "graduate": ("研究生教育学科专业目录 (2022)", {"category": 14, "discipline": 117, "professional degree": 67}),
}
_OCCUPATIONS = {"major group": 8, "medium group": 79, "small group": 449, "occupation": 1636}
_INDUSTRIES = {"section": 20, "division": 97, "group": 473, "class": 1382}
_REGIONS = {"province": 34, "prefecture": 333, "county": 2844}
_PLANS = {"1269": {"chain": 12}, "2+6+N": {"trillion": 2, "500 billion": 6}}


def counts() -> tuple[Count, ...]:
    """Every level of every table, in the order of the tables."""
    return _counts()


@cache
def _counts() -> tuple[Count, ...]:
    parts: tuple[Callable[[], Iterator[Count]], ...] = (
        _majors, _occupations, _industries, _regions, _degrees, _key_industries, _skills, _schools,
    )  # fmt: skip
    return tuple(count for part in parts for count in part())


def _majors() -> Iterator[Count]:
    held: Counter[tuple[str, str]] = Counter((entry.stage, _level(entry)) for entry in majors.rows())
    for stage, (edition, levels) in _MAJORS.items():
        for level, standard in levels.items():
            yield Count("majors", edition, level, held[stage, level], standard, _SAME)


def _level(entry: majors.Major) -> str:
    """Disciplines and professional degrees are both classes to the rules; codes of the latter end in 51 and more."""
    if entry.stage != "graduate" or entry.level == "category":
        return entry.level
    return "professional degree" if int(entry.code[-2:]) > 50 else "discipline"


def _occupations() -> Iterator[Count]:
    edition, held = "职业分类大典 (2022)", Counter(entry.level for entry in occupations.rows())
    why = {
        "small group": Words("多 1 个，尚不知是哪一个", "one too many; which one is not known"),
        "occupation": Words(
            "4-04-05-09 至 11 为后来公布；其余 2 个尚不知", "4-04-05-09 to 11 were announced later; two are not known"
        ),
    }
    for level in occupations.LEVELS:
        yield Count("occupations", edition, level, held[level], _OCCUPATIONS[level], why.get(level, _SAME))


def _industries() -> Iterator[Count]:
    edition = "GB/T 4754-2017"
    held: Counter[str] = Counter(entry.level for entry in industries.rows())
    why = Words(
        "初版 1,380 个，第 1 号修改单后 1,382 个；少的 1 个尚不知",
        "1,380 in the first printing, 1,382 after amendment 1; the one that is missing is not known",
    )
    for level, standard in _INDUSTRIES.items():
        yield Count("industries", edition, level, held[level], standard, why if level == "class" else _SAME)


def _regions() -> Iterator[Count]:
    own = [place for place in regions.rows() if place.code not in _MUNICIPAL]
    held: Counter[str] = Counter(place.level for place in own)
    for level, standard in _REGIONS.items():
        yield Count("regions", "GB/T 2260, 2023-12-31", level, held[level], standard, _SAME)
    yield Count("regions", "GB/T 2260, 2023-12-31", "within a municipality", len(_MUNICIPAL), 5, _SAME)


_MUNICIPAL = frozenset(["110100", "120100", "310100", "500100", "500200"])
"""市辖区 and 县 of the municipalities: entries of the standard that are no units of administration."""


def _degrees() -> Iterator[Count]:
    why = Words(
        "未核对标准自身的条数；90 其他不收", "the standard's own count was not compared; 90 (others) is left out"
    )
    yield Count("degrees", "GB/T 4658-2006", "code", len(CODES), None, why)


def _key_industries() -> Iterator[Count]:
    open_ended = Words("计划写作“N”，未列尽", "the plan says N and lists no end")
    for plan in key_industries.PLANS:
        held = Counter(entry.tier for entry in key_industries.rows(plan))
        for tier, n in held.items():
            standard = _PLANS[plan].get(tier)
            why = _SAME if standard is not None else open_ended
            yield Count("key-industries", f"江西 {plan}", tier, n, standard, why)


def _schools() -> Iterator[Count]:
    why = Words(
        "教育部当年名单不在手边；2017 年名单中江西 100 所全部收录",
        "the Ministry's current list was not at hand; its 100 of 2017 are all known",
    )
    held = Counter(entry.level if entry.region == "360000" else "elsewhere" for entry in schools.rows())
    for level in ("本科", "专科"):
        yield Count("schools", "全国高等学校名单, 江西", level, held[level], None, why)
    some = Words("只收知名院校，用于清洗", "the best known only, for cleaning")
    yield Count("schools", "全国高等学校名单, 省外", "all", held["elsewhere"], None, some)


def _skills() -> Iterator[Count]:
    yield Count("skills", "", "skill", len(skills()), None, Words("没有国家标准", "no standard lists skills"))
