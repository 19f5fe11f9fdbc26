"""Job titles that mean the same: groups across all walks of life, and other ways to write a title.

The groups are this project's own table, at the grain of an occupation; each names its unit group of the
International Standard Classification of Occupations (ISCO-08, International Labour Organization).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_BEFORE = "高级 资深 初级 助理 实习 首席 兼职 全职 急聘 诚聘 见习 储备".split()
_BEHIND = "（双休） (五险一金) （应届生） -南昌 实习生 助理 主管 （可实习） /包吃住".split()
_SHARE_BEFORE = 0.6


class TitleGroup(NamedTuple):
    """Titles of one occupation: ISCO-08 unit group, Chinese titles, English titles; each at least one."""

    unit: str
    chinese: tuple[str, ...]
    english: tuple[str, ...]


@cache
def title_groups() -> tuple[TitleGroup, ...]:
    """All groups, in the order of the table."""
    text = (files("matching") / "terms" / "data" / "title_groups.txt").read_text(encoding="utf-8")
    return tuple(_groups(text))


def _groups(text: str) -> Iterator[TitleGroup]:
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        unit, titles = line.split(" ", 1)
        chinese, english = titles.split(" = ")
        yield TitleGroup(unit, _unique(chinese.split("、")), _unique(english.split(";")))


def _unique(titles: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(title.strip() for title in titles))


def varied(title: str, chance: random.Random) -> str:
    """`title` as a posting might write it: with a grade, a wish or a promise around it; the occupation stays."""
    if chance.random() < _SHARE_BEFORE:
        return chance.choice(_BEFORE) + title
    return title + chance.choice(_BEHIND)
