"""A résumé's bytes → a graduate's record with the place of every value, or a refusal with its reason.

Nothing is guessed: a field that the résumé does not say stays empty. Nothing that was dropped at the door can come back,
since all readers see the covered pages only; the record passes the data standard's own check at the end.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from matching.errors import RecordRefused
from matching.resumes import items
from matching.resumes.door import COVER, at_the_door, clauses_without_covers
from matching.resumes.education import education, school_in
from matching.resumes.experiences import Kind, experiences
from matching.resumes.finding import Finding
from matching.resumes.headings import WORK_LIKE, Section, sections_of
from matching.resumes.open import pages_of
from matching.resumes.periods import periods
from matching.resumes.refusal import refused
from matching.resumes.text import NEW_COLUMN, Line, lines_of
from matching.resumes.wishes import wishes
from matching.standard.check import check
from matching.standard.records import Graduate

_LISTS = frozenset({"skills", "certificates", "wishes.titles", "wishes.regions", "wishes.industries", "wishes.kinds"})
_MOST = {"skills": 100, "certificates": 100, "wishes.titles": 20, "wishes.regions": 20, "wishes.industries": 20}
_ADVERT = re.compile(
    r"任职要求|岗位职责|职位描述|岗位要求|招聘人数|任职资格|招聘岗位|应聘方式|我们提供|职位要求|公司简介|招聘简章|岗位描述|job description|responsibilities:",
    re.IGNORECASE,
)
_SPOKEN = re.compile(r"简历|求职意向|自我评价|resume|résumé|curriculum vitae", re.IGNORECASE)


class Resume(NamedTuple):
    """What was read.

    Attributes
    ----------
    graduate : Graduate
        Its id is made of the file's content: the same file has the same id.
    spans : tuple of Finding
        One for every value of the record; lists and experiences with their place (``skills.0``, ``experiences.1.title``).
    dropped : dict of str → int
        How many pieces of each sort were dropped at the door; never what they were.
    pages : tuple of str
        The text that was read, with ``█`` over what was dropped; spans are places in it.
    """

    graduate: Graduate
    spans: tuple[Finding, ...]
    dropped: dict[str, int]
    pages: tuple[str, ...]

    def as_row(self, *, pages: bool = False) -> dict[str, Any]:
        """The line of ``gradmatch resume read``."""
        row: dict[str, Any] = {
            "graduate": self.graduate.model_dump(mode="json"),
            "spans": [span._asdict() for span in self.spans],
            "dropped": self.dropped,
        }
        return {**row, "pages": list(self.pages)} if pages else row


def read_resume(data: bytes, *, tenant: str = "resumes") -> Resume:
    """Read one résumé.

    Parameters
    ----------
    data : bytes
        The file: PDF, Word (.docx) or plain text, told by its content.
    tenant : str
        Owner of the record.

    Raises
    ------
    ResumeRefused
        The file is empty, too large, encrypted, damaged, without text, of another sort, or no résumé.
    """
    dropped = at_the_door(pages_of(data))
    lines = lines_of(dropped.pages)
    sections = sections_of(lines)
    if not _is_resume(lines, sections):
        raise refused("not_a_resume")
    spans = tuple(
        span._replace(text=dropped.pages[span.page - 1][span.start : span.end])
        for span in _numbered(_findings(lines, sections))
    )
    record = {"tenant": tenant, "id": f"r{hashlib.sha256(data).hexdigest()[:24]}", **_record(spans)}
    try:
        graduate = cast("Graduate", check("graduate", record))
    except RecordRefused as error:  # the door has a hole: better no record than a person's data
        fields = {refusal.field.split(".")[0] for refusal in error.refusals}
        spans = tuple(span for span in spans if span.field.split(".")[0] not in fields)
        graduate = cast("Graduate", check("graduate", {k: v for k, v in record.items() if k not in fields}))
    return Resume(graduate, spans, dropped.counts, dropped.pages)


def _findings(lines: list[Line], sections: list[Section]) -> Iterator[Finding]:
    named: dict[Any, list[Sequence[Line]]] = {}
    for part in sections:
        named.setdefault(part.name, []).append(part.lines)
    apart = [line for part in sections if part.name not in (*WORK_LIKE, "family", "summary") for line in part.lines]
    schooled = named.get("education") or [
        [line for line in named_lines(named, (None, "basic")) if school_in(line.text)]
    ]
    yield from education(schooled, apart)
    yield from wishes(named_lines(named, ("wishes",)), apart)
    for part in sections:
        yield from _listed(part)
    yield from _experienced(sections)


def _listed(part: Section) -> Iterator[Finding]:
    if part.name == "skills":
        yield from items.skills(part.lines)
    if part.name == "certificates":
        yield from items.certificates(part.lines, sure=True)
    elif part.name in ("skills", "other", "basic", None):
        yield from items.certificates(part.lines, sure=False)
    elif part.name == "summary":
        yield from _summary(part.lines)


def _experienced(sections: list[Section]) -> Iterator[Finding]:
    number = 0
    for part in sections:
        if part.name in WORK_LIKE:
            for entry in experiences(cast("Kind", part.name), part.lines):
                if number < 50:
                    kind = entry.findings[0] if entry.findings else None
                    if kind is not None:
                        yield kind._replace(field=f"experiences.{number}.kind", value=str(entry.data["kind"]))
                    yield from (f.named(f"experiences.{number}.{f.field}") for f in entry.findings)
                    number += 1


def named_lines(named: Mapping[Any, Sequence[Sequence[Line]]], names: Iterable[Any]) -> list[Line]:
    """The lines of the sections `names`, in order."""
    return [line for name in names for lines in named.get(name, ()) for line in lines]


def _summary(lines: Sequence[Line]) -> Iterator[Finding]:
    told = "\n".join(text for line in lines if (text := clauses_without_covers(line.text.replace("\t", " "))))
    if told:
        yield Finding.over("summary", told[:20_000], lines)


def _numbered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each single field once, the first that was found; lists numbered, the same value once."""
    spans: list[Finding] = []
    single: set[str] = set()
    lists: dict[str, dict[str, None]] = {name: {} for name in _LISTS}
    for finding in found:
        if COVER in str(finding.value):
            continue
        if finding.field in _LISTS:
            known, key = lists[finding.field], str(finding.value).casefold()
            if key not in known and len(known) < _MOST.get(finding.field, 5):
                spans.append(finding.named(f"{finding.field}.{len(known)}"))
                known[key] = None
        elif finding.field not in single:
            single.add(finding.field)
            spans.append(finding)
    return tuple(spans)


def _record(spans: Iterable[Finding]) -> dict[str, Any]:
    """The spans as a nested record."""
    record: dict[str, Any] = {}
    for span in spans:
        path = span.field.split(".")
        value: Any = span.value
        if span.field == "wishes.pay_min":
            value = float(value)
        _put(
            record,
            path,
            value[:200] if isinstance(value, str) and path[-1] not in ("description", "summary") else value,
        )
    return record


def _put(holder: Any, path: Sequence[str], value: Any) -> None:  # noqa: ANN401
    head, rest = path[0], path[1:]
    key: Any = int(head) if head.isdigit() else head
    if isinstance(holder, list) and key == len(holder):
        holder.append(None)
    if not rest:
        holder[key] = value
        return
    if isinstance(holder, list):
        holder[key] = holder[key] or {}
    else:
        holder.setdefault(key, [] if rest[0].isdigit() else {})
    _put(holder[key], rest, value)


def _is_resume(lines: list[Line], sections: list[Section]) -> bool:
    """Whether the text is a person's résumé: education and at least one more thing that résumés have; no advert."""
    text = "\n".join(line.text for line in lines if line.text != NEW_COLUMN)
    names = {part.name for part in sections if part.name is not None and (part.lines or part.name == "education")}
    schooled = any(
        school_in(line.text)
        and (next(periods(line.text), None) or "education" in names or "毕业" in line.text or "学历" in line.text)
        for line in lines
    )
    education_said = schooled or ("education" in names and any(re.search(r"本科|专科|大专|硕士|博士|学士|专业|Bachelor|Master", line.text) for line in lines))  # fmt: skip
    more = len(names - {"education", "basic", "other"}) + bool(_SPOKEN.search(text)) + (COVER in text)
    adverts = len(set(_ADVERT.findall(text)))
    return education_said and more >= 1 + (adverts >= 2) * 2 and len(text.strip()) >= 40
