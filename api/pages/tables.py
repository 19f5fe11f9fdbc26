"""What the list, the charts and the timetable show, as plain values for templates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from api.pages.people import holds
from matching.fairs.times import slot_count, slot_times
from matching.standard.records import Event, Graduate
from matching.store import Store
from matching.store.lists import Answer, Guest, Lists, Version

if TYPE_CHECKING:
    from matching.state import State

PAGE = 50
PRINTED = 1_000
"""People on one page to print: some forty sheets of paper, and as many as are quickly there."""
MEETINGS = 300
"""Meetings of employers' days on one page, about."""


class Filter(NamedTuple):
    """Which guests are shown: by status, employer, a text in key, major, school or place, hand marks; and the page."""

    status: str = "invited"
    host: str = ""
    text: str = ""
    hand: bool = False
    page: int = 1


class Row(NamedTuple):
    """A guest as the list shows it."""

    place: int
    guest: Guest
    record: Graduate | None
    answer: Answer | None
    hand: str
    reason: str


class Shown(NamedTuple):
    """A page of rows, how many there are, and how many of each status."""

    rows: list[Row]
    total: int
    pages: int
    counts: dict[str, int]


def shown(store: Store, state: State, version: Version, asked: Filter, *, size: int = PAGE) -> Shown:
    """The guests that a filter leaves, in the order of the list; words are looked for in the state in memory."""
    counts = dict.fromkeys(("invited", "waiting", "excluded"), 0)
    for guest in version.guests:
        counts[guest.status] = counts.get(guest.status, 0) + 1
    fits = [(n, g) for n, g in enumerate(version.guests, start=1) if _fits(g, asked)]
    if asked.text:
        text = asked.text.lower()
        fits = [(n, g) for n, g in fits if _meets(g, text) or holds(state, g.graduate, text)]
    pages = max(-(-len(fits) // size), 1)
    begin = (min(max(asked.page, 1), pages) - 1) * size
    part = fits[begin : begin + size]
    known = _records(store, [g.graduate for _, g in part])
    said = Lists(store).answers(version.event)
    rows = [Row(n, g, known.get(g.graduate), said.get(g.graduate), *_hand(g)) for n, g in part]
    return Shown(rows, len(fits), pages, counts)


def _fits(guest: Guest, asked: Filter) -> bool:
    if asked.status and guest.status != asked.status:
        return False
    if asked.hand and not guest.body.get("hand"):
        return False
    return not asked.host or any(meeting["host"] == asked.host for meeting in guest.body.get("meetings", ()))


def _meets(guest: Guest, text: str) -> bool:
    return any(text in meeting["title"].lower() for meeting in guest.body.get("meetings", ()))


def _hand(guest: Guest) -> tuple[str, str]:
    return next(iter(guest.body.get("hand", {}).items()), ("", ""))


def _records(store: Store, keys: Sequence[str]) -> dict[str, Graduate]:
    return cast("dict[str, Graduate]", store.get_many("graduate", keys))


class Load(NamedTuple):
    """An employer at the fair: planned meetings, useful ones expected, those placed, and the most it can hold."""

    key: str
    name: str
    planned: int
    useful: float
    placed: int
    most: int


def loads(event: Event, version: Version) -> list[Load]:
    """Every employer of a list, the fullest first."""
    most = max(slot_count(event), 1) * event.tables
    found = {host["key"]: [host["name"], 0, 0.0, 0] for host in version.about["hosts"]}
    for guest, meeting in invited_meetings(version):
        told: list[Any] = found.setdefault(meeting["host"], [meeting["name"], 0, 0.0, 0])
        told[1] += 1
        told[2] += meeting["chance"] * guest.body.get("shows", 1.0)
        told[3] += int(meeting.get("slot", -1) >= 0)
    made = [Load(key, *(*told, most)) for key, told in found.items()]
    return sorted(made, key=lambda one: (-one.planned, one.name))


def invited_meetings(version: Version) -> Iterable[tuple[Guest, dict[str, Any]]]:
    """Every meeting of those invited."""
    return ((g, m) for g in version.guests if g.status == "invited" for m in g.body.get("meetings", ()))


class Bar(NamedTuple):
    """A line of a chart: name, figures, and lengths in per cent of the widest."""

    name: str
    people: int
    share: float
    other: float
    long: float
    mark: float


def bars(groups: Sequence[Sequence[Any]], *, most: int = 15) -> list[Bar]:
    """Groups (name, eligible, invited) as shares of those invited, each beside its share of the eligible."""
    eligible, invited = (max(sum(group[place] for group in groups), 1) for place in (1, 2))
    shares = [(group[0], group[2], group[2] / invited, group[1] / eligible) for group in groups[:most]]
    widest = max((max(share, other) for _, _, share, other in shares), default=1.0) or 1.0
    return [Bar(*one, round(100 * one[2] / widest, 2), round(100 * one[3] / widest, 2)) for one in shares]


class Host(NamedTuple):
    """An employer's day: how many meetings in each slot, the graduates and meetings with a slot, and those without."""

    key: str
    name: str
    cells: list[int]
    rows: list[tuple[str, dict[str, Any]]]
    left: list[tuple[str, dict[str, Any]]]


def day_of(event: Event, version: Version) -> tuple[list[Any], list[Host]]:
    """Beginnings of the slots, and every employer's day, by name."""
    count = max(slot_count(event), 1)
    times = [slot_times(event, slot)[0] for slot in range(count)]
    names = {host["key"]: host["name"] for host in version.about["hosts"]}
    found = {key: Host(key, name, [0] * count, [], []) for key, name in names.items()}
    for guest, meeting in invited_meetings(version):
        host = found.get(meeting["host"]) or found.setdefault(
            meeting["host"], Host(meeting["host"], meeting["name"], [0] * count, [], [])
        )
        slot = meeting.get("slot", -1)
        (host.rows if slot >= 0 else host.left).append((guest.graduate, meeting))
        if slot >= 0:
            host.cells[min(slot, count - 1)] += 1
    return times, sorted(found.values(), key=lambda host: host.name)


def in_order(host: Host, times: Sequence[Any]) -> list[dict[str, Any]]:
    """The meetings of an employer's day by time and place, each with its graduate and when it begins (`at`)."""
    by_time = sorted(host.rows, key=lambda one: (one[1]["slot"], one[1].get("room", 0)))
    return [{**m, "graduate": who, "at": times[min(m["slot"], len(times) - 1)]} for who, m in by_time]


def paged(hosts: Sequence[Host], number: int) -> tuple[list[Host], int, int]:
    """Employers with a timetable on one page: as many as have `MEETINGS` together, one at least; page and pages."""
    pages: list[list[Host]] = [[]]
    for host in hosts:
        if pages[-1] and sum(len(one.rows) for one in pages[-1]) + len(host.rows) > MEETINGS:
            pages.append([])
        if host.rows:
            pages[-1].append(host)
    number = min(max(number, 1), len(pages))
    return pages[number - 1], number, len(pages)
