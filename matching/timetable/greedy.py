"""The heuristic to compare with: meetings one by one, each into the first slot in which all have time."""

from __future__ import annotations

import numpy as np

from matching.timetable.day import OUT, Day, Ints


def first_fit(day: Day, order: Ints | None = None) -> Ints:
    """Slots by first fit, in `order` (default: as the meetings stand, the keenest first); nothing is moved again."""
    slot = np.full(len(day.guest), OUT, np.int64)
    free, tables, rooms = day.guest_free.copy(), day.tables.copy(), np.full(day.slots, day.rooms)
    for i in (np.arange(len(slot)) if order is None else order).tolist():
        g, h = day.guest[i], day.host[i]
        fits = np.flatnonzero(free[g] & (tables[h] > 0) & (rooms > 0))
        if len(fits):
            slot[i] = fits[0]
            free[g, fits[0]] = False
            tables[h, fits[0]] -= 1
            rooms[fits[0]] -= 1
    return slot
