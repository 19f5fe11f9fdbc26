"""How many lines a spreadsheet makes of a text in a cell that wraps; programmes set no heights when they open a file.

Wide characters (Chinese) can break anywhere but before closing and after opening marks; Latin text between words
only, so its lines hold less; whatever is longer than a whole line is broken where it must be. Widths are in hundredths
of a digit of the sheet's font, as a column's is in digits.

Source of the widths: Calibri's own (a digit is 1,038 units), at 11 points beside Chinese of the same size.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_DIGIT = 100
"""Widths are whole numbers, so that they add up."""
_WIDE = 210
"""A Chinese character: 11 points are 14.7 pixels, a digit is 7."""
_BROAD = 175
_CAPITAL = 130
_MARGIN = 100
"""What the edges of a cell take."""
_BROADEST = frozenset("mwMW@%&—…")
_OPEN = "(\\[{（［｛〔〈《「『【〖“‘＜"
_CLOSE = ")\\]}）］｝〕〉》」』】〗”’＞,.;:!?%，．。；：！？％、·…—～"
_BY_ITSELF = (
    "\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
    "\U0001f000-\U0003fffd"
)
_PIECE = re.compile(rf"[ \t]+|[{_OPEN}]*(?:[{_BY_ITSELF}]|[^\s{_BY_ITSELF}“‘]+)?[{_CLOSE}]*")


@lru_cache(maxsize=4_096)
def lines_of(text: str, width: float) -> int:
    """Lines of `text` in a column of `width` digits; at least 1. A line break within the text begins a new one."""
    room = max(round(width * _DIGIT) - _MARGIN, _WIDE)
    return sum(_wrapped(line, room) for line in text.replace("\r\n", "\n").split("\n"))


def _wrapped(line: str, room: int) -> int:
    """Lines of one line of the text, filled as far as each can be; spaces at a line's end hang over its edge."""
    lines, taken, hanging = 1, 0, 0
    for piece, wide in _pieces(line):
        if piece.isspace():
            hanging += wide
            continue
        if taken + hanging + wide <= room:
            taken += hanging + wide
        else:
            lines += taken > 0
            whole, taken = _broken(piece, wide, room)
            lines += whole
        hanging = 0
    return lines


def _broken(piece: str, wide: int, room: int) -> tuple[int, int]:
    """How many lines more a piece at the beginning of a line goes on to, and how much it takes of its last one."""
    if wide <= room:
        return 0, wide
    more, taken = 0, 0
    for character in piece:
        own = width_of(character)
        if taken + own > room:
            more, taken = more + 1, 0
        taken += own
    return more, taken


def _pieces(line: str) -> Iterator[tuple[str, int]]:
    """What no line is broken within, with its width; runs of spaces between."""
    for found in _PIECE.finditer(line):
        if found[0]:
            yield found[0], sum(map(width_of, found[0]))


@lru_cache(maxsize=16_384)
def width_of(character: str) -> int:
    """The width of a character; 0 for what is set upon the one before it."""
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    if unicodedata.east_asian_width(character) in "WFA":
        return _WIDE
    return _BROAD if character in _BROADEST else _CAPITAL if character.isupper() else _DIGIT
