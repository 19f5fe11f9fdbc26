"""When it is not quiet: hours of the night and days of rest, in each person's own zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from matching.errors import QueryError
from matching.sending.calendar import is_day_of_rest, is_holiday
from matching.store.preferences import Wish
from matching.store.times import from_micros, to_micros

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_LONGEST = 60
"""Days looked ahead; no holidays are longer."""


@dataclass(frozen=True)
class Hours:
    """When nothing is sent.

    Parameters
    ----------
    quiet : str
        ``"HH:MM-HH:MM"``, may span midnight; the same twice: no hour is quiet.
    zone : str
        IANA time zone of people who named none.
    days : str
        ``"every"`` day; ``"no holiday"``: not on public holidays; ``"workdays"``: on days that are worked alone.
    margin : timedelta
        Quiet begins so much earlier for us, so that what is under way arrives before it.
    """

    quiet: str = "21:30-08:00"
    zone: str = "Asia/Shanghai"
    days: Literal["every", "no holiday", "workdays"] = "no holiday"
    margin: timedelta = timedelta(seconds=30)

    def opens(self, wish: Wish, now: int) -> int:
        """The first moment from `now` on at which a person with this wish may be disturbed (microseconds).

        A zone or hours that cannot be read count as the settings'.
        """
        zone = _zone(wish.zone) or _zone(self.zone) or ZoneInfo("UTC")
        start, end = span(wish.quiet) or span(self.quiet) or (time(0), time(0))
        moment = from_micros(now).astimezone(zone)
        for _ in range(3 * _LONGEST):
            later = self._quiet_until(moment, start, end)
            if later is None:
                return max(to_micros(moment), now)
            moment = later
        return to_micros(moment)

    def _quiet_until(self, moment: datetime, start: time, end: time) -> datetime | None:
        """When the quiet at `moment` ends; None where it is not quiet."""
        if self._rests(moment.date()):
            return _at(moment, moment.date() + timedelta(days=1), time(0))
        if start == end:
            return None
        begun = (datetime.combine(moment.date(), start) - self.margin).time()
        here = moment.time().replace(tzinfo=None)
        if begun > end:
            if here >= begun:
                return _at(moment, moment.date() + timedelta(days=1), end)
            return _at(moment, moment.date(), end) if here < end else None
        return _at(moment, moment.date(), end) if begun <= here < end else None

    def _rests(self, day: date) -> bool:
        if self.days == "every":
            return False
        return is_holiday(day) if self.days == "no holiday" else is_day_of_rest(day)


def span(text: str | None) -> tuple[time, time] | None:
    """Begin and end of hours written ``"21:30-08:00"``; None where it is none."""
    found = _SPAN.fullmatch(text or "")
    if found is None:
        return None
    begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
    return time(begin_hour, begin_minute), time(end_hour, end_minute)


def checked(wish: Wish) -> Wish:
    """`wish`, where its zone and hours can be read.

    Raises
    ------
    QueryError
    """
    if wish.zone is not None and _zone(wish.zone) is None:
        raise QueryError(f"no time zone '{wish.zone}'", cure="Use an IANA name, for example Asia/Shanghai.")
    if wish.quiet is not None and span(wish.quiet) is None:
        raise QueryError(f"no hours '{wish.quiet}'", cure="Write them as 21:30-08:00.")
    return wish


def _at(moment: datetime, day: date, hour: time) -> datetime:
    """The wall clock shows `hour` on `day`; later than `moment` even where clocks are put back."""
    found = datetime.combine(day, hour, moment.tzinfo)
    return found if to_micros(found) > to_micros(moment) else moment + timedelta(minutes=1)


@lru_cache(maxsize=256)
def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
