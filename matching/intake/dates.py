"""Days, moments and years, in every form that files give them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any

from matching.intake.values import NOT_STATED, Unreadable, text_of

CHINA = timezone(timedelta(hours=8))
"""The zone of moments that name none."""

_CALENDAR = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?)(?:[T ]+(\S.*))?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_EXCEL_ZERO = datetime(1899, 12, 30)


def read_date(value: Any) -> date | None:  # noqa: ANN401
    """A day: 2021-07-01, 2021/7/1, 2021.7.1, 2021年7月1日, 20210701, with a time after it, or an Excel serial.

    Raises
    ------
    Unreadable
        ``"bad_date"``: 2021-02-30, or no date at all.
    """
    moment = _moment(value)
    if isinstance(moment, datetime):
        return (moment.astimezone(CHINA) if moment.tzinfo else moment).date()
    return moment


def read_moment(value: Any) -> datetime | None:  # noqa: ANN401
    """A moment, in any form of `read_date` with or without a time; without a zone it is China's.

    Raises
    ------
    Unreadable
        ``"bad_date"``.
    """
    moment = _moment(value)
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=CHINA)
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _moment(value: Any) -> datetime | date | None:  # noqa: ANN401
    if isinstance(value, date):
        return value
    text = text_of(value)
    if text is None or text in NOT_STATED:
        return None
    try:
        return _written(text)
    except (ValueError, OverflowError):
        raise Unreadable("bad_date") from None


def _written(text: str) -> datetime | date:
    if match := _CALENDAR.fullmatch(text):
        year, _, month, day, month_zh, day_zh, time = match.groups()
        found = date(int(year), int(month or month_zh), int(day or day_zh))
        return datetime.fromisoformat(f"{found.isoformat()} {_time(time)}") if time else found
    if match := _COMPACT.fullmatch(text):
        return date(*map(int, match.groups()))
    if _SERIAL.fullmatch(text):
        return _EXCEL_ZERO + timedelta(days=float(text))
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), tz=CHINA)
    raise ValueError(text)


def _time(text: str) -> str:
    return "0" + text if len(text) > 1 and text[1] == ":" else text


def read_year(value: Any) -> int | None:  # noqa: ANN401
    """A year out of "2021", "2021届", "2021年7月", "2021-07-01" or an Excel date.

    Raises
    ------
    Unreadable
        No year.
    """
    text = text_of(value)
    if text is None or text in NOT_STATED:
        return None
    if match := re.match(r"(\d{4})(?!\d)", text):
        return int(match[1])
    if match := re.fullmatch(r"(\d{2})届", text):
        return 2000 + int(match[1])
    found = read_date(value)
    return found.year if found else None
