"""Foreign values: read, "not stated" or unreadable, and never one taken for another."""

import datetime

import pytest

from matching.intake.dates import CHINA, read_date, read_moment, read_year
from matching.intake.pay import read_pay_pair, read_pay_text, unit_of
from matching.intake.values import (
    Unreadable,
    read_flag,
    read_integer,
    read_json,
    read_number,
    read_texts,
    read_years,
    text_of,
)

FIRST_OF_JULY = datetime.date(2021, 7, 1)


@pytest.mark.parametrize(
    "written",
    [
        "2021-07-01",
        "2021/7/1",
        "2021.7.1",
        "20210701",
        "2021年7月1日",
        "2021年07月01号",
        "2021-07-01 08:30:00",
        "2021/7/1 8:30",
        "2021-07-01T00:30:00+08:00",
        "2021-06-30T20:00:00Z",
        "44378",
        "44378.354",
        "1625097600",
        "1625097600000",
        44378,
        datetime.date(2021, 7, 1),
        datetime.datetime(2021, 7, 1, 8, 30),
        " 2021-07-01\u200b",
    ],
)
def test_dates_in_every_form_are_the_same_day(written):
    assert read_date(written) == FIRST_OF_JULY


@pytest.mark.parametrize(
    "written",
    ["2021-02-30", "2021-13-01", "20211301", "2021/7", "07/01/2021", "2021-7.1", "昨天", "0", "2021-07-01 25:00", "99"],
)
def test_impossible_dates_are_unreadable(written):
    with pytest.raises(Unreadable) as caught:
        read_date(written)
    assert caught.value.code == "bad_date"


@pytest.mark.parametrize("empty", [None, "", "  ", "NULL", "NaN", "-", "不限"])
def test_an_empty_cell_is_not_stated(empty):
    assert (read_date(empty), read_integer(empty), read_moment(empty)) == (None, None, None)


def test_moments_without_a_zone_are_chinas():
    assert read_moment("2021年7月1日 8:30") == datetime.datetime(2021, 7, 1, 8, 30, tzinfo=CHINA)
    assert read_moment("2021-07-01") == datetime.datetime(2021, 7, 1, tzinfo=CHINA)
    assert read_moment("2021-07-01T00:30:00Z") == datetime.datetime(2021, 7, 1, 8, 30, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("2人", 2),
        ("若干", None),
        ("若干人", None),
        ("1,000", 1000),
        ("3-5人", 3),
        ("3.0", 3),
        ("十名", 10),
        (7, 7),
        ("-2", -2),
    ],
)
def test_counts(written, count):
    assert read_integer(written) == count


@pytest.mark.parametrize("written", ["多", "2.5", "2人3", "十五人"])
def test_what_is_no_count_is_unreadable(written):
    with pytest.raises(Unreadable):
        read_integer(written)


@pytest.mark.parametrize(
    ("written", "years"),
    [("3-5年", 3), ("1年以下", 0), ("无工作经验", 0), ("经验不限", 0), ("10年以上", 10), ("5", 5), ("", None)],
)
def test_years_of_experience(written, years):
    assert read_years(written) == years


@pytest.mark.parametrize(
    ("written", "year"),
    [("2021", 2021), ("2021届", 2021), ("21届", 2021), ("2021-07-01", 2021), ("2021年7月", 2021), ("44378", 2021)],
)
def test_years_of_graduation(written, year):
    assert read_year(written) == year


def test_numbers_and_flags():
    assert (read_number("1,500.5"), read_number("面议"), read_number(3)) == (1500.5, None, 3.0)
    assert (read_flag("是"), read_flag("无"), read_flag("TRUE"), read_flag(0), read_flag("")) == (
        True,
        False,
        True,
        False,
        None,
    )
    for read in (read_number, read_flag, read_years):
        with pytest.raises(Unreadable):
            read("也许")


def test_lists():
    assert read_texts("Java|SQL||Java") == ["Java", "SQL"]
    assert read_texts("“互联网”,”电商”", separator=",") == ["互联网", "电商"]
    assert read_texts('["a, b", 3]') == ["a, b", "3"]
    assert read_texts(["x", None, " x "]) == ["x"]
    assert read_texts('["a"|"b"]', separator="|") == ["a", "b"]
    assert (read_texts("[]"), read_texts("")) == ([], None)
    with pytest.raises(Unreadable):
        read_texts('["a"|"b"]')
    with pytest.raises(Unreadable):
        read_json("{half")


def test_text_of_what_is_no_text():
    moment = datetime.datetime(2021, 7, 1, 8, 30)
    assert [text_of(v) for v in (3.0, 3.5, True, moment, [1], 10**18)] == [
        "3", "3.5", "true", "2021-07-01 08:30:00", "[1]", "1000000000000000000",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "unit", "pay"),
    [
        ("4001-6000", "yuan/month", (4001, 6000, "month")),
        ("1-1.5", "万/月", (10_000, 15_000, "month")),
        ("6~8", "千/月", (6_000, 8_000, "month")),
        ("20—40", "10k/year", (200_000, 400_000, "year")),
        ("150", "元/天", (150, 150, "day")),
        ("1000元以下", "yuan/month", (None, 1_000, "month")),
        ("50000元以上", "yuan/month", (50_000, None, "month")),
    ],
)
def test_pay_out_of_one_text_with_a_unit(text, unit, pay):
    found = read_pay_text(text, unit_of(unit))
    assert (found["min"], found["max"], found["unit"]) == pay


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("8", "12", (8_000, 12_000)),
        ("8", "", (8_000, None)),
        ("", "12", (None, 12_000)),
        ("面议", "", None),
        ("1000以下", None, (None, 1_000_000)),
        ("50以上", None, (50_000, None)),
        ("-5", "12", (-5_000, 12_000)),
    ],
)
def test_pay_out_of_two_figures(low, high, expected):
    found = read_pay_pair(low, high, unit_of("1k/month"))
    assert (None if found is None else (found["min"], found["max"])) == expected


def test_pay_months_and_unreadable_figures():
    assert read_pay_pair("8", "12", unit_of("1k/month"), months="13薪".removesuffix("薪"))["months"] == 13
    with pytest.raises(Unreadable):
        read_pay_pair("很多", "12", unit_of("1k/month"))
    with pytest.raises(Unreadable):
        read_pay_text("4001-6000-8000", unit_of("yuan/month"))
