"""A dictionary of many names, looked up in one pass over a text: the longest name from the left, never two overlapping.

The search is Aho–Corasick's (`ahocorasick-rs`, compiled): its time depends on the text, not on the number of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from ahocorasick_rs import AhoCorasick, MatchKind

T = TypeVar("T")

_WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_NARROW = {wide: chr(wide - 0xFEE0).lower() for wide in range(0xFF01, 0xFF5F)}


def fold(text: str) -> str:
    """Lower case, half-width letters, digits and brackets, character by character: places found stay true."""
    folded = text.lower()
    if len(folded) != len(text):
        folded = "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
    folded = folded.replace("（", "(").replace("）", ")")
    return folded.translate(_NARROW) if _WIDE.search(folded) else folded


class Hit(NamedTuple, Generic[T]):
    """A name found: from which character to which, and what it stands for."""

    start: int
    end: int
    value: T


class Automaton(Generic[T]):
    """Names and what each stands for.

    Parameters
    ----------
    names : mapping of str → T
        Names are folded; of two that fold alike the first stays. Empty names are left out.
    """

    def __init__(self, names: Mapping[str, T] | Iterable[tuple[str, T]]) -> None:
        pairs = names.items() if isinstance(names, Mapping) else names
        unique: dict[str, T] = {}
        for name, value in pairs:
            if folded := fold(name):
                unique.setdefault(folded, value)
        self._values = list(unique.values())
        self._search = AhoCorasick(list(unique), matchkind=MatchKind.LeftmostLongest)

    def __len__(self) -> int:
        """How many names it knows."""
        return len(self._values)

    def find(self, folded: str) -> Iterator[Hit[T]]:
        """The names in a text that is folded already, from left to right."""
        for index, start, end in self._search.find_matches_as_indexes(folded):
            yield Hit(start, end, self._values[index])


class Places:
    """Words, and every place where one of them stands, places that overlap included.

    Parameters
    ----------
    words : sequence of str
        Taken as they are written; none is fine, empty ones are not.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._search = AhoCorasick(list(words), matchkind=MatchKind.Standard)

    def find(self, text: str) -> list[tuple[int, int]]:
        """From which character to which, by the end of each."""
        return [(start, end) for _, start, end in self._search.find_matches_as_indexes(text, overlapping=True)]
