"""Fields of study named inside a long text: which, where, and how sure that a field of study is meant.

A word such as 会计 or 自动化 is a task as often as a major. What tells is what stands around it: names stand in a
*run* (计算机、电子信息类相关专业), a run is *anchored* by words such as 专业 behind it or 所学专业： before it, and a
name that other words grow on (自动化测试, 软件工程师) is none. One pass of an automaton over the text finds the names,
a few expressions look at what stands between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from matching.terms import major_grammar as grammar
from matching.terms.automaton import Automaton, Hit, fold
from matching.terms.major_table import Level, Major, Stage, class_of, major
from matching.terms.major_unread import Unread, before, behind, elsewhere, is_name
from matching.terms.major_words import GROUPS, TASKS, index
from matching.terms.reading import Mention

_LONGEST_GAP = 30
_CODE = re.compile(r"(?:专业)?\s*\(([g\d]\d{3,6})[kth]*\)")
_CUT = re.compile(r"\s*(?:\.{2,}|…+)?\s*$")
"""The text breaks off."""
_TELLING = ("学", "工程", "科学与技术", "制造")
"""How names end that are seldom anything but a field of study (软件工程, but not 产品设计)."""


class _Name(NamedTuple):
    """What a name stands for: the entry of each stage, or all of `many`; whether it is a catalogue's own name."""

    entries: tuple[Major, ...]
    many: tuple[Major, ...]
    official: bool


class _Found(NamedTuple):
    """A name in the text: where it is, whether it stands clear of the word before, whether it says 类.

    `grown`: the word before belongs to it, and `start` is where that begins (计量经济学).
    """

    start: int
    end: int
    name: _Name
    clear: bool
    classy: bool
    grown: bool


class _Run(NamedTuple):
    """Names of one list; whether it is anchored and widened, or a list of other things; unknown parts."""

    found: list[_Found]
    anchored: bool
    widened: bool
    of_things: bool
    unread: list[tuple[int, int]]
    end: int


class _Draft(NamedTuple):
    """A run that is being gathered: its names, those that head others, the unknown parts between them."""

    found: list[_Found]
    headings: set[int]
    unread: list[tuple[int, int]]


def find_in(text: str, *, stage: Stage | None = None, least: float = 0.5) -> list[Mention]:
    """Every field of study that a long text names, from left to right.

    Parameters
    ----------
    text : str
        A whole posting or one sentence. Empty gives an empty list.
    stage : {"undergraduate", "vocational", "graduate"}, optional, keyword-only
        The catalogue to prefer for a name that stands in several. A code in brackets behind the name
        (计算机科学与技术（0812）) outweighs it.
    least : float, default=0.5, keyword-only
        Least confidence of what is given. The steps: .95 a catalogue's name in an anchored run, .9 an abbreviation
        there, .85 a class (计算机类) without an anchor, .75 names in a list without an anchor of which one at least is
        seldom anything else (软件工程), .6 such a name alone, .3 any other. A name that another word grows on in front
        counts .7 of that; one that another word grows on behind is never given.

    Returns
    -------
    list of Mention
        A word for several entries (理工科) gives one mention each, with the same span. In an anchored list, what is
        no known name is given with an empty code: the list was not read whole.
    """
    folded = fold(text)
    runs = [_anchored(folded, draft) for draft in _drafts(folded, list(_names_in(folded)))]
    given = [mention for run in runs for mention in _mentions(text, folded, run, stage) if mention.confidence >= least]
    taken = [(run.found[0].start, run.end) for run in runs if run.anchored]
    given += [_of_unread(text, folded, part) for part in elsewhere(folded, taken) if part.confidence >= least]
    return sorted(given, key=lambda mention: mention.start)


def _names_in(folded: str) -> Iterator[_Found]:
    last = 0
    for hit in _automaton().find(folded):
        start, end = hit.start, hit.end
        if folded[end - 1].isascii() and (_joined(folded, start - 1) or _joined(folded, end)):
            continue
        if folded.startswith(("教育背景", "教育经历", "教育程度"), start):
            continue
        end, classy = _with_class_word(folded, hit)
        if grammar.AFTER.match(folded, end):
            clear = _stands_clear(folded, start)
            begun = start if clear else _grown_from(folded, start, last)
            yield _Found(begun, end, hit.value, clear, classy, begun < start)
            last = end


def _stands_clear(folded: str, start: int) -> bool:
    """Whether what stands before is no part of the name."""
    letter = folded[start - 1] if start else " "
    plain = letter < grammar.FIRST_HAN and not "a" <= letter <= "z"
    return plain or grammar.BEFORE.search(folded, max(0, start - 4), start) is not None


def _grown_from(folded: str, start: int, least: int) -> int:
    """Where the word begins that a name is grown together with in front; `start` where that is no part of a name."""
    match = grammar.GROWN.match(folded, max(0, start - 12, least - 1), start)
    if match is None or match.start(1) < least or grammar.NO_NAME.search(match[1]):
        return start
    return match.start(1)


def _joined(folded: str, place: int) -> bool:
    """Whether a letter or digit at `place` makes an abbreviation (cs, ai) a part of a longer word."""
    return 0 <= place < len(folded) and folded[place].isascii() and folded[place].isalnum()


def _with_class_word(folded: str, hit: Hit[_Name]) -> tuple[int, bool]:
    """Where the name ends with a 类 or a 学 that belongs to it, and whether it says 类."""
    end = hit.end
    if folded[end - 1] == "类":
        return end, True
    if (
        folded.startswith("学", end)
        and folded[end - 1] != "学"
        and not folded.startswith(("学科", "学历", "学位"), end)
    ):
        end += 1
    if (word := grammar.CLASS_WORD.match(folded, end)) is not None:
        return word.end(), True
    return end, False


def _drafts(folded: str, found: list[_Found]) -> Iterator[_Draft]:
    draft = _Draft([], set(), [])
    segment = 0
    for one, other in pairwise([*found, None]):
        draft.found.append(one)  # type: ignore[arg-type]
        if other is None or one is None:
            break
        if _heads(folded, one, other):
            draft.headings.update(range(segment, len(draft.found)))
            segment = len(draft.found)
        elif draft.headings and _next_list(folded, one.end, other.start):
            segment = len(draft.found)
        elif (between := _between(folded, one.end, other.start)) is not None:
            draft.unread.extend(between)
        else:
            yield draft
            draft, segment = _Draft([], set(), []), 0
    if draft.found:
        yield draft


def _heads(folded: str, one: _Found, other: _Found) -> bool:
    """Whether the name is the heading of the list that begins with the other (计算机类：软件工程)."""
    return other.start - one.end <= len("类专业：1、 ") and (
        grammar.HEADING.fullmatch(folded, one.end, other.start) is not None
    )


def _next_list(folded: str, end: int, start: int) -> bool:
    """Whether another list with a heading of its own begins at `start`, under the same header."""
    if start - end > _LONGEST_GAP or (gap := grammar.NEXT.fullmatch(folded, end, start)) is None:
        return False
    return gap["head"] is not None or grammar.HEADS.match(folded, start) is not None


def _between(folded: str, start: int, end: int) -> list[tuple[int, int]] | None:
    """The unknown names between two names of one list, or None where the list ends between them."""
    if end - start > _LONGEST_GAP or grammar.BREAK.search(folded, start, end):
        return None
    if grammar.GAP.fullmatch(folded, start, end):
        return []
    parts = [match.span(1) for match in grammar.PART.finditer(folded[: end + 1], start)]
    if not all(is_name(folded, low, high) for low, high in parts):
        return None
    rest = folded[start:end]
    for low, high in parts:
        rest = rest.replace(folded[low:high], "", 1)
    return parts if parts and grammar.GAP.fullmatch(rest) else None


def _anchored(folded: str, draft: _Draft) -> _Run:
    """The run of a draft: its anchors are looked for beyond the unknown parts at its ends."""
    run, first, end = draft.found, draft.found[0], draft.found[-1].end
    early, late = before(folded, first.start), behind(folded, end)
    start = early[0][0] if early else first.start
    headed = _is_headed(folded, start)
    tail = grammar.TAIL.match(folded, late[-1][1]) if late else None
    if tail is None or not (tail["anchor"] or headed):
        tail, late = grammar.TAIL.match(folded, end), []
    inside = folded.find("专业", end if len(run) == 1 else first.end, end) >= 0 and any(
        folded.find("专业", one.end, other.start) >= 0 for one, other in pairwise(run)
    )
    kept = [one for place, one in enumerate(run) if place not in draft.headings]
    listed = bool(draft.headings) and sum(one.name.official and _is_telling(one) for one in kept) > 1
    anchored = inside or headed or listed or (tail is not None and tail["anchor"] is not None)
    widened = tail is not None and tail["wide"] is not None
    if widened and not anchored and _CUT.match(folded, tail.end()):  # type: ignore[union-attr]
        anchored = True
    unread = [*early, *draft.unread, *late] if anchored else []
    of_things = not anchored and grammar.NO_CLASS.match(folded, end) is not None
    return _Run(kept, anchored, widened and anchored, of_things, unread, tail.end() if tail is not None else end)


def _is_headed(folded: str, start: int) -> bool:
    least = max(0, start - 24)
    if all(folded.find(word, least, start) < 0 for word in grammar.HEAD_WORDS):
        return False
    return grammar.HEAD.search(folded, least, start) is not None


def _mentions(text: str, folded: str, run: _Run, stage: Stage | None) -> Iterator[Mention]:
    telling = any(found.name.official and _is_telling(found) for found in run.found)
    for found in run.found:
        confidence = _confidence(found, run, telling)
        for entry in _entries(folded, found, stage):
            yield Mention(
                found.start, found.end, text[found.start : found.end], entry.code, entry.level, confidence, run.widened
            )
    for start, end in run.unread:
        yield _of_unread(text, folded, Unread(start, end, 0.9, run.widened))


def _of_unread(text: str, folded: str, part: Unread) -> Mention:
    """The mention of a part that the automaton does not hold: one that is a task as often is known all the same."""
    word = folded[part.start : part.end].removesuffix("类")
    known = index().get(word) or index().get(f"{word}类")
    code, level = (known[0].code, known[0].level) if known else ("", "")
    return Mention(part.start, part.end, text[part.start : part.end], code, level, part.confidence, part.widened)


def _is_telling(found: _Found) -> bool:
    name = found.name.entries[0].name if found.name.entries else ""
    return len(name) >= len("软件工程") and name.endswith(_TELLING)


def _confidence(found: _Found, run: _Run, telling: bool) -> float:
    if run.anchored:
        if found.grown:
            return 0.85
        sure = 0.95 if found.name.official or found.classy else 0.9
    elif found.classy and not run.of_things:
        sure = 0.85
    elif telling:
        sure = 0.75 if len(run.found) > 1 else 0.6
    else:
        sure = 0.3
    return sure if found.clear or found is not run.found[0] else round(sure * 0.7, 3)


def _entries(folded: str, found: _Found, stage: Stage | None) -> tuple[Major, ...]:
    if found.name.many:
        return found.name.many
    by_stage = [entry for entry in found.name.entries if entry.stage == stage]
    entry = _coded(folded, found) or (by_stage or found.name.entries)[0]
    if (found.classy or found.grown) and entry.level == "major":
        lifted = major(class_of(entry.code))
        return (lifted,) if lifted is not None else (entry,)
    return (entry,)


def _coded(folded: str, found: _Found) -> Major | None:
    """The entry of the name whose code stands in brackets behind it."""
    match = _CODE.match(folded, found.end)
    if match is None:
        return None
    return next((entry for entry in found.name.entries if entry.code.removeprefix("G") == match[1].lstrip("g")), None)


@cache
def _automaton() -> Automaton[_Name]:
    levels: dict[Level, int] = {"category": 0, "class": 1, "major": 2}
    names: dict[str, _Name] = {}
    for key, entries in index().items():
        if len(key) > 1 and "相关" not in key and key not in TASKS:
            official = any(fold(entry.name).removesuffix("类") == key.removesuffix("类") for entry in entries)
            names[key] = _Name(tuple(sorted(entries, key=lambda e: e.stage != "undergraduate")), (), official)
    for word, codes in GROUPS.items():
        many = tuple(found for code in codes if (found := major(code)) is not None)
        names[word] = names[f"{word}类"] = _Name((), tuple(sorted(many, key=lambda e: levels[e.level])), True)
    return Automaton(names)
