"""Majors: what a graduate studied and what a posting demands, from free words to a code of the catalogues.

``find_major`` reads one field of study, ``find_majors`` a list of them, ``find_in``
finds those of a long text. Both would rather answer nothing than guess:
a name counts only where it stands alone, so 自动化测试 is not 自动化 and 非计算机专业 is not 计算机.
The catalogues themselves (codes, names, classes, near classes) are in `matching.terms.major_table`, whose
functions are offered here too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from matching.terms.major_mentions import find_in
from matching.terms.major_table import (
    STAGES,
    Level,
    Major,
    Stage,
    categories,
    category_of,
    class_of,
    classes,
    major,
    names,
    neighbours,
    parents,
    related,
    rows,
)
from matching.terms.major_words import DEPTH, GROUPS, fold_name, index

__all__ = [
    "STAGES",
    "Level",
    "Major",
    "Stage",
    "categories",
    "category_of",
    "class_of",
    "classes",
    "find_in",
    "find_major",
    "find_majors",
    "major",
    "names",
    "neighbours",
    "parents",
    "related",
    "rows",
]

_LONGEST = 400
"""Characters of a text that are read at all; what is longer is no field of study but a description."""
_LEAST_HEAD = 4
"""Characters that a catalogue name needs to be read in front of an unknown direction (软件工程测试方向)."""

_BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_BRACKETS = re.compile(r"[(\[{【〔<《「][^()\[\]{}【】〔〕<>《》「」]*[)\]}】〕>》」]")
_QUOTES = re.compile(r"[\"'“”‘’]")
_LIST = re.compile(r"[\s、,;/|+&。]+")
_JOIN = re.compile(r"以及|或者|[或和及与等]")
_PATH = re.compile(r"[-—–_:·>~→]+")
_NUMBER = re.compile(r"^[\W_]*(?:\d{1,2}(?:[.、):]+|(?=[\u4e00-\u9fff])(?![级届])))?")
_HEAD = re.compile(
    r"(?:任职|职位|岗位|专业)(?:要求|资格)|全日制|统招|普通高等教育|应届|所学|主修|具有|具备|学历|及?以上|或者?|以?及|如|等"
    r"|[本专]科|[大中]专|高职|[硕博]士|研究生|\d{2,4}[级届]|.+?(?:大学|学院|学校|研究院)(?=.)"
)
_TAIL = re.compile(
    r"(?:等|以?及其?|或者?|和|与|其[他它]|优先|均可|以上|毕业生?|学历|学位|背景|出身|[本专]科生?|大专生?|高职|学士|[硕博]士生?"
    r"|研究生|[专学]硕|(?:相关|相近|类似|对口)的?|专业|方向|学科|系|学?院|\d*班|大?类|的)$"
)
_PLACE = re.compile(r".+(?:大学|学院|学校|研究院)$")
_DIRECTION = re.compile(r"(?:方向|方向班|实验班|试验班|卓越班|创新班|强化班|师范类?)$")
_STAGE_WORDS: tuple[tuple[re.Pattern[str], Stage], ...] = (
    (re.compile(r"硕士|博士|研究生|专硕|学硕"), "graduate"),
    (re.compile(r"大专|专科|高职"), "vocational"),
)


def find_major(text: str, *, stage: Stage | None = None) -> Major | None:
    """The entry of the catalogues that `text` names, or None.

    Read in this order: exact name, class name (计算机类, also 计算机类相关专业), abbreviation or former name, and
    then a name that stands alone inside the text (南昌大学软件工程专业, 软件工程（嵌入式方向）). Width, case, spaces
    and brackets do not matter.

    Parameters
    ----------
    text : str
        One field of study. Empty, 不限 and everything not understood give None. A list (计算机、软件工程) gives the
        class that all its parts share, and None where they share none or one part is not understood.
    stage : {"undergraduate", "vocational", "graduate"}, optional, keyword-only
        Only entries of this catalogue. Without it the first of the three that knows the name, except that words
        such as 大专 or 硕士 in the text put their own catalogue first.
    """
    quick = index().get(text)
    found = None if quick is None else _at_stage(quick, stage)
    return found or _shared(_read_list(text[:_LONGEST], stage))


def shown_major(text: str, code: str | None) -> str:
    """What a list shows as somebody's major: as it was written; without that the catalogue's name of the code."""
    if text or not code:
        return text
    found = major(code)
    return found.name if found else code


def find_majors(text: str, *, stage: Stage | None = None) -> tuple[Major, ...]:
    """Every entry that a list of fields of study names, each once, in order of the text.

    ``()`` where any part is not understood: half a demand read is another demand. `stage` as in `find_major`.
    """
    found = _read_list(text[:_LONGEST], stage)
    return () if None in found else tuple(dict.fromkeys(entry for entry in found if entry is not None))


class _Wanted(NamedTuple):
    """The stage asked for; `strict`: no other will do, else it only comes first."""

    stage: Stage | None
    strict: bool


def _shared(found: Sequence[Major | None]) -> Major | None:
    """The one entry, or the class that all share; None for nothing, for an unread part, for several classes."""
    if not found or None in found:
        return None
    entries = [entry for entry in found if entry is not None]
    if len(set(entries)) == 1:
        return entries[0]
    if any(entry.level == "category" for entry in entries):
        return None
    shared = {class_of(entry.code) for entry in entries}
    return major(shared.pop()) if len(shared) == 1 else None


@lru_cache(maxsize=65536)
def _read_list(text: str, stage: Stage | None) -> tuple[Major | None, ...]:
    """What each part of a list names; None for a part not understood; parts that say nothing are left out."""
    spaced = _QUOTES.sub("", unicodedata.normalize("NFKC", text).casefold())
    hint = stage or next((mark for word, mark in _STAGE_WORDS if word.search(spaced)), None)
    wanted = _Wanted(hint, strict=stage is not None)
    plain = _NUMBER.sub("", _bare(spaced))
    for whole in (_BLANK.sub("", spaced), _BLANK.sub("", plain)):
        if (found := _alone(whole, wanted)) is not None:
            return (found,)
    return tuple(entry for part in _LIST.split(plain) for entry in _read_part(_BLANK.sub("", part), wanted))


def _read_part(part: str, wanted: _Wanted) -> tuple[Major | None, ...]:
    if (found := _read_one(part, wanted)) is not None:
        return found
    pieces = [_read_one(piece, wanted) for piece in _JOIN.split(part) if piece]
    if len(pieces) > 1 and None not in pieces:
        return tuple(entry for piece in pieces for entry in piece or ())
    return () if _says_nothing(part) else (None,)


def _read_one(part: str, wanted: _Wanted) -> tuple[Major | None, ...] | None:
    """The one name of `part`, or the entries that one word for several stands for; None if neither."""
    found = _read_path(part, wanted)
    return _group(part, wanted) if found is None else (found,)


def _group(part: str, wanted: _Wanted) -> tuple[Major | None, ...] | None:
    """The categories or classes of a word for several (理工类), which undergraduate codes stand for."""
    if wanted.strict and wanted.stage != "undergraduate":
        return None
    words = (rest for head in _headless(part) for rest in _tailless(head))
    codes = next((GROUPS[word] for word in words if word in GROUPS), None)
    return None if codes is None else tuple(major(code) for code in codes)


def _says_nothing(part: str) -> bool:
    """Whether `part` is only words that go around a field of study, a number, or the name of a university."""
    return (
        not part.strip("0123456789.-:")
        or _PLACE.match(part) is not None
        or any(not rest for head in _headless(part) for rest in _tailless(head))
    )


def _read_path(part: str, wanted: _Wanted) -> Major | None:
    """One name, or a path of names (工学-计算机类-软件工程): the deepest of them, the first of equals."""
    found = [entry for step in _PATH.split(part) if (entry := _alone(step, wanted)) is not None]
    return max(found, key=lambda entry: DEPTH[entry.level], default=None)


def _alone(step: str, wanted: _Wanted) -> Major | None:
    """The name that is left when words around it are taken away one by one, trying after each."""
    for head in _headless(step):
        for rest in _tailless(head):
            if (found := _exact(rest, wanted)) is not None:
                return found
        if _DIRECTION.search(head) and (found := _before_direction(head, wanted)) is not None:
            return found
    return None


def _headless(step: str) -> Iterator[str]:
    """`step`, then without one word in front after another."""
    yield step
    while (head := _HEAD.match(step)) is not None:
        step = step[head.end() :]
        yield step


def _tailless(step: str) -> Iterator[str]:
    """`step`, then without one word behind after another, down to nothing."""
    yield step
    while (shorter := _TAIL.sub("", step)) != step:
        step = shorter
        yield step


def _before_direction(step: str, wanted: _Wanted) -> Major | None:
    for end in range(len(step) - 1, _LEAST_HEAD - 1, -1):
        found = _exact(step[:end], wanted)
        if found is not None and found.level == "major" and fold_name(found.name) == step[:end]:
            return found
    return None


def _exact(key: str, wanted: _Wanted) -> Major | None:
    """The entry under `key`, or under `key` as the short form of a class (轻工 for 轻工类)."""
    known = [entries for name in (key, key + "类") if (entries := index().get(name)) is not None]
    at_stage = (_at_stage(entries, wanted.stage) for entries in known)
    found = next((entry for entry in at_stage if entry is not None), None)
    return found or (None if wanted.strict or not known else known[0][0])


def _at_stage(entries: tuple[Major, ...], stage: Stage | None) -> Major | None:
    if stage is None:
        return entries[0]
    return next((entry for entry in entries if entry.stage == stage), None)


def _bare(key: str) -> str:
    """Without brackets and what they hold, unless that is everything."""
    return _BRACKETS.sub("", key) or key.strip("()[]{}【】〔〕<>《》「」")
