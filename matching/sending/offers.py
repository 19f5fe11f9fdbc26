"""What a digest may hold: postings, and fairs that people are invited to; and whether there is still time for one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, cast

from matching.push.invitations import BEFORE
from matching.standard.records import Event, Posting

if TYPE_CHECKING:
    from matching.store import Store

Offer = Posting | Event


def offers_of(store: Store, keys: Iterable[str]) -> dict[str, Offer]:
    """What stands behind the items of messages, by their key; what is not stored any more is left out."""
    asked = sorted(set(keys))
    postings = [key for key in asked if not key.startswith(BEFORE)]
    return cast("dict[str, Offer]", {**store.get_many("posting", postings), **fairs_of(store, asked)})


def fairs_of(store: Store, keys: Iterable[str]) -> dict[str, Event]:
    """The fairs among the items of messages, by their key as an item; those that are not stored are left out."""
    events = [key.removeprefix(BEFORE) for key in keys if key.startswith(BEFORE)]
    found = cast("dict[str, Event]", store.get_many("event", events)) if events else {}
    return {BEFORE + key: event for key, event in found.items()}


def is_open(offer: Offer, now: datetime) -> bool:
    """Whether one may still apply, or still come; `now` in China."""
    if isinstance(offer, Event):
        return offer.starts_at > now
    full = offer.headcount is not None and offer.filled >= offer.headcount > 0
    return offer.status == "open" and not full and (offer.closes is None or offer.closes >= now.date())
