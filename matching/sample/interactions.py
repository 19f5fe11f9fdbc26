"""Conduct under limits: a posting hires no more than its places, a person takes one job; then events in order.

Limits tie everybody together, so the blocks are gone through twice: once for the offers, which are few, and
once, knowing who was hired when, for everything that happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

import numpy as np

from matching.sample.conduct import NEVER, Shown
from matching.sample.draws import Flags, Floats, Ints
from matching.sample.fairs import ZONE
from matching.sample.lists import Market
from matching.sample.people import People
from matching.sample.tenants import TENANTS
from matching.standard.records import Action, Interaction

CHANNELS = ("recommend", "search", "push")
_ACTIONS = (
    Action.SHOWN, Action.CLICKED, Action.SAVED, Action.DISMISSED, Action.APPLIED, Action.ANSWERED, Action.INTERVIEWED,
    Action.OFFERED, Action.HIRED, Action.DECLINED,
)  # fmt: skip
"""What happens in the market, in the order in which it can; messages are the push's own."""
_TIMES = {
    Action.SHOWN: "at",
    Action.CLICKED: "clicked",
    Action.SAVED: "saved",
    Action.DISMISSED: "dismissed",
    Action.APPLIED: "applied",
    Action.ANSWERED: "answered",
    Action.INTERVIEWED: "interviewed",
    Action.OFFERED: "offered",
}
_BY_EMPLOYER = (Action.ANSWERED, Action.INTERVIEWED, Action.OFFERED)


class Settled(NamedTuple):
    """Who was hired where, and when places and people were taken; times as in `Shown`."""

    full: Floats
    """(M,) when a posting's last place was given; minus infinity where it never had one."""
    hired: Floats
    """(N,) when a graduate took a job."""
    taken: Ints
    """(N,) the posting taken, -1 for none."""


@dataclass(frozen=True, slots=True)
class Happenings:
    """Events of a block, by graduate and time."""

    graduate: Ints
    posting: Ints
    action: Ints
    """Place in `_ACTIONS`."""
    at: Floats
    rank: Ints
    channel: Ints

    def __len__(self) -> int:
        return len(self.graduate)


def once(people: People, shown: Shown, postings: int) -> Shown:
    """The same with one application a pair: the first; what later ones led to never happened."""
    pair = shown.person * postings + shown.posting
    order = np.lexsort((shown.applied, pair))
    repeats = np.zeros(len(shown), dtype=bool)
    repeats[order[1:]] = pair[order][1:] == pair[order][:-1]
    if not repeats.any():
        return shown
    columns = {name: getattr(shown, name) for name in Shown.__slots__}
    for name in ("applied", "answered", "interviewed", "offered", "decided"):
        columns[name] = np.where(repeats, NEVER, columns[name])
    return Shown(**columns)


def settle(blocks: Iterable[tuple[People, Shown]], market: Market, graduates: int) -> Settled:
    """Go through all offers in the order of time and give each posting's places to the first who accept."""
    who, where, when, end, yes = _offers(blocks)
    free = (market.vacancies.headcount - market.vacancies.filled).astype(np.int64)
    full = np.where(free <= 0, -np.inf, NEVER)
    hired, taken = np.full(graduates, NEVER), np.full(graduates, -1, dtype=np.int64)
    for row in np.lexsort((where, who, when)).tolist():
        person, posting = who[row], where[row]
        if not yes[row] or free[posting] <= 0 or taken[person] >= 0:
            continue
        taken[person], hired[person] = posting, end[row]
        free[posting] -= 1
        if free[posting] == 0:
            full[posting] = when[row]
    return Settled(full, hired, taken)


def _offers(blocks: Iterable[tuple[People, Shown]]) -> tuple[Ints, Ints, Floats, Floats, Ints]:
    kept: list[tuple[Ints, Ints, Floats, Floats, Ints]] = []
    for people, shown in blocks:
        rows = np.flatnonzero(np.isfinite(shown.offered))
        kept.append(
            (
                people.index[shown.person[rows]],
                shown.posting[rows],
                shown.offered[rows],
                shown.decided[rows],
                shown.accepts[rows],
            )
        )
    if not kept:
        none, no = np.zeros(0, dtype=np.int64), np.zeros(0)
        return none, none, no, no, none
    who, where, when, end, yes = (np.concatenate(column) for column in zip(*kept, strict=True))
    return who, where, when, end, yes


def happenings(people: People, shown: Shown, settled: Settled) -> Happenings:
    """What happened to the people of a block, in order."""
    graduate = people.index[shown.person]
    rows, actions, times = (np.concatenate(column) for column in zip(*_happened(graduate, shown, settled), strict=True))
    order = np.lexsort((shown.rank[rows], actions, times, graduate[rows]))
    rows, actions, times = rows[order], actions[order], times[order]
    return Happenings(graduate[rows], shown.posting[rows], actions, times, shown.rank[rows], shown.channel[rows])


def _happened(graduate: Ints, shown: Shown, settled: Settled) -> Iterator[tuple[Ints, Ints, Floats]]:
    """For each action the rows of `shown` where it happened, itself, and the times in whole seconds."""
    hired, full = settled.hired[graduate], settled.full[shown.posting]
    for action, name in _TIMES.items():
        at: Floats = getattr(shown, name)
        happened = np.isfinite(at) & (at <= hired)
        yield _rows(happened & (at <= full) if action in _BY_EMPLOYER else happened, action, at)
    given = (shown.offered <= full) & np.isfinite(shown.decided) & (shown.decided <= hired)
    takes = given & (settled.taken[graduate] == shown.posting)
    yield _rows(takes, Action.HIRED, shown.decided)
    yield _rows(given & ~takes, Action.DECLINED, shown.decided)


def _rows(happened: Flags, action: Action, at: Floats) -> tuple[Ints, Ints, Floats]:
    rows = np.flatnonzero(happened)
    return rows, np.full(len(rows), _ACTIONS.index(action), dtype=np.int64), np.floor(at[rows])


def write_interactions(
    events: Happenings, *, market: Market, tenants: Ints, first: int, today: date
) -> Iterator[Interaction]:
    """The events of a block as records; ids count within the graduate.

    `tenants` are those of the graduates from `first` on.
    """
    midnight = datetime.combine(today, time(), ZONE).timestamp()
    stamps = (midnight + events.at).tolist()
    previous, number = -1, 0
    where = market.vacancies.tenant[events.posting].tolist()
    columns = zip(events.graduate.tolist(), events.posting.tolist(), events.action.tolist(), stamps, where, strict=True)
    ranks, channels = events.rank.tolist(), events.channel.tolist()
    for row, (graduate, posting, action, stamp, tenant) in enumerate(columns):
        number = number + 1 if graduate == previous else 1
        previous = graduate
        yield Interaction(
            tenant=TENANTS[tenant],
            id=f"i{graduate:07d}-{number}",
            graduate=f"{TENANTS[int(tenants[graduate - first])]}:g{graduate:07d}",
            posting=f"{TENANTS[tenant]}:p{posting:07d}",
            action=_ACTIONS[action],
            at=datetime.fromtimestamp(stamp, ZONE),
            rank=ranks[row] if action < 2 else None,
            channel=CHANNELS[channels[row]],
        )
