"""Pieces of text on a page → lines in the order in which a person reads them, columns one after another.

A page is cut where an empty strip runs from top to bottom between two parts that each stand for themselves: both have
headings of their own, or their lines do not lie on the same height. A table's columns lie on the same height and stay
rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from matching.resumes.text import NEW_COLUMN

_LEAST_ROWS = 4
"""Lines that each side of a gutter needs."""
_GUTTER = 8.0
"""Points of an empty strip between columns."""
_SAME_HEIGHT = 0.35
"""Of the letters' size: pieces whose feet are as near as this are on one line."""
_ALIGNED = 0.55
"""Share of a column's lines that lie on a line of the other from which on the two are a table."""
_LEAST_OWN = 3
"""Lines of each side that are neither a heading nor a date."""
_NEW_LINE = re.compile(r"[^\w\u4e00-\u9fff“《（(]|\d{1,2}[.、)）]|(?:19|20)\d{2}|[\u4e00-\u9fffA-Za-z ]{2,12}[:：]")
"""How a line begins that is no part of the one above: a bullet, a number, a date, a label."""
_DATES = re.compile(r"[\d\s.年月日/~–—―至今到-]+|(?:[A-Za-z]{3,9}\.?\s*\d{4}[\s–—-]*)+(?:present|now)?", re.IGNORECASE)

IsHeading = Callable[[str], bool]


class Piece(NamedTuple):
    """Text without a wide gap: its left and right end, its foot (upwards positive), the letters' size."""

    left: float
    right: float
    foot: float
    size: float
    text: str


Row = list[Piece]


def reading_order(pieces: Sequence[Piece], is_heading: IsHeading) -> str:
    """The page's text: lines as a person reads them, cells separated by tabs, columns by `NEW_COLUMN` lines."""
    blocks = _cut(_rows(pieces), is_heading)
    return f"\n{NEW_COLUMN}\n".join("\n".join(_lines(block, is_heading)) for block in blocks)


def _lines(block: list[Row], is_heading: IsHeading) -> list[str]:
    """The rows as lines; a line that was broken at the column's edge goes on in the same line."""
    edge = max(row[-1].right for row in block)
    found: list[str] = []
    for i, row in enumerate(block):
        text = "\t".join(p.text for p in row)
        if i and _goes_on(block[i - 1], row, edge) and not is_heading(text):
            blank = " " if found[-1][-1].isascii() and text[0].isascii() and found[-1][-1].isalpha() else ""
            found[-1] += blank + text
        else:
            found.append(text)
    return found


def _goes_on(above: Row, row: Row, edge: float) -> bool:
    full = above[-1].right >= edge - 1.3 * above[-1].size
    alone = len(above) == len(row) == 1 and above[0].size == row[0].size
    near = above[0].foot - row[0].foot <= 2.2 * row[0].size and abs(above[0].left - row[0].left) <= 2.5 * row[0].size
    return full and alone and near and not _NEW_LINE.match(row[0].text) and above[-1].text[-1] not in "。；;"


def _rows(pieces: Sequence[Piece]) -> list[Row]:
    rows: list[Row] = []
    for piece in sorted(pieces, key=lambda p: (-p.foot, p.left)):
        if rows and abs(rows[-1][0].foot - piece.foot) <= _SAME_HEIGHT * max(piece.size, rows[-1][0].size):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda p: p.left) for row in rows]


def _cut(rows: list[Row], is_heading: IsHeading) -> list[list[Row]]:
    """Blocks of rows, each to be read through; a part above or below two columns is a block of its own."""
    if len(rows) < _LEAST_ROWS:
        return [rows] if rows else []
    for first in range(len(rows) - _LEAST_ROWS + 1):
        for last in range(len(rows), first + _LEAST_ROWS - 1, -1):
            if last < len(rows) and last - first < len(rows) // 2:
                break
            if (gutter := _gutter(rows[first:last], is_heading)) is not None:
                left, right = _sides(rows[first:last], gutter)
                above = [rows[:first]] if first else []
                below = _cut(rows[last:], is_heading)
                return [*above, *_cut(left, is_heading), *_cut(right, is_heading), *below]
        if first >= len(rows) // 2:
            break
    return [rows]


def _sides(rows: list[Row], gutter: float) -> tuple[list[Row], list[Row]]:
    left = [part for row in rows if (part := [p for p in row if p.right <= gutter])]
    right = [part for row in rows if (part := [p for p in row if p.left >= gutter])]
    return left, right


def _gutter(rows: list[Row], is_heading: IsHeading) -> float | None:
    """The middle of an empty strip that separates two columns; None where there is none."""
    spans = sorted((p.left, p.right) for row in rows for p in row)
    reach, best = spans[0][1], None
    for left, right in spans[1:]:
        if left - reach >= _GUTTER:
            middle = (left + reach) / 2
            if _are_columns(*_sides(rows, middle), is_heading):
                best = middle
                break
        reach = max(reach, right)
    return best


def _are_columns(left: list[Row], right: list[Row], is_heading: IsHeading) -> bool:
    if min(len(left), len(right)) < _LEAST_ROWS:
        return False
    if min(_own_lines(left, is_heading), _own_lines(right, is_heading)) < _LEAST_OWN:
        return False
    heads = [sum(is_heading(row[0].text) for row in side) for side in (left, right)]
    if all(heads):
        return True
    aligned = _on_one_height(left, right)
    return aligned < _ALIGNED and sum(heads) > 0


def _own_lines(rows: list[Row], is_heading: IsHeading) -> int:
    """Lines that say something by themselves: headings and dates alone belong to what stands beside them."""
    return sum(not is_heading(row[0].text) and not _DATES.fullmatch("".join(p.text for p in row)) for row in rows)


def _on_one_height(left: list[Row], right: list[Row]) -> float:
    few, many = sorted((left, right), key=len)
    feet = [row[0].foot for row in many]
    near = sum(any(abs(row[0].foot - foot) <= _SAME_HEIGHT * row[0].size for foot in feet) for row in few)
    return near / len(few)
