"""Which postings are the same one, advertised again: by another platform, on another day, with a line more.

Two postings are the same where they offer the same word for word (`matching.attributes.twin_code`), or where their
texts are almost the same (Jaccard similarity of runs of four characters, found by MinHash and then computed exactly)
and they do not name different employers. What repeats is known by the one that comes first in the order given.

The service asks for the code alone, when it lists a posting once: a code is of one record, so it is kept up as postings
come and go, and it takes no two different offers for one. An evaluation asks for both: it looks at a whole collection
at rest, where a missed repeat would put the same posting on both sides of a split. Whatever has one code repeats each
other here too. MinHash and banding: Broder 1997; Leskovec, Rajaraman and Ullman, ch. 3.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from matching.attributes import twin_code
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

    Those that offer the same, word for word (`matching.attributes.twin_code`), repeat each other, and then those whose
    texts are almost the same. Postings whose text has fewer than four letters repeat those with the same text.
    """
    texts = [f"{posting.title} {posting.description}" for posting in postings]
    return repeated(
        texts, [posting.employer_name for posting in postings], [twin_code(posting) for posting in postings]
    )


def repeated(texts: Sequence[str], owners: Sequence[str], codes: Sequence[int] | None = None) -> NDArray[np.int64]:
    """For each text the place of the first that it repeats; texts of different owners never repeat each other.

    Parameters
    ----------
    texts, owners : sequences of str
        As many owners as texts; an empty one is not known, and agrees with whichever comes first.
    codes : sequence of int, optional
        Texts of one code repeat each other whatever they say.
    """
    runs = [_runs(_folded(text)) for text in texts]
    groups = _Groups([_folded(owner) for owner in owners])
    first: dict[int, int] = {}
    for place, code in enumerate(codes or ()):
        groups.join(first.setdefault(code, place), place)
    for a, b in _candidates(runs, groups.owners):
        if groups.may_join(a, b) and _alike(runs[a], runs[b]):
            groups.join(a, b)
    return np.array([groups.root(i) for i in range(len(runs))], np.int64)


class _Groups:
    """What repeats what: sets that are joined unless they are known to be of different owners; named by their first."""

    def __init__(self, owners: Sequence[str]) -> None:
        self.owners = owners
        self._owner = list(owners)
        self._parent = list(range(len(owners)))

    def root(self, i: int) -> int:
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def may_join(self, a: int, b: int) -> bool:
        a, b = self.root(a), self.root(b)
        return a != b and (not self._owner[a] or not self._owner[b] or self._owner[a] == self._owner[b])

    def join(self, a: int, b: int) -> None:
        a, b = sorted((self.root(a), self.root(b)))
        self._owner[a] = self._owner[a] or self._owner[b]
        self._parent[b] = a


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


def _candidates(runs: Sequence[NDArray[np.uint64]], owners: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs that agree in a band: each text with the next of its owner in the bucket (the others follow by way of it).

    The first of each owner is also compared with the last of the bucket whose owner is not known.
    """
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
            ordered = sorted(members.tolist(), key=lambda i: (owners[i], i))
            nameless = [i for i in ordered if not owners[i]][-1:]
            heads = sorted(b for a, b in pairwise(ordered) if owners[a] != owners[b])
            alike = [(a, b) for a, b in pairwise(ordered) if owners[a] == owners[b]]
            for a, b in [*alike, *((i, head) for i in nameless for head in heads)]:
                if (a, b) not in seen:
                    seen.add((a, b))
                    yield a, b


def _alike(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> bool:
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared >= ALIKE * (len(a) + len(b) - shared)
