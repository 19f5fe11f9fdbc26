"""One posting's title, words, education and pay → all that it demands. A stated field wins over the words."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from matching.requirements import counts
from matching.requirements.certificates import certificates
from matching.requirements.degree import asks_full_time_study, demanded_degree
from matching.requirements.findings import Found, Limit, MajorDemand, PayFound, Span, Years
from matching.requirements.limits import limits
from matching.requirements.majors import demanded_majors
from matching.requirements.pay import field_pay, text_pay
from matching.requirements.years import graduation_years
from matching.standard.records import Degree
from matching.terms.degrees import find_degree

LONGEST = 20_000
"""Characters of a description that are read."""

_PLACE = re.compile(r"(?:工作|上班|办公|实习)(?:地点|地址|城市|区域|地)\s*[:：]\s*([^\n。；;，,]{2,40})")
_PART_TIME = re.compile(r"兼职")
_FULL_TIME = re.compile(r"全职|朝九晚|坐班")


class Words(NamedTuple):
    """What there is to read of one posting; empty texts say nothing."""

    title: str = ""
    description: str = ""
    education: str = ""
    pay: str = ""


def read_requirements(words: Words) -> Found:
    """Everything that a posting demands, each finding with its place.

    The title and the description are both read; of single values the title's comes first for graduation years and
    headcount, the description's for the rest. `education` and `pay` are stated fields: what they say wins.
    """
    text = words.description[:LONGEST]
    spans: dict[str, Span] = {}
    majors, free = _majors(words.title, text)
    if free is not None:
        spans["any_major"] = free
    values = _single(words.title, text, spans)
    return Found(
        majors=majors,
        any_major=free is not None,
        degree=_degree(words, text, spans),
        full_time_study=asks_full_time_study(words.education) or asks_full_time_study(text),
        pay=_pay(words, text, spans),
        certificates=(*certificates("title", words.title), *certificates("description", text)),
        full_time=_full_time(words.title, text),
        place=_place(text, spans),
        limits=_limits(words.title, text),
        spans=spans,
        **values,
    )


def _majors(title: str, text: str) -> tuple[tuple[MajorDemand, ...], Span | None]:
    of_title, title_free = demanded_majors("title", title) if "专业" in title else ((), None)
    of_text, text_free = demanded_majors("description", text)
    return (*of_title, *of_text), text_free or title_free


_SINGLE = (
    ("headcount", counts.headcount, True),
    ("experience_years", counts.experience_years, False),
    ("days_per_week", counts.days_per_week, False),
    ("months", counts.internship_months, False),
    ("probation_months", counts.probation_months, False),
)


def _single(title: str, text: str, spans: dict[str, Span]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, read, by_title in _SINGLE:
        found = read("description", text) or (read("title", title) if by_title else None)
        values[name] = None if found is None else found[0]
        if found is not None:
            spans[name] = found[1]
    years = graduation_years("title", title)
    if years is None or not years[0].years:
        years = graduation_years("description", text) or years
    values["years"] = Years() if years is None else years[0]
    if years is not None:
        spans["graduation_years"] = years[1]
    return values


def _degree(words: Words, text: str, spans: dict[str, Span]) -> Degree | None:
    if words.education.strip() and (stated := find_degree(words.education)) is not None:
        spans["degree"] = Span("education", 0, len(words.education), words.education)
        return stated
    found = demanded_degree("description", text) or demanded_degree("title", words.title)
    if found is None:
        return None
    spans["degree"] = found[1]
    return found[0]


def _pay(words: Words, text: str, spans: dict[str, Span]) -> PayFound | None:
    found = field_pay(words.pay) if words.pay.strip() else None
    found = found or text_pay("description", text) or text_pay("title", words.title)
    if found is None:
        return None
    spans["pay"] = found[1]
    return found[0]


def _place(text: str, spans: dict[str, Span]) -> str | None:
    match = _PLACE.search(text)
    if match is None:
        return None
    spans["place"] = Span.of("description", text, match.span(1))
    return match[1].strip()


def _full_time(title: str, text: str) -> bool | None:
    if _PART_TIME.search(title):
        return False
    return True if _FULL_TIME.search(text) else None


def _limits(title: str, text: str) -> tuple[Limit, ...]:
    return (*limits("title", title), *limits("description", text))
