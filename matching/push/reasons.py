"""Why a posting is in a digest: the ranker's own reasons, the weightiest that speak for it, in Chinese."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from matching.matcher import Matcher
from matching.store import Draft

if TYPE_CHECKING:
    from matching.explanation import Reason
    from matching.settings import Settings
    from matching.state import State

MOST = 2
_SAYS_NOTHING = frozenset({"age"})
"""Features that speak for any posting, not for this one: they count, but are no reason to tell."""


def with_reasons(
    drafts: Sequence[Draft],
    state: State,
    settings: Settings,
    day: date,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Draft, ...]:
    """`drafts` with the reasons of every item; those that are not personalised have none.

    They are the ones that the ranking had: the same features of the same pair.
    """
    matcher = Matcher(state, settings, None)
    told: list[Draft] = []
    for draft in drafts:
        row = None if draft.plain else state.graduates.row_of(draft.graduate)
        if row is not None:
            found = matcher.reasons(row, {item.posting for item in draft.items}, day)
            items = [item._replace(why=in_words(found.get(item.posting, ()))) for item in draft.items]
            draft = draft._replace(items=tuple(items))
        told.append(draft)
        progress(len(told), len(drafts))
    return tuple(told)


def in_words(reasons: Sequence[Reason]) -> tuple[str, ...]:
    """The weightiest reasons that speak for a pair."""
    return tuple(reason.words.zh for reason in reasons if reason.points > 0 and reason.feature not in _SAYS_NOTHING)[
        :MOST
    ]
