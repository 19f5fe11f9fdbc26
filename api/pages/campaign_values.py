"""What the pages of campaigns show, worked out: the limits' fields, the funnel, what a trial came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from api.pages.campaign_words import GOOD, LIMITS, Limit
from api.pages.draft import Wrong
from matching.errors import QueryError
from matching.push.limited import is_looser, limited

if TYPE_CHECKING:
    from api.pages.visitor import Form
    from matching.settings import PushSettings
    from matching.store import Campaign, Campaigns

NIGHTS = 14
"""Nights that the overview lists."""
_SHOWN = (
    ("messages", "计划人数", 0), ("sends", "岗位次数", 0), ("postings sent", "推送到的岗位数", 0),
    ("expected applications", "预计申请", 1), ("expected value", "预计被答复的申请", 2),
    ("gap", "与最优的差距上限", -1),
    ("held out", "对照组人数", 0), ("not personalised", "非个性化人数", 0), ("floor met", "优先保障兑现", 0),
    ("floor promised", "优先保障应有", 0),
)  # fmt: skip


class Field(NamedTuple):
    """A limit's field: what was typed, what holds in the settings, what is wrong."""

    limit: Limit
    value: str
    own: str
    wrong: str


class Step(NamedTuple):
    """A step of the funnel: how many, and how long its bar is in per cent."""

    name: str
    messages: int
    long: float
    share: float


class Compared(NamedTuple):
    """A figure under the limits as they are, and under those tried; kind: digits, or -1 for per cent."""

    name: str
    now: float
    tried: float
    digits: int


def shown_value(limit: Limit, value: float | None) -> str:
    """A limit's value as it is typed."""
    if value is None:
        return ""
    return f"{value * 100 if limit.share else value:g}"


def fields(push: PushSettings, limits: Mapping[str, float], wrong: Mapping[str, str] | None = None) -> list[Field]:
    """Every limit's field with the campaign's own value."""
    return [
        Field(
            one,
            shown_value(one, limits.get(one.name)),
            shown_value(one, getattr(push, one.name)) or "不限",
            (wrong or {}).get(one.name, ""),
        )
        for one in LIMITS
    ]


def typed(push: PushSettings, form: Form) -> tuple[dict[str, float], list[Wrong]]:
    """The limits that a form holds, and what is wrong with them; an empty field is the settings'."""
    found: dict[str, float] = {}
    wrong: list[Wrong] = []
    for one in LIMITS:
        text = form.one(one.name)
        if not text:
            continue
        try:
            value = float(text[:20])
        except ValueError:
            wrong.append(Wrong(one.name, "请填写数字。"))
            continue
        if not one.least <= value <= one.most:
            wrong.append(Wrong(one.name, f"请填写 {one.least:g} 到 {one.most:g}。"))
            continue
        found[one.name] = value / 100 if one.share else value
        try:
            limited(push, {one.name: found[one.name]})
        except QueryError:
            own = shown_value(one, getattr(push, one.name))
            looser = is_looser(push, one.name, found[one.name])
            wrong.append(Wrong(one.name, f"只能比系统设置（{own}）更严。" if looser else "数值不符合要求。"))
    return found, wrong


def funnel(campaigns: Campaigns, campaign: Campaign) -> dict[str, Any]:
    """What became of the messages: states, the steps after sending, and why some were not sent."""
    told, outcomes = campaigns.funnel(campaign.id), campaigns.outcomes(campaign.id)
    states = told.states
    planned = sum(states.values())
    went = states.get("sent", 0) + states.get("unclear", 0)
    counts = [("计划", planned), ("已发送", states.get("sent", 0))]
    counts += [(name, outcomes.get(name, 0)) for name in GOOD if name in outcomes or name in ("opened", "applied")]
    widest = max(planned, 1)
    steps = [Step(name, n, round(100 * n / widest, 2), n / max(went, 1)) for name, n in counts]
    return {
        "states": states,
        "planned": planned,
        "steps": steps,
        "reasons": sorted(told.reasons.items(), key=lambda one: (-one[1], one[0])),
        "dismissed": outcomes.get("dismissed", 0),
    }


def nights(campaigns: Campaigns, campaign: Campaign) -> list[dict[str, Any]]:
    """The last nights with what each says of itself, the newest first."""
    told = []
    for name in reversed(campaigns.nights(campaign.id)[-NIGHTS:]):
        found = campaigns.certificate(name)
        if found is not None:
            told.append({**found, "missed": sum(campaigns.why_unreached(name).values())})
    return told


def compared(result: Mapping[str, Any]) -> list[Compared]:
    """The figures of a trial, side by side; those that neither plan has are left out."""
    now, tried = result["now"], result["tried"]
    return [
        Compared(label, float(now.get(name, 0)), float(tried.get(name, 0)), digits)
        for name, label, digits in _SHOWN
        if name in now or name in tried
    ]


def reasons_compared(result: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """Why people get nothing, in both plans."""
    now, tried = result["now"]["reasons"], result["tried"]["reasons"]
    return [(name, now.get(name, 0), tried.get(name, 0)) for name in sorted({*now, *tried})]
