"""Schools: the table, where texts name them, and the law that no profile and no feature sees which school it was."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.attributes import GraduateRows
from matching.explanation import own_words
from matching.profile import graduate_text, graduate_words, posting_text, posting_words
from matching.standard.records import Experience, Graduate, Posting, Wishes
from matching.terms.regions import region
from matching.terms.schools import find_in, is_department, rows, school, without


def test_jiangxi_is_complete_and_every_name_is_of_one_school() -> None:
    jiangxi = [entry for entry in rows() if entry.region == "360000"]
    assert Counter(entry.level for entry in jiangxi) == {"本科": 50, "专科": 63}
    assert len(rows()) == 556
    names = [name for entry in rows() for name in (entry.name, *entry.also)]
    assert len(names) == len(set(names))
    assert all(school(name) is not None for name in names)
    assert len({entry.region for entry in rows()}) == 31, "a school of every province of the mainland"
    assert all(region(entry.region) is not None for entry in rows())


@pytest.mark.shared
def test_every_school_of_jiangxi_of_the_list_of_2017_is_known(shared_data: Path) -> None:
    with (shared_data / "cn-universities" / "universities.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = [
            row["name"].replace("\\n", "")
            for row in csv.DictReader(file)
            if "江西" in row["department"] + row["address"]
        ]
    assert len(listed) == 100
    assert [name for name in listed if school(name) is None] == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("本人毕业于南昌大学软件学院，性格开朗", "本人毕业于软件学院，性格开朗"),
        ("江西师大 汉语言文学", "汉语言文学"),
        ("华东交通大学理工学院土木工程", "土木工程"),
        ("南昌大学生物工程", "生物工程"),
        ("南昌大学生就业创业大赛", "南昌大学生就业创业大赛"),
        ("在南昌大学第一附属医院实习", "在第一附属医院实习"),
        ("鹤壁职业技术学院电商专业", "电商专业"),
        ("985/211院校毕业，处理211份样本", "毕业，处理211份样本"),
        ("双一流高校", ""),
        ("毕业院校：江西科技学院", ""),
        ("Nanchang University, Accounting", ", Accounting"),
        ("清华路10号", "清华路10号"),
        ("大学英语六级，在校大学期间任学院学生会主席", "大学英语六级，在校大学期间任学院学生会主席"),
        ("江西省内大学城", "江西省内大学城"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_names_a_school_is_left_out_and_nothing_else(text: str, left: str) -> None:
    assert without(text) == left


def test_places_are_places_of_the_text() -> None:
    text = "先后就读于江西师范大学、华东交大，又在鹤壁职业技术学院进修"
    assert [(text[p.start : p.end], p.name) for p in find_in(text)] == [
        ("江西师范大学", "江西师范大学"), ("华东交大", "华东交通大学"), ("鹤壁职业技术学院", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("计算机学院", True), ("经济管理学院", True), ("机械与电气工程学院", True),
        ("九江学院", False), ("章水学院", False), ("软件", False),
    ],
)  # fmt: skip
def test_a_department_is_no_school(text: str, department: bool) -> None:
    assert is_department(text) == department


def _person(name: str, stated: str) -> Graduate:
    return Graduate(
        tenant="t",
        id="1",
        degree="本科",
        major=f"{name}软件工程",
        school=stated,
        skills=["Java", f"{name}程序设计竞赛"],
        certificates=[f"{name}优秀毕业生"],
        experiences=[
            Experience(kind="campus", title=f"{name}学生会", organisation=name, description=f"{name}迎新，{name}校报"),
            Experience(kind="internship", title="会计实习", description=f"由{name}推荐，整理凭证"),
        ],
        summary=f"毕业于{name}，熟悉Java；{stated}三好学生",
        wishes=Wishes(titles=["Java开发", f"{name}辅导员"], industries=["软件"]),
    )  # fmt: skip


def _seen(person: Graduate) -> tuple[object, ...]:
    columns = GraduateRows.of([person])
    return (
        graduate_text(person),
        graduate_words(person),
        tuple(own_words(person)),
        *(np.asarray(c).tobytes() for c in columns),
    )


_NAMES = st.sampled_from([name for entry in rows() for name in (entry.name, *entry.also)])
_UNKNOWN = st.sampled_from(["赣鄱理工大学", "青禾学院", "Riverside College", "鹤壁职业技术学院", "X"])


def test_law_4_no_profile_and_no_feature_sees_which_school_it_is() -> None:
    names = [name for entry in rows() for name in (entry.name, *entry.also)]
    alike = _seen(_person(names[0], names[0]))
    assert [name for name in names if _seen(_person(name, name)) != alike] == []
    assert "大学" not in graduate_text(_person(names[0], names[0]))


@given(_NAMES, _NAMES)
def test_law_4_holds_where_texts_name_another_school_than_the_record_states(one: str, other: str) -> None:
    assert _seen(_person(one, other)) == _seen(_person(other, one))


@given(_UNKNOWN, _NAMES)
def test_law_4_holds_for_a_school_that_no_table_knows_but_the_record_states(one: str, other: str) -> None:
    assert _seen(_person(one, one)) == _seen(_person(other, other))


@given(_NAMES, _NAMES)
def test_no_posting_says_which_schools_it_likes(one: str, other: str) -> None:
    def told(name: str) -> tuple[str, str]:
        posting = Posting(
            tenant="t", id="1", title=f"{name}辅导员", description=f"{name}、985/211院校毕业生优先，熟悉Java"
        )
        return posting_text(posting), posting_words(posting)

    assert told(one) == told(other)
    assert "985" not in told(one)[0]


@given(st.text(max_size=60))
def test_any_text_is_cleaned_and_again_the_same(text: str) -> None:
    once = without(text)
    assert len(once) <= len(text)
    assert all(0 <= p.start < p.end <= len(text) for p in find_in(text))
