"""Demand in a city: the employers with open postings there, each with the posting that has the most places."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import orjson

from matching.attributes import PostingRows, day_number, tenant_code

if TYPE_CHECKING:
    from matching.state import State


class Stand(NamedTuple):
    """An employer that could stand at a fair: its key, name, posting (row, key, title), and what that offers.

    section : letter of GB/T 4754, empty if not known. places : open places, 1 where not stated. closes : day number.
    """

    key: str
    name: str
    row: int
    posting: str
    title: str
    section: str
    places: int
    closes: int


def stands_of(
    state: State, tenant: str, today: date, *, cities: int, employers: int
) -> Iterator[tuple[str, tuple[Stand, ...]]]:
    """Cities with the most employers first, each with its employers, those with the most open places first."""
    side = state.postings
    columns = side.at(slice(None))
    now = day_number(today, missing=0)
    open_ = side.alive & columns.open & (columns.tenant == tenant_code(tenant)) & (columns.closes >= now)
    found: dict[str, dict[str, Stand]] = {}
    for row in np.flatnonzero(open_).tolist():
        stand = _stand(state, columns, row)
        if not stand.key:
            continue
        for code in {int(code) // 100 * 100 for code in columns.places[row].tolist() if code % 10_000}:
            mine = found.setdefault(f"{code:06d}", {})
            held = mine.get(stand.key)
            if held is None or (-stand.places, stand.posting) < (-held.places, held.posting):
                mine[stand.key] = stand
    order = sorted(found, key=lambda city: (-len(found[city]), city))
    for city in order[:cities]:
        stands = sorted(found[city].values(), key=lambda stand: (-stand.places, stand.key))
        yield city, tuple(stands[:employers])


def _stand(state: State, columns: PostingRows, row: int) -> Stand:
    body = orjson.loads(state.postings.body(row))
    section, places = int(columns.industry[row]), int(columns.vacancies[row])
    key = body.get("employer_id") or body.get("employer_name") or ""
    letter = chr(ord("A") + section) if section >= 0 else ""
    name, title = body.get("employer_name") or key, body["title"]
    return Stand(key, name, row, state.postings.keys[row], title, letter, max(places, 1), int(columns.closes[row]))
