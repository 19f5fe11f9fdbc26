"""Which postings are the same one, advertised again: by another platform, on another day, with a line more.

Two postings are the same where their texts are almost the same (Jaccard similarity of runs of four characters, found
by MinHash and then computed exactly) and they do not name different employers. What repeats is known by the one that
comes first in the order given. MinHash and banding: Broder 1997; Leskovec, Rajaraman and Ullman, ch. 3.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from matching.standard.records import Posting

RUN = 4
"""Characters of a run."""
ALIKE = 0.7
"""Least Jaccard similarity of two texts that are the same posting."""
BANDS, ROWS = 24, 4
"""Two texts are compared where a band of their MinHash agrees: at a similarity of .7 missed once in 700 times."""

_KEPT = re.compile(r"[^\w]+")
_FACTORS = np.random.default_rng(20260615).integers(1, 2**61, size=(BANDS * ROWS, 1), dtype=np.uint64) | np.uint64(1)
_SHIFTS = np.random.default_rng(20260616).integers(0, 2**61, size=(BANDS * ROWS, 1), dtype=np.uint64)


def originals(postings: Sequence[Posting]) -> NDArray[np.int64]:
    """For each posting the place of the first that it repeats, directly or by way of others; its own where none.

    Postings whose text has fewer than four letters repeat those with the same text.
    """
    texts = [_folded(f"{posting.title} {posting.description}") for posting in postings]
    employers = [_folded(posting.employer_name) for posting in postings]
    runs = [_runs(text) for text in texts]
    parent = np.arange(len(postings))
    for a, b in _candidates(runs):
        if (not employers[a] or not employers[b] or employers[a] == employers[b]) and _alike(runs[a], runs[b]):
            _join(parent, a, b)
    return np.array([_root(parent, i) for i in range(len(parent))], np.int64)


def _folded(text: str) -> str:
    return _KEPT.sub("", unicodedata.normalize("NFKC", text).lower())


def _runs(text: str) -> NDArray[np.uint64]:
    """Hashes of the runs of a text, each once, ascending."""
    codes = np.array([ord(char) for char in text or " "], np.uint64)
    codes = np.concatenate([codes, np.zeros(max(RUN - len(codes), 0), np.uint64)])
    hashes = np.zeros(len(codes) - RUN + 1, np.uint64)
    for place in range(RUN):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + codes[place : len(codes) - RUN + 1 + place]
        hashes ^= hashes >> np.uint64(29)
    return np.unique(hashes)


def _candidates(runs: Sequence[NDArray[np.uint64]]) -> Iterator[tuple[int, int]]:
    """Pairs that agree in a band: each document with the next of its bucket (the others follow by way of it)."""
    if not runs:
        return
    signatures = np.stack([(_FACTORS * own + _SHIFTS).min(axis=1) for own in runs])
    seen: set[tuple[int, int]] = set()
    for band in range(BANDS):
        part = np.ascontiguousarray(signatures[:, band * ROWS : (band + 1) * ROWS])
        _, bucket = np.unique(part, axis=0, return_inverse=True)
        order = np.argsort(bucket.reshape(-1), kind="stable")
        ends = np.flatnonzero(np.diff(bucket.reshape(-1)[order])) + 1
        for members in np.split(order, ends):
            for a, b in pairwise(members.tolist()):
                if (a, b) not in seen:
                    seen.add((a, b))
                    yield a, b


def _alike(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> bool:
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared >= ALIKE * (len(a) + len(b) - shared)


def _root(parent: NDArray[np.int64], i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = int(parent[i])
    return i


def _join(parent: NDArray[np.int64], a: int, b: int) -> None:
    a, b = _root(parent, a), _root(parent, b)
    parent[max(a, b)] = min(a, b)
