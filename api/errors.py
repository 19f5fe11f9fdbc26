"""The errors that only the HTTP door knows; the rest of the tree stands in `matching.errors`.

InputError
├── BadParameter       parameters that do not fit their description (carries each)
├── MalformedBody      a body that is not the JSON it should be
├── BodyTooLarge       a body over the limit
├── WrongMediaType     a body of another media type or encoding
└── QueryError
    └── CursorOutdated a cursor of another snapshot: the list must be started again
GradmatchError
└── NotReady           the service cannot answer at this moment
"""

from __future__ import annotations

from collections.abc import Sequence

from matching.errors import GradmatchError, InputError, QueryError
from matching.standard.refusals import Refusal


class BadParameter(InputError):
    """Parameters do not fit their description; `refusals` says which and why, never with their values."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        first = refusals[0]
        super().__init__(f"{first.field}: {first.reason.en}", where=first.field, cure=first.cure.en)
        self.refusals = tuple(refusals)


class MalformedBody(InputError):
    """The body is not the JSON it should be."""


class BodyTooLarge(InputError):
    """The body is over the limit of the settings; `kept` records of a bulk had been kept before it was noticed."""

    def __init__(self, limit: int, *, kept: int = 0) -> None:
        cure = "Send less at once, or load files with `gradmatch intake`."
        super().__init__(f"the body is over the limit of {limit} bytes", where="body", cure=cure)
        self.limit = limit
        self.kept = kept


class WrongMediaType(InputError):
    """The body's media type or encoding is not one that is read here."""


class CursorOutdated(QueryError):
    """A cursor of another snapshot: scores have changed, so there is no next page."""


class NotReady(GradmatchError):
    """The service cannot answer at this moment."""
