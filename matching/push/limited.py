"""A campaign's own limits: what it wants otherwise than the settings, and stricter to people, never looser.

Budgets are of the person, over all campaigns; the sender keeps to the settings' whatever a campaign says. So a campaign
may ask for fewer postings and longer rests, not for more and shorter ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import ValidationError

from matching.errors import QueryError

if TYPE_CHECKING:
    from matching.settings import PushSettings

LIMITS = (
    "digest",
    "in_week",
    "gap_hours",
    "patience",
    "per_employer",
    "employer_limit",
    "wanted",
    "least",
    "unknown",
    "floor",
    "floor_price",
    "explore",
)
"""Settings that a campaign may have of its own, as they stand in ``[push]``."""

_MOST = ("digest", "in_week", "patience")
_LEAST = ("gap_hours",)


def is_looser(push: PushSettings, name: str, value: float) -> bool:
    """Whether a campaign would ask more of people by this limit than the settings allow."""
    own = getattr(push, name)
    return (name in _MOST and value > own) or (name in _LEAST and value < own)


def limited(push: PushSettings, limits: Mapping[str, float]) -> PushSettings:
    """The settings of the push under a campaign's own limits.

    Parameters
    ----------
    limits : mapping
        Names of `LIMITS` with their values; those that are not named are the settings'.

    Raises
    ------
    QueryError
        A name that is none, a value out of range, or a budget looser than the settings'.
    """
    for name, value in limits.items():
        if name not in LIMITS:
            raise QueryError(f"no limit '{name}'", where=f"limits.{name}", cure=f"Use one of {', '.join(LIMITS)}.")
        if is_looser(push, name, value):
            own = getattr(push, name)
            raise QueryError(
                f"{value:g} is looser than the settings' {own:g}: budgets are of the person, over all campaigns",
                where=f"limits.{name}",
                cure="Give a stricter one, or change the settings.",
            )
    try:
        return type(push).model_validate({**push.model_dump(), **limits})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in ("limits", *first["loc"]))
        raise QueryError(f"a limit is not right: {first['msg']}", where=where, cure="See docs/push.md.") from None
