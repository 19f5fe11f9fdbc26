"""The record types of the data standard, version 1.

Every record belongs to a tenant and is known by ``(tenant, id)``; written as one string, its *key*
is ``"tenant:id"``. Texts are cleaned (NFC, no control or zero-width characters) and hold no contact
data. A requirement that is ``None`` was not stated; ``[]`` or ``Degree.NONE`` says "no limit".
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from matching.standard.privacy import contact_in

STANDARD_VERSION = "1"
LONGEST_TEXT = 20_000
"""Characters; a longer description is refused, not cut."""

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]")


class Kind(StrEnum):
    """What a posting offers."""

    JOB = "job"
    INTERNSHIP = "internship"
    GRASSROOTS = "grassroots"
    PUBLIC_INSTITUTION = "public_institution"
    PUBLIC_WELFARE = "public_welfare"


class Degree(StrEnum):
    """Levels of education, lowest first; `level` orders them. ``none`` only as a requirement: no limit."""

    NONE = "none"
    HIGH_SCHOOL = "高中"
    COLLEGE = "大专"
    BACHELOR = "本科"
    MASTER = "硕士"
    DOCTOR = "博士"

    @property
    def level(self) -> int:
        """0 for none, then 1 (高中) to 5 (博士)."""
        return list(Degree).index(self)


class PayUnit(StrEnum):
    """What the figures of `Pay` are paid for."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Action(StrEnum):
    """What happened between a graduate and a posting."""

    DELIVERED = "delivered"
    OPENED = "opened"
    SHOWN = "shown"
    CLICKED = "clicked"
    SAVED = "saved"
    DISMISSED = "dismissed"
    APPLIED = "applied"
    ANSWERED = "answered"
    INTERVIEWED = "interviewed"
    OFFERED = "offered"
    HIRED = "hired"
    DECLINED = "declined"
    COMPLAINED = "complained"


def _clean(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.isprintable() or value.replace("\n", "").isprintable():  # nothing unseen: most texts, quickly seen
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    return unicodedata.normalize("NFC", _UNSEEN.sub("", value.replace("\r\n", "\n")))


def _no_contact(value: str) -> str:
    found = contact_in(value)
    if found is not None:
        raise PydanticCustomError("contact_data", "contains contact data or an ID number ({kind})", {"kind": found})
    return value


def _referred(value: str) -> str:
    """An id of an employer, whatever its digits look like; or its name, which holds no contact data."""
    return value if is_identifier(value) else _no_contact(value)


def _plausible_region(value: str) -> str:
    if value[:2] not in _PROVINCES:
        raise PydanticCustomError("unknown_code", "'{code}' is no GB/T 2260 region", {"code": value})
    return value


_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82".split()
)

Tenant = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$", description="Short name of a local platform.")]
_TENANT, _IDENTIFIER = r"[a-z0-9][a-z0-9_-]{0,31}", r"[A-Za-z0-9._~-]{1,128}"
Identifier = Annotated[
    str, Field(pattern=rf"^{_IDENTIFIER}$", description="The platform's own id; never a phone or ID number.")
]
PersonIdentifier = Annotated[Identifier, AfterValidator(_no_contact)]
Key = Annotated[str, Field(pattern=rf"^{_TENANT}:{_IDENTIFIER}$", description="tenant:id")]
# The limits stand first: they are then the string's own, checked in Rust after cleaning, not a call of Python's.
Line = Annotated[str, Field(max_length=200), BeforeValidator(_clean), AfterValidator(_no_contact)]
Name = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(_clean), AfterValidator(_no_contact)]
EmployerRef = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(_clean), AfterValidator(_referred)]
Text = Annotated[str, Field(max_length=LONGEST_TEXT), BeforeValidator(_clean), AfterValidator(_no_contact)]
Lines = Annotated[list[Line], Field(max_length=100)]
Region = Annotated[
    str,
    Field(pattern=r"^\d{6}$", description="GB/T 2260 code, six digits: 360000 Jiangxi, 360100 Nanchang."),
    AfterValidator(_plausible_region),
]
Regions = Annotated[list[Region], Field(max_length=20)]
Majors = Annotated[list[Line], Field(max_length=50, description="Catalogue codes at any level, or names as written.")]
Year = Annotated[int, Field(ge=1950, le=2100)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Record(_Part):
    """What all records share: the tenant that owns it and the id that the tenant gave it."""

    type: ClassVar[str]

    tenant: Tenant
    id: Identifier

    @property
    def key(self) -> str:
        """``"tenant:id"``, unique among records of one type."""
        return f"{self.tenant}:{self.id}"


class Experience(_Part):
    """Something a graduate did: an internship, a project, campus work, a job."""

    kind: Literal["internship", "project", "campus", "work"] = "project"
    title: Line = ""
    organisation: Line = ""
    months: Annotated[int, Field(ge=0, le=600)] | None = None
    description: Text = ""


class Wishes(_Part):
    """What a graduate looks for. Empty lists say nothing; `regions_only` makes the regions a hard rule."""

    titles: Lines = []
    industries: Lines = []
    regions: Regions = []
    regions_only: bool = False
    kinds: list[Kind] = []
    pay_min: Annotated[float, Field(ge=0, le=1_000_000, description="Yuan a month.")] | None = None


class Graduate(Record):
    """A person who has graduated or is about to, without name, contact data or protected attributes."""

    type: ClassVar[str] = "graduate"

    id: PersonIdentifier
    degree: Degree | None = None
    major: Line = ""
    major_code: Annotated[str, Field(pattern=r"^[0-9A-Z]{2,8}$")] | None = None
    school: Annotated[Line, Field(description="For cleaning only; never part of a vector or a feature.")] = ""
    graduation_year: Year | None = None
    region: Annotated[Region, Field(description="Where the person lives now, not the registered household.")] | None = (
        None
    )
    skills: Lines = []
    certificates: Lines = []
    experiences: Annotated[list[Experience], Field(max_length=50)] = []
    summary: Text = ""
    wishes: Wishes = Wishes()
    status: Literal["seeking", "placed", "paused"] = "seeking"
    visible_to_employers: bool = True


class Protected(Record):
    """Protected attributes of the graduate with the same key: for published priority rules and audits only."""

    type: ClassVar[str] = "protected"

    id: PersonIdentifier
    sex: Literal["female", "male"] | None = None
    ethnicity: Line | None = None
    disability: bool | None = None
    low_income_family: bool | None = None
    household_region: Region | None = None
    hardship_groups: Lines = []


class Employer(Record):
    """Who offers work."""

    type: ClassVar[str] = "employer"

    name: Name
    industry: Line = ""
    industry_code: Annotated[str, Field(pattern=r"^[A-T]\d{0,4}$", description="GB/T 4754-2017.")] | None = None
    size: Line = ""
    ownership: Line = ""
    region: Region | None = None
    description: Text = ""
    verified: bool = False


class Pay(_Part):
    """Pay in yuan per `unit`; `months` are paid a year (13 for 13薪)."""

    min: Annotated[float, Field(ge=0, le=100_000_000)] | None = None
    max: Annotated[float, Field(ge=0, le=100_000_000)] | None = None
    unit: PayUnit = PayUnit.MONTH
    months: Annotated[int, Field(ge=1, le=36)] = 12

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError("pay_order", "min is larger than max")
        return self

    def monthly(self) -> tuple[float | None, float | None]:
        """Least and most in yuan a month (21.75 days of 8 hours; a year has 12 months); None where not stated."""
        factor = {PayUnit.HOUR: 174.0, PayUnit.DAY: 21.75, PayUnit.MONTH: 1.0, PayUnit.YEAR: 1 / 12}[self.unit]
        low, high = (None if x is None else round(x * factor, 2) for x in (self.min, self.max))
        return low, high


class Requirements(_Part):
    """What a posting demands. None: not stated. ``[]`` and ``Degree.NONE``: stated that there is no limit."""

    degree: Degree | None = None
    majors: Majors | None = None
    graduation_years: Annotated[list[Year], Field(max_length=60)] | None = None
    experience_years: Annotated[float, Field(ge=0, le=60)] | None = None
    skills: Lines = []
    certificates: Lines = []


class Posting(Record):
    """A job or internship advertised; `kind` says which."""

    type: ClassVar[str] = "posting"

    kind: Kind = Kind.JOB
    title: Name
    employer_id: Identifier | None = None
    employer_name: Line = ""
    industry: Line = ""
    industry_code: Annotated[str, Field(pattern=r"^[A-T]\d{0,4}$", description="GB/T 4754-2017.")] | None = None
    description: Text = ""
    regions: Regions = []
    place: Line = ""
    pay: Pay | None = None
    headcount: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    filled: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    requirements: Requirements = Requirements()
    benefits: Lines = []
    published: date | None = None
    closes: date | None = None
    status: Literal["open", "closed"] = "open"

    @model_validator(mode="after")
    def _closes_after_published(self) -> Self:
        if self.published and self.closes and self.closes < self.published:
            raise PydanticCustomError("date_order", "closes before it is published")
        return self


class EventRules(_Part):
    """What an invitation list of the event must keep. None: the documented default, which is never more than exists."""

    meetings_least: Annotated[int, Field(ge=1, le=20, description="Meetings of an invited graduate, at least.")] = 1
    meetings_most: Annotated[int, Field(ge=1, le=20)] = 4
    employer_least: (
        Annotated[int, Field(ge=0, le=10_000, description="Suitable candidates for each employer, at least.")] | None
    ) = None
    employer_most: Annotated[int, Field(ge=1, le=10_000, description="Expected meetings of an employer.")] | None = None
    hardship_least: Annotated[float, Field(ge=0, le=1, description="Share of those invited.")] | None = None
    furthest_least: Annotated[float, Field(ge=0, le=1, description="Share of those invited.")] | None = None
    county_least: Annotated[
        float, Field(ge=0, le=1, description="Each county's share, as a part of its share of the eligible.")
    ] = 0.5
    college_most: Annotated[
        float, Field(ge=1, le=100, description="Each college's share, as a multiple of its share of the eligible.")
    ] = 2.0
    invitations_most: Annotated[int, Field(ge=1, le=1000, description="Invitations of a graduate in a period.")] = 3
    invitations_days: Annotated[int, Field(ge=1, le=366)] = 30
    clash: Annotated[bool, Field(description="Nobody who is invited to another event at that time.")] = True
    shows_near: Annotated[float, Field(gt=0, le=1, description="Chance that one from the same city comes.")] = 0.6
    shows_far: Annotated[float, Field(gt=0, le=1)] = 0.4

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.meetings_least > self.meetings_most:
            raise PydanticCustomError("meetings_order", "meetings_least is larger than meetings_most")
        return self


class Event(Record):
    """A fair, on site or as a livestream; what happens between people and postings is an interaction."""

    type: ClassVar[str] = "event"

    kind: Literal["fair", "livestream"] = "fair"
    title: Name
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    region: Region | None = None
    venue: Line = ""
    channel: Line = ""
    industries: Lines = []
    occupations: Lines = []
    majors: Majors = []
    kinds: list[Kind] = []
    seats: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    rooms: Annotated[int, Field(ge=1, le=10_000, description="Interviews at once; empty: no limit.")] | None = None
    tables: Annotated[int, Field(ge=1, le=1_000, description="Interviews that an employer holds at once.")] = 1
    slot_minutes: Annotated[int, Field(ge=5, le=240, description="Length of an interview.")] = 15
    employer_ids: Annotated[
        list[EmployerRef],
        Field(max_length=5_000, description="Ids of employers; of one that has none, its name as its postings say it."),
    ] = []
    cross_region: bool = True
    rules: EventRules = EventRules()

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise PydanticCustomError("date_order", "ends before it starts")
        return self


class Interaction(Record):
    """Something that happened between a graduate and a posting."""

    type: ClassVar[str] = "interaction"

    graduate: Annotated[Key, AfterValidator(_no_contact)]
    posting: Key
    action: Action
    at: AwareDatetime
    rank: Annotated[int, Field(ge=1, le=100_000)] | None = None
    channel: Line = ""


RECORD_TYPES: dict[str, type[Record]] = {
    t.type: t for t in (Graduate, Protected, Employer, Posting, Event, Interaction)
}
"""Record class by its name in the standard."""


def is_identifier(text: str) -> bool:
    """Whether a text is of the form of a platform's own ids."""
    return re.fullmatch(_IDENTIFIER, text) is not None


def key_of(tenant: str, identifier: str) -> str:
    """The key of ``identifier``: itself where it already names a tenant, else within `tenant`."""
    return identifier if ":" in identifier else f"{tenant}:{identifier}"
