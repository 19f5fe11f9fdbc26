"""What people and employers would do about what was shown: drawn from the hidden truth, before limits are applied.

People look from the top of a list down (position bias), open what may be worth it, apply, and employers answer,
meet and offer by how suitable they find the person. The parts are arrays over what was shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.sample.banks import Banks
from matching.sample.draws import Draws, Flags, Floats, Ints
from matching.sample.latent import Truth, apply_chance, click_chance, pair_truth, sigmoid
from matching.sample.lists import DAY, Lists, Market, draw_lists, rank_lists
from matching.sample.people import People
from matching.sample.vacancies import Vacancies

NEVER = np.inf
_CHANNEL_SHARES = np.array([0.55, 0.85, 1.0])


@dataclass(frozen=True, slots=True)
class Shown:
    """One row for each posting shown to somebody. Times are seconds before (negative) midnight of today.

    A time of `NEVER` says that it did not happen within the window.
    """

    person: Ints
    """Row in the block of people."""
    posting: Ints
    rank: Ints
    channel: Ints
    at: Floats
    clicked: Floats
    dismissed: Floats
    saved: Floats
    applied: Floats
    answered: Floats
    interviewed: Floats
    offered: Floats
    decided: Floats
    accepts: Ints
    """1: would accept an offer."""

    def __len__(self) -> int:
        return len(self.person)


def draw_conduct(banks: Banks, seed: int, market: Market, people: People, *, penalty: Floats, noise: float) -> Shown:
    """Everything that the people of a block would do and be answered, had they and the postings no limits.

    Parameters
    ----------
    penalty : (n people,)
        Taken from the log-odds of each answer; zeros for a fair world.
    noise : float
        See `pair_truth`.
    """
    lists = draw_lists(banks, seed, market, people)
    draws = lists.draws(seed, people, "conduct")
    vacancies = market.vacancies.take(lists.posting)
    truth = pair_truth(banks, seed, people.take(lists.person), vacancies, penalty=penalty[lists.person], noise=noise)
    return _outcomes(draws, truth, vacancies, lists, rank=rank_lists(market, lists, draws))


def examination(rank: Ints) -> Floats:
    """Chance that somebody looks at a place in a list: rank ** -0.6."""
    return np.asarray(rank, dtype=np.float64) ** -0.6


def _outcomes(draws: Draws, truth: Truth, vacancies: Vacancies, lists: Lists, *, rank: Ints) -> Shown:
    looked = draws.uniform("looked") < examination(rank)
    opened = looked & (draws.uniform("clicked") < click_chance(truth.utility))
    clicked = _after(lists.at, opened, 5 + 115 * draws.uniform("click delay"))
    leaves = ~opened & looked & (draws.uniform("dismissed") < 0.12 * (1 - truth.utility))
    keeps = opened & (draws.uniform("saved") < 0.25 * truth.utility)
    applies = opened & (draws.uniform("applies") < apply_chance(truth.utility))
    applied = _after(clicked, applies, 30 + 0.8 * DAY * draws.uniform("apply delay") ** 6)
    applied = np.where(applied < (vacancies.closes + 1) * DAY, applied, NEVER)
    answers = draws.uniform("answers") < truth.answer
    answered = _after(applied, answers, DAY * (0.3 + 9 * draws.uniform("answer delay")))
    meets = draws.uniform("interview") < sigmoid(4.0 * (truth.suitability - 0.35))
    interviewed = _after(answered, meets, DAY * (1 + 8 * draws.uniform("interview delay")))
    offers = draws.uniform("offer") < sigmoid(5.0 * (truth.suitability - 0.5))
    offered = _after(interviewed, offers, DAY * (0.5 + 6 * draws.uniform("offer delay")))
    return Shown(
        person=lists.person,
        posting=lists.posting,
        rank=rank,
        channel=draws.pick("channel", _CHANNEL_SHARES),
        at=lists.at,
        clicked=clicked,
        dismissed=_after(lists.at, leaves, 5 + 60 * draws.uniform("click delay")),
        saved=_after(clicked, keeps, 3 + 25 * draws.uniform("save delay")),
        applied=applied,
        answered=answered,
        interviewed=interviewed,
        offered=offered,
        decided=_after(offered, np.isfinite(offered), DAY * (0.2 + 4 * draws.uniform("decision delay"))),
        accepts=(draws.uniform("accepts") < sigmoid(6.0 * (truth.utility - 0.5))).astype(np.int64),
    )


def _after(start: Floats, happens: Flags, delay: Floats) -> Floats:
    end = start + delay
    return np.where(happens & (end < 0), end, NEVER)
