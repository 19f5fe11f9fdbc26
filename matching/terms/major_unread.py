"""Parts of a list of fields of study that no catalogue knows: where the list begins, goes on and ends.

A list that 专业 anchors names fields of study in every part, known or not (量子物理、数学等相关专业); a reader has to
know of the parts that it does not know. What is a part is told by grammar alone: short, between separators, and no
word of those that posts, people and skills are described with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from matching.terms.major_grammar import GENERIC, HAN, NEAR, NO_NAME

_ITEM = rf"[{HAN}a-z]{{2,10}}"
_JOIN = r"(?:\s*[、/|]\s*|以及|或者|[或和及与])"
_TRAIL = re.compile(
    rf"(?:等|类|大类|专业)*((?:{_JOIN}{_ITEM}?)+?)"
    r"(?=(?:类|等|方向)*(?:相关|相近|类似|近似)*(?:的|类)*专业|(?:等|类)?\s*(?:岗位|工作|学历|任职|$|[。；;，,)）\n ]))"
)
_PART = re.compile(r"[^、/|或和及\s以者]+")
_JOINS = "、/|或和及与者"
_FAR = 48
_FIELD_END = re.compile(
    r"(?:学|工程|技术|管理|设计|科学|制造|经济|贸易|艺术|教育|传播|规划|类|控制|系统|信息|分析|运营|安全|医疗|物理|材料|机械|电子|能源|药|法|语|挖掘|应用|统计|建模|工艺|科技|智能|数据)$"
)
_ANCHOR = re.compile(
    r"专业(?=\s*(?:[本专]科|大专|[硕博]士|研究生|全日制|统招|(?:应届)?毕业|学历|学位|优先|背景|者|及?以上|应届|[,，。；;)）/\n、]|$|\.\.))"
)
_BEFORE_ANCHOR = re.compile(rf"(?:大?类|等|及|或|的|(?:{NEAR}))*$")
_BOUND = re.compile(
    rf".*(?:[^{HAN}a-z0-9、/|+#]|以上|学[历位习]|[本专]科|大专|[硕博]士|研究生|[具拥]有|具备|要求|优先|毕业|届|日制|接受|欢迎|[为是须需的如含]|包括|相关)",
    re.DOTALL,
)
"""Up to the last place where a list can begin."""
_HEADED = re.compile(
    r"(?:专业(?:要求|需求|名称|类别|限制|背景|范围)|(?:需求|招聘|所学|对口|相关)专业)[\]】]?\s*[:：]\s*"
    rf"((?:{_ITEM}{_JOIN})*{_ITEM})(?=等|[,，。；;\n]|\s|$)"
)


class Unread(NamedTuple):
    """A part that is no known name: where it is, and how sure it is that a field of study is meant."""

    start: int
    end: int
    confidence: float
    widened: bool


def is_name(folded: str, start: int, end: int) -> bool:
    """Whether the words could be the name of a field of study."""
    word = folded[start:end]
    return end - start > 1 and word not in GENERIC and NO_NAME.search(word) is None


def before(folded: str, start: int) -> list[tuple[int, int]]:
    """The parts of a list that stand before its first known name; empty where nothing joins it to them."""
    if start < 2 or folded[start - 1] not in _JOINS:
        return []
    end = start - 1 - (folded[start - 1] in "及者" and folded[start - 2] in "以或")
    return _list_before(folded, end)


def _list_before(folded: str, end: int) -> list[tuple[int, int]]:
    """The parts of the list that ends here; over commas only where they sound like fields of study."""
    begun = _begun(folded, end)
    places = [] if begun is None else _parts(folded, begun, end)
    while places and begun and folded[begun - 1] in "，,":
        stop, begun = begun - 1, _begun(folded, begun - 1)
        earlier = [] if begun is None else _parts(folded, begun, stop)
        if not earlier or any(_FIELD_END.search(folded, *place) is None for place in earlier):
            break
        places = [*earlier, *places]
    return places


def _begun(folded: str, end: int) -> int | None:
    """Where a list that ends here can begin; None where that is too far away."""
    least = max(0, end - _FAR)
    head = _BOUND.match(folded, least, end)
    return head.end() if head is not None else least if least == 0 else None


def behind(folded: str, end: int) -> list[tuple[int, int]]:
    """The parts of a list that stand behind its last known name, up to 专业 or the end of the clause."""
    match = _TRAIL.match(folded, end)
    return [] if match is None else _parts(folded, *match.span(1))


def elsewhere(folded: str, taken: list[tuple[int, int]]) -> Iterator[Unread]:
    """Lists of which no part is known: behind 专业要求：, or before 专业 where a degree or a wish follows."""
    for match in _HEADED.finditer(folded) if "专业" in folded else ():
        if not _touches(match.span(1), taken):
            for place in _parts(folded, *match.span(1)):
                yield Unread(*place, 0.85, False)
    for match in _ANCHOR.finditer(folded) if "专业" in folded else ():
        if not _touches(match.span(), taken):
            yield from _alone(folded, match.start())


def _alone(folded: str, anchor: int) -> Iterator[Unread]:
    """The list of unknown names right before an anchor, where its words and its form tell of fields of study."""
    low = _BEFORE_ANCHOR.search(folded, max(0, anchor - 12), anchor)
    end = anchor if low is None else low.start()
    places = _list_before(folded, end)
    near = re.search(NEAR, folded[end:anchor]) is not None
    fields = sum(_FIELD_END.search(folded, *place) is not None for place in places)
    if places and (fields or (near and len(places) > 1)):
        for place in places:
            yield Unread(*place, 0.85 if near or len(places) > 1 else 0.8, near)


def _parts(folded: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts between separators; none at all where one of them cannot be a name."""
    places = [match.span() for match in _PART.finditer(folded, start, end)]
    return places if all(is_name(folded, low, high) for low, high in places) else []


def _touches(place: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(low < place[1] and place[0] < high for low, high in taken)
