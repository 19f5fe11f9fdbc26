"""Which encoding a text file is in, told from its bytes alone: UTF-8, UTF-16 or GB18030.

The whole file is decoded once, in blocks: a sample would take a file for UTF-8 whose first Chinese
character comes after it, and only the whole file shows where it is damaged.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from matching.errors import FileError

_BLOCK = 1 << 18
_ESCAPED = re.compile("[\udc80-\udcff]")
"""What `surrogateescape` makes of a byte that does not fit."""
_FOREIGN = re.compile("[^\x00-\x7f\udc80-\udcff]+")
_DAMAGE = 0.2
"""A file of another encoding fails at far more than one in five of its non-ASCII characters; damage at far fewer."""
_COMMON = 0.7
"""Share of GB 2312 among the non-ASCII characters of simplified Chinese; Big5 or Latin-1 misread stays below."""
_CURE = "Save the file as UTF-8 (Excel: 'CSV UTF-8'), or name its encoding in the mapping file under [file]."


class Encoding(NamedTuple):
    """An encoding by Python's name, and whether some bytes of the file do not fit it."""

    name: str
    damaged: bool = False


def find_encoding(path: Path) -> Encoding:
    """Tell the encoding of a text file from its bytes.

    UTF-8 and UTF-16 are known by their marks; without one, a file is UTF-8 if all of it decodes so, UTF-16
    if its ASCII characters come with zero bytes, else GB18030 if that gives Chinese. A few bytes that do not fit
    make the file damaged, not of another encoding. An empty file is UTF-8.

    Raises
    ------
    FileError
        The bytes are none of these, or no text at all; names the first byte that does not fit.
    """
    with path.open("rb") as file:
        head = file.read(_BLOCK)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16")
    wide = _utf16_without_mark(head)
    if wide is not None:
        return Encoding(wide)
    if b"\x00" in head:
        raise FileError(
            f"byte {head.index(0)} is zero: this is no text file", where=str(path), cure="See the formats in docs."
        )
    return _eight_bit(path)


def _eight_bit(path: Path) -> Encoding:
    if _decodes(path):
        return Encoding("utf-8-sig")
    utf8, gb = _damage(path, "utf-8"), _damage(path, "gb18030")
    if gb.share <= _DAMAGE and gb.common >= _COMMON and gb.share <= utf8.share:
        return Encoding("gb18030", damaged=gb.first is not None)
    if utf8.share <= _DAMAGE:
        return Encoding("utf-8-sig", damaged=True)
    raise FileError(
        f"byte {utf8.first} is not UTF-8, and the file is not GB18030 or UTF-16 either", where=str(path), cure=_CURE
    )


def _decodes(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class _Damage(NamedTuple):
    first: int | None
    share: float
    common: float


def _damage(path: Path, encoding: str) -> _Damage:
    bad = good = common = 0
    first: int | None = None
    for offset, text in _decoded(path, encoding):
        escaped = _ESCAPED.findall(text)
        if escaped and first is None:
            first = offset + len(text[: text.index(escaped[0])].encode(encoding))
        foreign = "".join(_FOREIGN.findall(text))
        bad, good = bad + len(escaped), good + len(foreign)
        common += len(foreign.encode("gb2312", "ignore")) // 2
    return _Damage(first, bad / ((bad + good) or 1), common / (good or 1))


def _decoded(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    offset = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            held = len(decoder.getstate()[0])
            yield offset - held, decoder.decode(block)
            offset += len(block)
        held = len(decoder.getstate()[0])
        yield offset - held, decoder.decode(b"", final=True)


def _utf16_without_mark(head: bytes) -> str | None:
    zeros = head.count(0)
    if zeros < max(2, len(head) // 100):
        return None
    odd = head[1::2].count(0)
    if odd == zeros:
        return "utf-16-le"
    return "utf-16-be" if odd == 0 else None
