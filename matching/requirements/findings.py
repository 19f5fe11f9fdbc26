"""The shapes of what is read: one finding with its place, one demanded major, and all that one posting says."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from matching.standard.records import Degree

Mode = Literal["required", "preferred", "excluded"]


class Span(NamedTuple):
    """A place in the posting: `part` is "title", "description", "education" or "pay"; ``text`` is its exact words."""

    part: str
    start: int
    end: int
    text: str

    @classmethod
    def of(cls, part: str, whole: str, place: tuple[int, int]) -> Span:
        """The span of `place` in `whole`."""
        return cls(part, place[0], place[1], whole[place[0] : place[1]])


class MajorDemand(NamedTuple):
    """One field of study that a posting names; `code` is empty where no catalogue knows it."""

    span: Span
    code: str
    level: str
    mode: Mode
    widened: bool


class PayFound(NamedTuple):
    """Pay in yuan per unit; None for an open end."""

    min: float | None
    max: float | None
    unit: str
    months: int


class Limit(NamedTuple):
    """A limit on the person (age, sex, …): reported to supervision, never a rule, a feature or a vector."""

    kind: str
    span: Span


class Years(NamedTuple):
    """Graduation years named; `earlier`: and all before (及往届); `fresh`: this year's graduates; `within` years."""

    years: tuple[int, ...] = ()
    earlier: bool = False
    fresh: bool = False
    within: int | None = None


class Found(NamedTuple):
    """All that one posting says; `spans` holds the place of each single field by its name.

    `any_major`: the posting says that any major will do. None, and empty lists: not said.
    """

    majors: tuple[MajorDemand, ...]
    any_major: bool
    degree: Degree | None
    full_time_study: bool
    years: Years
    headcount: int | None
    pay: PayFound | None
    certificates: tuple[Span, ...]
    experience_years: float | None
    days_per_week: int | None
    months: int | None
    probation_months: int | None
    full_time: bool | None
    place: str | None
    limits: tuple[Limit, ...]
    spans: dict[str, Span]

    def as_row(self) -> dict[str, Any]:
        """The row of ``gradmatch terms requirements``, without the id."""
        return {
            "majors": [
                {
                    "text": m.span.text,
                    "code": m.code or None,
                    "level": m.level or None,
                    "mode": m.mode,
                    "widened": m.widened,
                }
                for m in self.majors
            ],
            "any_major": self.any_major,
            "degree": None if self.degree is None else self.degree.value,
            "full_time_study": self.full_time_study,
            "graduation_years": list(self.years.years) or None,
            "graduation_earlier": self.years.earlier,
            "graduation_fresh": self.years.fresh,
            "graduation_within": self.years.within,
            "headcount": self.headcount,
            "pay": None if self.pay is None else self.pay._asdict(),
            "certificates": list(dict.fromkeys(span.text for span in self.certificates)),
            "experience_years": self.experience_years,
            "days_per_week": self.days_per_week,
            "months": self.months,
            "probation_months": self.probation_months,
            "full_time": self.full_time,
            "place": self.place,
            "limits": [{"kind": limit.kind, "text": limit.span.text} for limit in self.limits],
            "spans": {name: [span.part, span.start, span.end] for name, span in self.spans.items()},
        }
