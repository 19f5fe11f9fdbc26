"""Regions by GB/T 2260: code → name, what lies in what, and text → code.

The table holds every province, prefecture and county of mainland China (end of 2023); Hong Kong, Macao and
Taiwan are single entries. Where a unit was renamed or merged, its former names lead to what it is now.

A text is read from left to right as a way down: "江西南昌红谷滩" is a county of a prefecture of a province.
Each name must lie inside what was named before it, so "南昌西湖区" and "杭州西湖区" are two places, and
a bare "西湖区" is none. Of places that share a short name the widest is meant: "吉安" is the prefecture.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

Level = Literal["province", "prefecture", "county"]

MUNICIPALITIES = frozenset(["11", "12", "31", "50"])
"""First two digits of Beijing, Tianjin, Shanghai and Chongqing, which are cities and provinces at once."""

_NATION = "|".join(
    "蒙古族 蒙古 回族 藏族 维吾尔 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 "
    "瑶族 白族 土家族 哈尼族 哈萨克族 哈萨克 傣族 黎族 傈僳族 佤族 畲族 拉祜族 "
    "水族 东乡族 纳西族 景颇族 柯尔克孜 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 "
    "仡佬族 锡伯 普米族 塔吉克 怒族 鄂温克族 保安族 裕固族 独龙族 各族".split()
)
_ENDING = re.compile(rf"(?:(?:{_NATION})*自治[州县旗]|(?:{_NATION})+区|特别行政区|[地新林特]区|[省市区县旗盟])$")
_AUTONOMOUS = {"150000": "内蒙古", "450000": "广西", "540000": "西藏", "640000": "宁夏", "650000": "新疆"}
_SUFFIXES: dict[Level, tuple[str, ...]] = {
    "province": ("省",),
    "prefecture": ("市", "地区", "州", "盟"),
    "county": ("区", "县", "市", "新区", "旗"),
}
_UNSURE = frozenset(
    "城区 郊区 矿区 东区 西区 新市区 老城区 港口区 南市区 北市区 朝阳 阿里 东方 资源 通道 友好 前进".split()
)
"""Names that are plain words too, or mean another place to many (朝阳): read only inside a place already named."""

_NO_PLACE = re.compile(
    r"[东南西北中]?[一二三四五六七八九十]{0,2}(?:路|街|大街|道(?![里外])|大道|巷|桥|村|社区|镇|乡|湖|山路|大厦|广场|公园|宾馆|"
    r"酒店|医院|大学(?!城)|学院|银行)"
)
"""What, right after a short name, makes it part of another name: 南京东路, 中山公园."""

_LISTED = re.compile(r"[\s,，、;；/|+＋&]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_INSIDE = re.compile(r"(?![在于驻到国点址和及或与])[\u4e00-\u9fff]")
"""A character that a name does not begin after: 长安镇河南工业区 is not in 河南, but 位于河南 and 工作地点河南 are."""


class Region(NamedTuple):
    """A place of GB/T 2260. The districts of a municipality have an entry of its name between them and it (110100)."""

    code: str
    name: str
    level: Level


class _Word(NamedTuple):
    """One way to write some places. `short` says that it lacks 省, 市, 县 and the like."""

    codes: tuple[str, ...]
    short: bool


class _Mention(NamedTuple):
    """A word found in a text; whether a part of the text begins or ends with it; whether a hyphen joins it on."""

    text: str
    word: _Word
    begins: bool
    ends: bool
    joined: bool


def region(code: str) -> Region | None:
    """The place of a six-digit code, or None where there is none."""
    return _table().get(code)


def rows() -> tuple[Region, ...]:
    """Every place, by code."""
    return tuple(_table().values())


def covers(wide: str, code: str) -> bool:
    """Whether the place `code` lies in the place `wide`, or is the same. Looks at the digits only."""
    return code.startswith(wide[:2] if wide.endswith("0000") else wide[:4] if wide.endswith("00") else wide)


def province_of(code: str) -> str:
    """Code of the province that `code` lies in."""
    return code[:2] + "0000"


def prefecture_of(code: str) -> str:
    """Code of the city or prefecture that `code` lies in.

    A municipality is its own prefecture ("110108" → "110000"), and so is a county that lies directly under a
    province ("429004" 仙桃 → "429004"). A province stays what it is.
    """
    if code[:2] in MUNICIPALITIES or code.endswith("0000"):
        return province_of(code)
    return code if code[2:4] == "90" else code[:4] + "00"


@cache
def jiangxi_cities() -> tuple[Region, ...]:
    """The eleven prefectures of Jiangxi, by code."""
    return tuple(r for r in _table().values() if r.level == "prefecture" and r.code.startswith("36"))


def find_region(text: str) -> Region | None:
    """The deepest place that `text` names, or None.

    None for no place (全国, 远程, empty), for a county's name that several counties bear (鼓楼区) without the name
    of what it lies in, and for places that exclude each other ("山东省泰州市", "南昌/九江"): `find_regions` reads
    lists. A six-digit code is read as one. What follows a county ("南山区粤海街道…") is not looked at.
    """
    if len(text) == 6 and text.isdecimal():
        return region(text)
    return region(_read(text, ""))


def find_regions(text: str) -> tuple[Region, ...]:
    """The places of a list ("南昌,九江/赣州"), each once, in the text's order; empty where there is none.

    A part is read inside the prefecture of the part before it if it can be ("南昌市东湖区、西湖区"), and takes the
    place of that part if it lies within it ("江西 南昌" is one place).
    """
    found: list[str] = []
    for part in _LISTED.split(text):
        context = prefecture_of(found[-1]) if found else ""
        code = _read(part, context)
        if code in ("", context):
            code = part if region(part) else _read(part, "")
        if not code or code in found:
            continue
        if found and covers(found[-1], code):
            found.pop()
        found.append(code)
    return tuple(_table()[code] for code in found)


def _read(text: str, place: str) -> str:
    """Code of the deepest place that `text` names inside `place` (all of China if empty).

    `place` itself where the text names nothing; "" where it names what lies outside.
    """
    waiting: list[str] = []
    for mention in _mentions(text):
        if not _readable(mention, place):
            continue
        inside = _widest(code for code in mention.word.codes if not place or covers(place, code))
        if len(inside) == 1:
            held = [code for code in waiting if covers(inside[0], code)]
            place = held[0] if len(held) == 1 else inside[0]
        elif inside:
            waiting = inside
        elif _excludes(mention, place):
            return ""
        if place and _table()[place].level == "county":
            break
    return place


def _readable(mention: _Mention, place: str) -> bool:
    """Whether a mention may stand for a place: full names may, short ones only where no other word adjoins them."""
    if not place and mention.text in _UNSURE:
        return False
    if not mention.word.short or (place and _of_city(mention)):
        return True
    in_city = place[:2] in MUNICIPALITIES or (bool(place) and _level(prefecture_of(place)) == "prefecture")
    return mention.begins and (mention.ends or in_city or _of_city(mention))


def _excludes(mention: _Mention, place: str) -> bool:
    """Whether a mention that lies outside `place` makes nonsense of it; a street or quarter of that name does not."""
    if any(covers(code, place) for code in mention.word.codes):
        return False
    if mention.word.short:
        return mention.begins and mention.ends and (_of_city(mention) or not mention.joined)
    return not mention.text.endswith(("区", "县", "旗"))


def _of_city(mention: _Mention) -> bool:
    """Whether a mention may mean a prefecture or a province."""
    return any(code.endswith("00") for code in mention.word.codes)


def _widest(codes: Iterable[str]) -> list[str]:
    """Those of `codes` that are of the widest level among them."""
    by_zeros: dict[int, list[str]] = {}
    for code in codes:
        by_zeros.setdefault(4 if code.endswith("0000") else 2 if code.endswith("00") else 0, []).append(code)
    return by_zeros[max(by_zeros)] if by_zeros else []


def _mentions(text: str) -> Iterator[_Mention]:
    """The names in `text` from left to right, the longest first where several begin; never two that overlap."""
    words, last, start = _words(), 0, 0
    while start < len(text) - 1:
        length = _length_at(text, start)
        end = start + length
        if length and not (words[text[start:end]].short and not _length_at(text, end) and _NO_PLACE.match(text, end)):
            begins = start in (0, last) or not _INSIDE.match(text, start - 1)
            ends = not _HAN.match(text, end) or _length_at(text, end) > 0
            yield _Mention(
                text[start:end], words[text[start:end]], begins, ends, text[start - 1 : start] in tuple("-—–·")
            )
            last = end
        start = end if length else start + 1


def _length_at(text: str, start: int) -> int:
    """Length of the longest name that begins at `start`, or 0. 江西区域 is no 江西区."""
    words = _words()
    for length in _lengths().get(text[start : start + 2], ()):
        end = start + length
        name = text[start:end]
        if len(name) == length and name in words and not (name[-1] == "区" and text[end : end + 1] == "域"):
            return length
    return 0


@cache
def _table() -> dict[str, Region]:
    return {row["code"]: Region(row["code"], row["name"], _level(row["code"])) for row in _rows()}


def _rows() -> Iterable[dict[str, str]]:
    text = (files("matching.terms") / "data" / "regions.csv").read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())


def _level(code: str) -> Level:
    return "province" if code.endswith("0000") else "prefecture" if code.endswith("00") else "county"


@cache
def _words() -> dict[str, _Word]:
    """Every way to write a place: its name, its former names, its short name, and that with another ending."""
    official: dict[str, list[str]] = {}
    short: dict[str, list[str]] = {}
    varied: dict[str, list[str]] = {}
    for row in _rows():
        code, level = row["code"], _level(row["code"])
        for name in (row["name"], *row["also"].split()):
            official.setdefault(name, []).append(code)
            stem = _stem(name, code)
            if len(stem) < 2:
                continue
            short.setdefault(stem, []).append(code)
            for suffix in _SUFFIXES[level]:
                varied.setdefault(stem + suffix, []).append(code)
    words = {name: _Word(tuple(dict.fromkeys(codes)), short=True) for name, codes in short.items()}
    words |= {name: _Word(tuple(dict.fromkeys(codes)), short=False) for name, codes in (varied | official).items()}
    return words


def _stem(name: str, code: str) -> str:
    return _AUTONOMOUS.get(code) or _ENDING.sub("", name)


@cache
def _lengths() -> dict[str, tuple[int, ...]]:
    """The first two characters of a name → how long the names are that begin so, longest first."""
    lengths: dict[str, set[int]] = {}
    for name in _words():
        lengths.setdefault(name[:2], set()).add(len(name))
    return {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()}
