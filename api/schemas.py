"""The form of answers, as the OpenAPI description shows it. Answers are written by `answers`, not by these."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from matching.standard.records import Degree, Kind, Pay, Requirements

StatusWord = Literal["fail", "unknown", "pass"]


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TwoLanguages(_Told):
    """The same in Chinese and in English."""

    zh: str
    en: str


class RuleTold(_Told):
    """A hard rule that did not simply pass."""

    rule: str
    status: StatusWord
    missing: Annotated[list[str], Field(description="Fields that are missing or not understood.")]
    reason: TwoLanguages


class EligibilityTold(_Told):
    """May this graduate take this posting? `unknown` names what is missing and is never read as pass or fail."""

    status: StatusWord
    rules: list[RuleTold]


class EvidenceTold(_Told):
    """Text that exists: `text` is the characters `start` to `end` of the field."""

    field: str
    start: int
    end: int
    text: str


class ReasonTold(_Told):
    """What one feature added to the score, in words."""

    feature: str
    points: float
    words: TwoLanguages
    evidence: list[EvidenceTold]


class PostingShown(_Told):
    """A posting, without its description."""

    tenant: str
    id: str
    kind: Kind
    title: str
    employer_id: str | None
    employer_name: str
    industry: str
    industry_code: str | None
    regions: list[str]
    place: str
    pay: Pay | None
    headcount: int | None
    filled: int
    requirements: Requirements
    benefits: list[str]
    published: date | None
    closes: date | None


class GraduateShown(_Told):
    """A graduate, without anything that helps to find out who it is."""

    tenant: str
    id: str
    degree: Degree | None
    major: str
    major_code: str | None
    graduation_year: int | None
    skills: list[str]
    region: str | None


class SurplusTold(_Told):
    """Expected surplus: ``value = apply × answer × use``, and ``use`` is the product of its parts."""

    value: Annotated[float, Field(ge=0, description="What the list is ordered by.")]
    apply: Annotated[float, Field(ge=0, le=1, description="Chance that the graduate, looking at it, applies.")]
    answer: Annotated[float, Field(ge=0, le=1, description="Chance that the employer answers.")]
    use: Annotated[float, Field(ge=0, description="Use to the person; 1: every stated wish is met.")]
    parts: Annotated[dict[str, float], Field(description="Factor of each wish.")]
    words: TwoLanguages


class _Item(_Told):
    rank: Annotated[int, Field(ge=1, description="1 is best.")]
    score: Annotated[float, Field(description="The sum of the contributions.")]
    similarity: Annotated[float, Field(description="Cosine of the two texts.")]
    eligibility: EligibilityTold
    contributions: Annotated[dict[str, float], Field(description="Points of every feature.")]
    reasons: list[ReasonTold]
    also: Annotated[list[str], Field(description="Keys of reposts of the same posting, which are not listed.")]
    surplus: Annotated[SurplusTold | None, Field(description="Where `by` is `surplus`; else null.")]


class RankedPosting(_Item):
    """A posting in its place."""

    posting: PostingShown


class RankedGraduate(_Item):
    """A graduate in its place."""

    graduate: GraduateShown


class _Page(_Told):
    snapshot: Annotated[str, Field(description="The snapshot that answered.")]
    version: Annotated[str, Field(description="The exact state: snapshot and last change.")]
    today: Annotated[date, Field(description="The day on which the rules were asked.")]
    eligible: Annotated[int, Field(description="How many rows the hard rules and the filters allow.")]
    candidates: Annotated[
        int, Field(description="How many of them were scored, reposts counted once: as far as pages go.")
    ]
    next_cursor: Annotated[str | None, Field(description="For the next page; null on the last.")]


class RankedPostings(_Page):
    """A page of postings."""

    items: list[RankedPosting]


class RankedGraduates(_Page):
    """A page of graduates."""

    items: list[RankedGraduate]


class Written(_Told):
    """A record was written. Answers show it as soon as their `X-Gradmatch-Change` has reached `change`."""

    type: str
    key: str
    outcome: Literal["inserted", "updated", "unchanged"]
    change: int


class Deleted(_Told):
    """A record was deleted. Answers no longer show it as soon as their `X-Gradmatch-Change` has reached `change`."""

    type: str
    key: str
    outcome: Literal["deleted"]
    change: int


class RefusalTold(_Told):
    """What is wrong with one value; `value` is hidden where it holds contact data."""

    row: Annotated[int | None, Field(description="Line or place in the list, from 1.")] = None
    field: str
    value: str
    code: str
    reason: TwoLanguages
    cure: TwoLanguages


class _Bulk(_Told):
    kept: Annotated[int, Field(description="Lines that were not refused.")]
    refused: Annotated[int, Field(description="Lines that were refused, also those not listed.")]
    change: int | None = None
    refusals: list[RefusalTold]


class BulkWritten(_Bulk):
    """What became of the lines; of lines with the same id sent together, the last counts."""

    inserted: int
    updated: int
    unchanged: int


class BulkDeleted(_Bulk):
    """What became of the lines."""

    deleted: int
    unknown: int


class Alive(_Told):
    """The process is alive."""

    alive: Literal[True]


class Ready(_Told):
    """The service can answer."""

    ready: Literal[True]
    snapshot: str
    change: int
    behind: int


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(description="What kind of problem, as a URI relative to the service.")]
    title: str
    titles: TwoLanguages
    status: int
    detail: str
    where: str | None = None
    cure: str | None = None
    refusals: list[RefusalTold] | None = None
    incident: Annotated[str | None, Field(description="Under this the service's log says more.")] = None
    kept: Annotated[int | None, Field(description="Lines of a bulk kept before the problem.")] = None


MODELS: tuple[type[BaseModel], ...] = (
    RankedPostings,
    RankedGraduates,
    Written,
    Deleted,
    BulkWritten,
    BulkDeleted,
    Alive,
    Ready,
    Problem,
)
"""Every form of an answer."""
