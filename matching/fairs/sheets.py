"""Sheets that organisers fill in: CSV with headers and words in Chinese or English, line by line.

What a page or a command hands out to be filled in can be taken in again as it is. A line that is not right is told by
its number and costs no other.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from matching.errors import FileError
from matching.fairs.outcomes import NAMES, WITHDRAWN


@dataclass(frozen=True)
class Sheet:
    """What a sheet holds.

    columns : headers that stand for each column, by its name; the columns of `needed` must have a value.
    words : texts that stand for each value, by column; a column that is not named takes any text.
    """

    columns: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    words: Mapping[str, Mapping[str, str]]


class Line(NamedTuple):
    """A line that is right: its number as a spreadsheet counts (the header is 1), and its values by column."""

    number: int
    values: dict[str, str]


class Lines(NamedTuple):
    """The lines of a sheet, and the numbers of those that are not right."""

    right: tuple[Line, ...]
    wrong: tuple[int, ...]


_GRADUATE = ("graduate", "毕业生编号", "毕业生", "编号")
ANSWERS = Sheet(
    {"graduate": _GRADUATE, "answer": ("answer", "答复"), "came": ("came", "到场", "是否到场")},
    ("graduate",),
    {
        "answer": {"yes": "yes", "参加": "yes", "是": "yes", "no": "no", "不参加": "no", "否": "no", "": "",
                   "none": "", "未答复": ""},
        "came": {"yes": "yes", "到场": "yes", "已到": "yes", "是": "yes", "no": "no", "未到": "no", "未到场": "no",
                 "否": "no", "": "", "none": ""},
    },
)  # fmt: skip
"""What guests said, and whether they came."""

OUTCOMES = Sheet(
    {
        "graduate": _GRADUATE,
        "employer": ("employer", "用人单位", "单位", "单位编号"),
        "outcome": ("outcome", "结果", "面谈结果"),
    },
    ("graduate", "employer", "outcome"),
    {
        "outcome": {word: name for name, words in NAMES.items() for word in (name, words.zh)}
        | {WITHDRAWN: WITHDRAWN, "撤回": WITHDRAWN}
    },
)
"""What came of meetings."""

_MARKS = ("utf-8-sig", "gb18030")
"""Encodings that spreadsheets write in China."""


def read_sheet(data: bytes, sheet: Sheet, *, where: str) -> Lines:
    """The lines of a CSV file; blank ones are passed over.

    Raises
    ------
    FileError
        It is no text, or lacks a column that is needed. `where` names it.
    """
    rows = _rows(data, where)
    places = _places(next(rows, []), sheet)
    if missing := [sheet.columns[name][0] for name in sheet.needed if name not in places]:
        told = "; ".join("/".join(names[:2]) for names in sheet.columns.values())
        raise FileError(f"it has no column '{missing[0]}'", where=where, cure=f"Columns: {told}.")
    right, wrong = [], []
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        values = {name: _plain(row[place]) if place < len(row) else "" for name, place in places.items()}
        said = _said(values, sheet)
        if said is None:
            wrong.append(number)
        else:
            right.append(Line(number, said))
    return Lines(tuple(right), tuple(wrong))


def _rows(data: bytes, where: str) -> Iterator[list[str]]:
    cure = "Save it as CSV, in UTF-8 or GB 18030."
    if b"\0" in data:
        raise FileError("it is no CSV file", where=where, cure=cure)
    for mark in _MARKS:
        try:
            text = data.decode(mark)
        except UnicodeDecodeError:
            continue
        try:
            return iter(list(csv.reader(io.StringIO(text, newline=""))))
        except csv.Error as error:
            raise FileError(f"it cannot be read: {error}", where=where, cure=cure) from None
    raise FileError("it cannot be read: neither UTF-8 nor GB 18030", where=where, cure=cure)


def _places(header: list[str], sheet: Sheet) -> dict[str, int]:
    found = [cell.strip().lower() for cell in header]
    told = {name: [found.index(text) for text in texts if text in found] for name, texts in sheet.columns.items()}
    return {name: places[0] for name, places in told.items() if places}


def _said(values: dict[str, str], sheet: Sheet) -> dict[str, str] | None:
    """The values in the words that are kept; None where one is not right."""
    said = dict(values)
    for name, words in sheet.words.items():
        if name in said:
            if said[name].lower() not in words:
                return None
            said[name] = words[said[name].lower()]
    return said if all(said.get(name) for name in sheet.needed) else None


def _plain(cell: str) -> str:
    """A cell without the mark that keeps it from being a formula."""
    text = cell.strip()
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@＝＋－＠" else text
