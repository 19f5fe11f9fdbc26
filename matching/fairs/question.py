"""From what was gathered and the event's rules to a problem: who may come, whose floor is what, what hosts can hold.

Rules that the event leaves open have defaults that never ask for more than exists: a floor is then the group's own
share of the eligible. A number that the event states is taken as it stands, and a list that cannot keep it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from matching.allocation import Bar, Problem, Share
from matching.allocation.problem import Flags, Floats
from matching.errors import QueryError
from matching.fairs.gather import Gathered
from matching.fairs.times import slot_count
from matching.standard.records import Graduate
from matching.terms.regions import covers, prefecture_of

_USUAL_LEAST = 3
_FURTHEST_PART = 0.8
_COUNTED = 2.0
"""A county or college is balanced where its share of the seats is at least so many people."""
_STAY = 0.05
"""What keeping somebody on the list counts, as a part of the mean worth of an invitation."""
_SILENT = 0.5
"""What no answer makes of the chance to come."""


@dataclass(frozen=True)
class Context:
    """What is known besides the event: keys of graduates throughout.

    invited : how often each was invited in the period. busy : invited elsewhere at that time. hardship : members of
    the groups of the published rule. pinned, excluded : by hand, with the reason. yes, no, silent : answers.
    before : invited by the version that this one is made from.
    """

    invited: Mapping[str, int] = field(default_factory=dict)
    busy: frozenset[str] = frozenset()
    hardship: frozenset[str] = frozenset()
    pinned: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()


def problem_of(found: Gathered, context: Context) -> Problem:
    """The problem of an event's list."""
    event, rules, n = found.event, found.event.rules, len(found.keys)
    pinned = _among(found, [*context.pinned, *context.yes])
    bars = _bars(found, context, pinned)
    closed = np.zeros(len(found.row), np.bool_)
    for bar in bars:
        closed |= bar.pairs
    slots = max(slot_count(event), 1)
    held = slots * event.tables
    if rules.meetings_least > slots:
        cure = "Make slot_minutes shorter, or the event longer, or meetings_least smaller."
        raise QueryError(
            f"nobody can have {rules.meetings_least} meetings in {slots} slots", where=event.key, cure=cure
        )
    least, most = _hosts(found, closed, slots)
    eligible = np.zeros(n, np.bool_)
    eligible[found.row[~closed]] = True
    shows = _shows(found, context)
    seats = float(event.seats) if event.seats else np.inf
    worth = float(found.chance.mean() * shows.mean() * rules.meetings_most) if len(found.chance) else 0.0
    return Problem(
        found.row,
        found.column,
        found.chance,
        shows,
        (rules.meetings_least, min(rules.meetings_most, slots)),
        least,
        most,
        seats,
        _shares(found, context, eligible, min(seats, float(shows.sum()))),
        bars,
        pinned if pinned.any() else None,
        _stays(found, context, shows, worth) if context.before else None,
        np.full(len(found.hosts), float(held)),
        float(event.rooms * slots) if event.rooms else np.inf,
    )


def _hosts(found: Gathered, closed: Flags, slots: int) -> tuple[Floats, Floats]:
    """Least planned and most expected meetings of each host, whose tables have `slots` each.

    Planned meetings never exceed the time of a host, nor all together the rooms, whatever the event states: so the
    list has a timetable even if everybody comes.
    """
    rules, m = found.event.rules, len(found.hosts)
    candidates = np.bincount(found.column[~closed], minlength=m).astype(np.float64)
    if rules.employer_least is None:
        people = min(float(len(np.unique(found.row[~closed]))), (found.event.seats or np.inf) / rules.shows_near)
        rooms = (found.event.rooms or np.inf) * slots
        share = np.floor(min(people * rules.meetings_most / 2, rooms) / m)
        least = np.minimum(min(float(_USUAL_LEAST), slots * found.event.tables, share), np.floor(candidates / 2))
    else:
        least = np.full(m, float(rules.employer_least))
    return least, np.full(m, float(rules.employer_most or np.inf))


def _among(found: Gathered, keys: Iterable[str]) -> Flags:
    wanted = set(keys)
    return np.array([key in wanted for key in found.keys], np.bool_)


def _bars(found: Gathered, context: Context, pinned: Flags) -> tuple[Bar, ...]:
    """Who may not come, by rule; whoever is put in by hand or has accepted is past the rules of number and place."""
    rules = found.event.rules
    often = np.array([context.invited.get(key, 0) >= rules.invitations_most for key in found.keys], np.bool_)
    outside = np.array([not _inside(found, record) for record in found.records], np.bool_)
    out = _among(found, [*context.excluded, *context.no]) & ~_among(found, context.pinned)
    people = {"invitations": often & ~pinned, "region": outside & ~pinned, "declined": out}
    if rules.clash:
        people["clash"] = _among(found, context.busy)
    return tuple(Bar(name, who[found.row]) for name, who in people.items() if who.any())


def _inside(found: Gathered, record: Graduate) -> bool:
    """Whether the event is for the person: from everywhere, or from the event's city, or wishing for it."""
    event = found.event
    if event.cross_region or event.region is None:
        return True
    city = prefecture_of(event.region)
    places = [*([record.region] if record.region else []), *record.wishes.regions]
    return any(covers(city, place) or covers(place, city) for place in places)


def _shows(found: Gathered, context: Context) -> Floats:
    """Chance that each comes: the documented prior by distance, an answer, and silence to an invitation."""
    event, rules = found.event, found.event.rules
    city = prefecture_of(event.region) if event.region else ""
    near = np.array([not city or bool(r.region and covers(city, r.region)) for r in found.records], np.bool_)
    shows = np.where(near | (event.kind == "livestream"), rules.shows_near, rules.shows_far)
    shows = np.where(_among(found, context.silent), _SILENT * shows, shows)
    return np.asarray(np.where(_among(found, context.yes), np.maximum(shows, 0.9), shows), np.float64)


def _stays(found: Gathered, context: Context, shows: Floats, worth: float) -> Floats:
    """What keeping each on the list counts, (n,); 0 for whoever was not on it.

    An invitation that was sent is not taken back for a likelier guest: whoever is silent counts as much as before. The
    halved chance says only how many will come, so how many more can be called.
    """
    order = np.lexsort((-found.chance, found.row))
    counts = np.bincount(found.row, minlength=len(shows))
    place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    best = order[place < found.event.rules.meetings_most]
    meetings = np.bincount(found.row[best], found.chance[best], minlength=len(shows))
    lost = np.where(_among(found, context.silent - context.yes), shows / _SILENT - shows, 0.0) * meetings
    return np.asarray(np.where(_among(found, context.before), _STAY * worth + lost, 0.0), np.float64)


def furthest_of(found: Gathered) -> Flags:
    """Who left school in an earlier year and still seeks work (离校未就业)."""
    year = found.event.starts_at.year
    return np.array([r.graduation_year is not None and r.graduation_year < year for r in found.records], np.bool_)


def _shares(found: Gathered, context: Context, eligible: Flags, seats: float) -> tuple[Share, ...]:
    rules, count = found.event.rules, max(int(eligible.sum()), 1)

    def part(members: Flags) -> float:
        return float((members & eligible).sum()) / count

    shares = []
    hard, far = _among(found, context.hardship), furthest_of(found)
    floors = {
        "hardship": (hard, part(hard) if rules.hardship_least is None else rules.hardship_least),
        "furthest": (far, _FURTHEST_PART * part(far) if rules.furthest_least is None else rules.furthest_least),
    }
    shares += [Share(name, who, least=floor) for name, (who, floor) in floors.items() if floor > 0]
    for members in _groups([record.region or "" for record in found.records]):
        if part(members) * seats >= _COUNTED and rules.county_least > 0:
            shares.append(Share("county", members, least=rules.county_least * part(members)))
    for members in _groups([record.school for record in found.records]):
        most = rules.college_most * part(members)
        if part(members) * seats >= _COUNTED and most < 1:
            shares.append(Share("college", members, most=most))
    return tuple(shares)


def _groups(names: list[str]) -> list[Flags]:
    """Members of each group that has a name, by name."""
    held = np.array(names, dtype=object)
    return [np.asarray(held == name, np.bool_) for name in sorted(set(names) - {""})]
