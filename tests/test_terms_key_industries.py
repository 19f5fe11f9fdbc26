"""Key industries: both plans, what belongs to them, and words, themes and codes that lead to them."""

from __future__ import annotations

import pytest

from matching.terms.industries import find_industries, industry
from matching.terms.key_industries import codes_of_theme, named, of, read, rows


def test_both_plans_hold_what_they_name() -> None:
    assert [entry.name.zh for entry in rows("1269")] == (
        "电子信息 有色金属 装备制造 新能源 石化化工 建材 钢铁 航空 食品 纺织服装 医药 现代家具".split()
    )
    tiers = {tier: [e.name.zh for e in rows("2+6+N") if e.tier == tier] for tier in ("trillion", "500 billion")}
    assert tiers == {"trillion": ["有色金属", "电子信息"], "500 billion": "装备 石化 建材 纺织 食品 汽车".split()}
    assert [e.name.zh for e in rows("2+6+N")[8:]] == "航空 中医药 移动物联网 半导体照明 虚拟现实 节能环保".split()
    assert len({entry.code for entry in rows()}) == len(rows()) == 26
    for entry in rows():
        assert [code for code in entry.codes if industry(code) is None] == []
        assert not any(a != b and a.startswith(b) for a in entry.codes for b in entry.codes)


@pytest.mark.parametrize(
    ("code", "codes"),
    [
        ("C39", ["JX1269-01", "JX26N-02"]),
        ("C3975", ["JX1269-01", "JX26N-12", "JX26N-02"]),
        ("C3825", ["JX1269-04", "JX1269-03", "JX26N-03"]),
        ("C3742", ["JX1269-08", "JX26N-09"]),
        ("C36", ["JX1269-03", "JX26N-08"]),
        ("Q8412", ["JX26N-10"]),
        ("C", []),
        ("I6513", []),
        ("", []),
    ],
)
def test_the_plan_in_force_and_the_narrowest_come_first(code: str, codes: list[str]) -> None:
    assert [entry.code for entry in of(code)] == codes


@pytest.mark.parametrize(
    ("text", "code", "how"),
    [
        ("航空", "JX1269-08", "name"),
        ("江西省航空产业链", "JX1269-08", "alias"),
        ("中医药", "JX26N-10", "name"),
        ("ＬＥＤ", "JX26N-12", "alias"),
        ("VR产业", "JX26N-13", "alias"),
        ("non-ferrous metals", "JX1269-02", "alias"),
        ("jx1269-04", "JX1269-04", "code"),
    ],
)
def test_a_key_industry_is_read_by_name_word_and_code(text: str, code: str, how: str) -> None:
    found = read(text)
    assert found is not None
    assert (found.code, found.how) == (code, how)


@pytest.mark.parametrize("text", ["", "银行", "2+6", "产业", "江西", "N", "重点产业", "2+6+N"])
def test_what_names_no_single_one_is_none(text: str) -> None:
    assert read(text) is None


def test_a_plan_names_all_of_its_industries() -> None:
    assert named("2+6+N") == named("江西省2+6+N产业") == rows("2+6+N")
    assert named("重点产业") == named("江西省重点产业链") == named("“1269”行动计划") == rows("1269")
    assert named("产业") == named("江西省") == named("") == ()


def test_the_theme_of_a_fair_becomes_codes() -> None:
    assert codes_of_theme("现代家具") == ("C21",)
    assert codes_of_theme("新能源产业专场") == tuple(found.code for found in find_industries("新能源产业专场"))
    assert codes_of_theme("虚拟现实") == ("C3961", "I6572")
    assert codes_of_theme("航空") == ("C374", "C3963", "G56")
    assert codes_of_theme("互联网") == ("I64",)
    assert codes_of_theme("不知所云") == ()
    assert [found.code for found in find_industries("2+6+N产业")] == list(codes_of_theme("2+6+N"))
    assert [found.code for found in find_industries("1269")] == list(codes_of_theme("重点产业链"))
    everything = codes_of_theme("2+6+N")
    assert {"C32", "C39", "N77"} <= set(everything)
    assert not any(a != b and a.startswith(b) for a in everything for b in everything)


def test_the_industry_reader_knows_every_key_industry_too() -> None:
    for entry in rows():
        codes = [found.code for found in find_industries(entry.name.zh)]
        assert codes, entry
        assert any(entry.holds(code) or any(own.startswith(code) for own in entry.codes) for code in codes), entry
