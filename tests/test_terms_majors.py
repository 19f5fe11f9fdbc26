"""Majors: the three catalogues, reading a field of study, abstaining, near classes."""

from __future__ import annotations

import csv
import os
import time
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from matching.errors import UnknownId
from matching.terms import majors
from matching.terms.major_table import aliases, rows


def _code(text: str, stage: majors.Stage | None = None) -> str | None:
    found = majors.find_major(text, stage=stage)
    return None if found is None else found.code


def _codes(text: str) -> list[str]:
    return [entry.code for entry in majors.find_majors(text)]


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        ("软工", "080902", "软工"),  # as it was written
        ("", "080910", "数据科学与大数据技术"),
        ("", "080910T", "数据科学与大数据技术"),
        ("", "999999", "999999"),
        ("", None, ""),
    ],
)
def test_a_list_shows_a_major_as_written_or_by_its_code(text, code, shown):
    assert majors.shown_major(text, code) == shown


# --- the tables ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "counts"),
    [
        ("undergraduate", {"category": 12, "class": 93, "major": 845}),
        ("vocational", {"category": 19, "class": 97, "major": 744}),
        ("graduate", {"category": 14, "class": 117 + 67}),
    ],
)
def test_the_tables_count_as_the_national_catalogues_do(stage, counts):
    assert Counter(entry.level for entry in rows() if entry.stage == stage) == counts


def test_no_code_stands_twice_and_no_name_twice_in_a_class():
    written = [
        row["code"]
        for stage in majors.STAGES
        for row in csv.DictReader(
            (files("matching.terms") / "data" / f"majors_{stage}.csv").read_text("utf-8").splitlines()
        )
    ]
    assert len(written) == len(set(written)) == 950 + 860 + 198
    assert [n for n, times in Counter((e.name, e.level, e.code[:4]) for e in rows()).items() if times > 1] == []


def test_every_entry_has_its_parents():
    for entry in rows():
        above = [majors.major(code) for code in majors.parents(entry.code)]
        assert [parent.level for parent in above if parent] == {
            "major": ["class", "category"],
            "class": ["category"],
        }.get(entry.level, [])
        assert all(parent.stage == entry.stage and entry.code.startswith(parent.code) for parent in above if parent)


@pytest.mark.parametrize(
    ("code", "name", "class_code", "category"),
    [
        ("080902", "软件工程", "0809", "08"),
        ("120203", "会计学", "1202", "12"),
        ("101101", "护理学", "1011", "10"),
        ("050200", "桑戈语", "0502", "05"),
        ("0502104", "区域国别学", "0502", "05"),
        ("510203", "软件技术", "5102", "51"),
        ("530302", "大数据与会计", "5303", "53"),
        ("G0812", "计算机科学与技术", "G0812", "G08"),
        ("G0854", "电子信息", "G0854", "G08"),
        ("0809", "计算机类", "0809", "08"),
    ],
)
def test_known_codes(code, name, class_code, category):
    entry = majors.major(code)
    assert entry is not None
    assert (entry.name, majors.class_of(code), majors.category_of(code)) == (name, class_code, category)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("080904K", "080904"),
        ("083201TK", "083201"),
        (" g0812 ", "G0812"),
        ("G081203", "G0812"),
        ("310203", "5102"),
        ("G1305", "G1403"),
    ],
)
def test_marks_and_finer_codes_lead_to_the_entry_they_lie_in(written, code):
    assert majors.major(written) == majors.major(code) is not None


@pytest.mark.parametrize("code", ["", "K", "999999", "软件工程", "08090", "G9999", "0809021"])
def test_an_unknown_code_is_none_and_has_no_class(code):
    assert majors.major(code) is None
    assert majors.related(code) == ()
    for ask in (majors.class_of, majors.category_of, majors.parents):
        with pytest.raises(UnknownId, match="no major, class or category"):
            ask(code)


def test_a_category_has_no_class_but_a_category():
    with pytest.raises(UnknownId, match="08 工学 is a category"):
        majors.class_of("08")
    assert (majors.category_of("08"), majors.parents("08")) == ("08", ())


def test_classes_and_categories_are_complete_and_ordered():
    assert len(majors.classes()) == 93 + 97 + 184
    assert (majors.classes()[0], majors.classes()[93], majors.classes()[190]) == ("0101", "4101", "G0101")
    assert len(majors.categories()) == 12 + 19 + 14
    assert {majors.category_of(code) for code in majors.classes()} == set(majors.categories())
    assert len(majors.names()) == len(set(majors.names())) == len({entry.name for entry in rows()})


# --- reading ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", majors.STAGES)
def test_every_catalogue_name_leads_back_to_its_code(stage):
    deepest: dict[str, majors.Major] = {}
    for entry in sorted((e for e in rows() if e.stage == stage), key=lambda e: (-len(e.code), e.code)):
        deepest.setdefault(entry.name, entry)
    assert {name: majors.find_major(name, stage=stage) for name in deepest} == deepest


def test_undergraduate_names_come_first_where_no_stage_is_asked_for():
    for entry in rows():
        if entry.stage == "undergraduate" and entry.level == "major":
            assert majors.find_major(entry.name) == entry


def test_every_alias_leads_to_its_entry_and_hides_no_catalogue_name_of_its_stage():
    written = list(aliases())
    official = {(entry.stage, entry.name) for entry in rows()}
    assert len(written) == 1999
    assert len({(alias, entry.stage) for alias, entry in written}) == len(written)
    for alias, entry in written:
        assert (entry.stage, alias) not in official
        assert majors.find_major(alias, stage=entry.stage) == entry


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("软工", "080902"),
        ("计科", "080901"),
        ("土木", "081001"),
        ("机自", "080202"),
        ("国贸", "020401"),
        ("工管", "120201"),
        ("信管", "120102"),
        ("电商", "120801"),
        ("网工", "080903"),
        ("通信", "080703"),
        ("AI", "080717"),
        ("临床", "100201"),
        ("学前", "040106"),
        ("对外汉语", "050103"),
        ("热能与动力工程", "080501"),
        ("计算机", "0809"),
        ("会计电算化", "530302"),
        ("投资与理财", "530205"),
        ("数控", "460103"),
        ("通信与信息系统", "G0810"),
        ("MBA", "G1251"),
        ("学科教学（语文）", "G0451"),
        ("软件工程技术", "5102"),
    ],
)
def test_abbreviations_and_former_names(text, code):
    assert _code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("计算机类", "0809"),
        ("电子信息类", "0807"),
        ("计算机类相关专业", "0809"),
        ("计算机或相关专业", "0809"),
        ("1、计算机及相关专业", "0809"),
        ("全日制本科以上学历计算机相关专业", "0809"),
        ("“计算机”专业", "0809"),
        ("轻工", "0817"),
        ("法学", "030101"),
        ("软件工程（嵌入式方向）", "080902"),
        ("软件工程测试方向", "080902"),
        ("南昌大学计算机科学与技术专业", "080901"),
        ("南昌大学 软件工程 本科", "080902"),
        ("2020级软件工程1班", "080902"),
        ("工学-计算机类-软件工程", "080902"),
        ("计算机科学与技术-人工智能方向", "080901"),
        ("ＳＯＦＴＷＡＲＥ　Engineering", "080902"),
        ("软件\u200b工程", "080902"),
        ("英语（师范）", "050201"),
        ("会计系", "120203"),
        ("政治学、经济学与哲学", "030205"),
        ("供热、供燃气、通风及空调工程", "G0814"),
    ],
)
def test_a_name_is_read_with_the_words_around_it(text, code):
    assert _code(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "不限",
        "专业不限",
        "相关专业",
        "自动化测试",
        "自动化测试方向",
        "软件工程师",
        "非计算机专业",
        "除计算机外",
        "大学英语",
        "英语专业八级",
        "计算机二级",
        "计算机辅助设计",
        "人工智能训练",
        "护理部主任",
        "会计师事务所",
        "南昌大学",
        "本科",
        "测试",
        "8",
        "计算机、量子炼金术",
        "()",
        "软" * 5000,
    ],
)
def test_it_abstains_rather_than_guess(text):
    assert majors.find_major(text) is None
    assert majors.find_majors(text) == ()


@pytest.mark.parametrize(
    ("text", "undergraduate", "vocational", "graduate"),
    [
        ("会计", "120203", "530302", "G1253"),
        ("软件工程", "080902", "510203", "G0835"),
        ("护理", "101101", "520201", "G1054"),
        ("自动化", "080801", "4603", None),
        ("临床医学", "100201", "520101", "G1002"),
        ("逻辑学", "010102", None, None),
        ("数控技术", None, "460103", None),
    ],
)
def test_one_name_at_three_stages(text, undergraduate, vocational, graduate):
    stages = ("undergraduate", "vocational", "graduate")
    assert tuple(_code(text, stage) for stage in stages) == (undergraduate, vocational, graduate)
    assert _code(text) == (undergraduate or vocational)


@pytest.mark.parametrize(
    ("text", "code"),
    [("护理（大专）", "520201"), ("会计硕士", "G1253"), ("逻辑学（大专）", "010102"), ("会计（本科）", "120203")],
)
def test_a_degree_in_the_text_puts_its_own_catalogue_first(text, code):
    assert _code(text) == code


def test_a_stage_asked_for_outweighs_a_degree_in_the_text():
    assert _code("护理（大专）", "undergraduate") == "101101"
    assert _code("逻辑学（大专）", "vocational") is None


@pytest.mark.parametrize(
    ("text", "codes", "shared"),
    [
        ("计算机、软件工程等相关专业", ["0809", "080902"], "0809"),
        ("会计学/财务管理", ["120203", "120204"], "1202"),
        ("会计或金融", ["120203", "020301"], None),
        ("机械类、电气类、自动化类", ["0802", "0806", "0808"], None),
        ("计算机、电子等理工类专业", ["0809", "0807", "07", "08"], None),
        ("经管类", ["02", "12"], None),
        ("软件工程、软件工程专业", ["080902"], "080902"),
        ("计算机(软件)，会计", ["0809", "120203"], None),
    ],
)
def test_a_list_gives_all_and_the_class_they_share(text, codes, shared):
    assert _codes(text) == codes
    assert _code(text) == shared


def test_exact_names_are_read_fast():
    names = majors.names() * 10
    majors.find_major("软件工程")
    start = time.process_time()
    read = sum(majors.find_major(name) is not None for name in names)
    seconds = time.process_time() - start
    assert read == len(names)
    assert len(names) / seconds > 4_000


# --- near classes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "near"),
    [
        ("5102", {"0809", "G0812", "G0835", "G0839", "G0854", "G1405", "G1452"}),
        ("0809", {"5102", "G0812", "G0835", "G0839", "G0854", "G1405", "G1452"}),
        ("G0812", {"0809", "5102", "G0835", "G0839", "G0854", "G1405"}),
        ("5202", {"1011", "G1011", "G1054"}),
        ("G1054", {"1011", "5202", "G1011"}),
        ("G1101", set()),
    ],
)
def test_near_classes(code, near):
    assert set(majors.related(code)) == near


def test_nearness_is_symmetric_ordered_and_never_itself():
    order = majors.classes()
    for code in order:
        near = majors.related(code)
        assert list(near) == sorted(near, key=order.index)
        assert code not in near
        assert all(code in majors.related(other) for other in near)


def test_vocational_classes_are_not_near_each_other():
    assert "5306" not in majors.related("5303")
    assert [o for c in majors.classes() if c[0] in "45" for o in majors.related(c) if o[0] in "45"] == []


def test_every_vocational_class_and_every_civil_discipline_has_an_undergraduate_class():
    alone = [c for c in majors.classes() if c[0] in "45G" and not any(o[0] in "01" for o in majors.related(c))]
    assert [c for c in alone if not c.startswith("G11")] == ["G1009"]  # 特种医学 is taught to graduates only
    assert len(alone) == 1 + 17
    unreached = [c for c in majors.classes() if c[0] in "01" and not majors.related(c)]
    assert unreached == ["0832"]  # 交叉工程类 gathers majors of many fields


# --- beside real data ---------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_the_undergraduate_table_beside_a_public_one():
    root = os.environ.get("GRADMATCH_SHARED") or Path(__file__).parents[2] / "shared"
    path = Path(root) / "data" / "majors-undergraduate" / "majors.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    with path.open(encoding="utf-8-sig", newline="") as file:
        theirs = {row["代码"].strip().rstrip("KTH"): row["专业"].strip() for row in csv.DictReader(file)}
    held = [code for code, name in theirs.items() if (entry := majors.major(code)) is not None and entry.name == name]
    assert len(theirs) == 950
    assert len(held) / len(theirs) == 1.0
