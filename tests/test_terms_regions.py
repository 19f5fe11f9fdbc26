"""Regions: the table, what lies in what, texts → codes."""

from __future__ import annotations

import csv
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.terms import regions
from matching.terms.regions import covers, find_region, find_regions, prefecture_of, province_of, region


def table() -> list[dict[str, str]]:
    path = Path(regions.__file__).parent / "data" / "regions.csv"
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_holds_every_province_prefecture_and_county() -> None:
    codes = [row["code"] for row in table()]
    assert codes == sorted(set(codes))
    levels = Counter(found.level for found in map(region, codes) if found)
    assert levels == {"province": 34, "prefecture": 338, "county": 2844}
    names = Counter(row["name"][-1] for row in table() if row["code"].endswith("00") and row["code"][2:4] != "00")
    assert names == {"市": 298, "州": 30, "区": 7, "盟": 3}  # 293 cities, and 5 entries of municipalities
    assert all(code[:4] + "00" in codes or code[2:4] == "90" for code in codes)


def test_jiangxi_has_11_cities_and_100_counties() -> None:
    cities = regions.jiangxi_cities()
    assert "".join(city.name[0] for city in cities) == "南景萍九新鹰赣吉宜抚上"
    assert [city.code for city in cities] == [f"36{n:02}00" for n in range(1, 12)]
    counties = [row for row in table() if row["code"].startswith("36") and not row["code"].endswith("00")]
    assert len(counties) == 100
    assert Counter(row["name"][-1] for row in counties) == {"区": 27, "市": 12, "县": 61}
    per_city = Counter(row["code"][:4] for row in counties)
    assert [per_city[city.code[:4]] for city in cities] == [9, 4, 5, 13, 2, 3, 18, 13, 10, 11, 12]


def test_all_names_of_jiangxi_are_found_with_and_without_their_city() -> None:
    for row in table():
        if not row["code"].startswith("36") or row["code"].endswith("00"):
            continue
        city = region(prefecture_of(row["code"]))
        assert city is not None
        for text in (f"江西省{city.name}{row['name']}", f"{city.name[:-1]}-{row['name']}"):
            assert find_region(text) == region(row["code"]), text
        alone = None if row["name"] == "西湖区" else region(row["code"])  # Hangzhou has a 西湖区 too
        assert find_region(row["name"]) == alone, row["name"]


def test_every_full_path_of_china_leads_to_its_code() -> None:
    astray = {}
    for row in table():
        code = row["code"]
        way = dict.fromkeys(
            place.name for place in map(region, (province_of(code), prefecture_of(code), code)) if place
        )
        found = find_region("".join(way))
        if found != region(code):
            astray[code] = found.code if found else None
    # the districts of a municipality bear its name
    assert astray == {
        "110100": "110000",
        "120100": "120000",
        "310100": "310000",
        "500100": "500000",
        "500200": "500000",
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("深圳-龙华新区", "440309"),
        ("深圳-大鹏新区", "440307"),
        ("南昌市红谷滩区", "360113"),
        ("南昌-红谷滩新区", "360113"),
        ("南昌红谷滩中央广场", "360113"),
        ("江西南昌", "360100"),
        ("中国江西南昌", "360100"),
        ("北京·海淀区", "110108"),
        ("海淀区 北京", "110108"),
        ("上海-浦东新区", "310115"),
        ("深圳市南山区粤海街道南昌社区", "440305"),
        ("赣州", "360700"),
        ("新建", "360112"),
        ("新建县", "360112"),
        ("南昌县", "360121"),
        ("南昌-南昌县", "360121"),
        ("南昌-南昌高新区", "360100"),
        ("吉安", "360800"),
        ("吉安县", "360821"),
        ("吉林", "220000"),
        ("吉林市", "220200"),
        ("海南", "460000"),
        ("海南州", "632500"),
        ("杭州西湖区", "330106"),
        ("南昌市西湖区", "360103"),
        ("朝阳区 北京", "110105"),
        ("北京朝阳", "110105"),
        ("朝阳市", "211300"),
        ("江苏镇江", "321100"),
        ("哈尔滨道里区", "230102"),
        ("内蒙古", "150000"),
        ("广西壮族自治区", "450000"),
        ("黔东南", "522600"),
        ("大理州", "532900"),
        ("湖北仙桃", "429004"),
        ("香港", "810000"),
        ("广东省佛山市南海", "440605"),
        ("江西区域", "360000"),
        ("360102", "360102"),
        ("九江县", "360404"),
        ("南昌市湾里区", "360112"),
        ("星子县", "360483"),
        ("上饶县", "361104"),
        ("襄樊", "420600"),
        ("上海闸北区", "310106"),
        ("广州-增城市", "440118"),
        ("余干", "361127"),
    ],
)
def test_a_text_leads_to_the_deepest_place_it_names(text: str, code: str) -> None:
    found = find_region(text)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("东莞-东城区", "441900"),
        ("深圳市朝阳区", "440300"),
        ("成都-高新区", "510100"),
        ("苏州-工业园区", "320500"),
        ("北京-清河", "110000"),
        ("杭州阿里巴巴西溪园区", "330100"),
        ("河北省新华区", "130000"),
        ("广州南昌路", "440100"),
        ("广州大学城", "440100"),
    ],
)
def test_a_quarter_that_is_no_county_leaves_the_city(text: str, code: str) -> None:
    found = find_region(text)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "text",
    [
        *"全国 异地 远程 海外 鼓楼区 西湖区 朝阳区 朝阳 南山 城区 东区 资源 110 天河路490号 黄埔大道西666号".split(),
        *"山东省泰州市 湖南省义乌市 南昌/九江 沈阳、昆山 南京东路 中山大学 中山公园 新建工程".split(),
        *"长安镇河南工业区 阿里巴巴西溪园区".split(),
        *["", " ", "市", "999999"],
    ],
)
def test_no_place_or_no_certain_place_is_none(text: str) -> None:
    assert find_region(text) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("南昌,九江/赣州", "南昌市 九江市 赣州市"),
        ("南昌市东湖区、西湖区", "东湖区 西湖区"),
        ("江西 南昌", "南昌市"),
        ("北京,朝阳", "朝阳区"),
        ("浦东新区,北京", "浦东新区 北京市"),
        ("沈阳 昆山", "沈阳市 昆山市"),
        ("南昌；南昌；全国；九江", "南昌市 九江市"),
        ("360100,360700", "南昌市 赣州市"),
        ("上海|南京|鼓楼区", "上海市 鼓楼区"),
        ("全国", ""),
        ("", ""),
    ],
)
def test_a_list_gives_each_place_once(text: str, names: str) -> None:
    assert [found.name for found in find_regions(text)] == names.split()


def test_what_lies_in_what() -> None:
    assert covers("360000", "360113")
    assert covers("360100", "360113")
    assert covers("360113", "360113")
    assert not covers("360113", "360100")
    assert not covers("360200", "360113")
    assert not covers("370000", "360113")
    assert [province_of(code) for code in ("360113", "360100", "360000")] == ["360000"] * 3
    assert [prefecture_of(code) for code in ("360113", "360100", "360000")] == ["360100", "360100", "360000"]
    assert [prefecture_of(code) for code in ("110108", "110100", "500229", "429004")] == [
        "110000", "110000", "500000", "429004",
    ]  # fmt: skip


def test_codes_have_names_and_levels() -> None:
    assert region("360113") == ("360113", "红谷滩区", "county")
    assert region("360100") == ("360100", "南昌市", "prefecture")
    assert region("360000") == ("360000", "江西省", "province")
    assert [region(code) for code in ("", "36", "360199", "南昌")] == [None] * 4


PIECES = "江西 南昌 南昌市 新建 西湖区 朝阳 省 市 区 县 路 - / , 北京 中山 道 360100 域 大学".split()


@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_read_or_none(text: str) -> None:
    found = find_region(text)
    assert found is None or region(found.code) == found
    several = find_regions(text)
    assert len(set(several)) == len(several)


def test_places_take_no_scan() -> None:
    texts = [f"江西省{row['name']}" for row in table()] * 2
    find_region("南昌")
    started = time.process_time()
    for text in texts:
        find_region(text)
    assert len(texts) / (time.process_time() - started) > 4_000


def _column(folder: Path, column: str) -> list[str]:
    with (folder / "postings.csv").open(encoding="utf-8-sig") as file:
        return [row[column] for row in csv.DictReader(file) if row[column]]


@pytest.mark.shared
def test_places_of_real_postings(shared_data: Path) -> None:
    places = _column(shared_data / "51job-bigdata-2019", "地区")
    assert len(places) == 4909
    assert [place for place in places if find_region(place) is None] == ["燕郊开发区"]
    deep = [find_region(place) for place in places if "-" in place]
    assert Counter(found.level for found in deep if found) == {"county": 3084, "prefecture": 290}
    places = _column(shared_data / "zhilian-shenzhen-2018", "location")
    found = Counter(place.code if (place := find_region(text)) else None for text in places)
    assert found.total() == 16394
    assert found["440300"] == 11693
    assert found["440309"] == 493
    assert None not in found


@pytest.mark.shared
def test_names_agree_with_an_older_state_of_the_standard(shared_data: Path) -> None:
    with (shared_data / "csco2022-occupations" / "cncity.csv").open(encoding="utf-8") as file:
        older = {row["id"]: row["name"].strip() for row in csv.DictReader(file)}
    ours = {row["code"]: row["name"] for row in table()}
    differing = {code for code in ours.keys() & older.keys() if ours[code] != older[code]}
    assert len(ours.keys() & older.keys()) > 3000
    assert differing == {"130502", "130503", "210112", "360402", "513201"}  # renamed since under the same code
