"""A night decided again while it waits: who keeps what was planned, who gets something else, who nothing.

The earlier plan's pairs count as not planned, and the bidding begins from them (`matching.push.again`): so the limits
hold over the whole night, the bound is proved for the whole night, and little moves where little changed. A digest that
comes out the same stays the message that it is, with its id; the others are withdrawn in the moment in which the new
ones may be sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from matching.store import Draft, Standing


class Renewal(NamedTuple):
    """What a plan changes of an earlier one.

    Attributes
    ----------
    drafts : list of Draft
        Messages that are new.
    instead_of : tuple of str
        Ids of waiting messages that are withdrawn.
    told : dict
        People whose message is kept, changed, withdrawn, or new.
    """

    drafts: list[Draft]
    instead_of: tuple[str, ...]
    told: dict[str, int]


def renewal(drafts: Sequence[Draft], before: Standing, *, channel: str, now: int) -> Renewal:
    """What is to be written of a plan.

    Parameters
    ----------
    drafts : sequence of Draft
        The whole plan.
    before : Standing
        What waits.
    channel : str
        Of the campaign: what waits for another one is written anew.
    now : int
        Microseconds since 1970: what has ended is written anew.
    """
    waiting = _digests(before.pairs)
    same: dict[tuple[object, ...], str] = {}
    for message, (graduate, said, expires, over) in waiting.items():
        if expires > now and over == channel:
            same.setdefault((graduate, *said), message)
    kept, new = set[str](), list[Draft]()
    for draft in drafts:
        said = (tuple(item.posting for item in draft.items), draft.plain, bool(draft.held))
        if (found := same.get((draft.graduate, *said))) is None:
            new.append(draft)
        else:
            kept.add(found)
    gone = {waiting[message][0]: message for message in waiting if message not in kept}
    changed = sum(draft.graduate in gone for draft in new)
    told = {"kept": len(kept), "changed": changed, "withdrawn": len(gone) - changed, "new": len(new) - changed}
    return Renewal(new, tuple(sorted(set(waiting) - kept)), told)


_Said = tuple[tuple[str, ...], bool, bool]


def _digests(pairs: pl.DataFrame) -> dict[str, tuple[str, _Said, int, str]]:
    """By message: whose it is; postings in order, whether it is plain, whether held; when it ends; its channel."""
    whole = pairs.group_by("message", maintain_order=True).agg(
        pl.col("graduate").first(), pl.col("posting"), pl.col("plain", "held", "expires", "channel").first()
    )
    return {
        row["message"]: (
            row["graduate"],
            (tuple(row["posting"]), row["plain"], row["held"]),
            row["expires"],
            row["channel"],
        )
        for row in whole.iter_rows(named=True)
    }
