"""Whoever comes without an invitation: the employers whom they would best meet, by the same rules and chances."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from matching.errors import QueryError
from matching.fairs.gather import gather
from matching.fairs.guests import could_meet
from matching.standard.records import Event

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.state import State


def meetings_of_walk_ins(
    event: Event, state: State, settings: Settings, keys: Collection[str], *, today: date
) -> dict[str, list[dict[str, Any]]]:
    """The best meetings of each of `keys`, as a list has them; as many as an invited guest has at most.

    Raises
    ------
    QueryError
        Somebody is not known, does not seek work, does not fit the event's majors or may meet none of its employers.
    """
    if not keys:
        return {}
    found = gather(event, state, settings, today=today, only=set(keys))
    able = {found.keys[i] for i in np.unique(found.row).tolist()}
    lost = len(set(keys) - able)
    if lost:
        what = f"{lost} who came in may meet none of the event's employers, or are not known"
        raise QueryError(what, where=event.key, cure="Check their keys, and what they studied.")
    return {key: could_meet(found, i) for i, key in enumerate(found.keys)}
