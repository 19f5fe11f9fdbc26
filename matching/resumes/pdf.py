"""PDF → the text of its pages, in reading order. PDFium reads the file; pictures are never looked at."""

from __future__ import annotations

import ctypes
import itertools
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from matching.resumes.headings import is_heading
from matching.resumes.layout import Piece, reading_order
from matching.resumes.refusal import LONGEST, MOST_PAGES, refused
from matching.resumes.text import plain

_LOCK = threading.Lock()
"""PDFium is not safe for several threads at once."""
_WORD_GAP = 0.18
"""Of the letters' size: wider, and there is a blank between two letters."""
_CELL_GAP = 0.95
"""Wider, and a new piece begins."""
_ONE_BLANK = 1.6
"""The same where the file itself has one blank there: some fonts have wide ones."""
_ENCRYPTED = (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)


class _Letter(NamedTuple):
    left: float
    right: float
    foot: float
    size: float
    text: str
    blanks: int
    """How many blanks stand before it in the file."""


def pdf_pages(data: bytes) -> tuple[str, ...]:
    """The text of every page.

    Raises
    ------
    ResumeRefused
        The file is encrypted, damaged, has too many pages or letters, or no text.
    """
    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise refused("encrypted" if error.err_code in _ENCRYPTED else "damaged") from None
        try:
            return _pages(document)
        except pypdfium2.PdfiumError:
            raise refused("damaged") from None
        finally:
            document.close()


def _pages(document: Any) -> tuple[str, ...]:  # noqa: ANN401
    if len(document) > MOST_PAGES:
        raise refused("too_many_pages")
    pages, letters = [], 0
    for number in range(len(document)):
        page = document[number]
        textpage = page.get_textpage()
        letters += textpage.count_chars()
        if letters > LONGEST:
            raise refused("too_long")
        pages.append(reading_order(list(_pieces(_letters(textpage))), is_heading))
        textpage.close()
        page.close()
    if not any(page.strip() for page in pages):
        raise refused("no_text")
    return tuple(pages)


def _letters(textpage: Any) -> Iterator[_Letter]:  # noqa: ANN401
    """Every letter that is seen, with the place of its foot; what PDFium made up (blanks, line ends) is left out."""
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    seen: set[tuple[str, int, int]] = set()
    blanks = 0
    for i in range(textpage.count_chars()):
        text = plain(chr(pdfium.FPDFText_GetUnicode(textpage, i)))
        made_up = pdfium.FPDFText_IsGenerated(textpage, i) == 1
        if not text.strip() or made_up:
            blanks += not made_up and text == " "
            continue
        pdfium.FPDFText_GetLooseCharBox(textpage, i, box)
        pdfium.FPDFText_GetCharOrigin(textpage, i, x, y)
        size = max(pdfium.FPDFText_GetFontSize(textpage, i), 1.0)
        tall = abs(box.top - box.bottom)
        size = size if 0.5 * tall <= size <= 2.0 * tall else max(tall, 1.0)  # a scaled text matrix
        place = (text, round(box.left / (0.12 * size)), round(y.value / (0.12 * size)))
        if place not in seen:  # a letter drawn twice to look bold
            seen.add(place)
            yield _Letter(box.left, box.right, y.value, size, text, blanks)
        blanks = 0


def _pieces(letters: Iterator[_Letter]) -> Iterator[Piece]:
    """Letters of one line put together while no wide gap is between them."""
    held: list[_Letter] = []
    for letter in _by_lines(list(letters)):
        if held and not _goes_on(held[-1], letter):
            yield _piece(held)
            held = []
        held.append(letter)
    if held:
        yield _piece(held)


def _by_lines(letters: list[_Letter]) -> list[_Letter]:
    lines: list[list[_Letter]] = []
    for letter in sorted(letters, key=lambda a: (-a.foot, a.left)):
        if lines and abs(lines[-1][0].foot - letter.foot) <= 0.25 * min(letter.size, lines[-1][0].size):
            lines[-1].append(letter)
        else:
            lines.append([letter])
    return [letter for line in lines for letter in sorted(line, key=lambda a: a.left)]


def _goes_on(one: _Letter, other: _Letter) -> bool:
    size = max(one.size, other.size)
    wide = _ONE_BLANK if other.blanks == 1 else _CELL_GAP
    ahead = -0.1 * size <= other.left - one.left and other.left - one.right <= wide * size
    return ahead and abs(one.foot - other.foot) <= 0.25 * size


def _piece(letters: list[_Letter]) -> Piece:
    parts = [letters[0].text]
    for one, other in itertools.pairwise(letters):
        gap = other.left - one.right
        if gap > _WORD_GAP * max(one.size, other.size) or (other.blanks and gap > -0.05 * other.size):
            parts.append(" ")
        parts.append(other.text)
    size = max(letter.size for letter in letters)
    return Piece(letters[0].left, letters[-1].right, letters[0].foot, size, "".join(parts))
