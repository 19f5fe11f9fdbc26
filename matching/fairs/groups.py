"""How a list is spread over counties, colleges and majors, beside those who could have been invited; names nobody."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from matching.allocation.problem import Flags
from matching.fairs.gather import Gathered
from matching.terms import majors
from matching.terms.regions import region

if TYPE_CHECKING:
    from matching.state import State

_SHOWN = 40


def groups_of(found: Gathered, state: State, invited: Flags) -> dict[str, list[tuple[str, int, int]]]:
    """For ``county``, ``college`` and ``major``: name, people with somebody to meet, people invited.

    The largest groups by those invited, then by those eligible, then by name; without a value: 未填写.
    """
    able = np.zeros(len(found.keys), np.bool_)
    able[found.row] = True
    classes = majors.classes()
    places = state.graduates.at(found.people).major_class.tolist()
    names = {
        "county": [_county(record.region) for record in found.records],
        "college": [record.school for record in found.records],
        "major": [_class_name(classes[place]) if place >= 0 else "" for place in places],
    }
    return {group: _counted(of, able, invited) for group, of in names.items()}


def _counted(names: list[str], able: Flags, invited: Flags) -> list[tuple[str, int, int]]:
    eligible = Counter(names[i] or "未填写" for i in np.flatnonzero(able).tolist())
    chosen = Counter(names[i] or "未填写" for i in np.flatnonzero(invited).tolist())
    told = [(name, eligible[name], chosen[name]) for name in eligible | chosen]
    return sorted(told, key=lambda one: (-one[2], -one[1], one[0]))[:_SHOWN]


def _county(code: str | None) -> str:
    found = region(code) if code else None
    return found.name if found else code or ""


def _class_name(code: str) -> str:
    found = majors.major(code)
    return found.name if found else code
