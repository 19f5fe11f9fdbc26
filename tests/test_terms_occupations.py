"""Occupations: the table beside the standard, titles as advertised, abstaining."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.terms import occupations
from matching.terms.occupation_table import aliases


def test_the_table_counts_as_sources_say():
    counts = Counter(entry.level for entry in occupations.rows())
    assert counts == {"major group": 8, "medium group": 79, "small group": 450, "occupation": 1641}
    assert Counter(entry.mark for entry in occupations.rows())["LS"] == 23


def test_every_entry_lies_in_its_groups_and_no_code_comes_twice():
    codes = [entry.code for entry in occupations.rows()]
    assert len(set(codes)) == len(codes)
    for entry in occupations.rows():
        above = [occupations.occupation(code) for code in occupations.parents(entry.code)]
        assert None not in above
        assert len(above) == entry.code.count("-")


def test_every_alias_is_read_as_its_entry():
    for alias, entry in aliases():
        found = occupations.read(alias)
        assert found is not None, alias
        assert found.code == entry.code or found.how == "name", alias


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("会计", "2-06-03-00"),
        ("急聘高级会计（双休）", "2-06-03-00"),
        ("Java开发工程师", "2-02-10-03"),
        ("某公司招聘收银", "4-01-02-04"),
        ("招聘专员", "4-07-03-08"),
        ("五金厂外贸跟单员", "2-06-07-01"),
        ("口腔护士", "2-05-08-07"),
        ("小学语文老师+五险+双休", "2-08-02-04"),
        ("2-06-03-00", "2-06-03-00"),
        ("工程技术人员", "2-02"),
        ("ＣＮＣ操机员", "6-18-01-07"),
    ],
)
def test_titles(title, code):
    found = occupations.read(title)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("title", ["", " ", "月入过万不是梦", "接受小白", "（）", "123", "甲乙丙丁"])
def test_it_abstains(title):
    assert occupations.read(title) is None


@pytest.mark.parametrize(("code", "group"), [("2-02-10-03", "2-02"), ("2-02-00-00", "2-02"), ("2", None), ("x", None)])
def test_the_medium_group(code, group):
    assert occupations.medium_group(code) == group


@given(st.text(max_size=60))
def test_any_text_is_read_or_left(text):
    found = occupations.read(text)
    assert found is None or (0.4 <= found.confidence <= 1 and occupations.occupation(found.code).name == found.name)
