"""Graduation years: 2021届及往届, 2020-2022届, 毕业两年内, 应届."""

from __future__ import annotations

import re

from matching.requirements.findings import Span, Years
from matching.requirements.numbers import NUMBER, number

_Y = r"(?:20\d{2}|(?<!\d)[12]\d(?!\d))"
_NAMED = re.compile(
    rf"(?P<list>{_Y}(?:\s*年?\s*(?:届|年)?(?:毕业生?)?\s*[、/,，和及与或\-—~至到]\s*{_Y})*)\s*年?\s*"
    r"(?:届(?!中|次|会|全|[^毕应及或的、，,。；;往本硕大专高博在春秋校生实优管储师秋\s（()）以统优同学/！!\-—毕]{2})|(?:年)?\s*(?:应届|应往届|(?:高校|大学|本科|硕士|全国|普通高校)?毕业生|校招|校园招聘|春招|秋招|届))"
)
_DATED = re.compile(
    r"(?P<list>20\d{2})\s*[年./\-]\s*\d{1,2}\s*月?(?:[./\-]?\s*\d{1,2}日?)?\s*(?:[-—~至到]+\s*(?P<to>20\d{2})\s*[年./\-]\s*\d{1,2}\s*月?(?:[./\-]\d{1,2}日?)?)?\s*(?:之间|期间|前|以前|之前)?(?:取得|获得)?(?:毕业|应届|.{0,4}毕业证)"
)
_WHEN = re.compile(
    r"毕业(?:时间|年份|日期)\s*(?:[:：为在是须需]|\s)*\s*(?P<list>20\d{2})(?:\s*[年./\-]\s*\d{1,2}\s*月?(?:[./\-]\s*\d{1,2}日?)?)?\s*(?:[-—~至到]+\s*(?P<to>20\d{2}))?"
)
_PLAIN = re.compile(r"(?P<list>20\d{2})\s*年\s*(?:毕业(?!于|率|设计)|应届)")
_EARLIER = re.compile(r"\s*(?:及其?|或|和|、)?\s*(?:往届|以?前|之前|以往)")
_WITHIN = re.compile(
    rf"毕业(?:后|不超过|未超过|在)?\s*(?P<n>{NUMBER})\s*年\s*(?:以?内|之内)|(?:离校|择业期)\s*(?P<m>{NUMBER})\s*年内"
)
_FRESH = re.compile(r"应届")
_NO_DEMAND_BEFORE = re.compile(
    r"(?:接受|欢迎|可招|亦可|也可|或|优秀的?|包括|含|非|培养|无论|解决|有无|优先|不限)[^。；;\n，,]{0,10}$"
)
_NO_DEMAND_AFTER = re.compile(
    r"(?:(?!及以上|以上学历)[^。；;\n，,]){0,12}?(?:优先|[亦也均皆]可|可(?:以|投|考虑)?(?:$|[,，。；;\s])|欢迎|户口|落户|勿扰|租|无经验者?可|可接受|可培养|除外)"
)
_THIS, _LONGEST = 2000, 40


def graduation_years(part: str, text: str) -> tuple[Years, Span] | None:
    """Which graduation years the words demand, with the place; what is merely liked or also welcome is no demand."""
    if "届" not in text and "毕业" not in text and "招" not in text:
        return None
    years: set[int] = set()
    place: tuple[int, int] | None = None
    earlier = False
    for form in (_NAMED, _DATED, _WHEN, _PLAIN):
        for match in form.finditer(text):
            if re.match(r"[^。；;\n，,]{0,10}?(?:优先|[亦也]可)", text[match.end() : match.end() + 16]):
                continue
            years |= _listed(match)
            earlier = earlier or _EARLIER.match(text, match.end()) is not None
            place = place or match.span()
    if place is not None:
        return Years(tuple(sorted(years)), earlier=earlier), Span.of(part, text, place)
    return _relative(part, text)


def _relative(part: str, text: str) -> tuple[Years, Span] | None:
    if (near := _WITHIN.search(text)) is not None:
        return Years(within=number(near["n"] or near["m"])), Span.of(part, text, near.span())
    for match in _FRESH.finditer(text):
        before = text[max(0, match.start() - 14) : match.start()]
        if not _NO_DEMAND_BEFORE.search(before) and not _NO_DEMAND_AFTER.match(text, match.end()):
            return Years(fresh=True), Span.of(part, text, match.span())
    return None


def _listed(match: re.Match[str]) -> set[int]:
    named = match["list"]
    numbers = [_whole(found) for found in re.findall(r"\d{4}|\d{2}", named)]
    if "to" in match.re.groupindex and match["to"]:
        numbers.append(int(match["to"]))
        return set(range(numbers[0], numbers[-1] + 1)) if numbers[-1] - numbers[0] < _LONGEST else set(numbers)
    if len(numbers) == 2 and re.search(r"[-—~至到]", named):
        low, high = sorted(numbers)
        return set(range(low, high + 1)) if high - low < _LONGEST else {low, high}
    return set(numbers)


def _whole(text: str) -> int:
    return int(text) if len(text) == 4 else _THIS + int(text)
