"""Industries by GB/T 4754-2017: code → name, section of a code, and text → code.

The table holds the 20 sections (门类), the 97 divisions (大类), the 473 groups (中类) and their 1,381 classes (小类).
`industry_aliases.csv` adds what job boards call industries; where such a word means several divisions at once
(服装/纺织/皮革) it has a row for each.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

Level = Literal["section", "division", "group", "class"]

_LEVELS: dict[int, Level] = {1: "section", 3: "division", 4: "group", 5: "class"}
_CODE = re.compile(r"\s*([A-T])(\d{2,4})(?![0-9A-Za-z])")
_DIGITS = re.compile(r"\s*(\d{2,4})\s*")
_SEPARATORS = (re.compile(r"[\s,，;；|]+"), re.compile(r"[/·+&＋]+"), re.compile(r"、"))
"""What parts a list, strongest first: names hold some of these themselves."""
_BRACKETS = re.compile(r"[(（][^()（）]*[)）]")
_NOT_WORD = re.compile(r"[\W_]+")
_TRAILING = re.compile(r"(?:行业|产业|领域|企业|公司|方向|类|等|业)+$")
_SPOKEN = re.compile(r"(?:制造业|制造|业|服务)$")
"""What people leave out of an official name: 医药制造业 is 医药."""
_MADE = re.compile(r"(?:制造业?|生产)$")
"""And of a class's, whose names are narrower: 安全服务 is not 安全."""


class Industry(NamedTuple):
    """An entry of GB/T 4754-2017: "C", "C39", "C398" or "C3985"."""

    code: str
    name: str
    level: Level


def industry(code: str) -> Industry | None:
    """The entry of a code, or None; a class that the table does not know ("C3987") is its group."""
    found = _table().get(code)
    return _table().get(code[:4]) if found is None and len(code) == 5 and code[4].isdecimal() else found


def rows() -> tuple[Industry, ...]:
    """Every entry, in the order of the table."""
    return tuple(_table().values())


def section_of(code: str) -> str:
    """The section's letter: "C398" → "C"."""
    return code[:1]


def find_industry(text: str) -> Industry | None:
    """The industry that `text` names first, as deep as it says; None where it names none.

    Of "制造业/医药制造业" the inner is meant. A word for several divisions gives what they share: 服装/纺织/皮革 is
    manufacturing (C); where they share nothing it gives the first.
    """
    groups = _groups(text)
    inner = _innermost([code for group in groups for code in group])
    for group in groups:
        kept = [code for code in group if code in inner]
        if kept:
            return _table()[_shared(kept)]
    return None


def find_industries(text: str) -> tuple[Industry, ...]:
    """All industries that `text` names, each once, in the text's order, without those that hold another of them."""
    codes = [code for group in _groups(text) for code in group]
    return tuple(_table()[code] for code in _innermost(codes))


def _groups(text: str, depth: int = 0) -> list[tuple[str, ...]]:
    """The codes of each part of `text` that is read: the whole, else what separators part, else its last known word."""
    whole = _lookup(text)
    if whole:
        return [whole]
    if depth == len(_SEPARATORS):
        last = _last_within(text)
        return [last] if last else []
    return [group for part in _SEPARATORS[depth].split(text) for group in _groups(part, depth + 1)]


def _lookup(text: str) -> tuple[str, ...]:
    """The codes of a text that is a code or as a whole one known word; empty otherwise."""
    coded = _by_code(text)
    if coded:
        return (coded,)
    words = _words()
    key = _key(text)
    for form in (key, _key(_BRACKETS.sub("", text))):
        bare = _TRAILING.sub("", form)
        found = words.get(form) or words.get(bare) or words.get(bare + "业")
        if found:
            return found
    unlettered = words.get(key[1:], ()) if "a" <= key[:1] <= "t" else ()
    return unlettered if unlettered and unlettered[0][0] == key[0].upper() else ()


def _by_code(text: str) -> str:
    """The code in "C39", "C3985", "C39 计算机…", "39" or "C"; "" where there is none."""
    match = _CODE.match(text)
    if match:
        return _known(match[1] + match[2])
    digits = _DIGITS.fullmatch(text)
    if digits:
        return _known(_letters().get(digits[1][:2], "") + digits[1])
    return text if len(text) == 1 and text in _table() else ""


def _known(code: str) -> str:
    found = industry(code)
    return found.code if found else ""


def _last_within(text: str) -> tuple[str, ...]:
    """The codes of the last known word inside `text`, for what a compound is about stands at its end.

    A whole section (制造) at the end says less than what stands before it.
    """
    words, lengths, key = _words(), _lengths(), _key(text)
    found: tuple[str, ...] = ()
    start = 0
    while start < len(key) - 1:
        fits = (n for n in lengths.get(key[start : start + 2], ()) if key[start : start + n] in words)
        length = next(fits, 0)
        codes = words[key[start : start + length]] if length else ()
        if codes and not (found and len(codes[0]) == 1):
            found = codes
        start += length or 1
    return found


def _innermost(codes: Iterable[str]) -> list[str]:
    unique = list(dict.fromkeys(codes))
    return [code for code in unique if not any(other != code and other.startswith(code) for other in unique)]


def _shared(codes: Sequence[str]) -> str:
    """The code itself, or the section that several share, or the first of them."""
    if len(codes) == 1:
        return codes[0]
    return codes[0][0] if all(code[0] == codes[0][0] for code in codes) else codes[0]


def _key(text: str) -> str:
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).lower())


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("matching.terms") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _table() -> dict[str, Industry]:
    rows = _rows("industries.csv")
    return {row["code"]: Industry(row["code"], row["name"], _LEVELS[len(row["code"])]) for row in rows}


@cache
def _letters() -> dict[str, str]:
    """Digits of a division → letter of its section."""
    return {code[1:]: code[0] for code in _table() if len(code) == 3}


@cache
def _words() -> dict[str, tuple[str, ...]]:
    """What an industry is called, in letters and digits only, → its codes.

    Where two mean different things by one word, job boards win over the standard, and the standard's names over
    their short forms; of two entries of one name (教育 P and P83) the division wins, and a group over its only class.
    """
    words: dict[str, tuple[str, ...]] = {}
    by_rank = sorted(_table().values(), key=lambda entry: ("class", "section", "group", "division").index(entry.level))
    for entry in by_rank:
        spoken = _key((_MADE if entry.level == "class" else _SPOKEN).sub("", entry.name))
        if len(spoken) > (2 if entry.level == "class" else 1) and not spoken.startswith("其他"):
            words[spoken] = (entry.code,)
    for entry in by_rank:
        words[_key(entry.name)] = (entry.code,)
    aliases: dict[str, list[str]] = {}
    for row in _rows("industry_aliases.csv"):
        aliases.setdefault(_key(row["alias"]), []).append(row["code"])
    return words | {key: tuple(dict.fromkeys(codes)) for key, codes in aliases.items()}


@cache
def _lengths() -> dict[str, tuple[int, ...]]:
    """First two characters of a Chinese word → how long the words are that begin so, longest first."""
    lengths: dict[str, set[int]] = {}
    for word in _words():
        if not word.isascii():
            lengths.setdefault(word[:2], set()).add(len(word))
    return {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()}
