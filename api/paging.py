"""One page of a list: the first, or the one behind a cursor, also where the state has changed in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from api.cursor import Place, order_of
from matching.question import Answer, Match, Question

Ask = Callable[[Question], Answer]
Bound = tuple[float, float, str]
_SLACK = 25
"""How far a place may have moved, either way, and still be found with one search."""


class Page(NamedTuple):
    """The matches of a page, the answer they come from, and how many come before them."""

    answer: Answer
    matches: tuple[Match, ...]
    skipped: int

    @property
    def end(self) -> int:
        """How many matches lie before the next page."""
        return self.skipped + len(self.matches)

    @property
    def has_more(self) -> bool:
        """Whether there is a next page."""
        return bool(self.matches) and self.end < self.answer.candidates


def page(ask: Ask, question: Question, place: Place | None, *, version: str, largest: int) -> Page:
    """The page that `question` asks for, behind `place` where there is one.

    Parameters
    ----------
    ask : callable
        Question → answer, all from the state `version`.
    place : Place, optional
        Already checked against the question. Its day and depth replace the question's.
    largest : int
        The most matches that may be asked for at once.

    Raises
    ------
    QueryError, UnknownId
        From `ask`.
    """
    if place is None:
        answer = ask(question)
        return Page(answer, answer.matches, 0)
    question = replace(question, skip=place.skip, depth=place.depth, today=place.today)
    if place.version == version:
        answer = ask(question)
        return Page(answer, answer.matches, place.skip)
    score, similarity, key = place.last
    bound = (-score, -similarity, key)
    return _near(ask, question, bound, largest) or _anywhere(ask, question, bound, largest)


def _near(ask: Ask, question: Question, bound: Bound, largest: int) -> Page | None:
    """The page, where the place has hardly moved: one search. None where that cannot be told."""
    start = max(question.skip - _SLACK, 0)
    wanted = question.skip - start + _SLACK + question.k
    answer = ask(replace(question, skip=start, k=min(wanted, largest)))
    before = _up_to(answer, bound)
    begins = before > 0 or start == 0
    ends = before + question.k <= len(answer.matches) or start + len(answer.matches) >= answer.candidates
    return Page(answer, answer.matches[before : before + question.k], start + before) if begins and ends else None


def _anywhere(ask: Ask, question: Question, bound: Bound, largest: int) -> Page:
    """The page, wherever the place is now."""
    before = 0
    while True:
        part = ask(replace(question, skip=before, k=largest, explained=False))
        found = _up_to(part, bound)
        before += found
        if found < largest:
            answer = ask(replace(question, skip=before))
            return Page(answer, answer.matches, before)


def _up_to(answer: Answer, bound: Bound) -> int:
    return sum(order_of(match) <= bound for match in answer.matches)
