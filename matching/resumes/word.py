"""Word (.docx) → its text: paragraphs, tables and text boxes in their order. Word has no pages: all is page 1."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml.etree import LxmlError

from matching.resumes.headings import is_heading
from matching.resumes.refusal import refused
from matching.resumes.text import NEW_COLUMN, plain

_UNPACKED = 60_000_000
"""Bytes that the file may hold unpacked."""
_P, _TABLE, _BOX, _CELL, _ROW = (qn(f"w:{name}") for name in ("p", "tbl", "txbxContent", "tc", "tr"))
_TEXT, _TAB, _BREAK, _RETURN = (qn(f"w:{name}") for name in ("t", "tab", "br", "cr"))
_CONTENT = frozenset({qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml")})
_AGAIN = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""What older programs show in place of a text box: the same once more."""
_ONE_LETTER = re.compile(r"(?:[\u4e00-\u9fff]\n)+[\u4e00-\u9fff]")


def word_pages(data: bytes) -> tuple[str, ...]:
    """The text of the document, as one page; headers come first.

    Raises
    ------
    ResumeRefused
        The file is damaged, no Word document, unpacks to too much, or holds no text.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _UNPACKED:
                raise refused("too_large")
            if "word/document.xml" not in packed.namelist():
                raise refused("unsupported")
        document = docx.Document(io.BytesIO(data))
    except (zipfile.BadZipFile, PackageNotFoundError, LxmlError, KeyError, ValueError, EOFError):
        raise refused("damaged") from None
    headers = [line for section in document.sections for line in _block(section.header._element)]
    lines = [*dict.fromkeys(headers), *_block(document.element.body)]
    text = plain("\n".join(lines)).strip("\n")
    if not text.strip():
        raise refused("no_text")
    return (text,)


def _block(parent: Any) -> Iterator[str]:  # noqa: ANN401
    """The lines of a body, cell or text box."""
    for child in parent:
        if child.tag == _P:
            yield from _paragraph(child)
        elif child.tag == _TABLE:
            yield from _table(child)
        elif child.tag in _CONTENT:
            yield from _block(child)


def _paragraph(paragraph: Any) -> Iterator[str]:  # noqa: ANN401
    boxes: list[Any] = []
    text = "".join(_words(paragraph, boxes))
    yield from (line for line in text.split("\n") if line.strip())
    for box in boxes:
        yield NEW_COLUMN
        yield from _block(box)
        yield NEW_COLUMN


def _words(node: Any, boxes: list[Any]) -> Iterator[str]:  # noqa: ANN401
    for child in node:
        if child.tag == _TEXT:
            yield child.text or ""
        elif child.tag == _TAB:
            yield "\t"
        elif child.tag in (_BREAK, _RETURN):
            yield "\n"
        elif child.tag == _BOX:
            boxes.append(child)
        elif isinstance(child.tag, str) and child.tag != _AGAIN and child.tag != qn("w:pPr"):
            yield from _words(child, boxes)


def _table(table: Any) -> Iterator[str]:  # noqa: ANN401
    """A row of short cells is one line; a row with a cell of many lines is read cell by cell."""
    for row in table.iter(_ROW):
        if next(row.iterancestors(_TABLE)) is not table:
            continue
        cells = [lines for cell in row.iter(_CELL) if next(cell.iterancestors(_ROW)) is row and (lines := _cell(cell))]
        if all(len(lines) == 1 for lines in cells):
            if cells:
                yield "\t".join(lines[0] for lines in cells)
            continue
        columns = sum(any(is_heading(line) for line in lines) and len(lines) > 1 for lines in cells) > 1
        for lines in cells:
            if columns:
                yield NEW_COLUMN
            yield from lines
        if columns:
            yield NEW_COLUMN


def _cell(cell: Any) -> list[str]:  # noqa: ANN401
    text = "\n".join(_block(cell)).strip()
    if _ONE_LETTER.fullmatch(text):  # 教 / 育 / 背 / 景, written from top to bottom
        text = text.replace("\n", "")
    return text.split("\n") if text else []
