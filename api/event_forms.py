"""The form of what organisers send, and of the answers they get."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from matching.fairs.outcomes import OUTCOMES, WITHDRAWN
from matching.standard.records import Event, Identifier, Tenant

Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S", description="Kept with the list.")]
Person = Annotated[str, Field(min_length=1, max_length=161, description="The id within the event's tenant, or key.")]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
Seconds = Annotated[float, Field(ge=1, le=600, description="Time for the solver.")]
Today = Annotated[date | None, Field(description="The day on which the hard rules are asked; default: today in China.")]


class Sent(BaseModel):
    """A body of ours: what it does not know, it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ListBody(Sent):
    """How a list is asked for. `pin` and `exclude` hold a reason for each person, carried on to later versions."""

    pin: Annotated[dict[Person, Reason], Field(max_length=10_000)] = {}
    exclude: Annotated[dict[Person, Reason], Field(max_length=10_000)] = {}
    free: Annotated[list[Person], Field(max_length=10_000, description="Whose pin or exclusion is lifted.")] = []
    prices: Annotated[bool, Field(description="Whether the cost of every rule is worked out.")] = True
    seed: Seed = 0
    seconds: Seconds = 60.0
    today: Today = None


class WhatIfBody(Sent):
    """Other rules and limits than the event's; what is not named stays as it is."""

    rules: Annotated[dict[str, Any], Field(max_length=50, description="Rules of the event's `rules`.")] = {}
    limits: Annotated[dict[str, Any], Field(max_length=10, description="seats, rooms, tables, slot_minutes, …")] = {}
    without: Annotated[list[str], Field(max_length=20, description="Rules left out, as certificates name them.")] = []
    prices: bool = True
    seed: Seed = 0
    seconds: Seconds = 30.0
    today: Today = None


class AnswerLine(Sent):
    """What a guest said, and whether they came."""

    graduate: Person
    answer: Annotated[Literal["yes", "no", "none"] | None, Field(description="none takes an answer back.")] = None
    came: bool | None = None


class AnswersBody(Sent):
    """Answers; the last word of each counts."""

    answers: Annotated[list[AnswerLine], Field(max_length=100_000)]


class TimetableBody(Sent):
    """With `now`: the day is replanned from that moment, without `absent`, with `walk_ins`."""

    now: AwareDatetime | None = None
    absent: Annotated[list[Person], Field(max_length=10_000)] = []
    walk_ins: Annotated[list[Person], Field(max_length=1_000)] = []
    seed: Seed = 0
    seconds: Seconds = 30.0
    today: Today = None


class OutcomeLine(Sent):
    """What came of one meeting."""

    graduate: Person
    employer: Annotated[Identifier | str, Field(max_length=500, description="`host` of the meeting.")]
    outcome: Annotated[str, Field(max_length=40, description=f"{', '.join(OUTCOMES)}; {WITHDRAWN} withdraws it")]


class OutcomesBody(Sent):
    """Outcomes; sending one again changes nothing."""

    outcomes: Annotated[list[OutcomeLine], Field(max_length=100_000)]


class SpanBody(Sent):
    """Days that are out, both ends included."""

    first: date
    last: date
    why: Annotated[str, Field(max_length=200)] = ""


class SuggestBody(Sent):
    """Where to look: whose people and postings, how far ahead, which days are out."""

    tenant: Annotated[Tenant | None, Field(description="Default: the key's own.")] = None
    weeks: Annotated[int, Field(ge=1, le=52)] = 8
    top: Annotated[int, Field(ge=1, le=100)] = 5
    avoid: Annotated[list[SpanBody], Field(max_length=100)] = []
    seed: Seed = 0
    today: Today = None


BODIES: tuple[type[BaseModel], ...] = (ListBody, WhatIfBody, AnswersBody, TimetableBody, OutcomesBody, SuggestBody)


class JobTold(BaseModel):
    """Long work: waiting, running, done, failed or interrupted. `result` is what came of it, or the problem."""

    id: str
    event: str
    kind: Literal["list", "what-if", "timetable"]
    state: Literal["waiting", "running", "done", "failed", "interrupted"]
    step: str
    part: int
    whole: int
    at: datetime
    result: dict[str, Any]


class GuestTold(BaseModel):
    """A person on a list: key, status, and what is said of the invitation (meetings, reasons, chances)."""

    place: int
    graduate: str
    status: Literal["invited", "waiting", "excluded"]
    answer: Literal["yes", "no", "none"]
    came: bool | None
    body: dict[str, Any]


class VersionTold(BaseModel):
    """A version of a list: what it was made from, whether it stands beside the one in use, its certificate."""

    version: int
    parent: int
    beside: bool
    in_use: bool
    at: datetime
    about: dict[str, Any]


class ListTold(VersionTold):
    """A version with its guests, and who came and went since its parent."""

    change: dict[str, list[str]]
    total: Annotated[int, Field(description="Guests of the status asked for; `guests` holds a page of them.")]
    guests: list[GuestTold]


class EventTold(BaseModel):
    """An event with its state: version in use (0: none), answers so far, unfinished jobs."""

    event: Event
    version: int
    answers: dict[str, int]
    jobs: list[JobTold]


class EventPage(BaseModel):
    """Events of the key's tenant (of all, for the province), by key."""

    items: list[Event]
    next_after: str | None


class VersionsTold(BaseModel):
    """The versions of an event's list, the newest first."""

    items: list[VersionTold]


class JobsTold(BaseModel):
    """The jobs of an event, the newest first."""

    items: list[JobTold]


class AnswersKept(BaseModel):
    """How many were kept; places (from 0) of those who are not on the list in use."""

    answers: int
    attendances: int
    unknown: list[int]


class OutcomesKept(BaseModel):
    """New interactions, attendances noted, places (from 0) of outcomes that fit no meeting, interactions withdrawn."""

    interactions: int
    attendances: int
    unknown: list[int]
    withdrawn: int


ANSWERS: tuple[type[BaseModel], ...] = (
    JobTold, GuestTold, VersionTold, ListTold, EventTold, EventPage, VersionsTold, JobsTold, AnswersKept, OutcomesKept,
)  # fmt: skip
