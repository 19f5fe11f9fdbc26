"""Postings with what was read marked in their words, as one web page: to look at, not to compute with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from matching.errors import FileError
from matching.requirements.bulk import Refused, found_in
from matching.requirements.findings import Found, MajorDemand, Span
from matching.requirements.reader import Words
from matching.terms import majors

_KINDS = {
    "major": "专业",
    "any_major": "专业不限",
    "degree": "学历",
    "graduation_years": "毕业年份",
    "certificates": "证书",
    "experience_years": "经验",
    "pay": "薪酬",
    "headcount": "人数",
    "days_per_week": "每周天数",
    "months": "实习月数",
    "probation_months": "试用期",
    "place": "地点",
    "limits": "限制（只供监管）",
}
_MODES = {"required": "要求", "preferred": "优先", "excluded": "除外"}
_STYLE = """
body{font:15px/1.7 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2rem auto;max-width:60rem;color:#222}
article{border:1px solid #ddd;border-radius:6px;padding:.6rem 1rem;margin:1rem 0}h2{font-size:1.05rem;margin:.2rem 0}
p{white-space:pre-wrap;margin:.4rem 0}mark{color:inherit;background:#eee;border-radius:3px}
.degree{background:none;border-bottom:3px solid #2f6fb5}.major{background:#ffd98a}.any_major{background:#ffeec2}
.graduation_years{background:#cfe8cf}.certificates{background:#e3d3f5}.pay{background:#c9ecf2}.limits{background:#f6c6c6}
.experience_years{background:#dfe6c9}li{font-size:.9rem}ul{margin:.3rem 0;padding-left:1.2rem;color:#444}
"""


class _Mark(NamedTuple):
    kind: str
    span: Span


def write_page(source: Path, page: Path, rows: int) -> int:
    """Write the first `rows` postings of `source` with their findings marked; how many there were.

    Raises
    ------
    FileError
        A file cannot be opened, or the page is the source itself.
    """
    if page.resolve() == source.resolve():
        raise FileError("read and written at once, it would be lost", where=str(page), cure="Name another file.")
    try:
        with source.open("rb") as lines:
            articles = list(_articles(found_in(lines), rows))
        page.write_text(_page(articles), encoding="utf-8")
    except OSError as error:
        cure = "Name a file that can be read, and a folder that can be written."
        raise FileError(f"cannot be used: {error.strerror}", where=str(error.filename), cure=cure) from None
    return len(articles)


def _articles(found: Iterable[tuple[Any, Words, Found] | Refused], rows: int) -> Iterator[str]:
    left = rows
    for one in found:
        if left <= 0:
            return
        if not isinstance(one, Refused):
            left -= 1
            yield _article(*one)


def _article(name: object, words: Words, found: Found) -> str:
    marks = _marks(found)
    stated = "".join(
        f"<p>{label}：{_marked(text, part, marks)}</p>"
        for label, part, text in (("学历", "education", words.education), ("薪酬", "pay", words.pay))
        if text
    )
    listed = "".join(f"<li>{escape(line)}</li>" for line in _lines(found))
    return (
        f'<article id="{escape(str(name))}"><h2>{_marked(words.title, "title", marks)}</h2>{stated}'
        f"<p>{_marked(words.description, 'description', marks)}</p><ul>{listed}</ul></article>"
    )


def _marks(found: Found) -> list[_Mark]:
    return [
        *(_Mark("major", major.span) for major in found.majors),
        *(_Mark("certificates", span) for span in found.certificates),
        *(_Mark("limits", limit.span) for limit in found.limits),
        *(_Mark(name, span) for name, span in found.spans.items()),
    ]


def _marked(text: str, part: str, marks: list[_Mark]) -> str:
    """The text with every stretch marked by the kinds that cover it; kinds may lie inside each other."""
    own = [mark for mark in marks if mark.span.part == part]
    cuts = sorted({0, len(text), *(cut for mark in own for cut in (mark.span.start, mark.span.end))})
    return "".join(_stretch(text, place, own) for place in pairwise(cuts))


def _stretch(text: str, place: tuple[int, int], marks: list[_Mark]) -> str:
    start, end = place
    over = list(dict.fromkeys(mark.kind for mark in marks if mark.span.start <= start and end <= mark.span.end))
    words = escape(text[start:end])
    if not over:
        return words
    over.sort(key=lambda kind: kind != "degree")
    names = "、".join(_KINDS[kind] for kind in over)
    return f'<mark class="{" ".join(over)}" title="{names}">{words}</mark>'


def _lines(found: Found) -> Iterator[str]:
    for major in found.majors:
        yield f"专业（{_MODES[major.mode]}）：{major.span.text} → {_named(major)}" + ("，相关专业亦可" * major.widened)
    row = found.as_row()
    for kind in _KINDS:
        value = _pay(found) if kind == "pay" else row.get(kind)
        if value not in (None, False, []) and kind not in ("major", "limits"):
            yield f"{_KINDS[kind]}：{'是' if value is True else value}"
    yield from (f"限制：{limit.span.text}" for limit in found.limits)


_UNITS = {"hour": "小时", "day": "天", "month": "月", "year": "年"}


def _pay(found: Found) -> str | None:
    if found.pay is None:
        return None
    low, high = (f"{figure:g}" if figure is not None else "" for figure in (found.pay.min, found.pay.max))
    return f"{low}–{high} 元/{_UNITS[found.pay.unit]}"


def _named(major: MajorDemand) -> str:
    known = majors.major(major.code) if major.code else None
    return "不认识" if known is None else f"{known.code} {known.name}"


def _page(articles: list[str]) -> str:
    keys = "　".join(f'<mark class="{kind}">{name}</mark>' for kind, name in _KINDS.items())
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>岗位要求</title>'
        f"<style>{_STYLE}</style><h1>读出的岗位要求</h1><p>{keys}</p>{''.join(articles)}</html>"
    )
