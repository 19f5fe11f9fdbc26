"""Texts and codes → degrees."""

from __future__ import annotations

import csv
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.standard.records import Degree
from matching.terms.degrees import degree_of_code, find_degree

NONE, HIGH, COLLEGE, BACHELOR, MASTER, DOCTOR = Degree


@pytest.mark.parametrize(
    ("degree", "texts"),
    [
        (NONE, "不限 无要求 学历不限 不限学历 无学历要求 初中 初中及以下 小学 初中及以上 大专及以下 中专以下 无 any"),
        (HIGH, "高中 中专 中技 职高 技校 高中及以上 中专/中技及以上 技工学校 中等职业学校 职业高中 高中/大专"),
        (COLLEGE, "大专 专科 高职 高职高专 大专及以上 专科以上 大学专科 大专/本科 高级工班 college associate diploma"),
        (
            BACHELOR,
            "本科 学士 大学本科 统招本科 本科及以上 全日制本科 大学 大学及以上 全日制大学 专升本 本科/硕士 bachelor",
        ),
        (MASTER, "硕士 研究生 硕士研究生 硕士及以上 MBA EMBA 本硕连读 硕士或博士 硕士、博士 master masters"),
        (DOCTOR, "博士 博士研究生 硕博连读 PhD Ph.D. doctorate"),
    ],
)
def test_each_level_is_known_by_all_its_words(degree: Degree, texts: str) -> None:
    assert {text: find_degree(text) for text in texts.split()} == dict.fromkeys(texts.split(), degree)


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("大专以上，本科优先", COLLEGE),
        ("本科及以上学历（硕士优先）", BACHELOR),
        ("本科，优先考虑硕士", BACHELOR),
        ("本科及以上学历计算机专业优先", BACHELOR),
        ("硕士计算机专业优先", MASTER),
        ("学历不限，本科优先", NONE),
        ("不限，本科优先", NONE),
        ("专业不限，本科及以上", BACHELOR),
        ("硕士及以上学历，本科为985院校", MASTER),
        ("大专以上，硕士以下", COLLEGE),
        ("任职要求：1、大学本科以上学历，房地产、经济学专业", BACHELOR),
        ("Bachelor's degree required, Master's preferred", BACHELOR),
        ("Master's degree or PhD", MASTER),
        ("High school or above", HIGH),
        ("Associate degree", COLLEGE),
        ("No degree required", NONE),
    ],
)
def test_a_sentence_asks_for_the_least_that_it_accepts(text: str, degree: Degree) -> None:
    assert find_degree(text) is degree


@pytest.mark.parametrize(
    "text",
    [
        "",
        "普通话良好",
        "英语熟练",
        "本科优先",
        "MBA优先",
        "高职称",
        "专科医院",
        "本科室",
        "高中数学",
        "南昌大学",
        "scrum master",
        "imbalance",
    ],
)
def test_what_names_no_degree_is_unknown_not_unlimited(text: str) -> None:
    assert find_degree(text) is None


@pytest.mark.parametrize(
    ("code", "degree"),
    [
        ("10", MASTER),
        ("11", DOCTOR),
        ("13", MASTER),
        ("14", MASTER),
        ("16", BACHELOR),
        ("20", BACHELOR),
        ("21", BACHELOR),
        ("23", HIGH),
        ("31", COLLEGE),
        ("33", HIGH),
        ("40", HIGH),
        ("43", NONE),
        ("47", HIGH),
        ("60", HIGH),
        ("61", HIGH),
        ("71", NONE),
        ("81", NONE),
        (" 21 ", BACHELOR),
        ("90", None),
        ("99", None),
        ("", None),
        ("本科", None),
    ],
)
def test_codes_of_gbt_4658(code: str, degree: Degree | None) -> None:
    assert degree_of_code(code) is degree


@given(st.text())
def test_any_text_is_read_or_unknown(text: str) -> None:
    found = find_degree(text)
    assert found is None or found in Degree
    assert degree_of_code(text) is None or len(text.strip()) == 2


@given(st.sampled_from([d for d in Degree if d is not NONE]), st.sampled_from([d for d in Degree if d is not NONE]))
def test_of_two_levels_the_lower_is_asked(one: Degree, other: Degree) -> None:
    found = find_degree(f"{one.value}/{other.value}")
    assert found is not None
    assert found.level == min(one.level, other.level)


@pytest.mark.parametrize(
    "text", ["本科以上或" * 4000, "大学" * 10_000, "不限" * 10_000, "master " * 3000, "优先" * 10_000]
)
def test_a_long_text_takes_no_longer_than_its_length(text: str) -> None:
    started = time.process_time()
    find_degree(text)
    assert time.process_time() - started < 5


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "column", "filled", "read"),
    [
        ("zhilian-shenzhen-2018", "edu", 16118, 16118),
        ("liepin-dataanalyst-2019", "学历", 4002, 4002),
        ("51job-bigdata-2019", "学历", 3484, 3441),  # the other 43 are languages, from shifted columns
    ],
)
def test_degrees_of_real_postings(shared_data: Path, folder: str, column: str, filled: int, read: int) -> None:
    with (shared_data / folder / "postings.csv").open(encoding="utf-8-sig") as file:
        values = [row[column] for row in csv.DictReader(file) if row[column]]
    unread = Counter(value for value in values if find_degree(value) is None)
    assert len(values) == filled
    assert len(values) - unread.total() == read
    assert all("语" in value or "话" in value for value in unread)
