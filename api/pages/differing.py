"""Where two organisers' versions of one event differ, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.pages.draft import FIELDS, LABELS, Draft, draft_of
from api.pages.words import told
from matching.standard.records import Event

_GONE = "（已删除）"
_NONE = "—"

Line = tuple[str, str, str]


def employers_in(*events: Event | None) -> list[str]:
    """The keys of every employer that one of the events names, each once."""
    return list(dict.fromkeys(key for event in events if event for key in event.employer_ids))


def differing(mine: Event, theirs: Event | None, names: Mapping[str, str]) -> list[Line]:
    """What differs: label, their value, mine. `names` tells employers by key; theirs is None where it was deleted.

    Of chosen employers each side says how many they are and names those that the other lacks.
    """
    ours, other = draft_of(mine), draft_of(theirs) if theirs else None
    lines = [(name, _told(other, name) if other else _GONE, _told(ours, name)) for of in FIELDS.values() for name in of]
    found = [(LABELS[name], their, my) for name, their, my in lines if name != "employer" and their != my]
    here, there = ours.all("employer"), other.all("employer") if other else []
    if here != there:
        gone = _GONE if other is None else _lacked(there, here, names)
        found.append((LABELS["employer"], gone, _lacked(here, there, names)))
    return found


def _told(draft: Draft, name: str) -> str:
    return told(draft, name) or _NONE


def _lacked(own: Sequence[str], others: Sequence[str], names: Mapping[str, str]) -> str:
    if not own:
        return _NONE
    alone = [names.get(key, key) for key in own if key not in others]
    return f"{len(own)} 家" + (f"，其中对方没有：{'、'.join(alone)}" if others and alone else "")
