"""How simulated people and employers behave. Every number is stated here and in docs/push.md; none is measured.

Who is sent a digest opens it with a chance of their own. The digest is looked through from the top, each place with a
little less attention; a posting that is looked at is clicked, and applied to, with the hidden truth's chances. Who
opens a digest and clicks nothing opens the next one less likely, and may mute the channel for good. Employers read
applications in the order in which they came, so many a day, answer with the hidden truth's chance, and now and then
hire; who is hired leaves, and a posting whose places are taken closes.

Every draw is a fixed number of its person, pair and night: all rules face the same luck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.push.market import Floats, Ints


@dataclass(frozen=True)
class Habits:
    """The parameters.

    Parameters
    ----------
    opens, agree : float
        Mean chance that a digest is opened, and how alike people are in it (a Beta distribution of that weight).
    glad, bored : float
        What an opened digest with a click, and one without, multiplies the chance of the next one with; the
        product stays between `least` and 1.
    least : float
    fades : float
        Place r of a digest is looked at with the chance r to the power of −`fades`.
    mute, mute_unread : float
        Chance that an opened digest without a click, and an unopened one, makes the person mute the channel.
    reads : float
        Applications that an employer reads a day for each place of a posting.
    hires : float
        Chance that an answered application ends in a hire.
    """

    opens: float = 0.5
    agree: float = 4.0
    glad: float = 1.1
    bored: float = 0.95
    least: float = 0.3
    fades: float = 0.2
    mute: float = 0.004
    mute_unread: float = 0.001
    reads: float = 0.5
    hires: float = 0.15

    def __post_init__(self) -> None:
        """Refuse impossible habits."""
        shares = (self.opens, self.bored, self.least, self.mute, self.mute_unread, self.hires)
        if not (all(0 <= share <= 1 for share in shares) and 0 < self.opens < 1):
            raise ValueError(f"a chance outside 0 to 1: {self}")
        if min(self.agree, self.reads) <= 0 or self.glad < 1 or self.fades < 0:
            raise ValueError(f"impossible habits: {self}")


class Luck:
    """Fixed random numbers of people, pairs and nights; the same seed gives the same ones to every rule."""

    def __init__(self, seed: int, habits: Habits, *, graduates: int, pairs: int) -> None:
        self._seed, self._graduates = seed, graduates
        a, b = habits.opens * habits.agree, (1 - habits.opens) * habits.agree
        self.opens: Floats = self._of(0).beta(a, b, graduates)
        self.look, self.click, self.answer, self.hire = self._of(1).random((4, pairs))

    def tonight(self, night: int) -> tuple[Floats, Floats]:
        """Of every graduate, for opening and for muting."""
        opening, muting = self._of(2, night).random((2, self._graduates))
        return opening, muting

    def _of(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, *stream])


class Desks:
    """The employers' side: what waits to be read, in the order in which it came.

    Parameters
    ----------
    places : int64 (p,)
    reads : float
        Read a day, for each place that was open at first.
    """

    def __init__(self, places: Ints, reads: float) -> None:
        self.left = places.copy()
        self._rate = places * reads
        self._credit = np.zeros(len(places))
        self._waiting: dict[int, list[tuple[int, int]]] = {}
        self.waited: list[int] = []
        self.answered: list[int] = []
        self.hired: list[int] = []

    def take(self, posting: Ints, pair: Ints, day: int) -> None:
        """Applications that came today."""
        for p, i in zip(posting.tolist(), pair.tolist(), strict=True):
            self._waiting.setdefault(p, []).append((i, day))

    def read(self, day: int, answers: np.ndarray, hires: np.ndarray) -> tuple[list[int], list[int]]:
        """(pairs answered today, pairs hired today); flags tell which pairs would be."""
        answered: list[int] = []
        hired: list[int] = []
        self._credit = np.minimum(self._credit + self._rate, np.maximum(self._rate, 1.0))
        for p, queue in self._waiting.items():
            while queue and self._credit[p] >= 1 and self.left[p] > 0:
                pair, came = queue.pop(0)
                self._credit[p] -= 1
                self.waited.append(day - came)
                if answers[pair]:
                    answered.append(pair)
                    if hires[pair]:
                        hired.append(pair)
                        self.left[p] -= 1
        self.answered += answered
        self.hired += hired
        return answered, hired

    def still(self, day: int) -> list[int]:
        """How long those who are not read yet have waited."""
        return [day - came for queue in self._waiting.values() for _, came in queue]
