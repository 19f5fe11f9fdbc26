"""The readings that a mapping file names with `as`, as functions of a foreign value."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from matching.intake.dates import read_date, read_moment, read_year
from matching.intake.jobposting import plain_text
from matching.intake.values import (
    Unreadable,
    read_flag,
    read_integer,
    read_json,
    read_number,
    read_texts,
    read_years,
    text_of,
)

Read = Callable[[Any], Any]

_REMEMBERED = 8_192
"""Distinct values remembered by the readings that look into code tables; files repeat few of them often."""
_EVERYWHERE = frozenset("全国 不限 远程 异地招聘 其他 海外 国外".split())

_SIMPLE: dict[str, Read] = {
    "text": text_of,
    "integer": read_integer,
    "number": read_number,
    "years": read_years,
    "year": read_year,
    "flag": read_flag,
    "date": lru_cache(_REMEMBERED)(read_date),
    "moment": read_moment,
    "json": read_json,
}


def reading(name: str, *, split: str | None = None) -> Read:
    """The function that reads one value as `name` says; None for "not stated", `Unreadable` for what it cannot read.

    `split` is the separator of a list; by default any of the usual ones.
    """
    if name == "texts":
        return lambda value: read_texts(value, separator=split)
    if name == "plain_text":
        return lambda value: None if (text := text_of(value)) is None else plain_text(text)
    if name in _SIMPLE:
        return _SIMPLE[name]
    return _coded(name, split)


def _coded(name: str, split: str | None) -> Read:
    if name == "regions":
        places = _looked_up(_places)
        return lambda value: _regions(value, places, split)
    return _looked_up({"degree": _degree, "industry": _industry, "region": _region}[name])


def _looked_up(find: Callable[[str], Any]) -> Read:
    """Reads a text through `find`, which gives None for what it does not know; remembers what it found."""
    remembered = lru_cache(_REMEMBERED)(find)

    def read(value: Any) -> Any:  # noqa: ANN401
        text = text_of(value)
        if text is None:
            return None
        found = remembered(text)
        if found is None:
            raise Unreadable
        return found or None

    return read


def _degree(text: str) -> Any:  # noqa: ANN401
    from matching.terms.degrees import find_degree

    return find_degree(text)


def _industry(text: str) -> str | None:
    from matching.terms.industries import find_industry

    found = find_industry(text)
    return found.code if found else None


def _region(text: str) -> str | None:
    """The code of a place; "" for "anywhere"."""
    from matching.terms.regions import find_region

    if text in _EVERYWHERE:
        return ""
    found = find_region(text)
    return str(found.code) if found else None


def _places(text: str) -> list[str] | None:
    """The codes of the places that a text names, whatever else it says; none for "anywhere"."""
    from matching.terms.regions import find_regions

    if text in _EVERYWHERE:
        return []
    return [str(found.code) for found in find_regions(text)] or None


def _regions(value: Any, places: Read, split: str | None) -> list[str] | None:  # noqa: ANN401
    if split is not None and isinstance(value, str):
        value = value.split(split)
    if not isinstance(value, (list, tuple)):
        found: list[str] | None = places(value)
        return found
    codes: list[str] = []
    unknown: list[str] = []
    for part in value:
        try:
            codes += places(part) or []
        except Unreadable:
            unknown.append(str(part))
    found = list(dict.fromkeys(codes)) or None
    if unknown:
        raise Unreadable(value="、".join(unknown), partial=found)
    return found
