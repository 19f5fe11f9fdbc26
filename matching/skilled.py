"""The skills of a record: where they are looked for, in which order, and how many of them count.

One list serves the columns that the feature reads and the explanation of it, so that what is said is what was counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from matching.standard.records import Graduate, Posting
from matching.terms import schools
from matching.terms.automaton import fold
from matching.terms.skills import find_skills, skill

GRADUATE_SKILLS, POSTING_SKILLS = 24, 12
"""How many skills of a record count, the first that it names."""
_LONGEST = 24
"""Characters of a listed skill that is taken as a skill of its own where the table does not know it."""


class SkillPlace(NamedTuple):
    """Where a record names a skill first: ``text == field_value[start:end]``; `code` is a number for the skill."""

    code: int
    field: str
    start: int
    end: int
    text: str


def skills_of_graduate(graduate: Graduate) -> dict[str, SkillPlace]:
    """Name of a skill → its first place, of at most `GRADUATE_SKILLS`; the listed ones first, then what texts name."""
    return _first(_graduate_fields(graduate), GRADUATE_SKILLS, school=graduate.school)


def skills_of_posting(posting: Posting) -> dict[str, SkillPlace]:
    """The same of a posting, at most `POSTING_SKILLS`."""
    return _posting_skills(tuple(posting.requirements.skills), posting.title, posting.description)


@lru_cache(maxsize=4_096)  # an answer asks for one posting's skills several times, and the same postings come again
def _posting_skills(listed: tuple[str, ...], title: str, description: str) -> dict[str, SkillPlace]:
    fields = [(f"posting.requirements.skills.{i}", text) for i, text in enumerate(listed)]
    return _first([*fields, ("posting.title", title), ("posting.description", description)], POSTING_SKILLS)


def _graduate_fields(graduate: Graduate) -> Iterator[tuple[str, str]]:
    for i, text in enumerate(graduate.skills):
        yield f"graduate.skills.{i}", text
    yield "graduate.summary", graduate.summary
    for i, told in enumerate(graduate.experiences):
        yield f"graduate.experiences.{i}.title", told.title
        yield f"graduate.experiences.{i}.description", told.description


def _first(fields: Iterable[tuple[str, str]], most: int, *, school: str = "") -> dict[str, SkillPlace]:
    found: dict[str, SkillPlace] = {}
    for field, text in fields:
        for name, place in _named(field, text, school):
            if len(found) == most:
                return found
            found.setdefault(name, place)
    return found


def _named(field: str, text: str, school: str) -> Iterator[tuple[str, SkillPlace]]:
    mentions = find_skills(text)
    if mentions and (taught := schools.spans_in(text, school)):  # 工业工程 is no skill in 江西工业工程职业技术学院
        mentions = [m for m in mentions if not any(start < m.end and m.start < end for start, end in taught)]
    for m in mentions:
        if (known := skill(m.name)) is not None:
            yield m.name, SkillPlace(known.code, field, m.start, m.end, m.text)
    name = fold(text).strip()
    if mentions or ".skills." not in field or not 0 < len(name) <= _LONGEST or name.isdecimal():
        return
    if schools.without(text, school) == text:  # a school is no skill
        yield name, SkillPlace(_code_of_unlisted(name), field, 0, len(text), text)


def _code_of_unlisted(name: str) -> int:
    """As `Skill.code` makes it, and never common."""
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest()) >> 2 << 1
