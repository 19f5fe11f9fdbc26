"""Industries: the table, job-board words → codes, key industries."""

from __future__ import annotations

import csv
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.terms import industries
from matching.terms.industries import find_industries, find_industry, industry, section_of


def rows(name: str) -> list[dict[str, str]]:
    path = Path(industries.__file__).parent / "data" / name
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_is_the_standard_down_to_classes() -> None:
    codes = [row["code"] for row in rows("industries.csv")]
    assert Counter(len(code) for code in codes) == {1: 20, 3: 97, 4: 473, 5: 1381}
    assert "".join(code for code in codes if len(code) == 1) == "ABCDEFGHIJKLMNOPQRST"
    assert len(set(codes)) == 1971
    groups = {code for code in codes if len(code) == 4}
    assert {code[:4] for code in codes if len(code) == 5} == groups, "every group has classes"
    single = Counter(code[:4] for code in codes if len(code) == 5)
    assert all((single[code[:4]] == 1) == (code[4] == "0") for code in codes if len(code) == 5)
    assert codes == sorted(codes)
    assert all(code[:-1] in codes or len(code) < 4 for code in codes)
    divisions = Counter(code[0] for code in codes if len(code) == 3)
    expected = {"A": 5, "B": 7, "C": 31, "D": 3, "E": 4, "F": 2, "G": 8, "H": 2, "I": 3, "J": 4}
    expected |= {"K": 1, "L": 2, "M": 3, "N": 4, "O": 3, "P": 1, "Q": 2, "R": 5, "S": 6, "T": 1}
    assert divisions == expected


def test_every_alias_leads_to_codes_of_the_table() -> None:
    aliases = rows("industry_aliases.csv")
    assert len(aliases) == 1536
    assert {row["code"] for row in aliases if industry(row["code"]) is None} == set()
    for row in aliases:
        assert row["code"] in {found.code for found in find_industries(row["alias"])}, row


def test_every_official_name_leads_to_its_code_or_its_only_child() -> None:
    unequal = {}
    for row in rows("industries.csv"):
        found = find_industry(row["name"])
        if found is None or found.code != row["code"]:
            unequal[row["code"]] = found.code if found else None
    # one name for two levels, and 电信, 造纸, 印刷, which people say of the whole division
    single = {code for code in unequal if len(code) == 5 and code[4] == "0"}
    assert all(unequal.pop(code) in (code[:4], code[:3]) for code in single)
    assert unequal == {
        "B120": "B12", "C222": "C22", "C231": "C23", "D451": "D45", "I631": "I63", "K": "K70", "P": "P83",
        "S910": "S91", "T": "T97", "T970": "T97",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("计算机软件", "I651"),
        ("互联网/电子商务", "I64"),
        ("IT服务(系统/数据/维护)", "I65"),
        ("电子技术/半导体/集成电路", "C39"),
        ("房地产开发", "K701"),
        ("教育/培训/院校", "P83"),
        ("医疗/护理/卫生", "Q84"),
        ("制药/生物工程", "C27"),
        ("快速消费品(食品、饮料、化妆品)", "C"),
        ("银行", "J66"),
        ("保险", "J68"),
        ("证券/期货", "J67"),
        ("会计/审计", "L7241"),
        ("物流/仓储", "G"),
        ("汽车/摩托车", "C36"),
        ("机械/设备/重工", "C"),
        ("建筑/建材", "E"),
        ("餐饮业", "H62"),
        ("酒店/旅游", "H61"),
        ("政府/公共事业", "S"),
        ("农/林/牧/渔", "A"),
        ("有色金属", "C32"),
        ("航空", "C374"),
        ("现代家具", "C21"),
        ("服装/纺织/皮革", "C"),
        ("医药行业", "C27"),
        ("锂电池企业", "C3841"),
        ("餐饮业(连锁)", "H62"),
        ("家具厂", "C21"),
        ("某某环保科技有限公司", "N77"),
        ("食品机械", "C35"),
        ("光伏组件制造", "C3825"),
        ("制造业/医药制造业", "C27"),
        ("互联网，计算机软件", "I64"),
        ("Real Estate", "K70"),
        ("C39", "C39"),
        ("C3985", "C3985"),
        ("C3987", "C398"),
        ("6513", "I6513"),
        ("应用软件开发", "I6513"),
        ("集成电路制造", "C3973"),
        ("半导体照明", "C3975"),
        ("轮胎", "C2911"),
        ("安全服务", "L7271"),
        ("安全", None),
        ("某某养老院", "Q8514"),
        ("三甲综合医院", "Q8411"),
        ("集成电路设计", "I652"),
        ("C39 计算机、通信和其他电子设备制造业", "C39"),
        ("39", "C39"),
        ("C制造业", "C"),
        ("C", "C"),
    ],
)
def test_an_industry_is_known_by_word_and_code(text: str, code: str | None) -> None:
    found = find_industry(text)
    assert (found.code if found else None) == code
    assert code is None or found == industry(code)


@pytest.mark.parametrize(
    "text", ["", "其他", "其他行业", "未融资", "A轮", "上市", "fair", "B2B", "M1900", "C99", "服务"]
)
def test_what_names_no_industry_is_none(text: str) -> None:
    assert find_industry(text) is None
    assert find_industries(text) == ()


def test_lists_give_every_industry_once_and_only_the_inner_ones() -> None:
    assert [i.code for i in find_industries("计算机软件 互联网/电子商务 计算机软件")] == ["I651", "I64"]
    assert [i.code for i in find_industries("制造业|医药制造业|银行")] == ["C27", "J66"]
    assert [i.code for i in find_industries("服装/纺织/皮革")] == ["C17", "C18", "C19"]
    assert [i.code for i in find_industries("移动互联网、金融")] == ["I64", "J"]


def test_codes_have_names_levels_and_sections() -> None:
    assert industry("C39") == ("C39", "计算机、通信和其他电子设备制造业", "division")
    assert industry("I651") == ("I651", "软件开发", "group")
    assert industry("C") == ("C", "制造业", "section")
    assert industry("C3985") == ("C3985", "电子专用材料制造", "class")
    assert industry("C3987") == industry("C398")
    assert [industry(code) for code in ("", "Z", "C99", "C39x", "C398x", "39")] == [None] * 6
    assert [section_of(code) for code in ("C", "C39", "C398")] == ["C"] * 3


@given(st.text() | st.lists(st.sampled_from("计算机软件 金融 / 、 ( C39 其他 制造 39".split())).map("".join))
def test_any_text_is_read_or_none(text: str) -> None:
    found = find_industries(text)
    assert len({i.code for i in found}) == len(found)
    one = find_industry(text)
    assert (one is None) == (found == ())


def test_words_take_no_encoder_or_scan() -> None:
    words = [row["alias"] for row in rows("industry_aliases.csv")] * 4
    find_industry("软件")
    started = time.process_time()
    for word in words:
        find_industry(word)
    assert len(words) / (time.process_time() - started) > 4_000


@pytest.mark.shared
def test_industries_of_real_postings(shared_data: Path) -> None:
    with (shared_data / "51job-bigdata-2019" / "postings.csv").open(encoding="utf-8-sig") as file:
        parts = [row["公司信息"].split("|") for row in csv.DictReader(file)]
    stated = [part[2] for part in parts if len(part) == 3]
    assert len(stated) == 4675
    assert [text for text in stated if not find_industries(text)] == []
    with (shared_data / "liepin-dataanalyst-2019" / "postings.csv").open(encoding="utf-8-sig") as file:
        stated = [row["公司行业"] for row in csv.DictReader(file) if row["公司行业"]]
    unread = Counter(text for text in stated if not find_industries(text))
    # 轮, 未融资, 上市 and 天使轮 are stages of funding that slipped into the column
    assert (len(stated), unread.total()) == (4000, 921)
    assert unread.keys() == set("轮 其他 未融资 上市 服务 天使轮 其他行业 全部行业 行业 行业应用".split())
