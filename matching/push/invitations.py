"""Invitations to fairs as candidates of the push: everyone on a list in use, once, under the same budgets.

The list was decided elsewhere (`matching.fairs`); here it is only said to whom it has not been said. An invitation
stands in the ledger as a pair of the person and ``event/KEY``, which is no posting's key.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from matching.standard.records import Event
from matching.store import Lists

if TYPE_CHECKING:
    from matching.store import Store

BEFORE = "event/"
"""What stands before the key of an event where else a posting's stands."""
_SURE = 100.0
"""Score of a pair: the list has decided already, and nothing is to give way to it but budgets."""
_MEETINGS = 2


class Invitation(NamedTuple):
    """One event's list in use as candidates: pairs with a line each, and the event's places."""

    key: str
    tenant: str
    version: int
    pairs: pl.DataFrame
    lines: dict[tuple[str, str], str]
    places: pl.DataFrame


def invitations(store: Store, now: datetime, *, within: timedelta) -> Iterator[Invitation]:
    """Events that begin within some time from now and have a list in use, by key; none for no time."""
    lists = Lists(store)
    if not within:
        return
    for batch in store.scan("event"):
        for event in batch:
            assert isinstance(event, Event)
            if now < event.starts_at <= now + within and lists.newest(event.key):
                yield _invitation(lists, event)


def _invitation(lists: Lists, event: Event) -> Invitation:
    version = lists.get(event.key)
    said = lists.answers(event.key)
    open_ = [g for g in version.guests if g.status == "invited" and not _answered(said.get(g.graduate))]
    posting = BEFORE + event.key
    pairs = pl.DataFrame(
        {"graduate": [g.graduate for g in open_], "posting": [posting] * len(open_)},
        schema={"graduate": pl.String, "posting": pl.String},
    ).with_columns(score=pl.lit(_SURE), eligibility=pl.lit("pass"), asked=pl.lit(value=True))
    lines = {(g.graduate, posting): _meetings(g.body) for g in open_}
    places = pl.DataFrame(
        {"posting": [posting], "employer": [posting], "open": [max(len(open_), 1) * 100], "applied": [0.0],
         "reply": [1.0], "appeal": [1.0], "published": [None]},
        schema={"posting": pl.String, "employer": pl.String, "open": pl.Int64, "applied": pl.Float64,
                "reply": pl.Float64, "appeal": pl.Float64, "published": pl.Date},
    )  # fmt: skip
    return Invitation(event.key, event.tenant, version.version, pairs, lines, places)


def _answered(said: Any) -> bool:  # noqa: ANN401
    return said is not None and said.answer != "none"


def _meetings(body: dict[str, Any]) -> str:
    """With whom the guest meets; the first names."""
    names = list(dict.fromkeys(meeting.get("name", "") for meeting in body.get("meetings", ())))
    if not names:
        return "主办方邀请您参加"
    more = f"等 {len(names)} 家单位" if len(names) > _MEETINGS else ""
    return f"已为您安排与{'、'.join(names[:_MEETINGS])}{more}面谈"
