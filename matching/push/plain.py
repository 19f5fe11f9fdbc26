"""The digest of those who want nothing personalised: the newest postings with places left, the same for everyone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from matching.store import Draft, Item


def plain_choice(
    budget: Mapping[str, int],
    postings: pl.DataFrame,
    sends: pl.DataFrame,
    is_news: Callable[[str, str], bool],
    draft: Callable[[str, Sequence[Item]], Draft],
) -> list[Draft]:
    """Messages that look at nothing about a person but what was sent before.

    Parameters
    ----------
    budget : mapping of graduate → postings
    postings : polars.DataFrame
        posting, open, published; newest first, then by key. A posting is given to no more people than it has open
        places, less those whom the night sends it.
    sends : polars.DataFrame
        What the night decided.
    is_news : callable
        Whether a posting is news for a person.
    draft : callable
        Makes a message of a person and its items.
    """
    taken = Counter(sends["posting"].to_list())
    newest = postings.filter(pl.col("open") > 0).sort(
        ["published", "posting"], descending=[True, False], nulls_last=True
    )
    room = {row["posting"]: row["open"] - taken[row["posting"]] for row in newest.iter_rows(named=True)}
    drafts = []
    for graduate in sorted(budget):
        chosen: list[str] = []
        for posting, left in room.items():
            if len(chosen) == budget[graduate]:
                break
            if left > 0 and is_news(graduate, posting):
                chosen.append(posting)
        for posting in chosen:
            room[posting] -= 1
        if chosen:
            drafts.append(draft(graduate, [Item(p, rank, eligibility="unknown") for rank, p in enumerate(chosen, 1)]))
    return drafts
