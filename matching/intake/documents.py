"""JSON documents: a list of objects, schema.org JSON-LD (also inside HTML), or a JSON Resume."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson

from matching.errors import FileError
from matching.intake.encodings import find_encoding
from matching.intake.jobposting import flat_job_posting, is_job_posting, job_postings
from matching.intake.resume import flat_resume, is_resume
from matching.intake.rows import Row, Rows, refusal

_LARGEST = 256 << 20
_CURE = "Give one JSON object, a list of them, or JSON Lines (.jsonl) for large files."


def read_document(path: Path) -> Rows:
    """Read a .json or .jsonld document; the n-th object is row n.

    A JobPosting of schema.org (alone, in a list, in an ``@graph`` or an ItemList) gives the columns of
    `jobposting`, a JSON Resume those of `resume`; other objects are given as they are.

    Raises
    ------
    FileError
        Not whole JSON, no object in it, or larger than 256 MiB (it is read as a whole).
    """
    raw = _whole(path)
    try:
        value = orjson.loads(raw.encode("utf-8"))
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise FileError(f"is not whole JSON: {error}", where=str(path), cure=_CURE) from None
    return Rows(iter(list(_rows(value, path))))


def read_html(path: Path) -> Rows:
    """Read the JSON-LD blocks of an HTML page; the n-th JobPosting is row n, a broken block is a broken row.

    Raises
    ------
    FileError
        The page holds no JSON-LD.
    """
    finder = _Scripts()
    finder.feed(_whole(path))
    if not finder.blocks:
        cure = 'Give a page with <script type="application/ld+json">.'
        raise FileError("holds no JSON-LD", where=str(path), cure=cure)
    rows: list[Row] = []
    for block in finder.blocks:
        try:
            value = orjson.loads(block)
        except orjson.JSONDecodeError:
            rows.append(Row(len(rows) + 1, {}, refusal("", block.strip(), "bad_json")))
            continue
        for item in job_postings(value):
            rows.append(Row(len(rows) + 1, flat_job_posting(item)))
    return Rows(iter(rows))


def unfolded(value: dict[str, Any]) -> dict[str, Any]:
    """A known document as flat columns; any other object as it is."""
    if is_job_posting(value):
        return flat_job_posting(value)
    return flat_resume(value) if is_resume(value) else value


def _rows(value: Any, path: Path) -> Iterator[Row]:  # noqa: ANN401
    items = job_postings(value) or (value if isinstance(value, list) else [value])
    if not any(isinstance(item, dict) for item in items):
        raise FileError("holds no JSON object", where=str(path), cure=_CURE)
    for number, item in enumerate(items, start=1):
        if isinstance(item, dict):
            yield Row(number, unfolded(item))
        else:
            yield Row(number, {}, refusal("", item, "not_object"))


def _whole(path: Path) -> str:
    if path.stat().st_size > _LARGEST:
        raise FileError(f"is larger than {_LARGEST >> 20} MiB", where=str(path), cure=_CURE)
    found = find_encoding(path)
    if found.damaged:
        raise FileError(f"holds bytes that are not {found.name}", where=str(path), cure="Save the file as UTF-8.")
    return path.read_text(encoding=found.name)


class _Scripts(HTMLParser):
    """Collects the text of every JSON-LD script element."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = (dict(attrs).get("type") or "").split(";")[0].strip().lower()
        self._inside = tag == "script" and kind == "application/ld+json"
        if self._inside:
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.blocks[-1] += data
