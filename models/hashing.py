"""A deterministic stand-in for an encoder: words in common make texts similar. Needs no model and no torch.

For tests, samples and the first start on a machine without weights; it knows no synonyms.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.encoder import Progress, Side, Vectors

_CHUNK = 4_096
"""Texts hashed at once: bounds the memory."""
_PLACE = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))

Codes = NDArray[np.uint64]


class HashingEncoder:
    """Signed feature hashing (Weinberger et al. 2009) of words, characters and pairs of characters.

    A run of Latin letters and digits is one word (``C++`` and ``C#`` keep their signs); in other
    scripts each character and each pair of neighbours is a word. Case and full-width forms do not
    matter (NFKC, lower case); both sides read alike. The bytes are the same on every machine and in
    every process.

    Parameters
    ----------
    dim : int
        Length of a vector.
    """

    def __init__(self, dim: int = 256) -> None:
        if dim < 1:
            raise ValueError(f"dim is {dim}; it must be positive")
        self.dim = dim
        self.name = f"hashing-{dim}@1"

    def encode(self, texts: Sequence[str], *, side: Side, progress: Progress | None = None) -> Vectors:
        """See `models.encoder.Encoder.encode`; a text without words gets the first unit vector."""
        out = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), _CHUNK):
            part = texts[start : start + _CHUNK]
            out[start : start + len(part)] = self._hashed(part)
            if progress is not None:
                progress(len(part))
        return out

    def _hashed(self, texts: Sequence[str]) -> Vectors:
        codes, owners = _codes(texts)
        words, word_owners = _words(codes, owners)
        hashes = _mixed(words)
        cells = word_owners * self.dim + (hashes % np.uint64(self.dim)).astype(np.int64)
        signs = 1.0 - 2.0 * (hashes >> np.uint64(63)).astype(np.float64)
        sums = np.bincount(cells, signs, len(texts) * self.dim).reshape(len(texts), self.dim)
        sums[~sums.any(axis=1), 0] = 1.0
        unit: Vectors = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
        return unit


def _codes(texts: Sequence[str]) -> tuple[Codes, NDArray[np.int64]]:
    """Code points of all texts in one array, a space behind each, and the text each belongs to."""
    plain = [unicodedata.normalize("NFKC", text).lower() + " " for text in texts]
    codes = np.frombuffer("".join(plain).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    return codes, np.repeat(np.arange(len(plain)), [len(text) for text in plain])


def _words(codes: Codes, owners: NDArray[np.int64]) -> tuple[Codes, NDArray[np.int64]]:
    """One number for each word, and the text it stands in."""
    latin = np.isin(codes, _LATIN)
    other = (codes >= 0xAA) & ~((codes >= 0x2000) & (codes < 0x2E80)) & ~((codes >= 0x3000) & (codes < 0x3005))
    pairs = other[:-1] & other[1:]
    doubled = _mixed(codes[:-1][pairs] * _PLACE) + codes[1:][pairs]
    runs, run_owners = _runs(codes, owners, latin)
    words = np.concatenate([codes[other], doubled, runs])
    return words, np.concatenate([owners[other], owners[:-1][pairs], run_owners])


def _runs(codes: Codes, owners: NDArray[np.int64], latin: NDArray[np.bool_]) -> tuple[Codes, NDArray[np.int64]]:
    """Latin runs: the sum over a run of each letter mixed with its place in the run."""
    at = np.flatnonzero(latin)
    if not len(at):
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    starts = np.flatnonzero(np.diff(at, prepend=-2) > 1)
    place = np.arange(len(at)) - np.repeat(starts, np.diff(starts, append=len(at)))
    letters = _mixed(codes[at] + _PLACE * (place.astype(np.uint64) + np.uint64(1)))
    return np.add.reduceat(letters, starts), owners[at[starts]]


def _mixed(values: Codes) -> Codes:
    """The finalizer of SplitMix64 (Steele et al. 2014): spreads every bit over all of them."""
    values = (values ^ (values >> np.uint64(30))) * _MIX[0]
    values = (values ^ (values >> np.uint64(27))) * _MIX[1]
    return values ^ (values >> np.uint64(31))


_LATIN = np.array([ord(sign) for sign in "abcdefghijklmnopqrstuvwxyz0123456789+#"], np.uint64)
