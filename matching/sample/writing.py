"""Small habits of writing that résumés and adverts share: choosing, listing, slips of the pen."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_OPENERS = ("负责", "参与", "协助", "承担")
BULLETS = ("{}、", "{}.", "{}）", "（{}）", "circled", "- ", "· ", "● ", "")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
_WIDE = str.maketrans("0123456789ABCXYZ", "０１２３４５６７８９ＡＢＣＸＹＺ")


def one(author: random.Random, items: Sequence[T]) -> T:
    """One of `items`, which must not be empty."""
    return items[int(author.random() * len(items))]


def some(author: random.Random, items: Sequence[T], count: int) -> list[T]:
    """Up to `count` different items, in random order."""
    left = list(items)
    return [left.pop(int(author.random() * len(left))) for _ in range(min(count, len(left)))]


def between(author: random.Random, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    return low + int(author.random() * (high - low + 1))


def listed(lines: Sequence[str], *, bullet: str, join: str, end: str) -> str:
    """`lines` as a list: `bullet` is one of `BULLETS`, `join` stands between, `end` closes each line."""
    if bullet == "circled":
        marked = [f"{_CIRCLED[n % 10]}{line}{end}" for n, line in enumerate(lines)]
    elif "{}" in bullet:
        marked = [f"{bullet.format(n + 1)}{line}{end}" for n, line in enumerate(lines)]
    else:
        marked = [f"{bullet}{line}{end}" for line in lines]
    return join.join(marked)


def led(author: random.Random, openers: Sequence[str], duty: str) -> str:
    """A duty that says how large one's part in it was; itself where it says so already."""
    return duty if duty.startswith(_OPENERS) else f"{one(author, openers)}{duty}"


def slips(author: random.Random, text: str, typos: Sequence[str]) -> str:
    """`text` as a hurried writer leaves it: full-width digits, wrong characters, lost marks; most often as it was."""
    chance = author.random()
    if chance > 0.22:
        return text
    if chance < 0.05:
        return text.translate(_WIDE)
    if chance < 0.12:
        right, wrong = one(author, typos).split("/")
        return text.replace(right, wrong, 1)
    if chance < 0.15:
        return text.replace("，", " ")
    if chance < 0.18:
        return text.replace("，", ",").replace("：", ":").replace("；", ";")
    return text.replace("。", "！！", 1) if chance < 0.2 else text.replace("。", "", 1)
