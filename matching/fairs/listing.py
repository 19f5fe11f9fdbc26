"""An event's list, made and kept: from the store and a snapshot to a new version with its certificate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

from matching.allocation import Problem
from matching.errors import UnknownId
from matching.fairs.certificate import certificate_of
from matching.fairs.gather import Gathered, Scorer, gather
from matching.fairs.groups import groups_of
from matching.fairs.guests import Asked, guests_of
from matching.fairs.question import Context, problem_of
from matching.fairs.solving import Wish, solved_for
from matching.fairs.waiting import waiting_of
from matching.progress import Progress, silent
from matching.standard.records import Event, Protected
from matching.store.lists import Guest, Lists

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.state import State
    from matching.store import Store


@dataclass(frozen=True)
class Made:
    """A list that was made and kept as `version`; `about` is its certificate, and how it was asked for."""

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
    wish, say = wish or Wish(), progress or silent
    ready = prepare(store, state, settings, event, wish, today=today, progress=progress)
    found = ready.found
    problem, chosen, gave = solved_for(event, ready.problem(), wish, progress)
    say("certificate", 0, 1)
    certificate = {**certificate_of(problem, chosen, wish), "gave_way": gave}
    waiting = waiting_of(problem, chosen)
    guests = guests_of(found, Asked(problem, chosen, waiting), ready.context, Scorer(state, settings, today))
    change = changes_between(ready.before, guests)
    about = {
        "certificate": certificate,
        "hosts": [{"key": host.key, "name": host.name} for host in found.hosts],
        "chances": found.source,
        "eligible": len(found.keys),
        "waiting": {"on": len(waiting.rows), "nothing": waiting.nothing, "beyond": waiting.beyond},
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
    said = {key for key, one in answers.items() if one.answer != "none"}
    invited = frozenset(g.graduate for g in before if g.status == "invited")
    counts, busy = _elsewhere(store, lists, event)
    return Context(
        counts,
        frozenset(busy),
        frozenset(hardship),
        pinned,
        excluded,
        frozenset(key for key, one in answers.items() if one.answer == "yes"),
        frozenset(key for key, one in answers.items() if one.answer == "no"),
        frozenset(invited - said) if said else frozenset(),
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
