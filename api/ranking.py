"""A ranking request, whole: who asks, how, behind which cursor; → the page as bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from api.answers import ranked
from api.cursor import Place, end_of, place_of
from api.paging import page
from api.question import hash_of
from matching.matcher import Matcher
from matching.question import CHINA, Answer, Question
from matching.settings import Settings
from matching.standard.records import Graduate, Posting

_FORM = 2
"""Version of the answers' form; part of every ETag."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A ranking request.

    Attributes
    ----------
    who : str, Graduate or Posting
        The asker: the key of a stored record, or a record that is not stored.
    wanted : {"posting", "graduate"}
        What is ranked.
    question : Question
        As asked: `today` is None where the caller left it open.
    cursor : str, optional
    """

    who: str | Graduate | Posting
    wanted: str
    question: Question
    cursor: str | None = None

    @property
    def asked(self) -> str:
        """Hash of what makes two requests pages of one list: all but `k`, the reasons and the cursor."""
        who = self.who if isinstance(self.who, str) else self.who.model_dump_json()
        filters = self.question.filters
        narrowed = [filters.kinds, filters.regions, filters.industries, filters.tenants]
        return hash_of(self.wanted, who, narrowed, self.question.today, self.question.by)

    @property
    def today(self) -> date:
        """The day on which the rules are asked."""
        return self.question.today or datetime.now(CHINA).date()

    def etag(self, version: str) -> str:
        """Strong ETag of the answer from the state `version`: equal if and only if the bytes are."""
        question = self.question
        return f'"{hash_of(_FORM, version, self.asked, self.today, question.k, question.explained, self.cursor)}"'

    def place(self, snapshot: str, settings: Settings) -> Place | None:
        """The cursor, read and checked; None for the first page.

        Raises
        ------
        QueryError, CursorOutdated
        """
        if self.cursor is None:
            return None
        place = place_of(self.cursor)
        deepest = max(settings.retrieval.dense, settings.service.largest_k)
        place.check(snapshot=snapshot, asked=self.asked, deepest=deepest)
        return place

    def answer(self, matcher: Matcher, settings: Settings) -> bytes:
        """The page, from the state of `matcher`.

        Raises
        ------
        UnknownId, QueryError, CursorOutdated, EncoderError
        """
        state = matcher.state
        place = self.place(state.name, settings)
        today = place.today if place else self.today

        def ask(question: Question) -> Answer:
            if self.wanted == "posting":
                assert not isinstance(self.who, Posting)
                return matcher.postings_for(self.who, question)
            assert not isinstance(self.who, Graduate)
            return matcher.graduates_for(self.who, question)

        found = page(
            ask,
            replace(self.question, today=today),
            place,
            version=state.version,
            largest=settings.service.largest_k,
        )
        following = None
        if found.has_more:
            depth, last = found.answer.depth, end_of(found.matches[-1])
            following = Place(state.name, state.version, self.asked, found.end, depth, today, last).to_text()
        return ranked(found, snapshot=state.name, today=today.isoformat(), next_cursor=following)
