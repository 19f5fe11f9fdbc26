"""Whether a chance of 30 % comes about in 30 of 100: reliability curve, expected calibration error, Brier score.

Only pairs that are listed and judged count: of a pair that was never shown nobody knows what would have come of it.
A chance to apply speaks of someone who looks at the posting, and what stood low in a list was looked at less: where it
is told at which places a pair was shown, its chance is that of as many looks, ``1 − (1 − chance) ** looks``.
What comes about is that the graduate applies (postings for graduates), or that the employer answers (graduates for
postings): `eval.outcomes.COMES_ABOUT`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.judged import Floats, Judged
from eval.rankings import UNJUDGED

BINS = 10


class Reliability(NamedTuple):
    """One bin a row, by rising chance: mean chance, share that came about, pairs. At most ten bins."""

    predicted: Floats
    observed: Floats
    n: NDArray[np.int64]


class _Pairs(NamedTuple):
    query: NDArray[np.int64]
    chance: Floats
    outcome: Floats

    @property
    def bins(self) -> NDArray[np.int64]:
        return np.minimum((self.chance * BINS).astype(np.int64), BINS - 1)


def reliability(lists: Judged) -> Reliability | None:
    """Mean chance and share of outcomes in bins of about as many pairs each; None where there are no chances.

    Bins of equal width (as in `calibration_error`) would put nearly all pairs of a market, where most chances are
    small, into one or two of them. Equal chances share a bin, so there may be fewer than ten; none without a pair.
    """
    pairs = _pairs(lists)
    if pairs is None:
        return None
    cuts = np.unique(np.quantile(pairs.chance, np.arange(1, BINS) / BINS)) if len(pairs.chance) else np.empty(0)
    places = np.unique(np.searchsorted(cuts, pairs.chance, side="left"), return_inverse=True)[1].reshape(-1)
    n = np.bincount(places)
    predicted = np.bincount(places, weights=pairs.chance) / n
    return Reliability(predicted, np.bincount(places, weights=pairs.outcome) / n, n)


def brier(lists: Judged) -> Floats:
    """Mean squared difference of chance and outcome over all judged pairs of the lists; a query's share of it.

    NaN where the query has no judged pair, or there are no chances.
    """
    pairs = _pairs(lists)
    if pairs is None:
        return np.full(len(lists), np.nan)
    return _shares(lists, pairs, (pairs.chance - pairs.outcome) ** 2)


def calibration_error(lists: Judged) -> Floats:
    """|mean chance - share of outcomes| in ten bins of equal width, weighed by their pairs; a query's share of it.

    NaN as in `brier`. With few pairs it is above 0 by chance alone.
    """
    pairs = _pairs(lists)
    if pairs is None:
        return np.full(len(lists), np.nan)
    gap = pairs.chance - pairs.outcome
    sign = np.sign(np.bincount(pairs.bins, weights=gap, minlength=BINS))
    return _shares(lists, pairs, sign[pairs.bins] * gap)


def _shares(lists: Judged, pairs: _Pairs, terms: Floats) -> Floats:
    """The mean of `terms` over pairs, as values of queries whose mean it is and whose spread is its uncertainty."""
    held = np.bincount(pairs.query, minlength=len(lists))
    queries, total = int((held > 0).sum()), len(pairs.query)
    if not total:
        return np.full(len(lists), np.nan)
    mean = float(terms.mean())
    own = np.bincount(pairs.query, weights=terms, minlength=len(lists))
    return np.where(held > 0, mean + queries * (own - mean * held) / total, np.nan)


def _pairs(lists: Judged) -> _Pairs | None:
    chances = lists.rankings.chances
    if chances is None:
        return None
    judged = (lists.grades != UNJUDGED) & lists.rankings.listed
    came = lists.grades[judged] >= lists.comes_about
    chance = 1.0 - (1.0 - chances[judged].astype(np.float64)) ** lists.looked[judged]
    return _Pairs(np.nonzero(judged)[0], chance, came.astype(np.float64))
