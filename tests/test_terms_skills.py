"""Skills are found as skills: whole names, never a part of another word."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.terms.skills import find_skills, skill, skills, skills_of


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("熟悉JavaScript和jQuery", ["JavaScript", "jQuery"]),
        ("Java、C、C++、C#", ["Java", "C", "C++", "C#"]),
        ("C语言/C++", ["C", "C++"]),
        ("Vue3 + MySQL8.0", ["Vue", "MySQL"]),
        ("JavaScript", ["JavaScript"]),
        ("SpringBoot与Spring Cloud", ["Spring Boot", "Spring Cloud"]),
        ("会计师事务所，会计学专业，会计学院", []),
        ("会计", ["会计核算"]),
        ("负责出纳工作", ["出纳"]),
        ("无需Java基础，不要求Python", []),
        ("面向C端产品，to C，b2c", []),
        ("let's go to work", []),
        ("熟练使用PS、Office办公软件", ["Photoshop", "Office"]),
        ("ＪＡＶＡ（熟练）", ["Java"]),
        ("英语流利，大学英语四级", ["英语"]),
        ("招聘人数3人", []),
        ("", []),
    ],
)
def test_a_skill_is_a_word_of_its_own(text, names):
    assert [mention.name for mention in find_skills(text)] == names


@given(st.text(alphabet="Java C+#Script会计师熟悉、，/SQL3 "))
def test_places_are_true_and_never_overlap(text):
    found = find_skills(text)
    assert all(text[m.start : m.end] == m.text for m in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


def test_the_table_has_one_code_a_skill_that_stays():
    table = skills()
    assert len({entry.code for entry in table}) == len(table) >= 300
    assert all(0 < entry.code < 2**31 for entry in table)
    java, office = skill("Java"), skill("Office")
    assert (java.code, java.common) == (735_655_220, False)
    assert office.common
    assert skill("no such") is None


def test_each_skill_of_several_texts_counts_once():
    assert [entry.name for entry in skills_of(["Java、MySQL", "熟悉JAVA", ""])] == ["Java", "MySQL"]
