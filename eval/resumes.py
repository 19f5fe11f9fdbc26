"""How well résumés are read, field by field, on generated files whose truth is known. All of it is generated."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl

from eval.resume_forms import FORMS, Form
from eval.resume_people import Person, draw_person
from matching.errors import ResumeRefused
from matching.resumes.reader import Resume, read_resume
from matching.terms.skills import find_skills

FIELDS = (
    "degree", "major", "major_code", "school", "graduation_year", "region", "skills", "certificates", "internship", "project",
    "campus", "organisation", "months", "wishes.titles", "wishes.regions", "wishes.pay_min",
)  # fmt: skip
"""The fields that are counted: each is a set of values; single fields have one."""


class Read(NamedTuple):
    """One file: its form, the truth, what was read (None: refused) and the secrets that came through."""

    form: Form
    person: Person
    resume: Resume | None
    leaked: tuple[str, ...]


def run(forms: Sequence[Form] = FORMS, *, people: int = 5, seed: int = 7) -> list[Read]:
    """Write and read `people` résumés in every form."""
    return [_read(form, seed, number) for form in forms for number in range(people)]


def _read(form: Form, seed: int, number: int) -> Read:
    person = draw_person(seed, number, english=form.english)
    data = form.write(person, random.Random(f"{seed} {number} {form.name}"))
    try:
        resume = read_resume(data)
    except ResumeRefused:
        return Read(form, person, None, ())
    told = resume.graduate.model_dump_json() + "".join(str(span) for span in resume.spans) + "".join(resume.pages)
    return Read(form, person, resume, tuple(secret for secret in person.secrets if secret in told))


def truth(person: Person) -> dict[str, set[str]]:
    """What a résumé of the person says, by field."""
    kinds: dict[str, set[str]] = {kind: set() for kind in ("internship", "project", "campus")}
    for told in person.told:
        kinds[told.kind].add(told.title)
    return {
        "degree": {person.degree},
        "major": {person.major},
        "major_code": {person.major_code.rstrip("KT")},
        "school": {person.school},
        "graduation_year": {str(person.until[0])},
        "region": set() if person.english else {person.city[0]},
        "skills": _skills(person.skills),
        "certificates": set(person.certificates),
        **kinds,
        "organisation": {told.organisation for told in person.told if told.organisation},
        "months": {str(12 * (t.until[0] - t.since[0]) + t.until[1] - t.since[1]) for t in person.told},
        "wishes.titles": set(person.titles),
        "wishes.regions": {code for code, _ in person.wished},
        "wishes.pay_min": {str(float(person.pay))} if person.pay else set(),
    }


def found(resume: Resume | None) -> dict[str, set[str]]:
    """What was read, in the same form; nothing of a refused file."""
    if resume is None:
        return {field: set() for field in FIELDS}
    one = resume.graduate
    kinds = {
        kind: {e.title for e in one.experiences if e.kind == kind} - {""}
        for kind in ("internship", "project", "campus")
    }
    single: dict[str, Any] = {
        "degree": one.degree, "major": one.major, "major_code": (one.major_code or "").rstrip("KT"), "school": one.school,
        "graduation_year": one.graduation_year, "region": one.region, "wishes.pay_min": one.wishes.pay_min,
    }  # fmt: skip
    return {
        **{field: {str(value)} if value else set() for field, value in single.items()},
        "skills": _skills(one.skills),
        "certificates": set(one.certificates),
        **kinds,
        "organisation": {e.organisation for e in one.experiences} - {""},
        "months": {str(e.months) for e in one.experiences if e.months},
        "wishes.titles": set(one.wishes.titles),
        "wishes.regions": set(one.wishes.regions),
    }


def _skills(texts: Sequence[str]) -> set[str]:
    """By the table's names, where it knows them: Spring and SpringBoot are what the table says they are."""
    return {(known[0].name if (known := find_skills(text)) else text).casefold() for text in texts}


def scores(read: Sequence[Read]) -> pl.DataFrame:
    """Precision, recall and F1 of every field, and how many values are true; a field without any value has null."""
    counts: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}
    for one in read:
        wanted, got = truth(one.person), found(one.resume)
        for field in FIELDS:
            counts[field].update(hit=len(wanted[field] & got[field]), wanted=len(wanted[field]), got=len(got[field]))
    return pl.DataFrame([{"field": field, **_measured(count)} for field, count in counts.items()])


def _measured(count: Counter[str]) -> dict[str, float | int | None]:
    hit, wanted, got = count["hit"], count["wanted"], count["got"]
    return {
        "n": wanted,
        "precision": hit / got if got else None,
        "recall": hit / wanted if wanted else None,
        "f1": 2 * hit / (wanted + got) if wanted + got else None,
    }


def mistakes(read: Sequence[Read]) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Form, field, what was missed and what was wrongly read."""
    for one in read:
        wanted, got = truth(one.person), found(one.resume)
        for field in FIELDS:
            if wanted[field] != got[field]:
                yield one.form.name, field, sorted(wanted[field] - got[field]), sorted(got[field] - wanted[field])
