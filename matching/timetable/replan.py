"""The day goes otherwise: people stay away, others walk in; the rest is placed anew, moving as few as can be."""

from __future__ import annotations

import numpy as np

from matching.timetable.day import OUT, Day, Ints, Timetable
from matching.timetable.exact import best_slots

_PLACED, _KEPT, _LATER = 100.0, 10.0, 0.01


def replan(day: Day, held: Ints, *, now: int, absent: Ints, seconds: float = 20.0, seed: int = 0) -> Timetable:
    """A timetable from slot `now` on.

    Parameters
    ----------
    day : Day
        All meetings, those of walk-ins among them.
    held : int64 (q,)
        Slots as they stand; `OUT` for meetings of walk-ins and those that had none. What lies before `now` stays.
    absent : int64
        Guests who are not there; their meetings from `now` on fall away.

    Returns
    -------
    Timetable
        As many meetings as can be; of these the one that moves the fewest; of these, roughly, the earliest. Meetings
        of absent guests have no slot, and are not counted in the bound.
    """
    away = np.isin(day.guest, absent)
    over = (held != OUT) & (held < now)
    ahead = np.arange(day.slots) >= now
    free = ~over & ~away
    worth = np.full((len(held), day.slots), _PLACED) - _LATER * np.arange(day.slots)
    kept = np.flatnonzero(free & (held != OUT))
    worth[kept, held[kept]] += _KEPT
    open_ = ahead[None, :] & free[:, None]
    start = np.where(free, held, OUT)
    found = best_slots(day, open_, worth=worth, held=start, seconds=seconds, seed=seed)
    slot = np.where(over, held, found.slot)
    bound = int(over.sum()) + (int((found.slot != OUT).sum()) if found.proved else int(free.sum()))
    return Timetable(slot, bound, "integer programme")
