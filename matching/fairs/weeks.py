"""Weeks in which a fair can be held: without public holidays and the exams that keep graduates away.

Holidays are the State Council's (`matching.sending.calendar`). Dates of exams are announced each year; before that they
are taken from the rule that they have followed in recent years, so a suggestion names them and the notice counts. Who
knows better says so (`avoid`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from matching.language import Words
from matching.sending.calendar import is_covered, is_day_of_rest, is_holiday

_SATURDAY, _SUNDAY = 5, 6


class Span(NamedTuple):
    """Days, both ends included, and what keeps people away."""

    first: date
    last: date
    why: Words


class Week(NamedTuple):
    """A week from Monday to Sunday.

    days : those on which a fair can be held, workdays first. notes : what takes days away.
    """

    monday: date
    days: tuple[date, ...]
    notes: tuple[Words, ...]


def exams(year: int) -> tuple[Span, ...]:
    """Exams of a year that graduates sit, by the rules of recent years.

    As they fell in 2023 to 2025: state civil service (the first Sunday from 25 November), postgraduate entrance (the
    first weekend from 20 December), English bands 4 and 6 (the first Saturdays from 12 June and 12 December); in 2024
    and 2025 Jiangxi's civil service (the first weekend from 13 March); and roughly the universities' own final weeks.
    """
    march, june, winter = (_next(date(year, *day), _SATURDAY) for day in ((3, 13), (6, 12), (12, 12)))
    state, entrance = _next(date(year, 11, 25), _SUNDAY), _next(date(year, 12, 20), _SATURDAY)
    one = timedelta(days=1)
    return (
        Span(date(year, 1, 5), date(year, 1, 16), Words("高校期末考试周", "the universities' final weeks")),
        Span(march, march + one, Words("省考公务员笔试", "the provincial civil service exam")),
        Span(june, june, Words("大学英语四六级考试", "the English exams of bands 4 and 6")),
        Span(date(year, 6, 22), date(year, 7, 3), Words("高校期末考试周", "the universities' final weeks")),
        Span(state, state, Words("国考公务员笔试", "the state civil service exam")),
        Span(winter, winter, Words("大学英语四六级考试", "the English exams of bands 4 and 6")),
        Span(entrance, entrance + one, Words("硕士研究生招生考试", "the postgraduate entrance exam")),
    )


def weeks_from(today: date, count: int, *, avoid: Iterable[Span] = ()) -> list[Week]:
    """The next `count` weeks, beginning with the first Monday at least a week after `today`.

    A fair needs a week's notice; a week in which no day is left has no `days`.
    """
    monday = _next(today + timedelta(days=7), 0)
    return [_week(monday + timedelta(days=7 * n), tuple(avoid)) for n in range(count)]


def _week(monday: date, avoid: tuple[Span, ...]) -> Week:
    week = [monday + timedelta(days=n) for n in range(7)]
    taken = [span for year in {monday.year, week[-1].year} for span in exams(year)] + list(avoid)
    days, notes = [], dict[Words, None]()
    for day in week:
        why = [span.why for span in taken if span.first <= day <= span.last]
        if is_holiday(day):
            why.append(Words("法定节假日", "a public holiday"))
        notes |= dict.fromkeys(why)
        if not why:
            days.append(day)
    if not is_covered(monday):
        notes[Words("该年放假安排尚未公布", "the holidays of that year are not announced yet")] = None
    return Week(monday, tuple(sorted(days, key=lambda day: (is_day_of_rest(day), day))), tuple(notes))


def _next(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)
