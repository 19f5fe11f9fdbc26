"""Days of rest in China: holidays as the State Council moves them, with the weekends that are worked to make up.

The table is the library's (chinesecalendar), which follows each year's notice; it comes out in the autumn before. Of a
year that the table does not hold only the days fixed by law or by the sun are known: New Year, Tomb Sweeping, Labour
Day, National Day; festivals of the moon and make-up workdays are not, and `covered` says so.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from chinese_calendar import get_holiday_detail, get_solar_terms, is_workday
from chinese_calendar.constants import holidays

_FIXED = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
"""Month and day of holidays that are the same each year, by the regulation in force since 2025."""


def covered() -> tuple[int, int]:
    """First and last year of which holidays and make-up workdays are known."""
    return min(holidays).year, max(holidays).year


def is_covered(day: date) -> bool:
    """Whether the table holds the year of `day`."""
    first, last = covered()
    return first <= day.year <= last


@lru_cache(maxsize=4_096)
def is_holiday(day: date) -> bool:
    """Whether `day` is a public holiday or a day off in its place; ordinary weekends are not."""
    if is_covered(day):
        off, name = get_holiday_detail(day)
        return bool(off and name is not None)
    return (day.month, day.day) in _FIXED or _tomb_sweeping(day)


@lru_cache(maxsize=4_096)
def is_day_of_rest(day: date) -> bool:
    """Whether people rest on `day`: holidays, and weekends but those that are worked."""
    if is_covered(day):
        return not is_workday(day)
    return day.weekday() >= 5 or is_holiday(day)


def _tomb_sweeping(day: date) -> bool:
    if day.month != 4 or not 1900 <= day.year <= 2100:
        return False
    return any(name == "清明" and found == day for found, name in get_solar_terms(day, day))
