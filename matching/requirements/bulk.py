"""JSON Lines of postings → JSON Lines of what they demand; a bad line costs no good one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

from matching.errors import FileError
from matching.requirements.findings import Found
from matching.requirements.reader import Words, read_requirements

_FIELDS = ("title", "description", "education", "pay")
_LONGEST_LINE = 4_000_000


class Refused(NamedTuple):
    """A line that was not read: its number from 1, its id where it has one, and why."""

    line: int
    id: str | None
    reason: str


class Tally(NamedTuple):
    """How many rows were read and refused."""

    read: int
    refused: int


def answer(row: dict[str, Any]) -> dict[str, Any]:
    """The answer row of one input row ``id, title, description, education, pay``.

    Raises
    ------
    ValueError
        No id, or a field that is no text; the message says which.
    """
    name, _, found = _read(row)
    return {"id": name, **found.as_row()}


def answers(lines: Iterable[bytes]) -> Iterator[dict[str, Any] | Refused]:
    """One answer or refusal a line, in order; empty lines are passed over."""
    for one in found_in(lines):
        yield one if isinstance(one, Refused) else {"id": one[0], **one[2].as_row()}


def found_in(lines: Iterable[bytes]) -> Iterator[tuple[Any, Words, Found] | Refused]:
    """Id, words and findings, or the refusal, of each line; empty lines are passed over."""
    for count, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if count == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        try:
            row = orjson.loads(line)
            if not isinstance(row, dict):
                raise ValueError("not a JSON object")
        except (orjson.JSONDecodeError, ValueError) as error:
            yield Refused(count, None, f"not a JSON object: {error}" if "object" not in str(error) else str(error))
            continue
        try:
            yield _read(row)
        except ValueError as error:
            yield Refused(count, str(row["id"])[:80] if row.get("id") is not None else None, str(error))


def _read(row: dict[str, Any]) -> tuple[Any, Words, Found]:
    if row.get("id") in (None, ""):
        raise ValueError("no id")
    words = Words(**{name: _text(row, name) for name in _FIELDS})
    return row["id"], words, read_requirements(words)


def read_file(source: Path, target: Path, refused: Path | None = None) -> Tally:
    """Read the postings of `source` and write their demands to `target`, line by line, in constant memory.

    Refusals go to `refused` (default: `target` with ``.refused.jsonl``), which is written only where there are any.

    Raises
    ------
    FileError
        A file cannot be opened.
    """
    report = report_path(target, refused)
    if len({path.resolve() for path in (source, target, report)}) < 3:
        cure = "Name another file for each."
        raise FileError("read and written at once, it would be lost", where=str(source), cure=cure)
    try:
        with source.open("rb") as lines, target.open("wb") as out:
            return _write(answers(lines), out, report)
    except OSError as error:
        cure = "Name a file that can be read, and a folder that can be written."
        raise FileError(f"cannot be used: {error.strerror}", where=str(error.filename), cure=cure) from None


def report_path(target: Path, refused: Path | None) -> Path:
    """Where refusals go: `refused`, or beside `target`."""
    return refused or target.with_suffix(".refused.jsonl")


def _write(found: Iterator[dict[str, Any] | Refused], out: BinaryIO, report: Path) -> Tally:
    read = refused = 0
    complaints: BinaryIO | None = None
    try:
        for one in found:
            if isinstance(one, Refused):
                complaints = complaints or report.open("wb")
                complaints.write(orjson.dumps(one._asdict(), option=orjson.OPT_APPEND_NEWLINE))
                refused += 1
            else:
                out.write(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE))
                read += 1
    finally:
        if complaints is not None:
            complaints.close()
    return Tally(read, refused)


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value
