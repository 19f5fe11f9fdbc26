"""The people of a list: invited, waiting and excluded, each with their meetings and the reasons."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from matching.allocation import Chosen, Problem
from matching.allocation.fairness import chances
from matching.allocation.problem import Flags, Ints
from matching.fairs.gather import Gathered, Scorer
from matching.fairs.question import Context
from matching.fairs.waiting import Waiting
from matching.store.lists import Guest

_REASONS = 3


class Asked(NamedTuple):
    """What was asked and what came of it: the problem, its list, who waits behind it."""

    problem: Problem
    chosen: Chosen
    waiting: Waiting


def guests_of(found: Gathered, asked: Asked, context: Context, scorer: Scorer) -> tuple[Guest, ...]:
    """Invited people by their chance, then the waiting list in its order, then the excluded."""
    problem, chosen, waiting = asked
    chance = chances(problem, chosen.met)
    meetings = _meetings(found, chosen.met, scorer)
    place = {key: i for i, key in enumerate(found.keys)}
    order = np.lexsort((np.arange(len(chance)), -chance))
    guests = []
    for i in order[chosen.invited[order]].tolist():
        key = found.keys[i]
        body = {"meetings": meetings[i], "chance": float(chance[i]), "shows": float(problem.shows[i])}
        guests.append(Guest(key, "invited", {**body, **_hand(context, key)}))
    held = _held(found, waiting)
    for i in waiting.rows.tolist():
        body = {"chance": float(waiting.chance[i]), "meetings": held[i], "shows": float(problem.shows[i])}
        guests.append(Guest(found.keys[i], "waiting", {**body, **_hand(context, found.keys[i])}))
    done = {guest.graduate for guest in guests}
    out = sorted(key for key in {*context.excluded, *context.no} if key in place and key not in done)
    return (*guests, *(Guest(key, "excluded", _hand(context, key)) for key in out))


def _hand(context: Context, key: str) -> dict[str, Any]:
    if key in context.pinned:
        return {"hand": {"pin": context.pinned[key]}}
    return {"hand": {"exclude": context.excluded[key]}} if key in context.excluded else {}


def could_meet(found: Gathered, i: int) -> list[dict[str, Any]]:
    """The best meetings of the person at place `i`, whatever the limits."""
    mine = np.flatnonzero(found.row == i)
    mine = mine[np.argsort(-found.chance[mine], kind="stable")][: found.event.rules.meetings_most]
    return [_meeting(found, int(pair)) for pair in mine]


def _held(found: Gathered, waiting: Waiting) -> dict[int, list[dict[str, Any]]]:
    """The meetings that those who wait would have, by row, the best first."""
    mine = np.flatnonzero(waiting.best & np.isin(found.row, waiting.rows))
    held: dict[int, list[dict[str, Any]]] = {}
    for pair in mine[np.lexsort((-found.chance[mine], found.row[mine]))].tolist():
        held.setdefault(int(found.row[pair]), []).append(_meeting(found, pair))
    return held


def _meeting(found: Gathered, pair: int) -> dict[str, Any]:
    host, (posting, title) = found.hosts[found.column[pair]], found.titles[int(found.posting[pair])]
    told = {"host": host.key, "name": host.name, "posting": posting, "title": title}
    doubt = {"unknown": True} if found.unknown[pair] else {}
    return {**told, "chance": float(found.chance[pair]), **doubt}


def _meetings(found: Gathered, met: Flags, scorer: Scorer) -> dict[int, list[dict[str, Any]]]:
    """Meetings of each invited row, the best first, each with its strongest reasons."""
    pairs: Ints = np.flatnonzero(met)
    why: dict[int, list[dict[str, Any]]] = {}
    for posting in np.unique(found.posting[pairs]).tolist():
        mine = pairs[found.posting[pairs] == posting]
        rows = found.row[mine]
        told = scorer.reasons(posting, found.people[rows], [found.records[i] for i in rows.tolist()])
        for pair, reasons in zip(mine.tolist(), told, strict=True):
            best = [reason for reason in reasons if reason.points > 0][:_REASONS]
            why[pair] = [{"zh": r.words.zh, "en": r.words.en, "points": round(r.points, 3)} for r in best]
    out: dict[int, list[dict[str, Any]]] = {}
    for pair in pairs[np.lexsort((-found.chance[pairs], found.row[pairs]))].tolist():
        out.setdefault(int(found.row[pair]), []).append({**_meeting(found, pair), "reasons": why[pair]})
    return out
