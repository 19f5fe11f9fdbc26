"""An event's list, made and kept: from the store and a snapshot to a new version with its certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from matching.allocation import (
    Chosen,
    Problem,
    conflict_in,
    fairness_of,
    give_way,
    price_of,
    relaxed,
    simple_lists,
    solve,
)
from matching.allocation.bound import Oracle
from matching.allocation.fairness import chances
from matching.allocation.problem import Ints
from matching.allocation.programme import Watch
from matching.errors import NoList, OutOfTime, UnknownId
from matching.fairs.gather import Gathered, Scorer, gather
from matching.fairs.groups import groups_of
from matching.fairs.question import Context, problem_of
from matching.fairs.words import conflict_words, name_of, relax_words
from matching.standard.records import Event, Protected
from matching.store.lists import Guest, Lists

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.state import State
    from matching.store import Store

Progress = Callable[[str, int, int], None]
_REASONS = 3


@dataclass(frozen=True)
class Wish:
    """How a list is asked for.

    base : the version that it is made from; None for the one in use. pinned, excluded : keys with the reason, kept with
    the list and carried on to the next version. free : keys whose pin or exclusion is lifted. prices : whether the cost
    of every rule is worked out.
    """

    seed: int = 0
    seconds: float = 60.0
    gap: float = 0.01
    base: int | None = None
    pinned: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)
    free: frozenset[str] = frozenset()
    prices: bool = True


@dataclass(frozen=True)
class Made:
    """A list that was made and kept as `version`; `about` is its certificate, `changed` who came and went."""

    version: int
    guests: tuple[Guest, ...]
    about: dict[str, Any]


def event_of(store: Store, key: str) -> Event:
    """The event.

    Raises
    ------
    UnknownId
    """
    found = store.get("event", key)
    if found is None:
        raise UnknownId(f"no event '{key}'", where="event", cure="Send the record first, or check tenant and id.")
    return cast("Event", found)


@dataclass(frozen=True)
class Prepared:
    """An event with everything that its list is made from; `before` is the list of version `base`."""

    found: Gathered
    context: Context
    before: tuple[Guest, ...]
    base: int

    def problem(self, event: Event | None = None) -> Problem:
        """The problem of the list; `event` may state other rules and limits than the one that was prepared."""
        return problem_of(self.found if event is None else replace(self.found, event=event), self.context)


def prepare(
    store: Store,
    state: State,
    settings: Settings,
    event: Event,
    wish: Wish,
    *,
    today: date,
    progress: Progress | None = None,
) -> Prepared:
    """Gather people, employers, chances and what is known of them; nothing is kept but the log of protected uses.

    Raises
    ------
    QueryError, UnknownId, StoreError
    """
    lists = Lists(store)
    base = lists.newest(event.key) if wish.base is None else wish.base
    before = lists.get(event.key, base).guests if base else ()
    found = gather(event, state, settings, today=today, progress=progress)
    return Prepared(found, _context(store, lists, found, before, wish), before, base)


def make_list(
    store: Store,
    state: State,
    settings: Settings,
    event: Event,
    wish: Wish | None = None,
    *,
    today: date,
    progress: Progress | None = None,
) -> Made:
    """Make the next version of an event's list and keep it.

    Raises
    ------
    NoList
        No list can keep all rules; says which contradict each other, and what to relax.
    ListChanged
        Somebody kept another version meanwhile; this one is kept beside it.
    QueryError, OutOfTime, StoreError
    """
    wish, say = wish or Wish(), progress or (lambda step, done, total: None)
    ready = prepare(store, state, settings, event, wish, today=today, progress=progress)
    found = ready.found
    problem, chosen, gave = solved_for(event, ready.problem(), wish, progress)
    say("certificate", 0, 1)
    certificate = {**certificate_of(problem, chosen, wish), "gave_way": gave}
    guests = _guests(found, problem, chosen, ready.context, Scorer(state, settings, today))
    change = changes_between(ready.before, guests)
    about = {
        "certificate": certificate,
        "hosts": [{"key": host.key, "name": host.name} for host in found.hosts],
        "chances": found.source,
        "eligible": len(found.keys),
        "groups": groups_of(found, state, chosen.invited),
        "asked": {"seed": wish.seed, "seconds": wish.seconds, "gap": wish.gap, "today": today.isoformat()},
        "snapshot": state.version,
        "change": {name: len(keys) for name, keys in change.items()},
    }
    say("keep", 0, 1)
    return Made(Lists(store).save(event.key, guests, about, base=ready.base), guests, about)


def changes_between(before: Iterable[Guest], after: Iterable[Guest]) -> dict[str, list[str]]:
    """Keys of who stayed invited, came, went, and of those who stayed but meet others now (`moved`)."""
    was, now = ({g.graduate: _hosts_of(g) for g in guests if g.status == "invited"} for guests in (before, after))
    return {
        "stayed": sorted(was.keys() & now.keys()),
        "came": sorted(now.keys() - was.keys()),
        "went": sorted(was.keys() - now.keys()),
        "moved": sorted(key for key in was.keys() & now.keys() if was[key] != now[key]),
    }


def _hosts_of(guest: Guest) -> set[str]:
    return {meeting["host"] for meeting in guest.body["meetings"]}


def solved_for(
    event: Event, problem: Problem, wish: Wish, progress: Progress | None = None
) -> tuple[Problem, Chosen, dict[str, float]]:
    """The list, where rules that the event leaves open give way to what it states, as little as they must.

    Returns
    -------
    tuple
        The problem that was solved, its list, and how far each rule that gave way is kept, as `relaxed` says it (0:
        not at all).

    Raises
    ------
    NoList, OutOfTime
        As `solved`; only stated rules are in conflict.
    """
    gave: dict[str, float] = {}
    watch = Watch(wish.seconds)
    while True:
        try:
            return problem, solve(problem, seconds=wish.seconds, gap=wish.gap, seed=wish.seed, progress=progress), gave
        except NoList:
            conflict = conflict_in(problem, seconds=max(watch.left, 1.0))
            open_ = [rule for rule in conflict.rules if rule in _left_open(event) and rule not in gave]
            if not open_:
                raise _told(problem, conflict.rules, wish) from None
            rule = open_[0]
            amount = relaxed(problem, rule, seconds=max(watch.left / 2, 1.0))
            problem = problem.without(rule) if amount is None else give_way(problem, rule, amount)
            gave[rule] = amount or 0.0


def _left_open(event: Event) -> tuple[str, ...]:
    """Rules of which the event states nothing, the first to give way first."""
    usual = type(event.rules)()
    fields = {
        "least": "employer_least",
        "college": "college_most",
        "county": "county_least",
        "furthest": "furthest_least",
        "hardship": "hardship_least",
    }
    return tuple(rule for rule, name in fields.items() if getattr(event.rules, name) == getattr(usual, name))


def solved(problem: Problem, wish: Wish, progress: Progress | None = None) -> Chosen:
    """The list of a problem.

    Raises
    ------
    NoList
        Names the smallest set of rules in conflict, and what to relax, in words.
    OutOfTime
    """
    try:
        return solve(problem, seconds=wish.seconds, gap=wish.gap, seed=wish.seed, progress=progress)
    except NoList:
        raise _told(problem, conflict_in(problem, seconds=wish.seconds).rules, wish) from None


def _told(problem: Problem, rules: tuple[str, ...], wish: Wish) -> NoList:
    lines = [relax_words(rule, relaxed(problem, rule, seconds=wish.seconds / 4)) for rule in rules]
    cure = "可选做法 / one of: " + "; ".join(str(line) for line in lines)
    return NoList(str(conflict_words(rules)), where=", ".join(rules), cure=cure)


def _context(store: Store, lists: Lists, found: Gathered, before: tuple[Guest, ...], wish: Wish) -> Context:
    event, keys = found.event, list(found.keys)
    protected = store.protected(keys, f"fair {event.key}: floor for hardship groups")
    hardship = {key for key, one in protected.items() if _hard(cast("Protected", one))}
    held = {g.graduate: g.body.get("hand", {}) for g in before if g.graduate not in wish.free}
    pinned = {key: hand["pin"] for key, hand in held.items() if "pin" in hand} | dict(wish.pinned)
    excluded = {key: hand["exclude"] for key, hand in held.items() if "exclude" in hand} | dict(wish.excluded)
    pinned = {key: why for key, why in pinned.items() if key not in wish.excluded}
    excluded = {key: why for key, why in excluded.items() if key not in pinned}
    answers = lists.answers(event.key)
    invited = frozenset(g.graduate for g in before if g.status == "invited")
    counts, busy = _elsewhere(store, lists, event)
    return Context(
        counts,
        frozenset(busy),
        frozenset(hardship),
        pinned,
        excluded,
        frozenset(key for key, said in answers.items() if said.answer == "yes"),
        frozenset(key for key, said in answers.items() if said.answer == "no"),
        frozenset(invited - answers.keys()) if answers else frozenset(),
        invited,
    )


def _hard(one: Protected) -> bool:
    return bool(one.hardship_groups or one.low_income_family or one.disability)


def _elsewhere(store: Store, lists: Lists, event: Event) -> tuple[dict[str, int], set[str]]:
    """How often people are invited to other events of the period, and who is busy at that time."""
    period = timedelta(days=event.rules.invitations_days)
    counts: dict[str, int] = {}
    busy: set[str] = set()
    for batch in store.scan("event"):
        for other in cast("list[Event]", batch):
            if other.key == event.key or abs(other.starts_at - event.starts_at) > period:
                continue
            answers = lists.answers(other.key)
            mine = {key for key in lists.invited(other.key) if key not in answers or answers[key].answer != "no"}
            for key in mine:
                counts[key] = counts.get(key, 0) + 1
            if other.starts_at < event.ends_at and event.starts_at < other.ends_at:
                busy |= mine
    return counts, busy


def certificate_of(problem: Problem, chosen: Chosen, wish: Wish) -> dict[str, Any]:
    """What is proved of a list: value and bound, every rule with its price, fairness, the simple lists beside it."""
    watch = Watch(wish.seconds if wish.prices else 0.0)
    return {
        "value": chosen.value,
        "bound": chosen.bound,
        "gap": chosen.gap,
        "stayed": chosen.stayed,
        "finished": chosen.finished,
        "invited": int(chosen.invited.sum()),
        "expected_guests": float(problem.shows[chosen.invited].sum()),
        "meetings": int(chosen.met.sum()),
        "broken": problem.broken(chosen.invited, chosen.met),
        "rules": [_rule(problem, chosen, rule, watch) for rule in ("meetings", *problem.rules)],
        "fairness": fairness_of(problem, chosen.invited, chosen.met)._asdict(),
        "beside": [
            {
                "name": way.name,
                "value": way.value,
                "broken": list(way.broken),
                **fairness_of(problem, way.invited, way.met)._asdict(),
            }
            for way in simple_lists(problem, seed=wish.seed)
        ],
    }


def _rule(problem: Problem, chosen: Chosen, rule: str, watch: Watch) -> dict[str, Any]:
    words, told = name_of(rule), _used(problem, chosen, rule)
    line: dict[str, Any] = {"rule": rule, "zh": words.zh, "en": words.en, **told}
    if rule == "meetings" or watch.left <= 0:
        return line
    try:
        price = price_of(problem, chosen, rule, seconds=watch.left)
    except (OutOfTime, NoList):
        return line
    return {**line, "price": price.cost, "price_most": price.most}


def _used(problem: Problem, chosen: Chosen, rule: str) -> dict[str, Any]:
    """Asked and reached, as numbers: the tightest line of a rule."""
    invited, met, m = chosen.invited, chosen.met, len(problem.least)
    count = max(int(invited.sum()), 1)
    if rule == "seats":
        return {"most": problem.seats, "reached": float(problem.shows[invited].sum())}
    if rule == "rooms":
        return {"most": problem.rooms, "reached": int(met.sum())}
    if rule == "slots":
        assert problem.slots is not None
        used = np.bincount(problem.column[met], minlength=m)
        place = int((problem.slots - used).argmin())
        return {"most": float(problem.slots[place]), "reached": int(used[place])}
    if rule == "least":
        slack = np.bincount(problem.column[met], minlength=m) - problem.least
        place = int(slack.argmin())
        return {"least": float(problem.least[place]), "reached": float(slack[place] + problem.least[place])}
    if rule == "most":
        load = np.bincount(problem.column[met], problem.shows[problem.row[met]], minlength=m)
        place = int((problem.most - load).argmin())
        return {"most": float(problem.most[place]), "reached": float(load[place])}
    if rule == "pinned":
        assert problem.pinned is not None
        return {"least": int(problem.pinned.sum()), "reached": int((problem.pinned & invited).sum())}
    out = [len(np.unique(problem.row[bar.pairs])) for bar in problem.bars if bar.name == rule]
    if out:
        return {"kept_out": out[0]}
    shares = [(s, float((s.members & invited).sum()) / count) for s in problem.shares if s.name == rule]
    if not shares:
        return {"least": problem.meetings[0], "most": problem.meetings[1]}
    share, reached = min(shares, key=lambda one: min(one[1] - one[0].least, one[0].most - one[1]))
    return {"least": share.least, "most": share.most, "reached": reached, "groups": len(shares)}


def _guests(found: Gathered, problem: Problem, chosen: Chosen, context: Context, scorer: Scorer) -> tuple[Guest, ...]:
    """Invited people by their chance, then the waiting list in the order of what they would add, then the excluded."""
    chance = chances(problem, chosen.met)
    meetings = _meetings(found, chosen.met, scorer)
    place = {key: i for i, key in enumerate(found.keys)}
    order = np.lexsort((np.arange(len(chance)), -chance))
    guests = []
    for i in order[chosen.invited[order]].tolist():
        key = found.keys[i]
        body = {"meetings": meetings[i], "chance": float(chance[i]), "shows": float(problem.shows[i])}
        guests.append(Guest(key, "invited", {**body, **_hand(context, key)}))
    for i, adds in _waiting(problem, chosen):
        body = {"adds": adds, "meetings": could_meet(found, i), "shows": float(problem.shows[i])}
        guests.append(Guest(found.keys[i], "waiting", {**body, **_hand(context, found.keys[i])}))
    done = {guest.graduate for guest in guests}
    out = sorted(key for key in {*context.excluded, *context.no} if key in place and key not in done)
    return (*guests, *(Guest(key, "excluded", _hand(context, key)) for key in out))


def _hand(context: Context, key: str) -> dict[str, Any]:
    if key in context.pinned:
        return {"hand": {"pin": context.pinned[key]}}
    return {"hand": {"exclude": context.excluded[key]}} if key in context.excluded else {}


def _waiting(problem: Problem, chosen: Chosen) -> list[tuple[int, float]]:
    """Who is next: by what inviting them is worth at the prices of the limits, best first."""
    pairs = problem.open_pairs()
    net = Oracle.of(problem.only(pairs)).at(chosen.prices).net
    left = np.flatnonzero(~chosen.invited & np.isfinite(net))
    order = left[np.lexsort((left, -net[left]))]
    return [(i, float(net[i])) for i in order[: max(20, 2 * int(chosen.invited.sum()))].tolist()]


def could_meet(found: Gathered, i: int) -> list[dict[str, Any]]:
    """The best meetings of the person at place `i`, whatever the limits."""
    mine = np.flatnonzero(found.row == i)
    mine = mine[np.argsort(-found.chance[mine], kind="stable")][: found.event.rules.meetings_most]
    return [_meeting(found, int(pair)) for pair in mine]


def _meeting(found: Gathered, pair: int) -> dict[str, Any]:
    host, (posting, title) = found.hosts[found.column[pair]], found.titles[int(found.posting[pair])]
    told = {"host": host.key, "name": host.name, "posting": posting, "title": title}
    doubt = {"unknown": True} if found.unknown[pair] else {}
    return {**told, "chance": float(found.chance[pair]), **doubt}


def _meetings(found: Gathered, met: Any, scorer: Scorer) -> dict[int, list[dict[str, Any]]]:  # noqa: ANN401
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
