"""Pay out of one text."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.standard.records import Pay, PayUnit
from matching.terms.pay import read_pay


@pytest.mark.parametrize(
    ("text", "least", "most", "unit", "months"),
    [
        ("6001-8000", 6001, 8000, "month", 12),
        ("1-1.5万/月", 10_000, 15_000, "month", 12),
        ("4.5-6千/月", 4_500, 6_000, "month", 12),
        ("10-20万/年", 100_000, 200_000, "year", 12),
        ("150元/天", 150, 150, "day", 12),
        ("85元/天", 85, 85, "day", 12),
        ("20元/小时", 20, 20, "hour", 12),
        ("时薪20元", 20, 20, "hour", 12),
        ("日薪150", 150, 150, "day", 12),
        ("200-300元/天", 200, 300, "day", 12),
        ("年薪10-20万", 100_000, 200_000, "year", 12),
        ("8k-12k·13薪", 8_000, 12_000, "month", 13),
        ("15-25k*15薪", 15_000, 25_000, "month", 15),
        ("15-25K·14-16薪", 15_000, 25_000, "month", 14),
        ("6-8K", 6_000, 8_000, "month", 12),
        ("1.2w-1.8w", 12_000, 18_000, "month", 12),
        ("8000-1万", 8_000, 10_000, "month", 12),
        ("8千-1万/月", 8_000, 10_000, "month", 12),
        ("８０００－１２０００元", 8_000, 12_000, "month", 12),
        ("5,000-8,000元/月", 5_000, 8_000, "month", 12),
        ("￥5000-8000", 5_000, 8_000, "month", 12),
        ("5000至8000元", 5_000, 8_000, "month", 12),
        ("4000～6000", 4_000, 6_000, "month", 12),
        ("薪资：8-13K", 8_000, 13_000, "month", 12),
        ("5000-8000元/月，五险一金", 5_000, 8_000, "month", 12),
        ("20k-30k per month", 20_000, 30_000, "month", 12),
        ("0.8-1万", 8_000, 10_000, "month", 12),
        ("5000", 5_000, 5_000, "month", 12),
        ("1万以下/月", None, 10_000, "month", 12),
        ("1.5千以下/月", None, 1_500, "month", 12),
        ("最高8000", None, 8_000, "month", 12),
        ("3000元以上/月", 3_000, None, "month", 12),
        ("100万以上/年", 1_000_000, None, "year", 12),
        ("5000元起", 5_000, None, "month", 12),
        ("底薪3000+提成", 3_000, None, "month", 12),
        ("不低于5000", 5_000, None, "month", 12),
    ],
)
def test_a_text_gives_yuan_and_unit(text: str, least: float | None, most: float | None, unit: str, months: int) -> None:
    assert read_pay(text) == Pay(min=least, max=most, unit=PayUnit(unit), months=months)


@pytest.mark.parametrize(
    ("text", "unit"), [("4.9-6万", "month"), ("5-6万", "year"), ("10-20万", "year"), ("5-6万/月", "month")]
)
def test_ten_thousands_without_a_unit_are_a_years_pay_from_50000(text: str, unit: str) -> None:
    pay = read_pay(text)
    assert pay is not None
    assert pay.unit == unit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "面议",
        "薪资面议",
        "negotiable",
        "15-20",
        "12",
        "0",
        "-5000",
        "8000-6000",
        "99999999999",
        "2021年5000",
        "5000-8000元，加班20元/小时",
    ],
)
def test_what_cannot_be_meant_is_none(text: str) -> None:
    assert read_pay(text) is None


@given(st.text(alphabet="0123456789.-万千kK/月年天元以上下薪·～ 面议", max_size=30) | st.text(max_size=50))
def test_any_text_is_read_or_none(text: str) -> None:
    pay = read_pay(text)
    assert pay is None or pay.min is not None or pay.max is not None


@given(st.integers(100, 90_000), st.integers(0, 90_000), st.sampled_from(["/月", "/年", "/天", ""]))
def test_bare_figures_come_back_as_written(low: int, more: int, unit: str) -> None:
    pay = read_pay(f"{low}-{low + more}元{unit}")
    assert pay is not None
    assert (pay.min, pay.max) == (low, low + more)
    assert pay.unit == {"/月": "month", "/年": "year", "/天": "day", "": "month"}[unit]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "column", "filled"),
    [("51job-bigdata-2019", "薪资", 4672), ("zhilian-shenzhen-2018", "salary", 15498)],
)
def test_all_pay_of_real_postings_is_read(shared_data: Path, folder: str, column: str, filled: int) -> None:
    with (shared_data / folder / "postings.csv").open(encoding="utf-8-sig") as file:
        values = [row[column] for row in csv.DictReader(file) if row[column]]
    assert len(values) == filled
    assert [value for value in values if read_pay(value) is None] == []
