"""Which fair to hold next, over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from api.access import allow, reader
from api.answers import plain_json
from api.body import json_body
from api.event_forms import SuggestBody
from api.event_work import state_of
from api.openapi import problems, request_body
from api.question import form_of
from api.schemas import TwoLanguages
from api.service import Service, in_thread, running
from matching.fairs.suggesting import Asked, suggest
from matching.fairs.weeks import Span
from matching.language import Words
from matching.question import CHINA
from matching.standard.records import Event
from matching.store import Access, Role

router = APIRouter(tags=["events"])

Body = Annotated[Any, Depends(json_body)]


class InviteTold(BaseModel):
    """An employer to invite, with its posting and the useful meetings expected at its table."""

    key: str
    name: str
    posting: str
    title: str
    meetings: float


class WeekTold(BaseModel):
    """What the theme would do in a week."""

    monday: date
    served: float


class SuggestionTold(BaseModel):
    """A fair that could be held: `draft` may be kept as it is. Figures are expected numbers of people."""

    draft: Event
    served: Annotated[float, Field(description="People not served yet with at least one useful meeting.")]
    invited: float
    turn_out: float
    supply: Annotated[float, Field(description="People not served yet who may meet somebody there.")]
    places: int
    employers: list[InviteTold]
    weeks: list[WeekTold]
    notes: list[TwoLanguages]
    why: TwoLanguages


class Suggestions(BaseModel):
    """Suggestions, best first."""

    items: list[SuggestionTold]


@router.post(
    "/v1/events:suggest",
    operation_id="suggest_events",
    summary="Which fair to hold next",
    description="The themes, cities and weeks that would serve most people whom nobody has served yet: supply, demand, "
    "holidays and exams; whom to invite, and who would come. An estimate from a sample of the people; keeps nothing.",
    response_model=Suggestions,
    responses=problems(400, 401, 403, 413, 415, 503),
    openapi_extra=request_body("SuggestBody"),
)
async def suggest_events(
    own: Annotated[Access, Depends(reader)],
    service: Annotated[Service, Depends(running)],
    body: Body,
) -> Response:
    """Look for them."""
    sent = form_of(SuggestBody, body)
    tenant = sent.tenant or own.tenant
    allow(own, Role.READ, tenant)
    avoid = tuple(Span(span.first, span.last, Words(span.why, span.why)) for span in sent.avoid)
    asked = Asked(tenant, weeks=sent.weeks, top=sent.top, avoid=avoid, seed=sent.seed)
    day = sent.today or datetime.now(CHINA).date()

    def look() -> Response:
        found = suggest(service.store, state_of(service), service.settings, asked, today=day)
        return plain_json({"items": [one.as_dict() for one in found]})

    return await in_thread(service.searches, look)
