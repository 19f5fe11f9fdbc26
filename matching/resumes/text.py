"""The shape of a résumé's text: pages of lines, cells within a line; and characters made plain, one for one."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

NEW_COLUMN = "\f"
"""A line of its own where another column or text box begins: no section goes on over it."""

CELL = re.compile(r"\t+|[ \u3000\u00a0]{2,}|[|｜丨]")
"""What separates the cells of a line."""

_RADICALS = dict(
    zip(
        "⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
        "民虎西见角贝车长门青页风飞食马骨鬼鱼鸟麦黄齐齿龙龟",
        strict=True,
    )
)
"""Radicals that fonts put in the place of characters, where Unicode's normal forms know no other."""
_ODD = re.compile(r"[\u00a0\u2e80-\u2fdf\u3000\uf900-\ufaff\uff01-\uff5e\ufb00-\ufb06\x00-\x08\x0b\x0e-\x1f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ue000-\uf8ff]")  # fmt: skip
_KEPT_WIDE = "，。；：！？（）"


class Line(NamedTuple):
    """One line: page number from 1, place in the page's text, and its words."""

    page: int
    start: int
    text: str

    @property
    def end(self) -> int:
        """Where it ends in the page's text."""
        return self.start + len(self.text)


class Cell(NamedTuple):
    """A part of a line between wide gaps, blanks stripped; `start` is the place in the page's text."""

    page: int
    start: int
    text: str


def plain(text: str) -> str:
    """`text` with the characters that people see: radicals as characters, half-width letters, nothing unseen."""
    return _ODD.sub(_plainly, text.replace("\r\n", "\n").replace("\r", "\n"))


def _plainly(match: re.Match[str]) -> str:
    letter = match[0]
    if letter in _KEPT_WIDE or letter == "\u3000":
        return letter
    if letter == "\u00a0":
        return " "
    if letter in _RADICALS:
        return _RADICALS[letter]
    found = unicodedata.normalize("NFKC", letter)
    private = "\ue000" <= letter <= "\uf8ff"  # symbols of icon fonts
    return " " if private else found if found != letter and found.isprintable() else ""


def lines_of(pages: tuple[str, ...]) -> list[Line]:
    """Every line of every page, empty ones left out, column marks kept."""
    found = []
    for number, page in enumerate(pages, 1):
        start = 0
        for text in page.split("\n"):
            if text.strip(" \t\u3000") or text == NEW_COLUMN:
                found.append(Line(number, start, text))
            start += len(text) + 1
    return found


def cells_of(line: Line) -> list[Cell]:
    """The cells of a line, empty ones left out."""
    found, start = [], 0
    for gap in [*CELL.finditer(line.text), None]:
        end = gap.start() if gap else len(line.text)
        own = line.text[start:end]
        if own.strip(" \u3000"):
            left = len(own) - len(own.lstrip(" \u3000"))
            found.append(Cell(line.page, line.start + start + left, own.strip(" \u3000")))
        start = gap.end() if gap else end
    return found
