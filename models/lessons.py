"""What an encoder learns from: groups of texts that mean the same, and the pairs and batches drawn from them.

A batch holds each group at most once. Some groups are drawn together with their neighbours (by the base
encoder's vectors), so that there is something hard to tell apart. What may be right is no wrong answer:
groups of one family, and groups that share a text, are *related* and never set against each other.
"""

from __future__ import annotations

import math
import random
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_NEIGHBOURS = 24
_LARGEST_FAMILY = 6
"""Groups of a family beyond which its members are too different to be pulled together."""


class Group(NamedTuple):
    """Texts that mean the same.

    Attributes
    ----------
    texts : titles, at least one.
    family : groups of one family are near to each other.
    loose : titles of the same meaning with noise (as postings write them).
    passages : longer texts about it (definition, tasks, a posting's text).
    foreign : titles in another language.
    weight : how often it is drawn, relative to others of its size.
    """

    texts: tuple[str, ...]
    family: str
    loose: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    weight: float = 1.0


class Curriculum:
    """Draws batches of pairs from groups; the same seed draws the same.

    Parameters
    ----------
    groups : sequence of Group
    near : float32 (n, dim)
        A vector of each group, for its neighbours.
    hard : float
        Share of the drawn groups that bring neighbours.
    vary : callable
        ``(title, random) → title``: another way to write a title of the same meaning.
    seed : int
    """

    def __init__(
        self,
        groups: Sequence[Group],
        near: NDArray[np.float32],
        *,
        hard: float,
        vary: Callable[[str, random.Random], str],
        seed: int,
    ) -> None:
        self._groups, self._near, self._hard, self._vary = groups, near, hard, vary
        self.random = random.Random(seed)  # noqa: S311 - no secret is drawn
        self._weights = [min(math.sqrt(len(g.texts) + len(g.loose)), 5.0) * g.weight for g in groups]
        self._keys = [{folded(text) for text in (*g.texts, *g.loose)} for g in groups]
        self._families: dict[str, list[Group]] = {}
        for group in groups:
            self._families.setdefault(group.family, []).append(group)

    def batch(self, size: int) -> tuple[list[tuple[str, str]], NDArray[np.bool_]]:
        """`size` pairs (fewer where there are fewer groups), and which groups of them are related, (n, n)."""
        drawn = self._drawn(size)
        return [self.pair(self._groups[i]) for i in drawn], self._related(drawn)

    def pair(self, group: Group) -> tuple[str, str]:
        """Two texts of one meaning, in either order."""
        one, other = self._pair(group)
        return (one, other) if self.random.random() < 0.5 else (other, one)

    def _pair(self, group: Group) -> tuple[str, str]:
        r = self.random
        dice = r.random()
        title = r.choice(group.texts)
        if group.foreign and dice < 0.2:
            return (title, r.choice(group.foreign)) if dice < 0.14 else self._two(group.foreign)
        if group.passages and (dice < 0.25 or len(group.texts) + len(group.loose) < 2):
            asked = r.choice((*group.texts, *group.loose[: 3 * len(group.texts)]))
            return asked, self._masked(r.choice(group.passages), asked)
        if group.loose and dice < 0.55:
            return r.choice(group.loose), title
        family = self._families[group.family]
        if dice < 0.32 and 1 < len(family) <= _LARGEST_FAMILY:
            return title, r.choice(r.choice(family).texts)
        one, other = self._two(group.texts)
        return (self._vary(one, r), other) if dice > 0.88 else (one, other)

    def _two(self, texts: Sequence[str]) -> tuple[str, str]:
        if len(texts) < 2:
            return texts[0], self._vary(texts[0], self.random)
        one, other = self.random.sample(list(texts), 2)
        return one, other

    def _masked(self, passage: str, title: str) -> str:
        """Half of the time without the title, so that the meaning has to be read."""
        return passage.replace(title, "") if self.random.random() < 0.5 else passage

    def _drawn(self, size: int) -> list[int]:
        r = self.random
        drawn: dict[int, None] = {}
        for seed in r.choices(range(len(self._groups)), self._weights, k=4 * size):
            if len(drawn) >= size:
                break
            if seed in drawn:
                continue
            drawn[seed] = None
            if r.random() < self._hard:
                near = np.argsort(-(self._near @ self._near[seed]), kind="stable")[:_NEIGHBOURS].tolist()
                for i in r.sample(near, min(4, len(near))):
                    if len(drawn) < size:
                        drawn[i] = None
        return list(drawn)

    def _related(self, drawn: list[int]) -> NDArray[np.bool_]:
        n = len(drawn)
        related = np.zeros((n, n), np.bool_)
        for a, i in enumerate(drawn):
            for b, j in enumerate(drawn[:a]):
                same = self._groups[i].family == self._groups[j].family
                related[a, b] = related[b, a] = same or not self._keys[i].isdisjoint(self._keys[j])
        return related


def folded(title: str) -> str:
    """A title as comparisons see it: width, case, blanks and separators do not count."""
    text = unicodedata.normalize("NFKC", title).lower()
    return "".join(char for char in text if char.isalnum() or char in "+#.")
