"""How many people and employers an event could have, quickly: while its theme is still being chosen.

The same people, postings and hard rules as a list's, over columns only. Where people and postings are too many to ask
every pair, the suitable are counted on a sample of the people, drawn evenly, and said to be an estimate.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from matching.allocation.problem import Flags, Ints
from matching.attributes import GraduateRows, PostingRows, region_range
from matching.eligibility import RULES, Rules
from matching.fairs.gather import Host, hosts_of, people_of
from matching.fairs.times import slot_count
from matching.rowset import row_set
from matching.standard.records import Event
from matching.terms.regions import prefecture_of

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.state import State

_PAIRS = 60_000
"""Pairs that the rules are asked of one by one; of more, a sample of the people is asked."""
_SAMPLE = 120
_PART = 64
"""Postings that everybody of the sample is asked about at once; most find one among them."""


class Counts(NamedTuple):
    """hosts with their postings; eligible: people of the theme; suitable: of them, those who may take a posting.

    invited : about how many a list would invite, as seats, employers' time and the suitable allow. exact : the
    suitable were counted, not estimated from a sample.
    """

    hosts: tuple[Host, ...]
    postings: int
    eligible: int
    suitable: int
    invited: int
    exact: bool


def counts_of(event: Event, state: State, settings: Settings, *, today: date) -> Counts:
    """Count for the event as it stands; 0 where nobody or nothing fits."""
    hosts = hosts_of(event, state)
    people = people_of(event, state)
    rows = np.array([row for host in hosts for row in host.postings], np.int64)
    near = people[_inside(event, state.graduates.at(people))]
    share, exact = _share(state, settings, near, rows, today=today)
    suitable = round(share * len(near))
    return Counts(hosts, len(rows), len(people), suitable, _invited(event, hosts, suitable), exact)


def _inside(event: Event, people: GraduateRows) -> Flags:
    if event.cross_region or event.region is None:
        return np.ones(len(people.region), np.bool_)
    low, high = region_range(prefecture_of(event.region))
    wished = ((people.wish_from < high) & (people.wish_to > low)).any(axis=1)
    return np.asarray((people.region >= low) & (people.region < high) | wished, np.bool_)


def _share(state: State, settings: Settings, people: Ints, postings: Ints, *, today: date) -> tuple[float, bool]:
    """Which part of the people may take at least one posting, and whether that is exact."""
    if not len(people) or not len(postings):
        return 0.0, True
    own = settings.eligibility
    rules = Rules(today, unknown=own.unknown, unstated=own.unstated)
    if len(people) * len(postings) <= _PAIRS:
        return float(_able(state.graduates.at(people), _different(state.postings.at(postings)), rules).mean()), True
    few = people[np.linspace(0, len(people) - 1, min(len(people), _SAMPLE)).astype(np.int64)]
    return float(np.mean(_any_of(state, few, postings, rules))), len(few) == len(people)


def _any_of(state: State, people: Ints, postings: Ints, rules: Rules) -> Flags:
    """Which of the people may take at least one of the postings: an even part first, all for whom that shows none."""
    able = np.zeros(len(people), np.bool_)
    part = postings[np.linspace(0, len(postings) - 1, min(len(postings), _PART)).astype(np.int64)]
    pairs = state.graduates.at(np.repeat(people, len(part))), state.postings.at(np.tile(part, len(people)))
    able[:] = rules.allowed(*pairs).reshape(len(people), len(part)).any(axis=1)
    for place in np.flatnonzero(~able).tolist():
        one = state.graduates.at(people[place : place + 1])
        able[place] = row_set(state.postings, one, rules).mask[postings].any()
    return able


def _able(people: GraduateRows, offered: PostingRows, rules: Rules) -> Flags:
    """Which of the people may take at least one of the postings: pair by pair, the shorter side one by one."""
    n, count = len(people.degree), len(offered.degree)
    if n < count:
        one = (rules.allowed(people.at(np.array([i])), offered).any() for i in range(n))
        return np.fromiter(one, np.bool_, n)
    able = np.zeros(n, np.bool_)
    for place in range(count):
        left = np.flatnonzero(~able)
        if not len(left):
            break
        able[left] = rules.allowed(people.at(left), offered.at(np.array([place])))
    return able


def _different(offered: PostingRows) -> PostingRows:
    """One posting of each kind that the rules can tell apart."""
    told = sorted({name for rule in RULES for name in rule.posting_columns})
    n = len(offered.degree)
    parts = [np.ascontiguousarray(getattr(offered, name)).reshape(n, -1).view(np.uint8) for name in told]
    joined = np.concatenate([part.reshape(n, -1) for part in parts], axis=1)
    _, firsts, counts = np.unique(joined, axis=0, return_index=True, return_counts=True)
    return offered.at(np.asarray(firsts[np.argsort(-counts, kind="stable")], np.int64))


def _invited(event: Event, hosts: tuple[Host, ...], suitable: int) -> int:
    rules = event.rules
    slots = slot_count(event)
    held = len(hosts) * slots * event.tables
    room = min(held, event.rooms * slots) if event.rooms else held
    seats = event.seats / max(rules.shows_near, rules.shows_far) if event.seats else np.inf
    return int(max(min(suitable, seats, room / rules.meetings_least), 0))
