"""How likely something comes of a pair: from the ranker's score to chances of both sides.

Two questions, two S-shaped curves of one score: would the graduate, looking at the posting, *apply*; would the
employer *answer*. They rise with the score, so they never contradict the ranking. Before there are interactions
the curves are a documented prior (settings, ``[chance]``); those that `gradmatch ranker train` calibrates have the same
shape and come with its ranker. What is built from chances says which curves it used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matching.learning.learned import Rise
    from matching.settings import ChanceCurve, Settings

Floats = NDArray[np.float64]

_EDGE = 1e-9
"""No chance is nearer to 0 or 1, so that none is certain and logarithms stay finite."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A chance that rises with the score: ``ceiling / (1 + exp(−steepness · (score − middle)))``.

    Parameters
    ----------
    middle : float
        The score at which the chance is half the ceiling.
    steepness : float
        Log-odds for one point of score, above 0.
    ceiling : float
        What the chance comes near to for the best scores, in (0, 1].
    """

    middle: float
    steepness: float
    ceiling: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a curve that falls, or that leaves (0, 1]."""
        if not (self.steepness > 0 and 0 < self.ceiling <= 1 and np.isfinite(self.middle)):
            raise ValueError(f"no rising chance: {self}")

    def __call__(self, scores: ArrayLike) -> Floats:
        """The chances for `scores`, same shape, inside (0, 1)."""
        x = self.steepness * (np.asarray(scores, np.float64) - self.middle)
        raw = self.ceiling * np.exp(-np.logaddexp(0.0, -x))
        return np.asarray(np.clip(raw, _EDGE, 1.0 - _EDGE), np.float64)


class Chance(NamedTuple):
    """Chances of n pairs, each (n,), inside (0, 1)."""

    apply: Floats
    """That the graduate, looking at the posting, applies (at a fair: sits down at the table)."""
    answer: Floats
    """That the employer answers an application (at a fair: asks for more than the CV)."""

    @property
    def both(self) -> Floats:
        """That both sides want it: a useful meeting. The two are taken as independent, given the score."""
        return self.apply * self.answer


@dataclass(frozen=True, slots=True)
class Chances:
    """From scores to chances of both sides.

    Parameters
    ----------
    apply, answer : Logistic
    source : str
        Where the curves come from: ``"prior"``, or the name of a calibration. Certificates and plans repeat it.
    """

    apply: Logistic
    answer: Logistic
    source: str = "prior"

    def __call__(self, scores: ArrayLike) -> Chance:
        """Chances for `scores`: as many, monotone in the score. No scores give empty arrays.

        Raises
        ------
        ValueError
            A score is not a number.
        """
        given = np.asarray(scores, np.float64)
        if np.isnan(given).any():
            raise ValueError("a score is not a number")
        return Chance(self.apply(given), self.answer(given))


def chances_of(settings: Settings) -> Chances:
    """The curves that belong to the settings' ranker: ``[chance]`` where it is set, else the learned ones."""
    own, learned = settings.chance, settings.ranking.learned
    if learned is None or "chance" in settings.model_fields_set:
        return Chances(_curve(own.apply), _curve(own.answer), "prior" if learned is None else "settings")
    return Chances(_curve(learned.apply.chance), _curve(learned.answer.chance), learned.name)


def _curve(given: ChanceCurve | Rise) -> Logistic:
    return Logistic(given.middle, given.steepness, given.ceiling)
