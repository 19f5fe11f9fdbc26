"""Pay out of one text or of two figures and a unit."""

from __future__ import annotations

import re
from typing import Any

from matching.intake.values import Unreadable, read_integer, text_of

UNITS: dict[str, tuple[float, str]] = {
    "yuan/hour": (1, "hour"),
    "yuan/day": (1, "day"),
    "yuan/month": (1, "month"),
    "1k/month": (1_000, "month"),
    "10k/month": (10_000, "month"),
    "yuan/year": (1, "year"),
    "1k/year": (1_000, "year"),
    "10k/year": (10_000, "year"),
}
"""Unit in a mapping file → yuan in one of it, and the standard's unit. 10k is 万, 1k is 千."""

_CHINESE = {
    "元/时": "yuan/hour", "元/小时": "yuan/hour", "元/天": "yuan/day", "元/日": "yuan/day", "元/月": "yuan/month",
    "千/月": "1k/month", "万/月": "10k/month", "元/年": "yuan/year", "千/年": "1k/year", "万/年": "10k/year",
}  # fmt: skip
_OPEN = re.compile(r"面议|面谈|negotiable", re.IGNORECASE)
_FIGURES = re.compile(r"(-?\d+(?:\.\d+)?)(?:\s*[-~—–至到]\s*(\d+(?:\.\d+)?))?\s*元?\s*(以上|以下|以内|起)?")


def unit_of(name: str) -> tuple[float, str]:
    """Yuan in one `name`, and the standard's unit.

    Raises
    ------
    KeyError
        No unit of that name, in English or Chinese.
    """
    return UNITS[_CHINESE.get(name, name)]


def read_pay_text(value: Any, unit: tuple[float, str] | None) -> dict[str, Any] | None:  # noqa: ANN401
    """Pay out of a text that names its unit ("1-1.5万/月"), or of bare figures in `unit` ("4001-6000").

    None for an empty cell and 面议.

    Raises
    ------
    Unreadable
        Neither.
    """
    text = text_of(value)
    if text is None or _OPEN.search(text):
        return None
    if unit is None:
        from matching.terms.pay import read_pay

        pay = read_pay(text)
        if pay is None:
            raise Unreadable
        found: dict[str, Any] = pay.model_dump(exclude_defaults=True)
        return found
    return _pay(_bounds(text, single=(True, True)), unit)


def read_pay_pair(low: Any, high: Any, unit: tuple[float, str], *, months: Any = None) -> dict[str, Any] | None:  # noqa: ANN401
    """Pay out of two figures; "1000元以下" in either is a most, "50000元以上" a least; None where neither is stated.

    `months` is how many are paid a year (13 for 13薪); the standard's 12 where it is not stated.

    Raises
    ------
    Unreadable
        A figure, or the number of months, is no number.
    """
    least, most = _stated(low, single=(True, False)), _stated(high, single=(False, True))
    first = least[0] if least[0] is not None else most[0]
    last = most[1] if most[1] is not None else least[1]
    pay = _pay((first, last), unit)
    paid = read_integer(months)
    return pay if pay is None or paid is None else pay | {"months": paid}


_Bounds = tuple[float | None, float | None]


def _stated(value: Any, *, single: tuple[bool, bool]) -> _Bounds:  # noqa: ANN401
    text = text_of(value)
    return (None, None) if text is None or _OPEN.search(text) else _bounds(text, single=single)


def _bounds(text: str, *, single: tuple[bool, bool]) -> _Bounds:
    """Least and most of "8000-12000", "1000以下", "50000以上"; a single figure is those that `single` says."""
    match = _FIGURES.fullmatch(text.replace(",", ""))
    if match is None:
        raise Unreadable
    first = float(match[1])
    if match[2] is not None:
        return first, float(match[2])
    if match[3]:
        return (None, first) if match[3] in {"以下", "以内"} else (first, None)
    return (first if single[0] else None), (first if single[1] else None)


def _pay(bounds: _Bounds, unit: tuple[float, str]) -> dict[str, Any] | None:
    factor, name = unit
    low, high = (None if bound is None else round(bound * factor, 2) for bound in bounds)
    return None if low is None and high is None else {"min": low, "max": high, "unit": name}
