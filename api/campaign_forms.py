"""The form of what is sent about campaigns, and of the answers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.event_forms import Sent


class CampaignBody(Sent):
    """What a campaign is to be. What is left out keeps its value, or gets the default where the campaign is new."""

    title: Annotated[str, Field(max_length=100)] | None = None
    channel: Annotated[str, Field(max_length=64, description="A channel of the settings.")] | None = None
    share: Annotated[float, Field(gt=0, le=1, description="Stage of the roll-out: 0.01, 0.1, 1.")] | None = None
    holdout: Annotated[float, Field(ge=0, lt=1, description="Share planned for and never sent to.")] | None = None
    everybody: Annotated[bool, Field(description="Reach all tenants' people; a province key only.")] = False


class StopBody(Sent):
    """Why it is stopped."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


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
    nights: Annotated[list[str], Field(description="The last ones that are written, oldest first.")]
    messages: Annotated[dict[str, int], Field(description="By state.")]
    reasons: Annotated[dict[str, int], Field(description="Why messages were not sent, or are unclear.")]
    reached: Annotated[int, Field(description="People who were sent anything.")]
    opted_out: Annotated[int, Field(description="Of them by a link of its messages.")]
    complaints: Annotated[int, Field(description="Of them about a posting that it sent.")]
    certificate: Annotated[dict[str, Any] | None, Field(description="What the last night says of itself.")]


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


BODIES: tuple[type[BaseModel], ...] = (CampaignBody, StopBody)
