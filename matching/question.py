"""What can be asked of a matcher, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta, timezone
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.eligibility import Eligibility
from matching.explanation import Reason
from matching.standard.records import Graduate, Kind, Posting
from matching.surplus import Surplus

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Filters:
    """What the asker narrows the rows to; empty means no narrowing. A row without the value is outside.

    kinds, regions (GB/T 2260 codes at any level) and industries (section letters) speak of postings;
    tenants of whichever side is searched.
    """

    kinds: tuple[Kind, ...] = ()
    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """How to answer.

    Attributes
    ----------
    k : int
        How many matches, 1 to the settings' `largest_k`.
    skip : int
        Matches to pass over: those of earlier pages.
    depth : int
        Candidates that each way of looking brings; 0 for the settings' own. Later pages must keep the
        first page's depth, or ranks shift.
    today : date, optional
        The day the rules are asked; default: today in China.
    explained : bool
        Whether reasons are made.
    by : {"fit", "surplus"}
        What lists are ordered by: the score, or the expected surplus (`matching.surplus`).
    """

    k: int = 10
    skip: int = 0
    depth: int = 0
    today: date | None = None
    filters: Filters = Filters()
    explained: bool = True
    by: Literal["fit", "surplus"] = "fit"


class Match(NamedTuple):
    """One pair of the answer: the found record, and why; `also` are the keys of its reposts, next best first.

    `surplus` is there where the list is ordered by it.
    """

    key: str
    rank: int
    score: float
    similarity: float
    eligibility: Eligibility
    contributions: dict[str, float]
    reasons: tuple[Reason, ...]
    record: Graduate | Posting
    also: tuple[str, ...] = ()
    surplus: Surplus | None = None

    @property
    def by(self) -> float:
        """What its list is ordered by, larger first."""
        return self.score if self.surplus is None else self.surplus.value


class Answer(NamedTuple):
    """What was found.

    version of the state; how many rows the rules allow (`eligible`); how many of them were scored, reposts
    counted once (`candidates`); the depth used; the matches of this page, best first, fewer than k where
    there are no more.
    """

    version: str
    eligible: int
    candidates: int
    depth: int
    matches: tuple[Match, ...]


class Best(NamedTuple):
    """Graduates' best postings, graduate by graduate, best first: how many are whose, and arrays over all of them."""

    counts: NDArray[np.int64]
    keys: NDArray[np.object_]
    scores: NDArray[np.float64]
    similarities: NDArray[np.float32]
    statuses: NDArray[np.int8]
