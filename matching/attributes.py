"""Records → columns: what the rules and the features read, one array a field, one row a record.

Every column is numeric, so that a rule is a few array operations over all rows. Where a graduate
meets many postings (or the other way round) the single side has one row and numpy broadcasts it.
A missing value has its own code in every column; nothing is filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from matching.demanded import Demanded, demanded_by
from matching.requirements.stated import demand_of
from matching.skilled import GRADUATE_SKILLS, POSTING_SKILLS, SkillPlace, skills_of_graduate, skills_of_posting
from matching.standard.records import Degree, Graduate, Kind, Posting
from matching.terms import industries, majors, schools

MISSING = -1
NEVER = np.iinfo(np.int32).max
"""The day number of a date that does not come."""
PLACES = 4
"""How many places or wished regions of a record the columns hold; further ones are left out."""

NAMED = 32
"""How many single majors of a posting the columns hold; graduates of further ones are to be confirmed."""

ANY, LIMITED, PARTLY_READ = 0, 1, 2
"""State of a demanded list: no limit stated; limited to the mask; limited, and not every entry was understood."""

KINDS = tuple(Kind)
STAGES: dict[Degree, majors.Stage] = {
    Degree.COLLEGE: "vocational",
    Degree.BACHELOR: "undergraduate",
    Degree.MASTER: "graduate",
    Degree.DOCTOR: "graduate",
}
"""Which catalogue of majors a degree belongs to."""
_FIRST_YEAR = 1990
_NO_LETTER = re.compile(r"[\W_]+")
_YEARS = 64


def day_number(day: date | None, *, missing: int) -> int:
    """Days since 1970-01-01; `missing` for None."""
    return missing if day is None else (day - date(1970, 1, 1)).days


class GraduateRows(NamedTuple):
    """Columns of graduates; n rows.

    tenant code of the owner (`tenant_code`); degree level 1–5; major index into `majors.rows()` (single ones only);
    major_class index into `majors.classes()`;
    major_category index into `majors.categories()`; graduation_year; region GB/T 2260 as a number;
    wish_from, wish_to (n, PLACES) half-open ranges of region numbers, 0 where unused; regions_only;
    wish_kinds bits over `KINDS`; wish_industries bits over the 20 sections; pay_min yuan a month;
    experience years of work and internship; skills (n, GRADUATE_SKILLS) codes, 0 where unused; seeking; visible.
    Missing: −1; NaN for pay_min.
    """

    tenant: NDArray[np.int64]
    degree: NDArray[np.int8]
    major: NDArray[np.int16]
    major_class: NDArray[np.int16]
    major_category: NDArray[np.int16]
    graduation_year: NDArray[np.int16]
    region: NDArray[np.int32]
    wish_from: NDArray[np.int32]
    wish_to: NDArray[np.int32]
    regions_only: NDArray[np.bool_]
    wish_kinds: NDArray[np.uint8]
    wish_industries: NDArray[np.uint32]
    pay_min: NDArray[np.float32]
    experience: NDArray[np.float32]
    skills: NDArray[np.int32]
    seeking: NDArray[np.bool_]
    visible: NDArray[np.bool_]

    def at(self, rows: NDArray[np.int64] | slice) -> Self:
        """The same columns for `rows` only."""
        return type(self)._make(column[rows] for column in self)

    @classmethod
    def of(cls, graduates: Sequence[Graduate]) -> Self:
        """The columns of `graduates`, in order."""
        return cls._make(_columns(GRADUATE_TYPES, [_graduate_row(graduate) for graduate in graduates]))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The rows of all `parts`, one after another; no parts, no rows."""
        return cls._make(np.concatenate(columns) for columns in zip(*parts, strict=True)) if parts else cls.of([])


class PostingRows(NamedTuple):
    """Columns of postings; n rows.

    tenant code of the owner (`tenant_code`); degree level demanded, 0 no limit; majors and years: state of
    the demand (`ANY`, `LIMITED`, `PARTLY_READ`); major_mask (n, words) bits over `majors.classes()`;
    unsure_mask of them the classes of which a single major is named, near_mask these and the neighbours that 相关专业
    admits; category_mask bits over `majors.categories()`; named (n, NAMED) index + 1 into `majors.rows()` of the
    majors named, 0 where unused; year_mask bits from 1990; places (n, PLACES) region
    numbers, 0 where unused; kind index into `KINDS`; pay_low, pay_high yuan a month; industry index of the
    section, 0–19; experience years demanded; skills (n, POSTING_SKILLS) codes, 0 where unused;
    published, closes day numbers (`NEVER` for no closing); open;
    vacancies left; twin code of the content (`twin_code`); employer code (`employer_code`). Missing: −1; NaN for pay
    and experience; published 0.
    """

    tenant: NDArray[np.int64]
    degree: NDArray[np.int8]
    majors: NDArray[np.int8]
    major_mask: NDArray[np.uint64]
    unsure_mask: NDArray[np.uint64]
    near_mask: NDArray[np.uint64]
    category_mask: NDArray[np.uint64]
    named: NDArray[np.int16]
    years: NDArray[np.int8]
    year_mask: NDArray[np.uint64]
    places: NDArray[np.int32]
    kind: NDArray[np.int8]
    pay_low: NDArray[np.float32]
    pay_high: NDArray[np.float32]
    industry: NDArray[np.int8]
    experience: NDArray[np.float32]
    skills: NDArray[np.int32]
    published: NDArray[np.int32]
    closes: NDArray[np.int32]
    open: NDArray[np.bool_]
    vacancies: NDArray[np.int32]
    twin: NDArray[np.int64]
    employer: NDArray[np.int64]

    def at(self, rows: NDArray[np.int64] | slice) -> Self:
        """The same columns for `rows` only."""
        return type(self)._make(column[rows] for column in self)

    @classmethod
    def of(cls, postings: Sequence[Posting]) -> Self:
        """The columns of `postings`, in order."""
        return cls._make(_columns(POSTING_TYPES, [_posting_row(posting) for posting in postings]))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The rows of all `parts`, one after another; no parts, no rows."""
        return cls._make(np.concatenate(columns) for columns in zip(*parts, strict=True)) if parts else cls.of([])


GRADUATE_TYPES: dict[str, Any] = {
    "tenant": np.int64,
    "degree": np.int8,
    "major": np.int16,
    "major_class": np.int16,
    "major_category": np.int16,
    "graduation_year": np.int16,
    "region": np.int32,
    "wish_from": np.int32,
    "wish_to": np.int32,
    "regions_only": np.bool_,
    "wish_kinds": np.uint8,
    "wish_industries": np.uint32,
    "pay_min": np.float32,
    "experience": np.float32,
    "skills": np.int32,
    "seeking": np.bool_,
    "visible": np.bool_,
}
POSTING_TYPES: dict[str, Any] = {
    "tenant": np.int64,
    "degree": np.int8,
    "majors": np.int8,
    "major_mask": np.uint64,
    "unsure_mask": np.uint64,
    "near_mask": np.uint64,
    "category_mask": np.uint64,
    "named": np.int16,
    "years": np.int8,
    "year_mask": np.uint64,
    "places": np.int32,
    "kind": np.int8,
    "pay_low": np.float32,
    "pay_high": np.float32,
    "industry": np.int8,
    "experience": np.float32,
    "skills": np.int32,
    "published": np.int32,
    "closes": np.int32,
    "open": np.bool_,
    "vacancies": np.int32,
    "twin": np.int64,
    "employer": np.int64,
}


def year_bit(years: NDArray[np.int16]) -> NDArray[np.uint64]:
    """Bit of each graduation year in `PostingRows.year_mask`; years outside 1990–2053 share the end bits."""
    place = np.clip(years.astype(np.int64) - _FIRST_YEAR, 0, _YEARS - 1).astype(np.uint64)
    return np.uint64(1) << place


def tenant_code(tenant: str) -> int:
    """A number for a tenant, the same everywhere: 63 bits of its name's hash."""
    return _code(tenant)


def employer_code(key: str) -> int:
    """A number for an employer's key, its id or (where it has none) its name; `MISSING` for an empty one.

    It says nothing of the tenant: the same id at two tenants has the same number.
    """
    return _code(key) if key else MISSING


def twin_code(posting: Posting) -> int:
    """A number that reposts of one posting share: 63 bits of the hash of what it offers, whoever published it when.

    The same employer, kind, title, text, places, pay and demands, letters and digits only; dates, headcount, tenant
    and id do not count. A posting that names no employer has no twin.
    """
    employer = posting.employer_name or (posting.employer_id and f"{posting.tenant}:{posting.employer_id}")
    pay = posting.pay.model_dump_json() if posting.pay else ""
    texts = (employer or posting.key, posting.title, posting.description)
    plain = [_NO_LETTER.sub("", text.lower()) for text in texts]
    return _code(
        "\0".join([*plain, posting.kind, *sorted(posting.regions), pay, posting.requirements.model_dump_json()])
    )


def _code(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) >> 1


def mask_words() -> int:
    """64-bit words of `PostingRows.major_mask`."""
    return (len(majors.classes()) + 63) // 64


def region_range(code: str) -> tuple[int, int]:
    """Half-open range of the region numbers that `code` covers: a province, a prefecture or one county."""
    step = 10_000 if code.endswith("0000") else 100 if code.endswith("00") else 1
    return int(code), int(code) + step


def industry_sections(texts: Sequence[str]) -> int:
    """Bits of the sections (A is bit 0) that the wished industries `texts` name; unread ones set none."""
    bits = 0
    for text in texts:
        for found in industries.find_industries(text):
            bits |= 1 << (ord(found.code[0]) - ord("A"))
    return bits


def major_of(graduate: Graduate) -> majors.Major | None:
    """The graduate's major or class, from its code or else from its words; None where neither is read.

    A name that stands in several catalogues is read in that of the graduate's degree; a school's name in front of it
    (南昌大学软件工程) says nothing.
    """
    by_code = majors.major(graduate.major_code) if graduate.major_code else None
    stage = STAGES.get(graduate.degree) if graduate.degree else None
    named = "" if by_code else schools.without(graduate.major, graduate.school)
    found = by_code or majors.find_major(named, stage=stage) or majors.find_major(named)
    return None if found is None or found.level == "category" else found


def major_class_of(graduate: Graduate) -> str | None:
    """Class code of the graduate's major (`major_of`)."""
    found = major_of(graduate)
    return None if found is None else majors.class_of(found.code)


def _skill_codes(found: dict[str, SkillPlace], most: int) -> list[int]:
    return [place.code for place in found.values()] + [0] * (most - len(found))


def _named(found: Demanded) -> list[int]:
    places = [_major_index()[code] + 1 for code in (*found.named, *found.alike)][:NAMED]
    return places + [0] * (NAMED - len(places))


def _graduate_row(graduate: Graduate) -> tuple[object, ...]:
    wishes = graduate.wishes
    ranges = [region_range(code) for code in wishes.regions[:PLACES]]
    ranges += [(0, 0)] * (PLACES - len(ranges))
    major = major_of(graduate)
    class_code = None if major is None else majors.class_of(major.code)
    months = sum(e.months or 0 for e in graduate.experiences if e.kind in ("internship", "work"))
    return (
        tenant_code(graduate.tenant),
        graduate.degree.level if graduate.degree else MISSING,
        MISSING if major is None or major.level != "major" else _major_index()[major.code],
        MISSING if class_code is None else _class_index()[class_code],
        MISSING if class_code is None else _category_index()[majors.category_of(class_code)],
        graduate.graduation_year or MISSING,
        int(graduate.region) if graduate.region else MISSING,
        [low for low, _ in ranges],
        [high for _, high in ranges],
        wishes.regions_only and bool(wishes.regions),
        sum(1 << KINDS.index(kind) for kind in set(wishes.kinds)),
        industry_sections(wishes.industries),
        np.nan if wishes.pay_min is None else wishes.pay_min,
        months / 12,
        _skill_codes(skills_of_graduate(graduate), GRADUATE_SKILLS),
        graduate.status == "seeking",
        graduate.visible_to_employers,
    )


def _posting_row(posting: Posting) -> tuple[object, ...]:
    needs = demand_of(posting).requirements
    found = demanded_by(needs.majors or ())
    admitted = found.admitted
    low, high = posting.pay.monthly() if posting.pay else (None, None)
    code = posting.industry_code or next((f.code for f in industries.find_industries(posting.industry)), None)
    places = [int(region) for region in posting.regions[:PLACES]]
    return (
        tenant_code(posting.tenant),
        needs.degree.level if needs.degree else MISSING,
        _state(needs.majors, found.whole),
        _class_mask(admitted),
        _class_mask(found.unsure),
        _class_mask(found.unsure | found.near),
        _bits(_category_index()[majors.category_of(c)] for c in admitted),
        _named(found),
        _state(needs.graduation_years, True),
        _bits(min(max(year - _FIRST_YEAR, 0), _YEARS - 1) for year in needs.graduation_years or ()),
        places + [0] * (PLACES - len(places)),
        KINDS.index(posting.kind),
        np.nan if low is None else low,
        np.nan if high is None else high,
        MISSING if code is None else ord(code[0]) - ord("A"),
        np.nan if needs.experience_years is None else needs.experience_years,
        _skill_codes(skills_of_posting(posting), POSTING_SKILLS),
        day_number(posting.published, missing=0),
        day_number(posting.closes, missing=NEVER),
        posting.status == "open",
        MISSING if posting.headcount is None else max(posting.headcount - posting.filled, 0),
        twin_code(posting),
        employer_code(posting.employer_id or posting.employer_name),
    )


def _columns(types: dict[str, Any], rows: list[tuple[object, ...]]) -> Iterator[NDArray[Any]]:
    """One array a field, in the order of `types`."""
    skills = GRADUATE_SKILLS if types is GRADUATE_TYPES else POSTING_SKILLS
    shapes = {
        "wish_from": (PLACES,),
        "wish_to": (PLACES,),
        "places": (PLACES,),
        **dict.fromkeys(("major_mask", "unsure_mask", "near_mask"), (mask_words(),)),
        "named": (NAMED,),
        "skills": (skills,),
    }
    columns = zip(*rows, strict=True) if rows else ((),) * len(types)
    for (name, kind), values in zip(types.items(), columns, strict=True):
        yield np.array(values, kind).reshape(len(rows), *shapes.get(name, ()))


@cache
def _class_index() -> dict[str, int]:
    return {code: i for i, code in enumerate(majors.classes())}


@cache
def _major_index() -> dict[str, int]:
    return {entry.code: i for i, entry in enumerate(majors.rows())}


@cache
def _category_index() -> dict[str, int]:
    return {code: i for i, code in enumerate(majors.categories())}


def _state(stated: Sequence[object] | None, whole: bool) -> int:
    if stated is None:
        return MISSING
    if not stated:
        return ANY
    return LIMITED if whole else PARTLY_READ


def _bits(places: Iterable[int]) -> int:
    bits = 0
    for place in places:
        bits |= 1 << place
    return bits


def _class_mask(codes: Iterable[str]) -> list[int]:
    bits = _bits(_class_index()[code] for code in codes)
    return [(bits >> (64 * word)) & 0xFFFF_FFFF_FFFF_FFFF for word in range(mask_words())]
