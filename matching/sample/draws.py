"""Random numbers that know their place: each is a hash of (seed, stream, index, slot).

So record 7 is the same record whether it is made alone, in a block of thousands, or last; and adding a
draw to one record changes no other. The hash is SplitMix64 (Steele, Lea, Flood 2014).
"""

from __future__ import annotations

import functools
import hashlib
import random

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Hashes = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = (np.uint64(n) for n in (30, 27, 31, 11))
_UNIT = 2.0**-53


def _mixed(x: Hashes) -> Hashes:
    x = (x ^ (x >> _S30)) * _FIRST
    x = (x ^ (x >> _S27)) * _SECOND
    return x ^ (x >> _S31)


@functools.cache
def _word(name: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big"))


class Draws:
    """The random numbers of some rows of one stream.

    Parameters
    ----------
    seed : int
        Any integer; taken modulo 2**64.
    stream : str
        Streams with different names are independent.
    index : (n,) int64
        Which rows. Equal rows get equal numbers.
    """

    def __init__(self, seed: int, stream: str, index: Ints) -> None:
        start = np.array([seed % 2**64], dtype=np.uint64) ^ _word(stream)
        self._base = _mixed(_mixed(start) + index.astype(np.uint64) * _GOLDEN)

    def __len__(self) -> int:
        return len(self._base)

    def with_index(self, other: Ints) -> Draws:
        """Numbers of pairs: these rows joined, one by one, with the rows `other`."""
        paired = object.__new__(Draws)
        paired._base = _mixed(self._base + (other.astype(np.uint64) + np.uint64(1)) * _GOLDEN)
        return paired

    def uniform(self, slot: str) -> Floats:
        """(n,) in [0, 1)."""
        return (_mixed(self._base + _word(slot)) >> _S11).astype(np.float64) * _UNIT

    def normal(self, slot: str) -> Floats:
        """(n,) standard normal, by the inverse of its distribution function."""
        return np.asarray(ndtri(self.uniform(slot) * (1 - 2**-52) + 2**-53), dtype=np.float64)

    def pick(self, slot: str, cumulative: Floats) -> Ints:
        """(n,) places in `cumulative`, (k,) running sums that end in 1."""
        place = np.searchsorted(cumulative, self.uniform(slot), side="right")
        return np.minimum(place, len(cumulative) - 1).astype(np.int64)

    def pick_rows(self, slot: str, table: Floats, rows: Ints) -> Ints:
        """(n,) places, each in its own row of `table`, (m, k) running sums that end in 1."""
        u = self.uniform(slot)
        place = (table[rows] <= u[:, None]).sum(axis=1)
        return np.asarray(np.minimum(place, table.shape[1] - 1), dtype=np.int64)

    def authors(self) -> list[random.Random]:
        """One generator a row, for writing its text."""
        return [random.Random(int(word)) for word in self._base]  # noqa: S311 (texts, not secrets)


def running(weights: Floats) -> Floats:
    """Running sums of `weights` along the last axis, scaled to end in 1; a row of zeros counts as equal weights."""
    weights = np.asarray(weights, dtype=np.float64)
    total = weights.sum(axis=-1, keepdims=True)
    even = np.full_like(weights, 1 / weights.shape[-1])
    shares = np.where(total > 0, weights / np.where(total > 0, total, 1), even)
    sums = np.cumsum(shares, axis=-1)
    sums[..., -1] = 1.0
    return sums
