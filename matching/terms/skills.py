"""Skills: what a person can do and a posting asks for, found in a text as skills, not as characters.

A name counts only where it stands as one: Java is not in JavaScript, C is neither C++ nor C#, 会计 is not in 会计师事务所.
The table (``data/skills.csv``: name, group, aliases) is written for this project. A name of two letters or two
characters, and those whose group is marked ``!``, count only where they stand alone: as an item of a list, or behind a
word such as 熟悉 or 使用.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import NamedTuple

from matching.terms.automaton import Automaton, fold

_COMMON_GROUPS = frozenset({"common", "office"})
COMMON_WEIGHT = 0.3
"""What a skill that nearly everyone names (Office, 沟通能力) counts beside one of a trade."""

_SHORT = 2
_OPEN = r"\s、,，/;；:：。.!！|｜·•●■◆★☆\-—~+&()（）\[\]【】<>《》“”\"'_\t"
_BEFORE = re.compile(
    rf"(?:^|[{_OPEN}]|熟练|掌握|熟悉|精通|了解|使用|运用|应用|操作|负责|擅长|会用|能用|懂得?|学习过?|学过|具备|从事|参与|和|及|与|或|等|用|会|有)$"
)
_AFTER = re.compile(
    rf"(?:$|[{_OPEN}\d]|语言|软件|工具|操作|编程|开发|技能|技术|基础|知识|能力|工作|经验|等|和|及|与|或|的|两|方面|相关|流利|良好|熟练|听说|读写)"
)
_NOT_ASKED = re.compile(r"(?:无需|无须|不要求|不需要|不限|非)[^，,。；;\n]{0,4}$")
_DECOYS = (
    "会计师事务所", "会计师", "会计专业", "会计学", "会计学院", "会计证", "会计职称", "会计从业", "审计师", "初级会计", "中级会计",
    "英语四级", "英语六级", "英语专业", "大学英语四级", "大学英语六级", "大学英语四级证书", "大学英语六级证书", "商务英语专业",
    "普通话二级", "普通话二级甲等", "普通话二级乙等", "普通话一级乙等", "教师资格证", "心理咨询师", "导游证", "驾驶证",
    "护理专业", "护理学", "护理部", "护理学院", "播音与主持", "学前教育专业", "市场营销专业", "物流管理专业", "电子商务专业",
    "数据库系统工程师", "软件工程", "通信工程专业", "酒店管理专业", "金蝶集团", "百度云盘", "微信号", "公众号：", "直播时间",
    "招聘人数", "招聘单位", "招聘岗位", "校园招聘", "招聘会", "销售额", "销售部", "采购部", "客服部", "翻译专业",
    "node id", "c级", "a/b/c", "b/c端", "c端", "to c", "2c", "b2c", "o2o", "r&d", "c证", "c1", "c1驾照", "c轮", "ps：", "ps:",
)  # fmt: skip
"""Longer words that hold a skill's name and mean something else."""

_WORDS = frozenset({"go", "swift"})
"""Names that are English words too: only with a capital."""


class Skill(NamedTuple):
    """An entry of the table. `common`: nearly everyone names it."""

    name: str
    group: str
    common: bool

    @property
    def code(self) -> int:
        """A number for it that stays when the table grows: 30 bits of the name's hash, the lowest bit for `common`."""
        return (int.from_bytes(blake2b(self.name.encode(), digest_size=4).digest()) >> 2 << 1) | self.common


class SkillMention(NamedTuple):
    """One place that names a skill: ``text == whole[start:end]``; `name` is the table's."""

    start: int
    end: int
    text: str
    name: str


class _Name(NamedTuple):
    skill: Skill | None
    alone: bool


def skills() -> tuple[Skill, ...]:
    """The table, in its order."""
    return tuple(_table()[0].values())


def skill(name: str) -> Skill | None:
    """The entry of that name, as the table writes it; None for no such entry."""
    return _table()[0].get(name)


def find_skills(text: str) -> list[SkillMention]:
    """Every place of `text` that names a skill, from left to right; what a text says it does not need is left out."""
    folded = fold(text)
    found = []
    for hit in _automaton().find(folded):
        known = hit.value.skill
        if known is None or not _stands(folded, (hit.start, hit.end), alone=hit.value.alone):
            continue
        if hit.value.alone and folded[hit.start : hit.end] in _WORDS and text[hit.start].islower():
            continue
        if not _NOT_ASKED.search(folded, max(0, hit.start - 8), hit.start):
            found.append(SkillMention(hit.start, hit.end, text[hit.start : hit.end], known.name))
    return found


def skills_of(texts: Iterable[str]) -> list[Skill]:
    """The skills that `texts` name, each once, in the order in which they are named."""
    names = dict.fromkeys(mention.name for text in texts for mention in find_skills(text))
    return [found for name in names if (found := skill(name)) is not None]


def _stands(folded: str, place: tuple[int, int], *, alone: bool) -> bool:
    """Whether the name at `place` is a word of its own."""
    start, end = place
    before, after = folded[start - 1 : start], folded[end : end + 1]
    if _latin(folded[start]) and _latin(before):
        return False
    if after and folded[end - 1].isascii() and folded[end - 1].isalnum():
        glued = after in "+#" or (_latin(after) and not _version(folded, end, end - start))
        if glued:
            return False
    if not alone:
        return True
    return bool(_BEFORE.search(folded, max(0, start - 3), start) and _AFTER.match(folded, end))


def _latin(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter == "_")


def _version(folded: str, end: int, length: int) -> bool:
    """Whether what follows a name is its version: MySQL8, Vue3."""
    number = re.match(r"\d{1,2}(?:\.\d+)?(?![a-z0-9])", folded[end : end + 8])
    return number is not None and length > _SHORT


@cache
def _table() -> tuple[dict[str, Skill], dict[str, _Name]]:
    text = (files("matching.terms") / "data" / "skills.csv").read_text(encoding="utf-8")
    entries: dict[str, Skill] = {}
    names: dict[str, _Name] = {}
    for row in csv.DictReader(text.splitlines()):
        group = row["group"].removesuffix("!")
        entry = entries[row["name"]] = Skill(row["name"], group, group in _COMMON_GROUPS)
        for name in (row["name"], *filter(None, (row["aliases"] or "").split("|"))):
            short = len(name) <= _SHORT and not name.endswith(("+", "#"))
            marked = row["group"].endswith("!") and name == row["name"]
            names.setdefault(fold(name), _Name(entry, alone=short or marked))
    return entries, names


@cache
def _automaton() -> Automaton[_Name]:
    decoys = [(fold(word), _Name(None, alone=False)) for word in _DECOYS]
    return Automaton([*decoys, *_table()[1].items()])
