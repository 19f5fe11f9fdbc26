"""Moments are kept as microseconds since 1970 in UTC: exact, sortable, the same on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from matching.errors import QueryError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """`moment` as kept; a moment without a zone is refused, because it is not one moment.

    Raises
    ------
    QueryError
    """
    if moment.utcoffset() is None:
        raise QueryError(f"the moment {moment.isoformat()} has no time zone", cure="Add one, for example +08:00.")
    return (moment - _EPOCH) // _MICRO


def from_micros(micros: int) -> datetime:
    """The moment, in UTC, that `to_micros` kept."""
    return _EPOCH + micros * _MICRO
