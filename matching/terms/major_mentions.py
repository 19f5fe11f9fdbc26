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

from matching.terms.automaton import Automaton, Hit, fold
from matching.terms.major_table import Level, Major, Stage, class_of, major
from matching.terms.major_words import GROUPS, index
from matching.terms.reading import Mention

_HAN = "\u4e00-\u9fff"
_NEAR = "相关|先关|相近|相似|类似|近似|相邻|邻近|近缘|同类"
_WIDE = rf"(?:其[他它])?(?:与之|与其|岗位|等)?(?:{_NEAR})(?:[或和及/、](?:{_NEAR}))?的?"
_NO_FIELD = (
    r"知识|技|能力|术语|基础|性|化|课|[一二三四五六七八九十][级年]|职|资格|证|书|英语|培训|服务|素|水平|团队|岗|软件|产品|公司|机构"
    r"|设备|工具|人[员才士](?!优先)|老师|教师|论|问题|媒体|领域|委员|考试|审[计核]|分包|工程师|名词|文[章献档]|图|术"
)
"""Behind 专业: what makes it an adjective (专业知识) and not a field of study."""
_TAIL = re.compile(
    r"(?:\([^()]{1,16}\)|[\"'”’》」】)])*\s*"
    rf"(?:[、/或及和与以](?P<unread>(?!{_NEAR}|其[他它])[{_HAN}a-z]{{2,8}}?)(?=(?:类|等)*(?:{_NEAR})?的?专业))?"
    rf"(?:(?:等|及其?|以及|或者?|与|和|[、/,，(;\s]|类|专业(?=[及或和与、/,，等](?:其[他它])?(?:{_NEAR})))*(?P<wide>{_WIDE})(?:[、/\s]|等|理工科?|工科)*"
    r"|(?:等|及其?|\s)*)"
    r"(?:理工科?|工科|理科|文科)?(?:大?类|学科|方向|领域)?(?:的|等|\s)*"
    rf"(?P<anchor>专业(?!{_NO_FIELD})|学科(?!带头)|科系|院系|系(?![统列数])|学历|学位|(?:教育|学术|学习)?背景|毕业|出身"
    r"|[本专]科(?!室)|大专|硕士|博士|研究生(?!导)|应届)?"
)
"""Behind a name: brackets and quotes, an unknown last name, 及相关, and the anchor."""
_HEAD = re.compile(
    r"(?:专业(?:要求|需求|名称|类别|限制|方向|背景|条件|范围|为|是|限|不限于|包括)*[\]】]?\s*(?:[:：]|[为是如]|限于?|包括|\s(?=$))"
    r"|(?:所学|需求|招聘|要求|对口|优先|接受|毕业)专业[为是]?|(?:主修|就读|毕业于)(?:专业)?|专业[(（【])"
    r"[\s:：\"'“‘(（\[【]*(?:1[、.．]|①|[本专]科|大专|硕士|研究生|学士|以下|[:：\s（(])*$"
)
"""Before a name: what anchors it."""
_BEFORE = re.compile(
    rf"(?:^|[^{_HAN}a-z]|[修为是如含限于或和与及有以非除需的等级届]|[要需]求|专业(?:方向|要求)?|[本专]科|大专|[硕博]士|研究生|以上|学[历位习]|毕业|接受|优先"
    r"|相关|大学|学院|包括|欢迎|不限|对口|统招|日制|具备|所学|理工)$"
)
"""What may stand right before a name that stands alone."""
_AFTER = re.compile(
    rf"$|[^{_HAN}a-z0-9+#_]|等|[或和与及者]|以[上及]|优先|[均皆]可|毕业|出身|背景|[相类近]似?[关近似](?!的?(?:工作|经验|行业|岗位|知识|技能|产品|项目|资[格质]|从业|证|业务))|其[他它]|类|系(?![统列数])|方向|学[历位科]"
    rf"|[本专]科|大专|[硕博]士|研究生|应届|的(?:应届|毕业|本科|大学|优先|学生|人)|专业(?!{_NO_FIELD})|理工|[教学][育术]背景"
)
"""What may follow a name that stands alone."""
_CLASS_WORD = re.compile(r"类(?![型别似比书产商岗职工公企项的软器物目题课证游行])")
_GAP = re.compile(
    r"(?:\s|[、,，;；/|&·\"'“”‘’》《【】\[\]()+]|以?及其?|或者?|和|与|等|大?类|专业|方向|如|相[关近]|类似|其他|[本专]科|硕士|研究生"
    r"|\d{1,2}[、.．)]|\([^()]{1,14}\)|(?<=\()\d{2,6}[kth]*(?=\)))*"
)
_BREAK = re.compile(r"专业.*[,，;；。\n]|\n")
_PART = re.compile(rf"[、/,，或和及与(]([{_HAN}a-z]{{2,10}})(?=[、/,，或和及与)])")
_NO_NAME = re.compile(
    r"经[验历]|熟|负责|[具没]?有|工作|能力|以上|优先|者|岗|[要需]求|年|任职|以[下及]|不限|等|精通|证|良好"
)
_LONGEST_GAP = 30
_TELLING = ("学", "工程", "科学与技术", "制造")
"""How names end that are seldom anything but a field of study (软件工程, but not 产品设计)."""


class _Name(NamedTuple):
    """What a name stands for: the entry of each stage, or all of `many`; whether it is a catalogue's own name."""

    entries: tuple[Major, ...]
    many: tuple[Major, ...]
    official: bool


class _Found(NamedTuple):
    """A name in the text: where it is, whether it stands clear of the word before, whether it says 类."""

    start: int
    end: int
    name: _Name
    clear: bool
    classy: bool


class _Run(NamedTuple):
    """Names of one list; whether it is anchored and widened; parts of it that are no known name."""

    found: list[_Found]
    anchored: bool
    widened: bool
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
    given = [
        mention
        for run in _runs(folded, list(_names_in(folded)))
        for mention in _mentions(text, folded, run, stage)
        if mention.confidence >= least
    ]
    return sorted(given, key=lambda mention: mention.start)


def _names_in(folded: str) -> Iterator[_Found]:
    for hit in _automaton().find(folded):
        start, end = hit.start, hit.end
        if folded[end - 1].isascii() and (_joined(folded, start - 1) or _joined(folded, end)):
            continue
        if folded.startswith(("教育背景", "教育经历", "教育程度"), start):
            continue
        end, classy = _with_class_word(folded, hit)
        if _AFTER.match(folded, end):
            yield _Found(start, end, hit.value, _BEFORE.search(folded, max(0, start - 4), start) is not None, classy)


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
    if (word := _CLASS_WORD.match(folded, end)) is not None:
        return word.end(), True
    return end, False


def _runs(folded: str, found: list[_Found]) -> Iterator[_Run]:
    run: list[_Found] = []
    unread: list[tuple[int, int]] = []
    for one, other in pairwise([*found, None]):
        run.append(one)  # type: ignore[arg-type]
        between = None if other is None else _between(folded, one.end, other.start)  # type: ignore[union-attr]
        if between is not None:
            unread += between
            continue
        yield _anchored(folded, run, unread)
        run, unread = [], []


def _between(folded: str, start: int, end: int) -> list[tuple[int, int]] | None:
    """The unknown names between two names of one list, or None where the list ends between them."""
    if end - start > _LONGEST_GAP or _BREAK.search(folded, start, end):
        return None
    if _GAP.fullmatch(folded, start, end):
        return []
    parts = [match.span(1) for match in _PART.finditer(folded[: end + 1], start)]
    if any(_NO_NAME.search(folded, low, high) for low, high in parts):
        return None
    rest = folded[start:end]
    for low, high in parts:
        rest = rest.replace(folded[low:high], "", 1)
    return parts if parts and _GAP.fullmatch(rest) else None


def _anchored(folded: str, run: list[_Found], unread: list[tuple[int, int]]) -> _Run:
    tail = _TAIL.match(folded, run[-1].end)
    start = run[0].start
    inside = any(folded.find("专业", one.end, other.start) >= 0 for one, other in pairwise(run))
    headed = _HEAD.search(folded, max(0, start - 24), start) is not None
    anchored = inside or headed or (tail is not None and tail["anchor"] is not None)
    widened = tail is not None and tail["wide"] is not None
    last = [tail.span("unread")] if tail is not None and tail["unread"] and tail["anchor"] else []
    return _Run(run, anchored, widened and anchored, [*unread, *last] if anchored else [])


def _mentions(text: str, folded: str, run: _Run, stage: Stage | None) -> Iterator[Mention]:
    telling = any(found.name.official and _is_telling(found) for found in run.found)
    for found in run.found:
        confidence = _confidence(found, run, telling)
        for entry in _entries(folded, found, stage):
            yield Mention(
                found.start, found.end, text[found.start : found.end], entry.code, entry.level, confidence, run.widened
            )
    for start, end in run.unread:
        yield Mention(start, end, text[start:end], "", "", 0.9, run.widened)


def _is_telling(found: _Found) -> bool:
    name = found.name.entries[0].name if found.name.entries else ""
    return len(name) >= len("软件工程") and name.endswith(_TELLING)


def _confidence(found: _Found, run: _Run, telling: bool) -> float:
    if run.anchored:
        sure = 0.95 if found.name.official or found.classy else 0.9
    elif found.classy:
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
    if found.classy and entry.level == "major":
        lifted = major(class_of(entry.code))
        return (lifted,) if lifted is not None else (entry,)
    return (entry,)


def _coded(folded: str, found: _Found) -> Major | None:
    """The entry of the name whose code stands in brackets behind it."""
    match = re.match(r"(?:专业)?\s*\(([g\d]\d{3,6})[kth]*\)", folded[found.end : found.end + 14])
    if match is None:
        return None
    return next((entry for entry in found.name.entries if entry.code.removeprefix("G") == match[1].lstrip("g")), None)


@cache
def _automaton() -> Automaton[_Name]:
    levels: dict[Level, int] = {"category": 0, "class": 1, "major": 2}
    names: dict[str, _Name] = {}
    for key, entries in index().items():
        if len(key) > 1 and "相关" not in key:
            official = any(fold(entry.name).removesuffix("类") == key.removesuffix("类") for entry in entries)
            names[key] = _Name(tuple(sorted(entries, key=lambda e: e.stage != "undergraduate")), (), official)
    for word, codes in GROUPS.items():
        many = tuple(found for code in codes if (found := major(code)) is not None)
        names[word] = names[f"{word}类"] = _Name((), tuple(sorted(many, key=lambda e: levels[e.level])), True)
    return Automaton(names)
