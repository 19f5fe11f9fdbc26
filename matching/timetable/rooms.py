"""Which room: a host keeps its rooms from slot to slot as far as that is possible."""

from __future__ import annotations

import numpy as np

from matching.timetable.day import OUT, Day, Ints


def rooms_of(day: Day, slot: Ints) -> Ints:
    """Room of each placed meeting, from 0, never two at once in one; `OUT` for the others."""
    room = np.full(len(slot), OUT, np.int64)
    last: dict[int, list[int]] = {}
    for t in range(day.slots):
        here = np.flatnonzero(slot == t)
        here = here[np.lexsort((day.guest[here], day.host[here]))].tolist()
        taken: set[int] = set()
        waiting = []
        for i in here:
            usual = next((r for r in last.get(int(day.host[i]), []) if r not in taken), None)
            if usual is None:
                waiting.append(i)
            else:
                room[i] = usual
                taken.add(usual)
        free = iter(r for r in range(len(here) + len(taken)) if r not in taken)
        for i in waiting:
            room[i] = next(free)
        for h in {int(day.host[i]) for i in here}:
            mine = [int(room[i]) for i in here if day.host[i] == h]
            last[h] = [*mine, *(r for r in last.get(h, []) if r not in mine)][:8]
    return room
