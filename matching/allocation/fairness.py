"""How a list treats both sides: chances, their Gini, and who would rather have another's place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from matching.allocation.problem import Flags, Floats, Ints, Problem


class Fairness(NamedTuple):
    """A list seen from both sides.

    gini_invited, gini_all : of the chances of at least one useful meeting, among the invited, and among all rows that
    had a pair (who is not invited has 0); 0 is equal, near 1 is one for all. Nobody: 0.
    row_envy : share of the invited who would rather have another invitee's hosts.
    column_envy : share of the columns that would rather have another column's guests.
    passed_over : share of the rows that had a pair, were not invited, and are worth more to some column than somebody
    whom it meets: what limits and rules cost single persons.
    """

    gini_invited: float
    gini_all: float
    row_envy: float
    column_envy: float
    passed_over: float


def gini(values: Floats) -> float:
    """Gini coefficient of values of at least 0; 0 for none, or for nothing but zeros."""
    total = float(values.sum())
    if not len(values) or total <= 0:
        return 0.0
    ordered, n = np.sort(values), len(values)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))


def chances(problem: Problem, met: Flags) -> Floats:
    """Chance of each row to have at least one useful meeting, (n,)."""
    missed = np.ones(len(problem.shows))
    np.multiply.at(missed, problem.row[met], 1 - problem.worth[met])
    return np.asarray(problem.shows * (1 - missed))


def fairness_of(problem: Problem, invited: Flags, met: Flags) -> Fairness:
    """How the list treats both sides."""
    chance = chances(problem, met)
    had = np.bincount(problem.row, minlength=len(problem.shows)) > 0
    return Fairness(
        gini(chance[invited]),
        gini(chance[had]),
        _row_envy(problem, np.flatnonzero(invited), met),
        _column_envy(problem, met),
        _passed_over(problem, invited, met, had),
    )


def _worth_matrix(problem: Problem, rows: Ints) -> Floats:
    """Worth of the pairs of `rows`, (len(rows), m); 0 where there is no pair."""
    place = np.full(len(problem.shows), -1)
    place[rows] = np.arange(len(rows))
    mine = place[problem.row] >= 0
    matrix = np.zeros((len(rows), len(problem.least)))
    matrix[place[problem.row[mine]], problem.column[mine]] = problem.worth[mine]
    return matrix


def _row_envy(problem: Problem, rows: Ints, met: Flags) -> float:
    if len(rows) < 2:
        return 0.0
    worth, has = _worth_matrix(problem, rows), np.zeros((len(rows), len(problem.least)))
    place = np.full(len(problem.shows), -1)
    place[rows] = np.arange(len(rows))
    has[place[problem.row[met]], problem.column[met]] = 1.0
    own = (worth * has).sum(axis=1)
    envious = 0
    for start in range(0, len(rows), 1_000):
        others = worth[start : start + 1_000] @ has.T
        envious += int((others.max(axis=1) > own[start : start + 1_000] + 1e-9).sum())
    return envious / len(rows)


def _column_envy(problem: Problem, met: Flags) -> float:
    m = len(problem.least)
    rows = np.unique(problem.row[met])
    if m < 2 or not len(rows):
        return 0.0
    worth = _worth_matrix(problem, rows) * problem.shows[rows][:, None]
    has = np.zeros((len(rows), m))
    has[np.searchsorted(rows, problem.row[met]), problem.column[met]] = 1.0
    others = worth.T @ has  # what column a would have of column b's guests
    return float((others.max(axis=1) > np.diag(others) + 1e-9).mean())


def _passed_over(problem: Problem, invited: Flags, met: Flags, had: Flags) -> float:
    left = had & ~invited
    if not left.any():
        return 0.0
    weakest = np.full(len(problem.least), np.inf)
    np.minimum.at(weakest, problem.column[met], problem.gain[met])
    better = np.zeros(len(left), np.bool_)
    better[problem.row[problem.gain > weakest[problem.column] + 1e-12]] = True
    return float(better[left].mean())
