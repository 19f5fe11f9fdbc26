"""Why a posting is in a digest: the ranker's own weightiest reasons, in Chinese; and what could not be judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from matching.matcher import Matcher
from matching.store import OPEN, Draft

if TYPE_CHECKING:
    from matching.explanation import Reason
    from matching.settings import Settings
    from matching.state import State

MOST = 2
_OF_POSTING, _OF_PERSON = "岗位未写明", "您的资料未填写或无法识别"
_FIELDS = {
    "graduate.degree": "学历",
    "graduate.major": "专业",
    "graduate.graduation_year": "毕业年份",
    "graduate.experiences": "工作经历",
    "graduate.wishes.regions": "期望地区",
    "posting.requirements.degree": "学历要求",
    "posting.requirements.majors": "专业要求",
    "posting.requirements.graduation_years": "毕业年份要求",
    "posting.requirements.experience_years": "经验要求",
    "posting.regions": "工作地区",
}
_SAYS_NOTHING = frozenset({"age"})
"""Features that speak for any posting, not for this one: they count, but are no reason to tell."""


def with_reasons(
    drafts: Sequence[Draft],
    state: State,
    settings: Settings,
    day: date,
    *,
    first: Mapping[tuple[str, str], str] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Draft, ...]:
    """`drafts` with the reasons of every item; those that are not personalised have none.

    `first` holds lines that stand before the reasons of a pair: why it comes now.

    They are the ones that the ranking had: the same features of the same pair.
    """
    matcher = Matcher(state, settings, None)
    told: list[Draft] = []
    for draft in drafts:
        row = None if draft.plain else state.graduates.row_of(draft.graduate)
        if row is not None:
            keys = {item.posting for item in draft.items}
            found, missing = matcher.reasons(row, keys, day), matcher.missing(row, keys, day)
            items = [
                item._replace(
                    why=_line(first, draft.graduate, item.posting)
                    + in_words(found.get(item.posting, ()))
                    + open_words(missing.get(item.posting, ()))
                )
                for item in draft.items
            ]
            draft = draft._replace(items=tuple(items))
        told.append(draft)
        progress(len(told), len(drafts))
    return tuple(told)


def _line(first: Mapping[tuple[str, str], str] | None, graduate: str, posting: str) -> tuple[str, ...]:
    line = (first or {}).get((graduate, posting), "")
    return (line,) if line else ()


def in_words(reasons: Sequence[Reason]) -> tuple[str, ...]:
    """The weightiest reasons that speak for a pair."""
    return tuple(reason.words.zh for reason in reasons if reason.points > 0 and reason.feature not in _SAYS_NOTHING)[
        :MOST
    ]


def open_words(missing: Sequence[str]) -> tuple[str, ...]:
    """One line that says what could not be judged, by whose side it is missing of; none where nothing is."""
    sides = [(_OF_POSTING, "posting."), (_OF_PERSON, "graduate.")]
    told = [
        side + "、".join(_FIELDS.get(field, field) for field in missing if field.startswith(start))
        for side, start in sides
        if any(field.startswith(start) for field in missing)
    ]
    return (OPEN + "；".join(told),) if told else ()
