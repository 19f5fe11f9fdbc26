"""What a posting's majors admit, and at which level: the major named, its class, a category, or 相关专业.

A demand holds at the level at which it is written. 软件工程 names one major: a classmate's (计算机科学与技术) is
neither admitted nor refused by the letter, so it is to be confirmed. 计算机类 admits the class, 工学 the category, and
the same fields at other levels of education, because a posting seldom lists all catalogues; of a major named, what
bears its name there (软件技术, 大数据与会计). 相关专业 behind any of them widens it to the class and its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import NamedTuple

from matching.requirements.stated import demand_of
from matching.standard.records import Posting
from matching.terms import majors
from matching.terms.major_words import TRADES

_BARE = re.compile(r"(?:相关|等)?(?:专业|类)+$")
_WIDENED = re.compile(r"相关|相近|类似|近似|等专业|related", re.IGNORECASE)
_BEHIND_CODE = re.compile(r"(?<=[\dA-Z])相关专业$")
_GENERAL = re.compile(
    r"工程|技术|管理|科学|应用|设计|教育|及其|与|(?<=..)学$|[（(].*[）)]|智能|数据|信息|现代|制造|服务|运营|装备|检测|材料|系统|国际"
)
"""Parts of names that say too little of the field for two majors to be one."""


class Demanded(NamedTuple):
    """What is admitted, by how it came to be; an open class is in one of `classes`, `other` and `near`, the first.

    Attributes
    ----------
    named : tuple of str
        Codes of single majors that are named without 相关, in classes that nothing else opens.
    alike : tuple of str
        Codes of majors at other levels of education that bear the name of one of these.
    classes : frozenset of str
        Class codes that are admitted as such: a class, a category, or 相关专业.
    other : frozenset of str
        Class codes of the same fields at other levels of education.
    near : frozenset of str
        Neighbours, which only 相关专业 admits.
    unsure : frozenset of str
        Classes of the majors in `named` and of their fields at other levels, of which the rest is to be confirmed.
    widened : bool
        Whether 相关专业 or the like is written.
    whole : bool
        Whether every entry was understood.
    """

    named: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    classes: frozenset[str] = frozenset()
    other: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    widened: bool = False
    whole: bool = True

    @property
    def admitted(self) -> frozenset[str]:
        """Every class that does not fail."""
        return self.classes | self.other | self.near | self.unsure


def demanded(posting: Posting) -> Demanded:
    """What the posting's majors admit, stated or read from its words; nothing stated admits nothing here."""
    return demanded_by(demand_of(posting).requirements.majors or ())


def demanded_by(entries: Iterable[str]) -> Demanded:
    """The same of a list of majors: catalogue codes, or names as they are written."""
    return _demanded(tuple(entries))


@lru_cache(maxsize=16_384)  # many postings demand the same
def _demanded(entries: tuple[str, ...]) -> Demanded:
    held, whole, widened = _Held(), True, False
    for entry in entries:
        found = _read(entry)
        whole = whole and bool(found)
        widens = _WIDENED.search(entry) is not None
        widened = widened or widens
        for one in found:
            held.add(one, widens=widens)
    return held.all(widened=widened, whole=whole)


def _read(entry: str) -> tuple[majors.Major, ...]:
    """The entries that one entry of a demand names: by its code, as a word for a trade (财务), or by its names."""
    by_code = majors.major(_BEHIND_CODE.sub("", entry))
    several = TRADES.get(_BARE.sub("", entry), ())
    if by_code is not None or not several:
        return (by_code,) if by_code else majors.find_majors(entry)
    return tuple(found for code in several if (found := majors.major(code)) is not None)


@dataclass
class _Held:
    named: list[str] = field(default_factory=list)
    alike: list[str] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    other: set[str] = field(default_factory=set)
    near: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)

    def add(self, one: majors.Major, *, widens: bool) -> None:
        if one.level == "major" and not widens:
            self._add_named(one)
            return
        own = _classes_of(one)
        self.classes |= set(own)
        self.other |= {code for mine in own for code in majors.related(mine)}
        self.near |= {code for mine in own for code in majors.neighbours(mine)} if widens else set()

    def _add_named(self, one: majors.Major) -> None:
        mine = majors.class_of(one.code)
        self.named.append(one.code)
        self.unsure.add(mine)
        for code in majors.related(mine):
            below = _majors_of().get(code, ())
            self.alike += [other.code for other in below if _bears(one.name, other.name)]
            known = majors.major(code)
            alone = known is not None and not below and _bears(one.name, known.name)
            (self.other if alone else self.unsure).add(code)

    def all(self, *, widened: bool, whole: bool) -> Demanded:
        other = self.other - self.classes
        near = self.near - self.classes - other
        shut = self.unsure - self.classes - other - near
        named, alike = (
            tuple(code for code in dict.fromkeys(codes) if majors.class_of(code) in shut)
            for codes in (self.named, self.alike)
        )
        opened = frozenset(self.classes), frozenset(other), frozenset(near)
        return Demanded(named, alike, *opened, frozenset(shut), widened, whole)


def _classes_of(one: majors.Major) -> tuple[str, ...]:
    if one.level != "category":
        return (majors.class_of(one.code),)
    return tuple(code for code in majors.classes() if majors.category_of(code) == one.code)


@cache
def _majors_of() -> dict[str, tuple[majors.Major, ...]]:
    """The single majors of each class that has any; disciplines have none."""
    found: dict[str, list[majors.Major]] = {}
    for one in majors.rows():
        if one.level == "major":
            found.setdefault(majors.class_of(one.code), []).append(one)
    return {code: tuple(own) for code, own in found.items()}


def _bears(name: str, other: str) -> bool:
    """Whether two names share a word that says the field: two letters in a row, the general ones left out."""
    return name == other or bool(_pairs(name) & _pairs(other))


@lru_cache(maxsize=4_096)
def _pairs(name: str) -> frozenset[str]:
    parts = [part for part in _GENERAL.split(name) if len(part) > 1]
    return frozenset(part[i : i + 2] for part in parts for i in range(len(part) - 1))
