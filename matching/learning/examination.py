"""How much of a list is looked at, place by place: assumed as a power, or estimated from what was shown and clicked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.errors import QueryError

_ROUNDS = 200
_STEADY = 1e-7
_REWARDS = 30
"""Rewards that a place needs to be told apart from the one before."""


@dataclass(frozen=True)
class Examination:
    """Chance that a place is looked at, beside the first place, which is 1.

    Parameters
    ----------
    chances : tuple of float
        By place, from 1; places beyond the last are looked at like the last.
    """

    chances: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse a curve that hides a place for good: nothing can be learned about it."""
        if not self.chances or min(self.chances) <= 0:
            raise QueryError("a place that is never looked at", where="examination", cure="Give chances above 0.")

    def __call__(self, rank: NDArray[np.int64]) -> NDArray[np.float64]:
        """The chance at each rank (n,), from 1."""
        table = np.asarray(self.chances, np.float64)
        return np.asarray(table[np.clip(rank, 1, len(table)) - 1], np.float64)

    @classmethod
    def power(cls, exponent: float, places: int = 100) -> Self:
        """``rank ** -exponent``; 0: every place of a list is looked at alike."""
        if not 0 <= exponent <= 5:
            raise QueryError(f"examination falls by the power {exponent}", cure="Give an exponent from 0 to 5.")
        return cls(tuple(float(rank) ** -exponent for rank in range(1, places + 1)))

    @classmethod
    def estimated(cls, log: pl.DataFrame, places: int = 20) -> Self:
        """From postings that stood at several places: what is left of their clicks when the posting is accounted for.

        ``clicks = chance of the place × appeal of the posting``, fitted by turns (Poisson likelihood). It holds where,
        among those who were shown a posting, the place does not depend on how much they would like it. Clicks of a
        posting that always stood at the same place say nothing and do no harm. Places from the last one with 30 rewards
        on are taken together; then the curve is made to fall, by pooling neighbours.

        Parameters
        ----------
        log : DataFrame
            Columns ``posting``, ``rank``, ``reward``; see `eval.exposures.LOG`.
        places : int
            Later places are taken together with this one in any case.

        Raises
        ------
        QueryError
            Nothing was clicked, or no posting stood at two places.
        """
        rewarded = log.filter(pl.col("reward") > 0)["rank"].value_counts().filter(pl.col("count") >= _REWARDS)
        places = min(places, int(rewarded["rank"].max() or 1))  # type: ignore[arg-type]
        rank = pl.col("rank").clip(1, places)
        cells = (
            log.group_by("posting", rank)
            .agg(pl.len().alias("shown"), (pl.col("reward") > 0).sum().alias("clicks"))
            .sort("posting", "rank")  # sums in the same order give the same curve, to the last bit
        )
        useful = cells.filter(pl.col("rank").n_unique().over("posting") > 1)
        if not len(useful) or not useful["clicks"].sum():
            raise QueryError(
                "the log cannot tell how much of a list is looked at: no posting stood at two places, or no reward",
                where="examination",
                cure="Give the curve as a power instead.",
            )
        item = (useful["posting"].rank("dense").cast(pl.Int64) - 1).to_numpy()
        place = useful["rank"].to_numpy().astype(np.int64) - 1
        shown, clicks = (useful[name].to_numpy().astype(np.float64) for name in ("shown", "clicks"))
        curve = _fit(item, place, shown=shown, clicks=clicks, places=places)
        weight = np.bincount(place, shown, minlength=places).astype(np.float64)
        falling = _falling(curve, weight)
        return cls(tuple((falling / falling[0]).tolist()))


def _fit(
    item: NDArray[np.int64],
    place: NDArray[np.int64],
    *,
    shown: NDArray[np.float64],
    clicks: NDArray[np.float64],
    places: int,
) -> NDArray[np.float64]:
    """The place's share of the two-way multiplicative model; each turn raises the likelihood."""
    curve = np.ones(places)
    of_item, of_place = np.bincount(item, clicks), np.bincount(place, clicks, minlength=places)
    for _ in range(_ROUNDS):
        appeal = of_item / np.maximum(np.bincount(item, shown * curve[place]), 1e-12)
        expected = np.bincount(place, shown * appeal[item], minlength=places)
        new = np.where(expected > 0, of_place / np.maximum(expected, 1e-12), curve)
        new /= new[new > 0].max()
        if np.abs(new - curve).max() < _STEADY:
            break
        curve = new
    return curve


def _falling(curve: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest curve that never rises (pool adjacent violators), floored so that no place is invisible."""
    blocks: list[tuple[float, float, int]] = []
    for value, mass in zip(curve, weight, strict=True):
        mass = max(mass, 1e-9)
        block = (float(value), float(mass), 1)
        while blocks and blocks[-1][0] < block[0]:
            before = blocks.pop()
            total = before[1] + block[1]
            block = ((before[0] * before[1] + block[0] * block[1]) / total, total, before[2] + block[2])
        blocks.append(block)
    falling = np.concatenate([np.full(length, value) for value, _, length in blocks])
    return np.asarray(np.maximum(falling, 1e-3 * falling[0]))
