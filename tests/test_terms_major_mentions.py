"""Fields of study inside long texts: spans, lists, anchors, widening, and what must not be taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.terms import majors
from matching.terms.automaton import Automaton, fold


def _read(text: str, **how) -> list[tuple[str, str, bool]]:
    return [(mention.text, mention.code, mention.widened) for mention in majors.find_in(text, **how)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "计算机、电子信息类相关专业，本科及以上，2021届，限南昌",
            [("计算机", "0809", True), ("电子信息类", "0807", True)],
        ),
        (
            "机械设计制造及其自动化、自动化等专业本科以上",
            [("机械设计制造及其自动化", "080202", False), ("自动化", "080801", False)],
        ),
        ("专业要求：土木工程、工程管理", [("土木工程", "081001", False), ("工程管理", "120103", False)]),
        ("会计或财务管理专业，拥有会计师证", [("会计", "120203", False), ("财务管理", "120204", False)]),
        ("统招本科，市场营销或相关专业", [("市场营销", "120202", True)]),
        ("理工科背景优先", [("理工科", "07", False), ("理工科", "08", False)]),
        ("软件工程（0835）、网络工程", [("软件工程", "G0835", False), ("网络工程", "080903", False)]),
        ("医学影像学专业，持有医师资格证", [("医学影像学", "100203", False)]),
        ("通信或IT相关专业", [("通信", "080703", True), ("IT", "0809", True)]),
        ("ＣＳ专业", [("ＣＳ", "0809", False)]),
    ],
)  # fmt: skip
def test_lists_anchors_and_widening(text, found):
    assert _read(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "负责自动化测试",
        "熟悉产品设计、医疗保险、专业培训",
        "会计专业技术资格，英语专业八级",
        "具备会计专业知识",
        "招聘软件工程师、护理部主任",
        "熟练掌握软件工程理论",
        "教育背景：不限",
        "一流的办公环境、专业的培训体系",
        "专业不限",
        "熟悉计算机、英语",
    ],
)
def test_tasks_perks_and_skills_are_no_fields_of_study(text):
    assert majors.find_in(text) == []


def test_an_unknown_part_of_an_anchored_list_is_given_without_a_code():
    assert _read("计算机、量子炼金术、软件工程等相关专业") == [
        ("计算机", "0809", True),
        ("量子炼金术", "", True),
        ("软件工程", "080902", True),
    ]
    assert _read("计算机、量子炼金专业") == [("计算机", "0809", False), ("量子炼金", "", False)]
    assert _read("计算机、有驾驶经验、软件工程") == [("软件工程", "080902", False)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("需求专业：1、电子类：通信工程、微电子学。2、材料类：冶金工程", ["通信工程", "微电子学", "冶金工程"]),
        ("机械类：机械工程、车辆工程", ["机械工程", "车辆工程"]),
        ("专业要求：数学（计算数学、运筹学）、光学", ["数学", "计算数学", "运筹学", "光学"]),
        ("大专以上，计量经济学、统计学等相关专业", ["计量经济学", "统计学"]),
        ("本科，声纹识别、乐器维修、会计等相关专业", ["声纹识别", "乐器维修", "会计"]),
        ("本科以上学历，古籍修复技术专业", ["古籍修复技术"]),
        ("专业要求：装配式、桥隧，3年以上经验", ["装配式", "桥隧"]),
        ("计算机、有经验、会操作、信息对抗等相关专业", ["信息对抗"]),
        ("计算机相关专业岗位职责：负责维护", ["计算机"]),
    ],
)
def test_lists_with_headings_brackets_grown_and_unknown_names(text, found):
    assert [mention.text for mention in majors.find_in(text, least=0.8)] == found


def test_a_name_that_another_grows_on_in_front_is_read_as_its_class():
    assert [(m.text, m.code, m.level) for m in majors.find_in("农村会计学专业")] == [("农村会计学", "1202", "class")]
    assert majors.find_in("熟悉会计专业")[0].text == "会计"


@pytest.mark.parametrize(
    "text",
    [
        "社会保险：享受养老保险、医疗保险、工伤保险",
        "投资人工智能专业投资公司",
        "大数据类、AI类、开发类项目均可",
        "提供专业、快速的服务，相关专业优先",
        "数据分析、机器学习",
    ],
)
def test_headings_and_classes_of_other_things_are_no_fields_of_study(text):
    assert majors.find_in(text, least=0.8) == []


def test_confidence_falls_from_anchored_names_to_bare_words():
    texts = ["软件工程专业", "软工专业", "计算机类", "软件工程、网络工程", "软件工程", "会计"]
    sure = [majors.find_in(text, least=0)[0].confidence for text in texts]
    assert sure == [0.95, 0.9, 0.85, 0.75, 0.6, 0.3]


@pytest.mark.parametrize(
    ("stage", "code"), [(None, "080902"), ("undergraduate", "080902"), ("vocational", "510203"), ("graduate", "G0835")]
)
def test_the_stage_asked_for_comes_first(stage, code):
    assert [mention.code for mention in majors.find_in("软件工程专业", stage=stage)] == [code]


def test_every_major_before_the_word_for_a_field_of_study_is_found_whole():
    missed = [
        name
        for name in majors.names()
        if (name, True) not in {(m.text, m.confidence >= 0.9) for m in majors.find_in(f"要求：{name}专业")}
    ]
    assert missed == []


@given(st.text(alphabet="计算机软件工程会计专业类相关、，/（）或和8aＡ \n自动化", max_size=60))
def test_spans_are_exact_ordered_and_known(text):
    found = majors.find_in(text, least=0)
    assert [m.start for m in found] == sorted(m.start for m in found)
    for mention in found:
        assert mention.text == text[mention.start : mention.end]
        assert mention.code == "" or majors.major(mention.code).level == mention.level


def test_folding_keeps_every_place():
    for text in ("ＡＢc（软工）", "İstanbul软工", "ß"):
        assert len(fold(text)) == len(text)
    assert fold("ＡＢc（软工）") == "abc(软工)"


def test_the_longest_name_from_the_left_is_found():
    words = Automaton({"会计": 1, "会计学": 2, "学": 3, "": 4})
    assert len(words) == 3
    assert [(hit.start, hit.end, hit.value) for hit in words.find("会计学会计")] == [(0, 3, 2), (3, 5, 1)]


def test_designing_software_is_no_design():
    found = majors.find_in("软件设计相关专业，大专以上学历")
    assert [(m.text, m.code, m.widened) for m in found] == [("软件设计", "080902", True)]
    assert majors.find_in("负责软件设计和程序设计工作") == []
