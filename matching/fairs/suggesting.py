"""Which fair to hold next: the theme, city and week that would serve most people whom nobody has served yet.

Supply is who seeks work and has neither been invited to an event nor heard from an employer. Demand is the employers
with open postings in a city. A sample of the supply is scored with the demand, by a list's own hard rules and chances;
what a theme would do is expected people with at least one useful meeting, within the time that employers have.
It is an estimate to choose by, and no list: that is an optimisation under all rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import polars as pl

from matching.allocation.problem import Flags, Floats, Ints
from matching.attributes import day_number, tenant_code
from matching.chance import chances_of
from matching.fairs.demand import Stand, stands_of
from matching.fairs.gather import Scorer
from matching.fairs.weeks import Span, Week, weeks_from
from matching.language import Words
from matching.question import CHINA
from matching.standard.records import Event
from matching.store.lists import Lists
from matching.terms import industries, majors, regions

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.state import State
    from matching.store import Store

_MEETINGS, _SLOTS = 4, 12
"""Meetings of a guest, and of an employer: a morning of 15-minute slots."""
_NEAR, _FAR = 0.6, 0.4
_LEAST_HOSTS = 3
_HEARD = ("answered", "interviewed", "offered", "hired")
_DAYS_BACK = 180


@dataclass(frozen=True)
class Asked:
    """What to look through.

    tenant : whose people and postings. weeks : how far ahead. top : suggestions. sample : people who are scored.
    cities, employers : as many as are looked at, those with the most open places first. avoid : days that are out.
    """

    tenant: str
    weeks: int = 8
    top: int = 5
    sample: int = 1_500
    cities: int = 12
    employers: int = 40
    avoid: tuple[Span, ...] = ()
    seed: int = 0


class Invite(NamedTuple):
    """An employer to invite: key, name, its posting, and the useful meetings expected at its table."""

    key: str
    name: str
    posting: str
    title: str
    meetings: float


class Suggestion(NamedTuple):
    """A fair that could be held.

    draft : the event, ready to be kept. served : people not served yet with a useful meeting, expected. invited,
    turn_out : how many to invite, and how many would come. supply : people not served yet who may meet somebody there.
    places : open places. weeks : served by week, for the weeks that were looked at.
    """

    draft: Event
    served: float
    invited: float
    turn_out: float
    supply: float
    places: int
    employers: tuple[Invite, ...]
    weeks: tuple[tuple[date, float], ...]
    notes: tuple[Words, ...]
    why: Words

    def as_dict(self) -> dict[str, Any]:
        """As it stands in answers in JSON."""
        return {
            **self._asdict(),
            "draft": self.draft.model_dump(mode="json"),
            "employers": [invite._asdict() for invite in self.employers],
            "weeks": [{"monday": monday.isoformat(), "served": served} for monday, served in self.weeks],
            "notes": [note._asdict() for note in self.notes],
            "why": self.why._asdict(),
        }


class _Supply(NamedTuple):
    """A sample of who is not served yet: rows of the state; each stands for `weight` people."""

    rows: Ints
    weight: float
    total: int


class _Scored(NamedTuple):
    """A city's stands; what meeting each is worth to each person of the sample (n, m), who comes with `shows` (n,)."""

    city: str
    stands: tuple[Stand, ...]
    worth: Floats
    shows: Floats


class _Theme(NamedTuple):
    """Some people and some stands of a city."""

    people: Flags
    stands: Ints
    industry: str
    majors: str


def suggest(store: Store, state: State, settings: Settings, asked: Asked, *, today: date) -> list[Suggestion]:
    """The fairs that would serve most, best first, each theme once, in its best week; none where there is no demand.

    The same store, seed and day give the same suggestions.
    """
    supply = _supply(store, state, asked, today)
    if not len(supply.rows):
        return []
    weeks = [week for week in weeks_from(today, asked.weeks, avoid=asked.avoid) if week.days]
    held = _held(store, asked.tenant)
    found = []
    for city, stands in stands_of(state, asked.tenant, today, cities=asked.cities, employers=asked.employers):
        scored = _score(state, settings, supply, (city, stands), today)
        for theme in _themes(state, supply, scored):
            best = _best_week(scored, theme, supply.weight, weeks)
            if best is not None and np.count_nonzero(best.useful > 0) >= _LEAST_HOSTS:
                found.append(_suggestion(scored, theme, best, (supply, held, asked)))
    found.sort(key=lambda one: (-one.served, one.draft.id))
    return found[: asked.top]


def _supply(store: Store, state: State, asked: Asked, today: date) -> _Supply:
    side = state.graduates
    columns = side.at(slice(None))
    rows = np.flatnonzero(
        side.alive & columns.seeking & columns.visible & (columns.tenant == tenant_code(asked.tenant))
    )
    served = _served(store, asked.tenant, today)
    left = np.array([row for row in rows.tolist() if side.keys[row] not in served], np.int64)
    if not len(left):
        return _Supply(left, 0.0, 0)
    size = min(asked.sample, len(left))
    drawn = np.sort(np.random.default_rng(asked.seed).choice(left, size, replace=False))
    return _Supply(drawn, len(left) / size, len(left))


def _served(store: Store, tenant: str, today: date) -> set[str]:
    """Who has been invited to an event of the last half year or a coming one, or has heard from an employer."""
    lists, since = Lists(store), datetime.combine(today - timedelta(days=_DAYS_BACK), time(), CHINA)
    served: set[str] = set()
    for batch in store.scan("event", tenant=tenant):
        for event in cast("list[Event]", batch):
            if event.starts_at >= since:
                served |= lists.invited(event.key)
    past = store.past(datetime.combine(today + timedelta(days=1), time(), CHINA)).interactions()
    return served | set(past.filter(pl.col("action").is_in(_HEARD))["graduate"])


def _held(store: Store, tenant: str) -> set[tuple[str, date]]:
    """Cities and days on which the tenant has an event already."""
    events = [event for batch in store.scan("event", tenant=tenant) for event in cast("list[Event]", batch)]
    return {(regions.prefecture_of(e.region), e.starts_at.astimezone(CHINA).date()) for e in events if e.region}


def _score(
    state: State, settings: Settings, supply: _Supply, place: tuple[str, tuple[Stand, ...]], today: date
) -> _Scored:
    city, stands = place
    scorer, curves = Scorer(state, settings, today), chances_of(settings)
    worth = np.zeros((len(supply.rows), len(stands)))
    for number, stand in enumerate(stands):
        worth[:, number] = scorer.scored(stand.row, supply.rows).worth(curves)
    columns = state.graduates.at(supply.rows)
    low = int(city)
    near = (columns.region >= low) & (columns.region < low + 100)
    near |= ((columns.wish_from < low + 100) & (columns.wish_to > low)).any(axis=1)
    return _Scored(city, stands, worth, np.where(near, _NEAR, _FAR))


def _themes(state: State, supply: _Supply, scored: _Scored) -> Iterator[_Theme]:
    """Every industry with a few employers, and every group of majors among the people; within one city."""
    everybody, every = np.ones(len(supply.rows), np.bool_), np.arange(len(scored.stands))
    for letter in sorted({stand.section for stand in scored.stands} - {""}):
        mine = np.array([n for n in every.tolist() if scored.stands[n].section == letter], np.int64)
        if len(mine) >= _LEAST_HOSTS:
            yield _Theme(everybody, mine, letter, "")
    columns = state.graduates.at(supply.rows)
    if len(every) >= _LEAST_HOSTS:
        for place, code in enumerate(majors.categories()):
            people = columns.major_category == place
            if people.any():
                yield _Theme(np.asarray(people), every, "", code)


class _Best(NamedTuple):
    week: Week
    served: float
    invited: float
    turn_out: float
    supply: float
    by_week: tuple[tuple[date, float], ...]
    stands: Ints
    useful: Floats


def _best_week(scored: _Scored, theme: _Theme, weight: float, weeks: list[Week]) -> _Best | None:
    """The week in which the theme serves most; the earliest of equals. None where it serves nobody."""
    answers = [_served_in(scored, theme, weight, week) for week in weeks]
    best = max(answers, key=lambda one: one.served, default=None)
    if best is None or best.served <= 0:
        return None
    return best._replace(by_week=tuple((one.week.monday, round(one.served, 2)) for one in answers))


def _served_in(scored: _Scored, theme: _Theme, weight: float, week: Week) -> _Best:
    """People with a useful meeting: each sees the best few employers, the best guests first, while there is time."""
    last = day_number(week.monday + timedelta(days=6), missing=0)
    stands = np.array([n for n in theme.stands.tolist() if scored.stands[n].closes >= last], np.int64)
    worth = scored.worth[np.ix_(theme.people, stands)]
    shows, depth = scored.shows[theme.people], min(_MEETINGS, len(stands))
    if not depth or not len(worth):
        return _Best(week, 0.0, 0.0, 0.0, 0.0, (), stands, np.zeros(len(stands)))
    top = np.argpartition(-worth, depth - 1, axis=1)[:, :depth]
    best = np.take_along_axis(worth, top, axis=1)
    value = shows * (1 - np.prod(1 - best, axis=1))
    order = np.argsort(-value, kind="stable")
    order = order[value[order] > 0]
    meets = (best[order] > 0).sum(axis=1)
    room = len(stands) * _SLOTS - np.concatenate([[0.0], np.cumsum(meets * weight)[:-1]]) if len(order) else np.zeros(0)
    part = np.clip(room / np.maximum(meets * weight, 1e-9), 0.0, 1.0) * weight
    useful = np.zeros(len(stands))
    np.add.at(useful, top[order], best[order] * (part * shows[order])[:, None])
    served, invited, turn_out = (float(x) for x in (value[order] @ part, part.sum(), shows[order] @ part))
    return _Best(week, served, invited, turn_out, weight * len(order), (), stands, useful)


def _suggestion(
    scored: _Scored, theme: _Theme, best: _Best, known: tuple[_Supply, set[tuple[str, date]], Asked]
) -> Suggestion:
    supply, held, asked = known
    order = np.lexsort((best.stands, -best.useful))
    chosen = [scored.stands[best.stands[n]] for n in order.tolist() if best.useful[n] > 0]
    worth = [float(best.useful[n]) for n in order.tolist() if best.useful[n] > 0]
    invites = tuple(Invite(s.key, s.name, s.posting, s.title, round(w, 3)) for s, w in zip(chosen, worth, strict=True))
    free = [day for day in best.week.days if (scored.city, day) not in held]
    day = (free or list(best.week.days))[0]
    draft = _draft(asked.tenant, (scored.city, theme), day, [s.key for s in chosen], seats=best.turn_out)
    notes = best.week.notes
    if not free:
        notes = (*notes, Words("该市当周每天都已有活动", "the city has an event on every day of that week"))
    return Suggestion(
        draft, round(best.served, 2), round(best.invited, 1), round(best.turn_out, 1), round(best.supply, 1),
        sum(stand.places for stand in chosen), invites, best.by_week, notes, _why(best, supply, len(chosen)),
    )  # fmt: skip


def _draft(tenant: str, place: tuple[str, _Theme], day: date, keys: list[str], *, seats: float) -> Event:
    city, theme = place
    where = regions.region(city)
    if theme.industry:
        found = industries.industry(theme.industry)
        name = found.name if found else theme.industry
        about: dict[str, list[str]] = {"industries": [name]}
    else:
        major = majors.major(theme.majors)
        name = f"{(major.name if major else theme.majors).removesuffix('大类').removesuffix('类')}类专业"
        about = {"majors": [theme.majors]}
    return Event(
        tenant=tenant,
        id=f"suggested-{day:%Y%m%d}-{city}-{theme.industry or theme.majors}",
        title=f"{where.name if where else city}{name}专场招聘会",
        starts_at=datetime.combine(day, time(9), CHINA),
        ends_at=datetime.combine(day, time(9), CHINA) + timedelta(minutes=15 * _SLOTS),
        region=city,
        seats=max(int(np.ceil(seats)), 1),
        employer_ids=keys,
        industries=about.get("industries", []),
        majors=about.get("majors", []),
    )


def _why(best: _Best, supply: _Supply, employers: int) -> Words:
    return Words(
        f"尚未获得服务的求职毕业生 {supply.total} 人，其中约 {best.supply:.0f} 人有可面谈的岗位；"
        f"邀请约 {best.invited:.0f} 人、{employers} 家单位，预计到场 {best.turn_out:.0f} 人，"
        f"预计 {best.served:.2f} 人获得有效面谈",
        f"{supply.total} who seek work are not served yet; about {best.supply:.0f} of them may meet somebody here. "
        f"Invite about {best.invited:.0f} and {employers} employers: {best.turn_out:.0f} would come, "
        f"{best.served:.2f} of them with a useful meeting",
    )
