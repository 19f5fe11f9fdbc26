"""JSON Resume as flat columns, without whose résumé it is.

Columns: id, label, summary, city, school, major, degree, graduation, skills, certificates, experiences.
Name, e-mail, phone, picture, profiles, addresses, referees and links are dropped before anything else looks at them;
what is not named here is not read. Source: https://jsonresume.org/schema (version 1.0.0).
"""

from __future__ import annotations

import re
from typing import Any

_SECTIONS = frozenset("basics work education volunteer projects skills certificates".split())
_INTERN = re.compile(r"实习|见习|\bintern(?:ship)?\b|\btrainee\b", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})(?:[-/.年](\d{1,2}))?")


def is_resume(value: dict[str, Any]) -> bool:
    """Whether an object is a JSON Resume: it says so, or has `basics` or two more of its sections."""
    schema = value.get("$schema")
    if isinstance(schema, str) and "jsonresume" in schema.replace("-", ""):
        return True
    known = _SECTIONS & value.keys()
    return isinstance(value.get("basics"), dict) or len(known - {"skills", "certificates"}) >= 2


def flat_resume(resume: dict[str, Any]) -> dict[str, Any]:
    """The flat columns of one résumé; empty ones are left out.

    `degree`, `major` and `school` are those of the education that ended last (a running one counts as last).
    `id` is the document's own ``id`` or ``meta.id``, where a platform has written one.
    """
    basics = _object(resume.get("basics"))
    location = _object(basics.get("location"))
    education = max(_objects(resume.get("education")), key=_ending, default={})
    flat: dict[str, Any] = {
        "id": resume.get("id") or _object(resume.get("meta")).get("id"),
        "label": basics.get("label"),
        "summary": basics.get("summary"),
        "city": "".join(dict.fromkeys(str(location.get(k) or "") for k in ("region", "city"))),
        "school": education.get("institution"),
        "major": education.get("area"),
        "degree": education.get("studyType"),
        "graduation": education.get("endDate"),
        "skills": _skills(resume),
        "certificates": _named(resume.get("certificates"), "name"),
        "experiences": _experiences(resume),
    }
    return {column: value for column, value in flat.items() if value not in (None, "", [])}


def _ending(education: dict[str, Any]) -> tuple[int, int]:
    return _month(education.get("endDate")) or (9999, 12)


def _skills(resume: dict[str, Any]) -> list[str]:
    found = _named(resume.get("skills"), "name")
    for skill in _objects(resume.get("skills")):
        found += [word for word in skill.get("keywords") or [] if isinstance(word, str)]
    return list(dict.fromkeys(found + _named(resume.get("languages"), "language")))


def _experiences(resume: dict[str, Any]) -> list[dict[str, Any]]:
    found = [_experience(item, "work", ("position", "name")) for item in _objects(resume.get("work"))]
    found += [_experience(item, "project", ("name", "entity")) for item in _objects(resume.get("projects"))]
    found += [_experience(item, "campus", ("position", "organization")) for item in _objects(resume.get("volunteer"))]
    return found


def _experience(item: dict[str, Any], kind: str, names: tuple[str, str]) -> dict[str, Any]:
    title, organisation = (str(item.get(name) or "") for name in names)
    lines = [item.get("summary"), item.get("description"), *(item.get("highlights") or [])]
    if kind == "work" and _INTERN.search(title):
        kind = "internship"
    return {
        "kind": kind,
        "title": title,
        "organisation": organisation,
        "months": _months(item.get("startDate"), item.get("endDate")),
        "description": "\n".join(line for line in lines if isinstance(line, str) and line),
    }


def _months(start: object, end: object) -> int | None:
    first, last = _month(start), _month(end)
    if first is None or last is None:
        return None
    return max(0, 12 * (last[0] - first[0]) + last[1] - first[1]) or 1


def _month(value: object) -> tuple[int, int] | None:
    match = _MONTH.match(value.strip()) if isinstance(value, str) else None
    return (int(match[1]), int(match[2] or 6)) if match else None


def _named(value: object, key: str) -> list[str]:
    return [name for item in _objects(value) if isinstance(name := item.get(key), str) and name]


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
