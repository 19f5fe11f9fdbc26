"""The form of what is sent about campaigns, and of the answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.event_forms import Sent
from matching.store import Search


class CampaignBody(Sent):
    """What a campaign is to be. What is left out keeps its value, or gets the default where the campaign is new."""

    title: Annotated[str, Field(max_length=100)] | None = None
    channel: Annotated[str, Field(max_length=64, description="A channel of the settings.")] | None = None
    share: Annotated[float, Field(gt=0, le=1, description="Stage of the roll-out: 0.01, 0.1, 1.")] | None = None
    holdout: Annotated[float, Field(ge=0, lt=1, description="Share planned for and never sent to.")] | None = None
    limits: Annotated[
        dict[Annotated[str, Field(max_length=32)], float] | None,
        Field(max_length=20, description="Its own limits in place of all it had: digest, in_week, gap_hours, …"),
    ] = None
    everybody: Annotated[bool, Field(description="Reach all tenants' people; a province key only.")] = False


class StopBody(Sent):
    """Why it is stopped."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class SupposeBody(Sent):
    """Other limits than the campaign's, to be tried."""

    limits: Annotated[dict[Annotated[str, Field(max_length=32)], float], Field(max_length=20)]


class SearchBody(Search):
    """What a graduate wants to be told of: words, and what a posting must be; at least one of them."""


class CampaignTold(BaseModel):
    """A campaign and what became of its messages."""

    id: str
    title: str
    tenant: Annotated[str, Field(description="Whose people it reaches; empty: everybody's.")]
    channel: str
    share: float
    holdout: float
    stopped: Annotated[str | None, Field(description="When it was stopped.")]
    reason: str
    limits: Annotated[dict[str, float], Field(description="Its own, in place of the settings'.")]
    nights: Annotated[list[str], Field(description="The last ones that are written, oldest first.")]
    messages: Annotated[dict[str, int], Field(description="By state.")]
    reasons: Annotated[dict[str, int], Field(description="Why messages were not sent, or are unclear.")]
    reached: Annotated[int, Field(description="People who were sent anything.")]
    opted_out: Annotated[int, Field(description="Of them by a link of its messages.")]
    complaints: Annotated[int, Field(description="Of them about a posting that it sent.")]
    outcomes: Annotated[dict[str, int], Field(description="Messages of which each action is known since they went.")]
    certificate: Annotated[dict[str, Any] | None, Field(description="What the last night says of itself.")]


class CampaignJob(BaseModel):
    """A what-if under way, and what came of it: ``now`` and ``tried``, as each plan tells of itself, or the problem."""

    id: str
    state: Literal["waiting", "running", "done", "failed", "interrupted"]
    step: str
    part: int
    whole: int
    at: datetime
    result: dict[str, Any]


class CampaignsTold(BaseModel):
    """The campaigns that the key may see."""

    campaigns: list[CampaignTold]


class Digest(BaseModel):
    """A digest that waits, as it would be sent now; its links are dead."""

    id: str
    graduate: str
    subject: str
    short: str
    long: str


class Preview(BaseModel):
    """Some of the digests that wait, drawn by chance: the same seed draws the same."""

    waiting: int
    digests: list[Digest]


class Unreached(BaseModel):
    """Who got nothing, and why."""

    night: str
    reasons: dict[str, int]
    graduates: Annotated[dict[str, str], Field(description="Graduate and reason, by key; a thousand at most.")]


class Stopped(BaseModel):
    """It is stopped; what waited is withdrawn."""

    id: str
    withdrawn: int


BODIES: tuple[type[BaseModel], ...] = (CampaignBody, StopBody, SupposeBody, SearchBody)
