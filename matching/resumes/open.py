"""A file's bytes → the text of its pages: PDF, Word or plain text, told by what is in it and not by its name."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from matching.errors import FileError
from matching.intake.encodings import find_encoding
from matching.resumes.pdf import pdf_pages
from matching.resumes.refusal import LARGEST, LONGEST, refused
from matching.resumes.text import plain
from matching.resumes.word import word_pages

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How old Office files begin, and new ones that are encrypted."""
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM")


def read_file(path: Path) -> bytes:
    """The bytes of a file that is not too large.

    Raises
    ------
    ResumeRefused
        It is larger than `LARGEST` and not read then, or it cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise refused("too_large")
        return path.read_bytes()
    except OSError:
        raise refused("unreadable") from None


def pages_of(data: bytes) -> tuple[str, ...]:
    """The text of every page.

    Raises
    ------
    ResumeRefused
        See `matching.resumes.refusal`.
    """
    if len(data) > LARGEST:
        raise refused("too_large")
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise refused("empty")
    pages = _pages(data)
    if sum(map(len, pages)) > LONGEST:
        raise refused("too_long")
    return pages


def _pages(data: bytes) -> tuple[str, ...]:
    if b"%PDF-" in data[:1024]:
        return pdf_pages(data)
    if data.startswith(b"PK\x03\x04"):
        return word_pages(data)
    if data.startswith(_OLE):
        raise refused("encrypted" if _LOCKED in data else "unsupported")
    if data.startswith(_PICTURES):
        raise refused("no_text")
    return _text_pages(data)


def _text_pages(data: bytes) -> tuple[str, ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        path.write_bytes(data)
        try:
            encoding = find_encoding(path).name
        except FileError:
            if not _nearly_ascii(data):
                raise refused("unsupported") from None
            encoding = "gb18030"  # a few signs such as bullets do not tell an encoding, and GB18030 has them
    text = plain(data.decode(encoding, "ignore")).strip("\n")
    if not text.strip():
        raise refused("empty")
    return tuple(part.strip("\n") for part in text.split("\f") if part.strip())


def _nearly_ascii(data: bytes) -> bool:
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n\f" for byte in data)
    return b"\x00" not in data and printable > 0.95 * len(data)
