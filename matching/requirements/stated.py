"""What a posting demands, stated or read: where a requirement was not stated, its words are asked.

What was stated always wins, and what was read is kept apart: `Demand.read` says which fields came from the words, and
from which.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from matching.requirements.findings import Found, MajorDemand, Span, Years
from matching.requirements.reader import Words, read_requirements
from matching.standard.records import Degree, Posting, Requirements
from matching.terms import majors
from matching.terms.major_words import TRADES

_OLDEST = 25
"""Years that 及往届 reaches back."""
_MOST_MAJORS = 50
_LONGEST_NAME = 200
_AUTUMN = 8
"""From this month on, 应届 means the next summer's graduates as well."""


class Demand(NamedTuple):
    """Requirements with what was read filled in, and the place of each field that was."""

    requirements: Requirements
    read: dict[str, Span]


def demand_of(posting: Posting) -> Demand:
    """The posting's requirements, completed from its title and description where they were not stated.

    Majors are taken only where they are demanded: one that is merely liked (优先) limits nobody, and leaves the field
    unstated. 应届 and 毕业两年内 need the day of publication; without it they stay unread.
    """
    needs = posting.requirements
    if not posting.description or not _open(needs):
        return Demand(needs, {})
    found = _found(posting.title, posting.description)
    values: dict[str, object] = {}
    read: dict[str, Span] = {}
    for name, value, span in _readings(found, posting.published):
        if getattr(needs, name) is None and value is not None and span is not None:
            values[name], read[name] = value, span
    return Demand(needs.model_copy(update=values) if values else needs, read)


@lru_cache(maxsize=4_096)  # an answer asks for one posting's demands several times, and the same postings come again
def _found(title: str, description: str) -> Found:
    return read_requirements(Words(title, description))


def _open(needs: Requirements) -> bool:
    return None in (needs.degree, needs.majors, needs.graduation_years, needs.experience_years)


def _readings(found: Found, published: date | None) -> list[tuple[str, object, Span | None]]:
    demanded = [m for m in found.majors if m.mode == "required"]
    names: list[str] | None = None
    place = found.spans.get("any_major")
    if demanded:
        names, place = list(OrderedDict((_written(m), None) for m in demanded))[:_MOST_MAJORS], demanded[0].span
    elif found.any_major:
        names = []
    degree: Degree | None = found.degree
    return [
        ("degree", degree, found.spans.get("degree")),
        ("majors", names, place),
        ("graduation_years", _years(found.years, published), found.spans.get("graduation_years")),
        ("experience_years", found.experience_years, found.spans.get("experience_years")),
    ]


def _written(demand: MajorDemand) -> str:
    """A demanded major as requirements write it: its code, with 相关专业 behind it where the words widen it.

    Words that no catalogue knows, and those for a trade (财务), stay as they are.
    """
    known = majors.major(demand.code) if demand.code else None
    if known is None or (demand.span.text in TRADES and not demand.widened):
        return demand.span.text[:_LONGEST_NAME]
    return f"{known.code}相关专业" if demand.widened else known.code


def _years(years: Years, published: date | None) -> list[int] | None:
    if years.years:
        first = min(years.years)
        before = range(first - _OLDEST, first) if years.earlier else ()
        return [*before, *years.years]
    if published is None:
        return None
    if years.within is not None:
        return list(range(published.year - min(years.within, _OLDEST), published.year + 1))
    if years.fresh:
        return [published.year, published.year + 1] if published.month >= _AUTUMN else [published.year]
    return None
