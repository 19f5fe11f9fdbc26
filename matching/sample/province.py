"""The sample province: one frozen value from which every generated record follows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from matching.errors import QueryError
from matching.sample.advert import write_postings
from matching.sample.banks import Banks, banks
from matching.sample.conduct import Shown, draw_conduct
from matching.sample.draws import Floats, Ints
from matching.sample.fairs import write_events
from matching.sample.firms import write_employers
from matching.sample.interactions import Happenings, Settled, happenings, once, settle, write_interactions
from matching.sample.latent import Truth, pair_truth
from matching.sample.lists import Market
from matching.sample.people import People, draw_people
from matching.sample.protected import draw_women, write_protected
from matching.sample.resume import write_graduates
from matching.sample.tenants import TENANTS
from matching.sample.vacancies import Vacancies, draw_vacancies, employer_count
from matching.standard.records import Employer, Event, Graduate, Interaction, Posting, Protected, Record

if TYPE_CHECKING:
    import polars as pl

BLOCK = 1_024
DEFAULT_TODAY = date(2026, 6, 15)


@dataclass(frozen=True, slots=True)
class Tuning:
    """What the province is like.

    Attributes
    ----------
    reposts : float
        Share of postings that repeat an earlier one under another tenant.
    activity : float
        Visits to the platforms, as a multiple of the usual (mean about 4 a graduate).
    bias : float
        Taken from the log-odds that an employer answers a woman. 0: the truth depends on no protected attribute.
    noise : float
        Scale of what nothing explains about a pair (1: usual; 0: none, so that the truth is all in traits).
    events : int
        Fairs and livestreams.
    """

    reposts: float = 0.08
    activity: float = 1.0
    bias: float = 0.0
    noise: float = 1.0
    events: int = 40


@dataclass(frozen=True, init=False)
class SampleProvince:
    """Generated graduates, employers, postings, fairs and interactions of Jiangxi; no real person or firm.

    Record i of a type depends on the seed, `tuning`, `today` and i alone: not on how many there are, nor on what
    was made before. Interactions depend on all graduates and postings, because people compete for places.

    Parameters
    ----------
    seed : int
        Another seed is another province.
    graduates, postings : int
        How many; employers follow from the postings (one for six).
    today : date
        The day the province stands at: postings are published in the 120 days before, interactions happen in them.
    tuning : Tuning, optional
        What the province is like.

    Raises
    ------
    QueryError
        A negative number, or a share outside 0 to 1.
    """

    seed: int
    graduate_count: int
    posting_count: int
    today: date
    tuning: Tuning

    def __init__(
        self,
        seed: int = 0,
        *,
        graduates: int = 1_000,
        postings: int = 1_000,
        today: date = DEFAULT_TODAY,
        tuning: Tuning | None = None,
    ) -> None:
        chosen = tuning or Tuning()
        if (
            min(graduates, postings, chosen.events) < 0
            or not 0 <= chosen.reposts <= 0.5
            or min(chosen.activity, chosen.noise) < 0
        ):
            raise QueryError(
                f"no province of {graduates} graduates, {postings} postings and {chosen}",
                where="SampleProvince",
                cure="Give numbers from 0 up, and a share of reposts from 0 to 0.5.",
            )
        values = {"seed": seed, "graduate_count": graduates, "posting_count": postings, "today": today}
        for name, value in {**values, "tuning": chosen}.items():
            object.__setattr__(self, name, value)

    @property
    def employer_count(self) -> int:
        """How many employers there are."""
        return employer_count(self.posting_count)

    def graduates(self, start: int = 0, stop: int | None = None) -> Iterator[Graduate]:
        """Graduates `start` to `stop` (not included), as records."""
        for index in _blocks(start, self.graduate_count if stop is None else stop):
            yield from write_graduates(self._banks, self.seed, index, year=self.today.year)

    def protected(self, start: int = 0, stop: int | None = None) -> Iterator[Protected]:
        """Their protected attributes."""
        for index in _blocks(start, self.graduate_count if stop is None else stop):
            yield from write_protected(self._banks, self.seed, index)

    def employers(self, start: int = 0, stop: int | None = None) -> Iterator[Employer]:
        """Employers."""
        for index in _blocks(start, self.employer_count if stop is None else stop):
            yield from write_employers(self._banks, self.seed, index)

    def postings(self, start: int = 0, stop: int | None = None) -> Iterator[Posting]:
        """Postings, live and closed."""
        for index in _blocks(start, self.posting_count if stop is None else stop):
            yield from write_postings(self._banks, self.seed, index, reposts=self.tuning.reposts, today=self.today)

    def events(self) -> Iterator[Event]:
        """Fairs and livestreams."""
        for index in _blocks(0, self.tuning.events):
            yield from write_events(self._banks, self.seed, index, employers=self.employer_count, today=self.today)

    def interactions(self) -> Iterator[Interaction]:
        """What happened between graduates and postings, by graduate and time."""
        for people, _, events in self._happened():
            yield from write_interactions(
                events, market=self._market, tenants=people.tenant, first=int(people.index[0]), today=self.today
            )

    def records(self, type_name: str) -> Iterator[Record]:
        """All records of a type, by its name in the standard."""
        makers: dict[str, Callable[[], Iterator[Record]]] = {
            "graduate": self.graduates,
            "protected": self.protected,
            "employer": self.employers,
            "posting": self.postings,
            "event": self.events,
            "interaction": self.interactions,
        }
        yield from makers[type_name]()

    def graduate_key(self, index: int) -> str:
        """The key of a graduate's record."""
        people = draw_people(self._banks, self.seed, np.array([index]))
        return f"{TENANTS[int(people.tenant[0])]}:g{index:07d}"

    def posting_key(self, index: int) -> str:
        """The key of a posting's record."""
        return f"{TENANTS[int(self._draw_vacancies(np.array([index])).tenant[0])]}:p{index:07d}"

    def true_value(self, graduates: Ints | int, postings: Ints | int) -> Truth:
        """The truth about pairs, by index; a number stands for as many of itself as the other side has.

        For evaluation only: nothing in it is to reach a record, a feature or a vector.
        """
        left, right = np.broadcast_arrays(np.atleast_1d(graduates), np.atleast_1d(postings))
        who, back = np.unique(left, return_inverse=True)
        people = draw_people(self._banks, self.seed, who.astype(np.int64))
        penalty = self._penalty(people)[back]
        where, over = np.unique(right, return_inverse=True)
        vacancies = self._draw_vacancies(where.astype(np.int64)).take(over)
        return pair_truth(
            self._banks, self.seed, people.take(back), vacancies, penalty=penalty, noise=self.tuning.noise
        )

    def truth(self, *, sampled: int = 5) -> Iterator[pl.DataFrame]:
        """The truth about all pairs that were shown and `sampled` more for each graduate, a frame a block.

        Columns: graduate, posting (keys), graduate_index, posting_index, original (index of the posting that this
        one repeats), utility, suitability, apply, answer, shown (bool).
        """
        from matching.sample.export import truth_frame

        for people, shown, _ in self._happened():
            yield truth_frame(self, people, shown, sampled=sampled)

    def tenants_of(self, people: People, vacancies: Ints) -> tuple[list[str], list[str]]:
        """The tenants of some graduates, and of some postings by index."""
        left = [TENANTS[t] for t in people.tenant.tolist()]
        return left, [TENANTS[t] for t in self._market.vacancies.tenant[vacancies].tolist()]

    def originals(self, postings: Ints) -> Ints:
        """The posting that each of `postings` repeats, itself where it repeats none."""
        return self._market.vacancies.original[postings]

    @property
    def _banks(self) -> Banks:
        return banks()

    def _draw_vacancies(self, index: Ints) -> Vacancies:
        return draw_vacancies(self._banks, self.seed, index, reposts=self.tuning.reposts)

    @functools.cached_property
    def _market(self) -> Market:
        return Market.of(self._banks, self.seed, self._draw_vacancies(np.arange(self.posting_count)))

    def _penalty(self, people: People) -> Floats:
        return self.tuning.bias * draw_women(self._banks, self.seed, people).astype(np.float64)

    def _conduct(self) -> Iterator[tuple[People, Shown]]:
        for index in _blocks(0, self.graduate_count):
            people = draw_people(self._banks, self.seed, index)
            people = replace(people, effort=people.effort * self.tuning.activity)
            shown = draw_conduct(
                self._banks, self.seed, self._market, people, penalty=self._penalty(people), noise=self.tuning.noise
            )
            yield people, once(people, shown, self.posting_count)

    @functools.cached_property
    def _settled(self) -> Settled:
        return settle(self._conduct(), self._market, self.graduate_count)

    def _happened(self) -> Iterator[tuple[People, Shown, Happenings]]:
        settled = self._settled
        for people, shown in self._conduct():
            yield people, shown, happenings(people, shown, settled)


def _blocks(start: int, stop: int) -> Iterator[Ints]:
    for low in range(start, stop, BLOCK):
        yield np.arange(low, min(low + BLOCK, stop), dtype=np.int64)
