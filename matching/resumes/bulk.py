"""Many files of résumés → one line each; what is not read is told with its reason and costs no other file.

The output never holds a file's name, since people name such files after themselves: a line tells the file's place in the
call and the SHA-256 of its content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from matching.errors import FileError, ResumeRefused
from matching.resumes.open import read_file
from matching.resumes.reader import read_resume


class Tally(NamedTuple):
    """How many files were read, and how many were refused."""

    read: int
    refused: int


def report_path(target: Path) -> Path:
    """Where refusals go: ``out.refused.jsonl`` beside ``out.jsonl``."""
    return target.with_name(f"{target.stem}.refused{target.suffix or '.jsonl'}")


def read_files(
    sources: Sequence[Path],
    target: Path,
    *,
    tenant: str,
    pages: bool = False,
    told: Callable[[Path, ResumeRefused | None], None] = lambda path, error: None,
) -> Tally:
    """Read every file of `sources` into `target`, one JSON object a line, in order.

    Parameters
    ----------
    pages : bool
        Whether lines hold the covered text too.
    told : callable
        Told of each file, with the reason where it is refused.

    Raises
    ------
    FileError
        The target cannot be written or is one of the files.
    """
    if any(source.resolve() == target.resolve() for source in sources):
        raise FileError("is a résumé to be read", where=str(target), cure="Name another file to write.")
    read: list[bytes] = []
    refusals: list[bytes] = []
    for number, source in enumerate(sources, 1):
        row: dict[str, Any] = {"file": number}
        try:
            data = read_file(source)
            row["sha256"] = hashlib.sha256(data).hexdigest()
            read.append(orjson.dumps({**row, **read_resume(data, tenant=tenant).as_row(pages=pages)}))
        except ResumeRefused as error:
            row |= {"code": error.code, "reason": error.reason._asdict(), "cure": error.fix._asdict()}
            refusals.append(orjson.dumps(row))
            told(source, error)
        else:
            told(source, None)
    _write(target, read)
    if refusals:
        _write(report_path(target), refusals)
    else:
        report_path(target).unlink(missing_ok=True)
    return Tally(len(read), len(refusals))


def _write(path: Path, rows: list[bytes]) -> None:
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_bytes(b"".join(row + b"\n" for row in rows))
        draft.replace(path)
    except OSError as error:
        raise FileError(
            f"cannot be written: {error.strerror}", where=str(path), cure="Give a writable place."
        ) from None
