"""Record → text: what the encoder and the lexical side read of a graduate or a posting.

The encoder's text is short, because its cost grows with length, and leads with what matters most:
major and wishes of a graduate, title, industry and demands of a posting. The lexical text is whole.
Neither holds a school, a tenant, an employer's name, a place or a protected attribute (Law 4): schools that free
text names are left out (`matching.terms.schools`), and so is what says how a school is ranked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from matching.standard.records import Degree, Graduate, Posting
from matching.terms import industries, majors, schools

TEMPLATE = "2"
"""Version of the templates; part of the manifest and of the vector cache's key."""

LONGEST = 240
"""Characters of an encoder's text."""

_SPACE = re.compile(r"\s+")
_TAG = re.compile(r"<[^<>]{1,40}>|&[a-z]{2,6};")


def graduate_text(graduate: Graduate) -> str:
    """The encoder's text of a graduate; empty where the record says nothing about the person."""
    wishes = graduate.wishes
    parts = (
        _labelled("专业", [major_name(graduate)]),
        _labelled("求职意向", [*wishes.titles, *wishes.industries]),
        _labelled("技能", [*graduate.skills, *graduate.certificates]),
        _labelled("经历", [e.title for e in graduate.experiences]),
        _plain(graduate.summary),
        *(_plain(e.description) for e in graduate.experiences),
    )
    return _joined(without_schools(graduate, parts), LONGEST)


def without_schools(graduate: Graduate, texts: Iterable[str]) -> list[str]:
    """`texts` without the graduate's own school and every other that they name."""
    return [schools.without(text, graduate.school) for text in texts]


def posting_text(posting: Posting) -> str:
    """The encoder's text of a posting; never empty, since a posting has a title."""
    needs = posting.requirements
    parts = (
        _plain(posting.title),
        _labelled("行业", [industry_name(posting)]),
        _labelled("专业", [_demand_name(entry) for entry in needs.majors or ()]),
        _labelled("技能", [*needs.skills, *needs.certificates]),
        _plain(posting.description),
    )
    return _joined(map(schools.without, parts), LONGEST)


def graduate_words(graduate: Graduate) -> str:
    """The lexical text of a graduate: all that tells what the person knows and wants."""
    wishes = graduate.wishes
    experiences = [text for e in graduate.experiences for text in (e.title, e.description)]
    fields = [major_name(graduate), *wishes.titles, *wishes.industries, *graduate.skills, *graduate.certificates]
    return _joined(without_schools(graduate, [*fields, *experiences, _plain(graduate.summary)]), None)


def posting_words(posting: Posting) -> str:
    """The lexical text of a posting; the title counts twice, since it is the shortest true summary."""
    needs = posting.requirements
    names = [_demand_name(entry) for entry in needs.majors or ()]
    fields = [posting.title, posting.title, industry_name(posting), *names, *needs.skills, *needs.certificates]
    return _joined(map(schools.without, [*fields, _plain(posting.description)]), None)


def major_name(graduate: Graduate) -> str:
    """The major's name: as written, else the catalogue's name of its code, else empty."""
    if graduate.major:
        return graduate.major
    known = majors.major(graduate.major_code) if graduate.major_code else None
    return known.name if known else ""


def industry_name(posting: Posting) -> str:
    """The industry's name: as written, else the standard's name of its code, else empty."""
    if posting.industry:
        return posting.industry
    known = industries.industry(posting.industry_code) if posting.industry_code else None
    return known.name if known else ""


def degree_name(degree: Degree | None) -> str:
    """The degree as people say it; empty where it is not stated or there is no limit."""
    return "" if degree is None or degree is Degree.NONE else degree.value


def _demand_name(entry: str) -> str:
    known = majors.major(entry)
    return known.name if known else entry


def _plain(text: str) -> str:
    return _SPACE.sub(" ", _TAG.sub(" ", text)).strip()


def _labelled(label: str, values: Sequence[str]) -> str:
    unique = [value for value in dict.fromkeys(_plain(v) for v in values) if value]
    return f"{label}：{'、'.join(unique)}" if unique else ""


def _joined(parts: Iterable[str], longest: int | None) -> str:
    text = "。".join(part.rstrip("。") for part in parts if part)
    return text if longest is None else text[:longest]
