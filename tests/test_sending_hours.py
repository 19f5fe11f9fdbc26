"""Days of rest as the State Council moved them, and hours of quiet in each person's own zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import QueryError
from matching.sending.calendar import covered, is_covered, is_day_of_rest, is_holiday
from matching.sending.hours import Hours, checked, span
from matching.store import Wish
from matching.store.times import from_micros, to_micros


def moment(text):
    return to_micros(datetime.fromisoformat(f"{text}+08:00"))


def told(micros):
    return (
        from_micros(micros).astimezone(datetime.fromisoformat("2026-01-01T00:00+08:00").tzinfo).strftime("%m-%d %H:%M")
    )


@pytest.mark.parametrize(
    ("day", "holiday", "rest"),
    [
        ("2026-02-17", True, True),  # Spring Festival
        ("2026-02-14", False, False),  # a Saturday that is worked for it
        ("2026-10-10", False, False),  # likewise, for the National Day
        ("2026-10-07", True, True),
        ("2026-10-17", False, True),  # an ordinary Saturday
        ("2026-06-15", False, False),
        ("2027-10-02", True, True),  # beyond the table: fixed by law
        ("2027-04-05", True, True),  # by the sun
        ("2027-10-09", False, True),  # a weekend; whether it is worked is not known yet
    ],
)
def test_days(day, holiday, rest):
    assert (is_holiday(date.fromisoformat(day)), is_day_of_rest(date.fromisoformat(day))) == (holiday, rest)


def test_the_table_says_how_far_it_goes():
    first, last = covered()
    assert first <= 2020
    assert last >= 2026
    assert is_covered(date(last, 12, 31))
    assert not is_covered(date(last + 1, 1, 1))


@pytest.mark.parametrize(
    ("now", "days", "wish", "opens"),
    [
        ("2026-06-15T12:00", "no holiday", Wish(), "06-15 12:00"),
        ("2026-06-15T21:31", "no holiday", Wish(), "06-16 08:00"),
        ("2026-06-15T07:59", "no holiday", Wish(), "06-15 08:00"),
        ("2026-06-15T12:00", "no holiday", Wish(quiet="11:00-14:30"), "06-15 14:30"),
        ("2026-06-15T09:00", "no holiday", Wish(zone="Asia/Urumqi"), "06-15 10:00"),
        ("2026-06-15T12:00", "no holiday", Wish(zone="Mars/Base", quiet="x"), "06-15 12:00"),
        ("2026-10-01T12:00", "no holiday", Wish(), "10-08 08:00"),
        ("2026-10-01T12:00", "every", Wish(), "10-01 12:00"),
        ("2026-10-17T12:00", "workdays", Wish(), "10-19 08:00"),
        ("2026-10-10T12:00", "workdays", Wish(), "10-10 12:00"),
        ("2026-06-15T21:29:40", "every", Wish(), "06-16 08:00"),  # what is under way must arrive before
    ],
)
def test_when_it_opens(now, days, wish, opens):
    assert told(Hours(days=days).opens(wish, moment(now))) == opens


@given(
    now=st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"]),
    quiet=st.sampled_from(["21:30-08:00", "01:30-03:30", "12:00-12:00", "00:00-09:15", "22:00-00:00"]),
    days=st.sampled_from(["every", "no holiday", "workdays"]),
)
def test_it_opens_never_earlier_and_is_open_then(now, zone, quiet, days):
    hours, wish = Hours(days=days, margin=timedelta(0)), Wish(zone=zone, quiet=quiet)
    micros = to_micros(now.replace(tzinfo=UTC))
    opens = hours.opens(wish, micros)
    assert micros <= opens <= micros + 20 * 86_400_000_000
    assert hours.opens(wish, opens) == opens


def test_the_same_hour_twice_is_no_quiet_and_nonsense_is_refused():
    assert Hours("00:00-00:00", days="every").opens(Wish(), moment("2026-06-15T03:00")) == moment("2026-06-15T03:00")
    assert span("8:00-9:00") is None
    with pytest.raises(QueryError, match="no time zone"):
        checked(Wish(zone="Mars/Base"))
    with pytest.raises(QueryError, match="no hours"):
        checked(Wish(quiet="25:00-26:00"))
