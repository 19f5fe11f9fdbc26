"""What people were shown: lists that an older, naive system made, visit by visit.

Most of a list suits the major (and half of that is near home), some is popular, some there by chance; what is
popular stands near the top. Postings are live on the day, and seldom above the person's degree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from matching.sample.banks import Banks
from matching.sample.draws import Draws, Flags, Floats, Ints, running
from matching.sample.people import People
from matching.sample.vacancies import SPAN, Vacancies

DAY = 86_400.0
LENGTH, MOST_VISITS, ATTEMPTS = 10, 24, 3
_TO_MAJOR, _TO_POPULAR = 0.68, 0.86


@dataclass(frozen=True)
class Market:
    """All postings, arranged for the old system: by family and city, with running popularity."""

    vacancies: Vacancies
    order: Ints
    """(M,) rows by (family, city)."""
    weight: Floats
    """(M + 1,) running popularity over `order`."""
    popularity: Floats
    """(M,) by row."""
    starts: Ints
    """(F * C + 1,) where each (family, city) begins in `order`."""
    cities: int

    @classmethod
    def of(cls, banks: Banks, seed: int, vacancies: Vacancies) -> Market:
        """Arrange `vacancies`, row i being posting i."""
        cities = len(banks.cities)
        cell = vacancies.family * cities + vacancies.city
        order = np.argsort(cell, kind="stable")
        noise = Draws(seed, "popularity", vacancies.index).normal("popularity")
        popularity = np.exp(0.7 * vacancies.attractiveness + 0.6 * noise) * np.log1p(vacancies.headcount)
        starts = np.searchsorted(cell[order], np.arange(len(banks.families) * cities + 1))
        weight = np.concatenate([[0.0], np.cumsum(popularity[order])])
        return cls(vacancies, order, weight, popularity, starts, cities)

    def between(self, low: Ints, high: Ints, u: Floats) -> Ints:
        """One posting from each stretch low..high of `order`, by popularity; -1 where the stretch is empty."""
        mark = self.weight[low] + u * (self.weight[high] - self.weight[low])
        place = np.clip(np.searchsorted(self.weight, mark, side="right") - 1, low, np.maximum(high - 1, low))
        return np.where(high > low, self.order[np.minimum(place, len(self.order) - 1)], -1)


class Lists(NamedTuple):
    """One row for each posting in a list."""

    person: Ints
    """Row in the block of people."""
    visit: Ints
    slot: Ints
    """Which draw it came from; with person and visit it names the row's random numbers."""
    at: Floats
    """When it was shown: seconds before (negative) midnight of today."""
    posting: Ints
    """-1: none was found."""

    def take(self, rows: Ints) -> Lists:
        """The same by other rows."""
        return Lists(self.person[rows], self.visit[rows], self.slot[rows], self.at[rows], self.posting[rows])

    def draws(self, seed: int, people: People, stream: str) -> Draws:
        """The random numbers of each row."""
        place = (people.index[self.person] * MOST_VISITS + self.visit) * LENGTH + self.slot
        return Draws(seed, stream, place)


def draw_lists(banks: Banks, seed: int, market: Market, people: People) -> Lists:
    """Everything shown to the people of a block; a posting stands once in a list."""
    lists = _visits(seed, people)
    posting = lists.posting.copy()
    for attempt in range(ATTEMPTS if len(market.order) else 0):
        left = np.flatnonzero(posting < 0)
        rows = lists.take(left)
        draws = rows.draws(seed, people, f"shown {attempt}")
        found = _picked(banks, market, people, rows.person, draws=draws)
        good = _showable(market.vacancies, people, rows._replace(posting=found), draws=draws)
        posting[left] = np.where(good, found, -1)
    lists = lists._replace(posting=posting).take(np.flatnonzero(posting >= 0))
    pair = (lists.person * MOST_VISITS + lists.visit) * max(len(market.order), 1) + lists.posting
    return lists.take(np.sort(np.unique(pair, return_index=True)[1]))


def rank_lists(market: Market, lists: Lists, draws: Draws) -> Ints:
    """Places in each list from 1, what is popular near the top."""
    if not len(lists.person):
        return np.zeros(0, dtype=np.int64)
    value = 0.6 * np.log(market.popularity[lists.posting] + 1e-9) + draws.normal("order")
    order = np.lexsort((-value, lists.visit, lists.person))
    group = lists.person[order] * MOST_VISITS + lists.visit[order]
    first = np.concatenate([[True], group[1:] != group[:-1]])
    start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - start + 1
    return rank


def _visits(seed: int, people: People) -> Lists:
    draws = Draws(seed, "visits", people.index)
    count = np.floor(-np.log1p(-draws.uniform("count")) * people.effort).astype(np.int64)
    count = np.where(people.placed == 1, 0, np.minimum(count, MOST_VISITS))
    person = np.repeat(np.arange(len(people)), count)
    visit = np.arange(len(person)) - np.repeat(np.cumsum(count) - count, count)
    own = Draws(seed, "visit", people.index[person] * MOST_VISITS + visit)
    day = np.floor(SPAN * own.uniform("day")) + 1
    at = ((8 + 15 * own.uniform("hour")) / 24 - day) * DAY
    person, visit, at = np.repeat(person, LENGTH), np.repeat(visit, LENGTH), np.repeat(at, LENGTH)
    slot = np.tile(np.arange(LENGTH), len(person) // LENGTH)
    return Lists(person, visit, slot, at, np.full(len(person), -1, dtype=np.int64))


def _picked(banks: Banks, market: Market, people: People, person: Ints, *, draws: Draws) -> Ints:
    """A posting for each row: by the major, by popularity, or by chance."""
    total = len(market.order)
    table = running(np.where(banks.affinity > 0.04, banks.affinity**1.5, 0.0015))
    family = draws.pick_rows("family", table, people.major[person])
    home = np.where(draws.uniform("home") < 0.6, people.home[person], people.study[person])
    cell = family * market.cities + home
    low, high = market.starts[cell], market.starts[cell + 1]
    wide = (draws.uniform("near") > 0.6) | (high <= low)
    low = np.where(wide, market.starts[family * market.cities], low)
    high = np.where(wide, market.starts[(family + 1) * market.cities], high)
    source = draws.uniform("source")
    low, high = np.where(source > _TO_MAJOR, 0, low), np.where(source > _TO_MAJOR, total, high)
    by_chance = np.floor(draws.uniform("posting") * total).astype(np.int64)
    return np.where(source > _TO_POPULAR, by_chance, market.between(low, high, draws.uniform("posting")))


def _showable(vacancies: Vacancies, people: People, lists: Lists, *, draws: Draws) -> Flags:
    known = np.maximum(lists.posting, 0)
    day = np.floor(lists.at / DAY)
    live = (day >= -vacancies.published[known]) & (day <= vacancies.closes[known])
    low = vacancies.level[known] > people.level[lists.person]
    return (lists.posting >= 0) & live & (~low | (draws.uniform("too low") < 0.08))
