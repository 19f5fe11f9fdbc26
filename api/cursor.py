"""The opaque cursor of a page: where the page before it ended.

A cursor holds the place of the last match in the order of its list (score, similarity, key), so the next page
goes on behind it even where the state has changed meanwhile: nothing is shown twice, and what was deleted is not
shown. It is good within one snapshot, because another one may score differently.
"""

from __future__ import annotations

import base64
import binascii
from datetime import date
from typing import NamedTuple

import orjson

from api.errors import CursorOutdated
from matching.errors import QueryError
from matching.question import Match

_CURE = "Start again without a cursor."
_LONGEST = 1_024


class Place(NamedTuple):
    """Where a page ended.

    Attributes
    ----------
    snapshot, version : str
        The snapshot, and the exact state, that the page came from.
    asked : str
        Hash of the question: a cursor fits the question that it was given for, and no other.
    skip, depth, today
        What the question for the next page needs to be the same question.
    last : tuple
        What the list is ordered by (score or surplus), similarity and key of the page's last match.
    """

    snapshot: str
    version: str
    asked: str
    skip: int
    depth: int
    today: date
    last: tuple[float, float, str]

    def to_text(self) -> str:
        """The cursor: base64url, without padding."""
        return base64.urlsafe_b64encode(orjson.dumps(list(self))).rstrip(b"=").decode()

    def check(self, *, snapshot: str, asked: str, deepest: int) -> None:
        """Do nothing where this cursor fits the question and the present snapshot.

        Raises
        ------
        QueryError
            It was given for another question, or altered.
        CursorOutdated
            Another snapshot is in use by now.
        """
        if self.asked != asked:
            raise QueryError("the cursor belongs to another question", where="cursor", cure=_CURE)
        if not (self.skip > 0 and 0 < self.depth <= deepest):
            raise _none_of_ours()
        if self.snapshot != snapshot:
            raise CursorOutdated("a new snapshot is in use since the page before", where="cursor", cure=_CURE)


def place_of(text: str) -> Place:
    """Read a cursor.

    Raises
    ------
    QueryError
        It is none of ours.
    """
    try:
        data = orjson.loads(base64.b64decode(text[:_LONGEST] + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        snapshot, version, asked, skip, depth, today, (score, similarity, key) = data
        place = Place(
            snapshot, version, asked, skip, depth, date.fromisoformat(today), (float(score), float(similarity), key)
        )
    except (binascii.Error, ValueError, TypeError):
        raise _none_of_ours() from None
    texts = all(isinstance(value, str) for value in (snapshot, version, asked, key))
    if not texts or type(skip) is not int or type(depth) is not int:
        raise _none_of_ours()
    return place


def order_of(match: Match) -> tuple[float, float, str]:
    """What a list is ordered by: smaller comes first (Law 3)."""
    return (-match.by, -match.similarity, match.key)


def end_of(match: Match) -> tuple[float, float, str]:
    """A match's place, as a cursor holds it."""
    return (match.by, match.similarity, match.key)


def _none_of_ours() -> QueryError:
    return QueryError("the cursor is none of ours, or was cut or altered", where="cursor", cure=_CURE)
