"""The truth about a pair: what the posting is worth to the graduate, and how well the graduate would do.

The formulas stand in docs/sample.md. None of them sees a text, a record or a protected attribute (unless
`bias` is set): they read the hidden columns of `People` and `Vacancies` and two personal noises.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from matching.sample.banks import Banks
from matching.sample.draws import Draws, Floats, Ints
from matching.sample.people import People
from matching.sample.vacancies import Vacancies

_SECURITY = np.array([0.0, -0.25, 0.5, 1.0, 0.15])
"""How secure a kind of posting is: job, internship, grassroots, public institution, public welfare."""


class Truth(NamedTuple):
    """The truth about n pairs, each (n,) in [0, 1]."""

    utility: Floats
    """What the posting is worth to the graduate."""
    suitability: Floats
    """How well the graduate would do in the employer's eyes."""
    apply: Floats
    """Chance that the graduate, looking at the posting, opens it and applies."""
    answer: Floats
    """Chance that the employer answers an application."""


def pair_truth(
    banks: Banks, seed: int, people: People, vacancies: Vacancies, *, noise: float, penalty: Floats | None = None
) -> Truth:
    """The truth about pairs (graduate of row i, posting of row i).

    Parameters
    ----------
    people, vacancies : n rows each
    noise : float
        Scale of what nothing explains about a pair: 1 is usual, 0 leaves only people's and postings' own traits.
    penalty : (n,), optional
        Taken from the log-odds of an answer: how an unfair employer treats some people. Default: none.
    """
    chance = Draws(seed, "pair", people.index).with_index(vacancies.original)
    wants = _utility(banks, seed, people, vacancies) + 0.3 * noise * chance.normal("utility")
    suits = _suitability(banks, people, vacancies) + 0.3 * noise * chance.normal("suitability")
    utility, suitability = sigmoid(wants), sigmoid(suits)
    odds = 4.2 * (suitability - 0.48) - (0.0 if penalty is None else penalty)
    applies = click_chance(utility) * apply_chance(utility)
    return Truth(utility, suitability, applies, vacancies.responsive * sigmoid(odds))


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x))."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)


def click_chance(utility: Floats) -> Floats:
    """Chance that a posting that is looked at is opened."""
    return 0.04 + 0.62 * utility**2


def apply_chance(utility: Floats) -> Floats:
    """Chance that a posting that is open leads to an application."""
    return sigmoid(5.0 * (utility - 0.62))


def taste(banks: Banks, seed: int, people: People, family: Ints) -> Floats:
    """How much each person likes a family, (n,), about 0 to 1.5; the hidden taste vector, one entry a row."""
    first = banks.related[people.family, family]
    second = people.second_weight * banks.related[people.second, family]
    personal = Draws(seed, "taste", people.index).with_index(family).normal("taste")
    return np.maximum(first, second) * np.exp(0.28 * personal)


def skill(banks: Banks, people: People, family: Ints) -> Floats:
    """How well each person masters a family's work, (n,) in [0, 1]."""
    taught = banks.affinity[people.major, family] ** 0.5 * (0.25 + 0.75 * people.mastery)
    own = banks.related[people.second, family] * people.second_mastery
    liked = 0.55 * banks.related[people.family, family] * people.mastery
    return np.maximum(np.maximum(taught, own), liked)


def _mixed(first: Floats, second: Floats, share: Floats) -> Floats:
    return (1 - share) * first + share * second


def _utility(banks: Banks, seed: int, people: People, vacancies: Vacancies) -> Floats:
    interest = _mixed(
        taste(banks, seed, people, vacancies.family),
        taste(banks, seed, people, vacancies.second),
        vacancies.second_share,
    )
    place = _place(banks, people, vacancies)
    pay = np.tanh(np.log(vacancies.pay / people.reservation) / 0.3)
    security = people.stability * _SECURITY[vacancies.kind]
    wait = np.where(vacancies.kind == 1, np.where(people.year_offset > 0, 0.5, -0.3), 0.0)
    worth = 3.9 * interest**0.7 * (0.3 + 0.7 * place) + 0.75 * pay + 0.7 * security
    return np.asarray(worth + wait + 0.35 * vacancies.attractiveness - 2.6, dtype=np.float64)


def _place(banks: Banks, people: People, vacancies: Vacancies) -> Floats:
    home = banks.distance[people.home, vacancies.city]
    study = banks.distance[people.study, vacancies.city] + 0.15
    near = np.exp(-np.minimum(home, study) / (0.3 + 2.4 * people.mobility))
    outside = np.array([city.outside for city in banks.cities])[vacancies.city]
    near = np.where(outside, people.outward, near)
    return 1 - (1 - near) * (1 - 0.6 * vacancies.flexible)


def _suitability(banks: Banks, people: People, vacancies: Vacancies) -> Floats:
    fit = _mixed(skill(banks, people, vacancies.family), skill(banks, people, vacancies.second), vacancies.second_share)
    short = np.maximum(vacancies.level - people.level, 0)
    over = np.maximum(people.level - np.maximum(vacancies.level, 2) - 1, 0)
    foreign = vacancies.formality * (1 - banks.affinity[people.major, vacancies.family])
    able = 0.55 * people.ability - 0.6 * vacancies.strictness
    value = 4.4 * (fit - 0.42) + able - 1.7 * short - 0.3 * over - 1.4 * foreign
    return np.asarray(value, dtype=np.float64)
