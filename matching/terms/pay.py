"""Pay out of one text: "1-1.5万/月", "8k-12k·13薪", "150元/天"."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from pydantic import ValidationError

from matching.standard.records import Pay, PayUnit

_NUMBER = r"\d{1,9}(?:\.\d{1,4})?"
_SCALE = r"万|千|w(?![a-z])|k(?![a-z])"
_YUAN = r"\s*(?:元|块|圆|rmb|cny|yuan)?"
_PAY = re.compile(
    rf"(?P<before>[^\d+\-]*?)"
    rf"(?P<low>{_NUMBER})\s*(?P<low_scale>{_SCALE})?{_YUAN}"
    rf"(?:\s*(?:[-~—–―至到]|to)+\s*[¥￥]?\s*(?P<high>{_NUMBER})\s*(?P<high_scale>{_SCALE})?{_YUAN})?"
    rf"(?P<after>\D.*)?",
    re.IGNORECASE | re.DOTALL,
)
_UNITS: tuple[tuple[PayUnit, re.Pattern[str]], ...] = (
    (PayUnit.HOUR, re.compile(r"小时|时薪|[/每]时|/h|hour", re.IGNORECASE)),
    (PayUnit.DAY, re.compile(r"[/每]天|[/每]日|日薪|日结|一天|/d|\bday|daily", re.IGNORECASE)),
    (PayUnit.YEAR, re.compile(r"[/每]年|年薪|一年|/y|\byear|annual|p\.?a\b", re.IGNORECASE)),
    (PayUnit.MONTH, re.compile(r"[/每]月|月薪|一个月|/m|month", re.IGNORECASE)),
)
_MONTHS = re.compile(r"(\d{1,2})(?:\s*-\s*\d{1,2})?\s*(?:薪|个月工资|个月薪)")
_FACTORS = {"万": 10_000, "w": 10_000, "千": 1_000, "k": 1_000}
_AT_MOST = re.compile(r"以下|以内|封顶|max", re.IGNORECASE)
_AT_LEAST = re.compile(r"以上|起|\+|min", re.IGNORECASE)
_UP_TO = re.compile(r"(?:最高|不超过|不高于|至多|up\s+to|<=?|≤)\s*$", re.IGNORECASE)
_FROM = re.compile(r"(?:不低于|不少于|至少|最低|底薪|保底|from|>=?|≥)\s*[¥￥]?\s*$", re.IGNORECASE)

_YEARLY_FROM = 50_000
"""A bare "10-20万" is a year's pay: nobody advertises 100,000 yuan a month without saying so."""
_SMALLEST = 100
"""Below this, a bare figure for a month or year ("15-20") stands for thousands that were not written."""


def read_pay(text: str) -> Pay | None:
    """Pay as the standard has it, in yuan; None for 面议, for no figure, and for what cannot be meant.

    The unit is the text's (小时, 天, 月, 年), else a month; "10-20万" without one is a year. A scale after the second
    figure holds for both ("4.5-6千"). A single figure is least and most; "以上" leaves out the most, "以下" the least.
    Bare figures under 100 yuan a month or year, and a least above the most, give None.
    """
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    months = _MONTHS.search(plain)
    if months:
        plain = plain[: months.start()] + plain[months.end() :]
    match = _PAY.fullmatch(plain)
    if match is None or re.search(r"\d", match["after"] or ""):
        return None
    low, high = _figures(match)
    unit = _unit(plain, match, low)
    if not low or (low < _SMALLEST and unit in (PayUnit.MONTH, PayUnit.YEAR)):
        return None
    open_end = _open_end(match)
    try:
        return Pay(
            min=None if open_end == "least" else low,
            max=None if open_end == "most" else high,
            unit=unit,
            months=int(months[1]) if months else 12,
        )
    except ValidationError:
        return None


def _figures(match: re.Match[str]) -> tuple[float, float]:
    """Both figures in yuan; a single one twice."""
    low, high = float(match["low"]), float(match["high"] or match["low"])
    own, other = (match["low_scale"] or "").lower(), (match["high_scale"] or "").lower()
    if match["high"] is None:
        other = own
    elif not own and low < _SMALLEST:
        own = other
    elif not other and high < _SMALLEST:
        other = own
    return round(low * _FACTORS.get(own, 1), 2), round(high * _FACTORS.get(other, 1), 2)


def _unit(plain: str, match: re.Match[str], low: float) -> PayUnit:
    said = next((unit for unit, form in _UNITS if form.search(plain)), None)
    if said is not None:
        return said
    in_ten_thousands = (match["high_scale"] or match["low_scale"] or "").lower() in ("万", "w")
    return PayUnit.YEAR if in_ten_thousands and low >= _YEARLY_FROM else PayUnit.MONTH


def _open_end(match: re.Match[str]) -> Literal["least", "most"] | None:
    """Which bound a single figure leaves open."""
    if match["high"] is not None:
        return None
    before, after = match["before"], match["after"] or ""
    if _AT_MOST.search(after) or _UP_TO.search(before):
        return "least"
    return "most" if _AT_LEAST.search(after) or _FROM.search(before) else None
