"""What is read out of adverts: of many trades, with the traps that adverts hold."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import FileError
from matching.requirements.bulk import read_file
from matching.requirements.page import write_page
from matching.requirements.reader import Words, read_requirements


def read(text: str, **fields: str) -> dict:
    return read_requirements(Words(description=text, **fields)).as_row()


def named(text: str) -> list[tuple[str, str]]:
    return [(m["text"], m["mode"]) for m in read(text)["majors"]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "计算机、电子信息类相关专业，本科及以上，2021届，限南昌",
            [("计算机", "required"), ("电子信息类", "required")],
        ),
        ("统计学、数学专业优先", [("统计学", "preferred"), ("数学", "preferred")]),
        ("护理学、助产学专业，大专及以上学历", [("护理学", "required"), ("助产学", "required")]),
        ("专业要求：汉语言文学、学前教育", [("汉语言文学", "required"), ("学前教育", "required")]),
        ("土木工程专业毕业，有驾照者优先", [("土木工程", "required")]),
        ("熟悉自动化测试，负责产品设计；提供医疗保险和专业培训", []),
        ("具备会计专业技术资格，掌握市场营销的专业知识", []),
        ("非计算机专业也可报名", []),
        ("负责石油专业与大数据专业的结合与应用", []),
        ("通过计算机三级（计算机相关专业除外）", []),
        ("会计专业中级职称证书", []),
        ("软件、物联网方向优先；经验者优先-一线大学计算机专业", [("计算机", "required")]),
        ("本科以上学历，财务或相关...", [("财务", "required")]),
        ("大专学历以上，服装设计、市场营销优先", [("服装设计", "preferred"), ("市场营销", "preferred")]),
        ("营销类: 销售助理、客户经理", []),
        ("本科以上学历，矿物分析，岩芯分析等相关专业", [("矿物分析", "required"), ("岩芯分析", "required")]),
    ],
)
def test_majors(text, wanted):
    assert named(text) == wanted


def test_any_major_and_what_is_liked_beside_it():
    row = read("专业不限，市场营销、新闻学专业优先")
    assert row["any_major"] is True
    assert {m["mode"] for m in row["majors"]} == {"preferred"}
    assert [m["code"] for m in row["majors"]] == ["120202", "050301"]


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("本科及以上学历", "本科"),
        ("大专以上学历，本科优先", "大专"),
        ("学历不限", "none"),
        ("硕士及以上学历，优秀本科生可放宽", "本科"),
        ("统招全日制本科", "本科"),
        ("大专及以上学历；有经验可放宽至高中", "高中"),
        ("大专及以上学历；高中、中专择优录用", "高中"),
        ("负责高中数学的教学；小学员工子女可就近入学", None),
        ("团队成员来自清华大学，多为博士", None),
    ],
)
def test_degree(text, degree):
    assert read(text)["degree"] == degree


def test_a_stated_education_wins_over_the_words():
    assert read("本科及以上学历", education="大专")["degree"] == "大专"


@pytest.mark.parametrize(
    ("text", "years", "earlier"),
    [
        ("2021届及往届毕业生", [2021], True),
        ("面向2022、2023届本科毕业生", [2022, 2023], False),
        ("2020-2022届", [2020, 2021, 2022], False),
        ("23届应届生", [2023], False),
        ("毕业时间：2020.1.1-2020.12.31", [2020], False),
        ("2015年成立，2019年上市", None, False),
        ("2022届优先", None, False),
    ],
)
def test_graduation_years(text, years, earlier):
    row = read(text)
    assert (row["graduation_years"], row["graduation_earlier"]) == (years, earlier)


@pytest.mark.parametrize(
    ("text", "pay"),
    [
        ("月薪6000-8000元", (6000, 8000, "month")),
        ("150-200元/天", (150, 200, "day")),
        ("薪资：8k-12k·14薪", (8000, 12000, "month")),
        ("年薪10-15万", (100000, 150000, "year")),
        ("时薪25元/小时", (25, 25, "hour")),
        ("餐补20元/天，全勤奖200元/月", None),
        ("注册资金500-1000万元", None),
    ],
)
def test_pay(text, pay):
    found = read(text)["pay"]
    assert (None if found is None else (found["min"], found["max"], found["unit"])) == pay


def test_the_numbers_of_an_internship():
    row = read("招聘5名实习生，每周至少到岗4天，实习期不少于3个月，试用期1个月")
    assert (row["headcount"], row["days_per_week"], row["months"], row["probation_months"]) == (5, 4, 3, 1)


def test_limits_are_reported_and_nothing_else():
    row = read("限女性，年龄18-35周岁，形象气质佳")
    assert [limit["kind"] for limit in row["limits"]] == ["age", "sex", "looks"]
    assert read("男女不限，性别不限")["limits"] == []


def test_certificates_as_written():
    assert read("持教师资格证、普通话二级甲等及以上，CET-4")["certificates"] == [
        "教师资格证",
        "普通话二级甲等及以上",
        "CET-4",
    ]


@given(st.text(alphabet="计算机会计专业不限本科以上学历届20年月薪元-/，。、；0123456789 \n（）优先相关非", max_size=80))
def test_every_finding_is_where_it_says(text):
    found = read_requirements(Words(title=text, description=text))
    spans = [
        *found.spans.values(),
        *(m.span for m in found.majors),
        *found.certificates,
        *(x.span for x in found.limits),
    ]
    assert all(span.text == text[span.start : span.end] for span in spans)


def test_a_bad_line_costs_no_good_one(tmp_path):
    lines = [
        '{"id": "a", "title": "会计", "description": "会计专业"}',
        "{",
        '{"title": "x"}',
        '{"id": 7, "pay": ["x"]}',
        "",
        '{"id": 2}',
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    tally = read_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert tally == (2, 3)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["a", 2]
    refused = [json.loads(line) for line in (tmp_path / "out.refused.jsonl").read_text("utf-8").splitlines()]
    assert [(one["line"], one["id"]) for one in refused] == [(2, None), (3, None), (4, "7")]


def test_the_page_marks_what_was_read_and_escapes_the_rest(tmp_path):
    rows = [
        {
            "id": "<1>",
            "title": "会计",
            "description": "<b>要求</b>：会计、审计相关专业，大专以上学历",
            "pay": "6000-8000元/月",
        },
        {"id": 2, "title": "x", "description": "护理学专业"},
    ]
    source, page = tmp_path / "in.jsonl", tmp_path / "page.html"
    source.write_text("bad\n" + "\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    assert write_page(source, page, 1) == 1
    text = page.read_text(encoding="utf-8")
    assert text.count("<article") == 1
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert re.search(r'<mark class="(degree )?major" title="[^"]*专业">会计</mark>', text)
    assert "专业（要求）：会计 → 120203 会计学" in text
    assert re.sub(r"<[^>]+>", "", text).count("大专以上学历") == 1
    with pytest.raises(FileError):
        write_page(source, source, 1)


@pytest.mark.parametrize(
    ("target", "refused"), [("in.jsonl", None), ("out.jsonl", "in.jsonl"), ("out.jsonl", "out.jsonl")]
)
def test_no_file_is_read_and_written_at_once(tmp_path, target, refused):
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": 1, "title": "会计"}\nbad\n', encoding="utf-8")
    before = source.read_bytes()
    with pytest.raises(FileError, match="Name another file for each"):
        read_file(source, tmp_path / target, tmp_path / refused if refused else None)
    assert source.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]
