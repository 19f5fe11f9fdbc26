"""The national catalogues of majors as one table: code → name, level, stage, parents, near classes.

Three catalogues stand side by side, each with its own stage: the undergraduate one (codes 01–13), the vocational
one (41–59) and the graduate one, whose codes are prefixed with G because they would collide with the first.
Sources, editions and counts: ``data/SOURCES.md``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from matching.errors import UnknownId

Level = Literal["category", "class", "major"]
Stage = Literal["undergraduate", "vocational", "graduate"]

STAGES: tuple[Stage, ...] = ("undergraduate", "vocational", "graduate")
"""In order of preference, where a name stands in several catalogues."""

_CONTROL = re.compile(r"[KTH]+$")  # 国家控制布点, 特设 and similar marks behind a code
_SECOND_LEVEL = re.compile(r"(G\d{4})\d{2}")  # 二级学科, set up by each university inside a discipline
_BACHELOR = re.compile(r"([23]\d)(\d{2})(?:\d{2})?")  # 职业本科: numbered like the vocational catalogue, less 20

_RETIRED = {"G0834": "G0862", "G1302": "G1301", "G1303": "G1301", "G1304": "G1301", "G1305": "G1403"}
"""Disciplines of the 2011 catalogue that registers still carry → where the edition of 2022 put them."""


@dataclass(frozen=True, slots=True)
class Major:
    """One entry of a catalogue: a category (学科门类, 专业大类), a class (专业类, 一级学科) or a major (专业)."""

    code: str
    name: str
    level: Level
    stage: Stage


class _Table(NamedTuple):
    """by_code in catalogue order; classes and categories in the same order; near: class → near classes."""

    by_code: dict[str, Major]
    classes: tuple[str, ...]
    categories: tuple[str, ...]
    near: dict[str, tuple[str, ...]]


def rows() -> tuple[Major, ...]:
    """Every entry of the three catalogues, in order of stage and code."""
    return tuple(_table().by_code.values())


def major(code: str) -> Major | None:
    """The entry with this code, or None.

    Marks behind the digits are ignored (``"080904K"`` is 080904), and retired disciplines are answered with their
    successor (G1305 设计学 is now G1403). Two kinds of code are answered with the class
    they lie in, because the tables stop there: second-level disciplines (``"G081203"`` → G0812) and majors of the
    vocational bachelor (``"310203"`` → 5102, the class with the same name in the vocational catalogue).
    """
    plain = _CONTROL.sub("", code.strip().upper())
    plain = _RETIRED.get(plain, plain)
    by_code = _table().by_code
    if (found := by_code.get(plain)) is not None:
        return found
    if (inside := _SECOND_LEVEL.fullmatch(plain)) is not None:
        return by_code.get(inside[1])
    if (inside := _BACHELOR.fullmatch(plain)) is not None:
        return by_code.get(f"{int(inside[1]) + 20}{inside[2]}")
    return None


def class_of(code: str) -> str:
    """Class code of a major or class (a class is its own class).

    Raises
    ------
    UnknownId
        No such code, or a category, which has many classes.
    """
    found = _known(code)
    if found.level == "category":
        what = f"{found.code} {found.name} is a category, not a class or major"
        raise UnknownId(what, where="matching.terms.majors.class_of", cure="ask category_of, or name a class")
    return found.code if found.level == "class" else _class_code(found.code)


def category_of(code: str) -> str:
    """Category code of a major, class or category (a category is its own category).

    Raises
    ------
    UnknownId
        No such code.
    """
    return _category_code(_known(code).code)


def parents(code: str) -> tuple[str, ...]:
    """Codes above this one, nearest first: (class, category) of a major, (category,) of a class, () of a category.

    Raises
    ------
    UnknownId
        No such code.
    """
    found = _known(code)
    above = {"major": (_class_code, _category_code), "class": (_category_code,), "category": ()}[found.level]
    return tuple(parent(found.code) for parent in above)


def classes() -> tuple[str, ...]:
    """All class codes, in a fixed order: undergraduate, vocational, graduate, each by code."""
    return _table().classes


def categories() -> tuple[str, ...]:
    """All category codes, in the same fixed order."""
    return _table().categories


def names() -> tuple[str, ...]:
    """Every distinct name of the catalogues, in order of first appearance."""
    return tuple(dict.fromkeys(entry.name for entry in rows()))


def related(code: str) -> tuple[str, ...]:
    """Class codes of the same field as a class: at other stages, and near ones of its own stage where listed.

    Symmetric (a is related to b exactly when b is to a), without `code` itself, in the order of `classes`.
    ``()`` for a class that stands alone (the military disciplines) and for a code that is no class.

    A vocational or graduate class is listed with its undergraduate classes; two classes of different stages are
    related when they share one. Two vocational classes are not: 财务会计类 and 工商管理类 both lead to
    undergraduate 工商管理类, and neither is the other.
    """
    found = major(code)
    return () if found is None else _table().near.get(found.code, ())


def neighbours(code: str) -> tuple[str, ...]:
    """Classes that 相关专业 behind a class may mean beside it: its undergraduate field's neighbours, at every stage.

    For 计算机类 also 电子信息类 and 自动化类, and what is of these fields at other stages. Without the class itself and
    what is `related` to it, in the order of `classes`; ``()`` for a code that is no class.
    """
    found = major(code)
    if found is None or found.level != "class":
        return ()
    hubs = [one for one in (found.code, *related(found.code)) if _stage_mark(one) == "0"]
    fields = {*hubs, *(other for hub in hubs for other in _neighbours().get(hub, ()))}
    reached = {*fields, *(far for field in fields for far in related(field))}
    return tuple(one for one in classes() if one in reached - {found.code, *related(found.code)})


@cache
def _neighbours() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in _read("major_neighbours.csv"):
        found.setdefault(row["class"], set()).add(row["neighbour"])
        found.setdefault(row["neighbour"], set()).add(row["class"])
    return found


def aliases() -> Iterator[tuple[str, Major]]:
    """Abbreviations and former names with the entry each stands for; an alias may stand for one per stage."""
    for row in _read("major_aliases.csv"):
        yield row["alias"], _known(row["code"])


@cache
def _table() -> _Table:
    by_code = {entry.code: entry for stage in STAGES for entry in _catalogue(stage)}
    class_codes = tuple(code for code, entry in by_code.items() if entry.level == "class")
    category_codes = tuple(code for code, entry in by_code.items() if entry.level == "category")
    listed = [(row["class"], row["related"]) for row in _read("major_class_relations.csv")]
    return _Table(by_code, class_codes, category_codes, _near(class_codes, listed))


def _catalogue(stage: Stage) -> Iterator[Major]:
    for row in _read(f"majors_{stage}.csv"):
        digits = len(row["code"].removeprefix("G"))
        level: Level = "category" if digits == 2 else "class" if digits == 4 else "major"
        yield Major(row["code"], row["name"], level, stage)


def _near(class_codes: tuple[str, ...], listed: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    direct: dict[str, set[str]] = {code: set() for code in class_codes}
    for one, other in listed:
        direct[one].add(other)
        direct[other].add(one)
    near: dict[str, tuple[str, ...]] = {}
    for code in class_codes:
        found = set(direct[code])
        if _stage_mark(code) != "0":
            shared = [hub for hub in direct[code] if _stage_mark(hub) == "0"]
            found |= {far for hub in shared for far in direct[hub] if _stage_mark(far) != _stage_mark(code)}
        near[code] = tuple(other for other in class_codes if other in found - {code})
    return near


def _stage_mark(code: str) -> str:
    """Its first sign: 0 for undergraduate, 4 for vocational, G for graduate."""
    return "G" if code.startswith("G") else "4" if code >= "4" else "0"


def _class_code(code: str) -> str:
    return code[:4]  # only undergraduate and vocational codes go below the class


def _category_code(code: str) -> str:
    return code[:3] if code.startswith("G") else code[:2]


def _known(code: str) -> Major:
    found = major(code)
    if found is None:
        what = f"no major, class or category has the code {code!r}"
        raise UnknownId(
            what, where="matching.terms.majors", cure="use a code of the national catalogues, see SOURCES.md"
        )
    return found


def _read(name: str) -> Iterator[dict[str, str]]:
    text = (files("matching.terms") / "data" / name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
