"""JSON Lines: one object a line; a broken line is one broken row, not the end of the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from matching.errors import FileError
from matching.intake.rows import Row, Rows, refusal
from matching.language import Words

_LONGEST_LINE = 8 << 20
"""Bytes of one record; a longer line is refused and skipped without being held."""
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read_json_lines(path: Path) -> Rows:
    """Read JSON Lines row by row, in constant memory; a row's number is its line.

    Blank lines are left out. A line that is no whole JSON object, not UTF-8, or longer than 8 MiB is a broken row.

    Raises
    ------
    FileError
        The file is UTF-16: JSON is UTF-8.
    """
    file = path.open("rb")
    mark = file.read(3)
    if mark[:2] in _MARKS[1:]:
        file.close()
        raise FileError("byte 0 begins UTF-16; JSON Lines are UTF-8", where=str(path), cure="Save the file as UTF-8.")
    file.seek(3 if mark == _MARKS[0] else 0)
    size = path.stat().st_size or 1
    return Rows(_rows(file), share=lambda: 1.0 if file.closed else file.tell() / size, close=file.close)


def _rows(file: BinaryIO) -> Iterator[Row]:
    with file:
        number = 0
        while line := file.readline(_LONGEST_LINE):
            number += 1
            if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                _skip_line(file)
                yield Row(number, {}, refusal("", line[:200].decode("utf-8", "replace"), "too_long"))
            elif line.strip():
                yield parsed(number, line)


def parsed(number: int, line: bytes) -> Row:
    """The row that one line of JSON gives."""
    try:
        value: Any = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Row(number, {}, _broken(line, error))
    if not isinstance(value, dict):
        return Row(number, {}, refusal("", value, "not_object"))
    return Row(number, value)


def _broken(line: bytes, error: orjson.JSONDecodeError) -> Any:  # noqa: ANN401
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as bad:
        byte = bad.start + 1
        return refusal("", f"0x {line[bad.start : bad.start + 4].hex(' ')}", "bad_encoding", detail=_at(byte))
    return refusal("", text[max(0, error.pos - 20) :], "bad_json", detail=_at(error.colno))


def _at(place: int) -> Words:
    return Words(f"第 {place} 个字节", f"at byte {place}")


def _skip_line(file: BinaryIO) -> None:
    while part := file.readline(_LONGEST_LINE):
        if part.endswith(b"\n"):
            return
