"""CSV: rows of a delimited text file, however it is encoded, delimited, quoted or cut off."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from matching.errors import FileError
from matching.intake.encodings import Encoding, find_encoding
from matching.intake.headers import column_names
from matching.intake.rows import Row, Rows, refusal
from matching.language import Words
from matching.standard.refusals import Refusal

_LONGEST_LINE = 64 << 20
"""Characters; a file without line ends for so long is no table."""
_ESCAPED = re.compile("[\udc80-\udcff]+")
_CURE = "Save the table as CSV with one header line."


def read_delimited(path: Path, *, encoding: str | None = None, delimiter: str | None = None, header: int = 1) -> Rows:
    """Read a CSV file row by row, in constant memory.

    Parameters
    ----------
    path : Path
        UTF-8 (with or without mark), UTF-16 or GB18030, told apart from the bytes.
    encoding, delimiter : str, optional
        Python's name of another encoding; the delimiter. Default: found in the file (comma, semicolon or tab).
    header : int
        The row that holds the column names, counted from 1; rows above it are ignored.

    Returns
    -------
    Rows
        A blank row is left out but counted. A row with another number of fields than the header, with a field that
        is too long, with a quote that never closes or with bytes of another encoding is a broken row; the rows
        after it are read.

    Raises
    ------
    FileError
        There is no header, or the file is no text in a known encoding.
    """
    found = Encoding(codecs.lookup(encoding).name, damaged=True) if encoding else find_encoding(path)
    raw = path.open("rb")
    text = io.TextIOWrapper(raw, encoding=found.name, errors=_errors(found.name), newline="")
    reader = _Reader(text, path, delimiter)
    try:
        columns = reader.header(header)
    except BaseException:
        text.close()
        raise
    size = path.stat().st_size or 1
    return Rows(
        reader.rows(columns, damaged=found.damaged),
        columns=columns,
        share=lambda: 1.0 if raw.closed else raw.tell() / size,
        close=text.close,
    )


def _errors(encoding: str) -> str:
    return "strict" if encoding.startswith("utf-16") else "surrogateescape"


class _Reader:
    """A csv.reader that can say which lines a record was made of, and go back to them."""

    def __init__(self, text: io.TextIOWrapper, path: Path, delimiter: str | None) -> None:
        self._text = text
        self._path = path
        self._delimiter = delimiter
        self._number = 0
        self._again: list[str] = []
        self._used: list[str] = []
        self._ended = False

    def header(self, number: int) -> tuple[str, ...]:
        """The column names, from the row with this number (the first that is not blank, from 1 on)."""
        for _ in range(number - 1):
            self._readline()
        self._number = number - 1
        line = self._readline()
        while line and not line.strip():
            self._number += 1
            line = self._readline()
        if not line:
            raise FileError("has no header row", where=str(self._path), cure=_CURE)
        self._delimiter = self._delimiter or _most_frequent(line)
        self._again = [line]
        record = next(self._records())
        if isinstance(record, str):
            raise FileError("the header row cannot be read", where=f"{self._path}, row {self._number}", cure=_CURE)
        return column_names(record, path=self._path)

    def rows(self, columns: tuple[str, ...], *, damaged: bool) -> Iterator[Row]:
        """Every row below the header."""
        width = len(columns)
        with self._text:
            for record in self._records(width):
                if isinstance(record, str):
                    yield Row(self._number, {}, refusal("", "".join(self._used[:1]), record))
                elif not any(record):
                    continue
                elif len(record) != width and (len(record) < width or any(record[width:])):
                    yield Row(self._number, {}, _wrong_count(record, width))
                elif damaged and (escaped := _ESCAPED.search("".join(record))):
                    yield Row(self._number, {}, _foreign_bytes(escaped.group()))
                else:
                    yield Row(self._number, dict(zip(columns, record, strict=False)))

    def _records(self, width: int = 0) -> Iterator[list[str] | str]:
        """Each record as its fields, or the code of what is wrong with it; `_number` and `_used` say which it is."""
        reader = csv.reader(self._lines(), delimiter=self._delimiter or ",")
        while True:
            self._used = []
            try:
                record: list[str] | str = next(reader)
            except StopIteration:
                return
            except csv.Error:
                record = "too_long"
            self._number += 1
            if record == "too_long" or self._ended:
                record = self._broken(record, width)
                self._ended = False
                reader = csv.reader(self._lines(), delimiter=self._delimiter or ",")
            yield record

    def _broken(self, record: list[str] | str, width: int) -> str:
        """Why a record has no end; the lines that a stray quote swallowed are put back to be read again."""
        swallowed = self._used[1:]
        rows = sum(_fields(line, self._delimiter) == width for line in swallowed)
        if width and swallowed and 2 * rows >= len(swallowed):
            self._again = swallowed + self._again
            return "open_quote"
        if record != "too_long":
            return "open_quote"
        quotes = sum(line.count('"') for line in self._used)
        while quotes % 2 and (line := self._readline()):
            quotes += line.count('"')
        return "too_long"

    def _lines(self) -> Iterator[str]:
        while line := self._readline():
            self._used.append(line)
            yield line
        self._ended = bool(self._used)

    def _readline(self) -> str:
        if self._again:
            return self._again.pop(0)
        try:
            line = self._text.readline(_LONGEST_LINE)
        except UnicodeError as error:
            where = f"{self._path}, after row {self._number}"
            raise FileError(f"breaks off: {error}", where=where, cure="Export the file again, as UTF-8.") from None
        if len(line) >= _LONGEST_LINE:
            raise FileError(f"no line end in {_LONGEST_LINE} characters", where=str(self._path), cure=_CURE)
        return line


def _most_frequent(line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", line)
    return max(",;\t", key=bare.count)


def _fields(line: str, delimiter: str | None) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter or ",")))
    except csv.Error:
        return 0


def _wrong_count(record: list[str], width: int) -> Refusal:
    detail = Words(f"{len(record)} 列，表头 {width} 列", f"{len(record)} for {width}")
    return refusal("", record[0], "field_count", detail=detail)


def _foreign_bytes(escaped: str) -> Refusal:
    shown = escaped[:8].encode("utf-8", "surrogateescape").hex(" ")
    return refusal("", f"0x {shown}", "bad_encoding")
