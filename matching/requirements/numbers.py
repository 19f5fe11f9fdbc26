"""Numbers as adverts write them: 3, ３, 三, 两, 十五, 半年."""

from __future__ import annotations

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}

NUMBER = r"(?:\d{1,5}|[一二两三四五六七八九十]{1,3})"
"""A whole number, in digits or in Chinese up to 99."""


def number(text: str) -> int:
    """The value of what `NUMBER` matched."""
    if text.isdecimal():
        return int(text)
    if "十" not in text:
        return _DIGITS[text[-1]]
    tens, _, ones = text.partition("十")
    return _DIGITS.get(tens[-1:], 1) * 10 + _DIGITS.get(ones[:1], 0)
