"""Values in Chinese, as pages show them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.pages import campaign_words
from api.pages.employers import told_apart
from api.problems import kind_of, without_contact
from matching.errors import GradmatchError, NoList
from matching.fairs.times import clock_of
from matching.fairs.words import (
    ANSWERS,
    CHANCE_DIGITS,
    NO_HOSTS,
    NOBODY,
    STATUS,
    TOO_SHORT,
    WAYS,
    name_of,
    relax_words,
    waiting_words,
)
from matching.question import CHINA
from matching.standard.records import Event
from matching.terms.majors import shown_major
from matching.terms.regions import region as region_of

if TYPE_CHECKING:
    from api.pages.draft import Draft

KINDS = {
    "job": "岗位",
    "internship": "见习/实习",
    "grassroots": "基层项目",
    "public_institution": "事业单位",
    "public_welfare": "公益性岗位",
}
JOBS = {"list": "生成名单", "what-if": "规则试算", "timetable": "排时间表"}
STATES = {"waiting": "排队中", "running": "进行中", "done": "已完成", "failed": "没有完成", "interrupted": "已中断"}
STEPS = {
    "": "等待开始", "start": "开始", "score": "计算匹配机会", "first prices": "估算规则的紧张程度",
    "prices": "求规则的影子价格", "list": "求最优名单", "certificate": "核对规则、计算每条规则的代价",
    "keep": "保存", "timetable": "排面谈时段",
}  # fmt: skip
_HEADERS = {"graduate": "毕业生编号", "employer": "用人单位", "outcome": "结果"}
_COLUMN = re.compile(r"it has no column '(.*)'")
_WALK_INS = re.compile(r"(\d+) who came in may meet none of .*")
_WEEK = "一二三四五六日"
_PLAIN = {
    "not-allowed": ("这把密钥没有这项权限。", ["请使用有写入权限（write）的密钥登录，或请管理员另发密钥。"]),
    "unknown-id": ("没有找到：它可能已被删除，或属于其他地区的平台。", ["返回活动列表重新选择。"]),
    "list-changed": ("另一位组织者已先保存了新的版本。", ["查看最新版本，在其上重做您的修改。"]),
    "out-of-time": ("在给定时间内没有算出名单（不等于不存在）。", ["把求解时限调长，或减少单位和人数后重试。"]),
    "bad-parameter": ("填写的内容有误。", ["请检查后重新提交。"]),
    "no-snapshot": ("尚未构建数据快照。", ["请管理员运行 gradmatch build。"]),
}
_QUESTIONS = {
    NO_HOSTS.en: (f"{NO_HOSTS.zh}。", ["放宽行业、职业或岗位类型，或检查所选单位是否有在招岗位。"]),
    NOBODY.en: (f"{NOBODY.zh}。", ["放宽专业范围，或检查毕业生是否在求职。"]),
    TOO_SHORT.en: (f"{TOO_SHORT.zh}。", ["缩短每场面谈时长，或延长活动。"]),
}


def of(error: GradmatchError) -> tuple[str, list[str]]:
    """What went wrong and what can be done, in Chinese."""
    return plain(kind_of(error).slug, str(error.what), str(error.cure), both=isinstance(error, NoList))


def of_problem(problem: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The same of the problem that a job ended in."""
    slug = str(problem.get("type", "")).rpartition("/")[2]
    return plain(slug, str(problem.get("detail", "")), str(problem.get("cure", "")), both=slug == "no-list")


def plain(slug: str, what: str, cure: str, *, both: bool) -> tuple[str, list[str]]:
    """`both`: the texts hold Chinese and English, as those of `NoList` do."""
    if both:
        ways = cure.partition(": ")[2] or cure
        return without_contact(_chinese(what)), [_chinese(way) for way in ways.split("; ")]
    if what in _QUESTIONS:
        return _QUESTIONS[what]
    if lost := _WALK_INS.fullmatch(what):
        return f"现场到来的人中有 {lost[1]} 位不在求职、不符合活动专业，或没有可面谈的单位。", [
            "核对编号，去掉这些人后重排。"
        ]
    return _PLAIN.get(slug, (without_contact(what), [without_contact(cure)] if cure else []))


def plain_file(what: str) -> str:
    """Why a sheet cannot be read."""
    column = _COLUMN.fullmatch(what)
    if column:
        return f"文件缺少“{_HEADERS.get(column[1], column[1])}”这一列。请下载待填表，按其列名填写。什么也没有保存。"
    return "这不是能读懂的 CSV 文件。请另存为 CSV（UTF-8 或 GB 18030 编码）再上传。什么也没有保存。"


def _chinese(text: str) -> str:
    return text.split(" / ")[0].strip()


def percent(value: float | None, digits: int = 1) -> str:
    """0.123 → ``12.3%``; a dash where there is none."""
    return "—" if value is None else f"{value:.{digits}%}"


def chance(value: float | None) -> str:
    """A chance in the digits in which lists state them: 0.0031 → ``0.31%``."""
    return percent(value, CHANCE_DIGITS - 2)


def number(value: float | str | None, digits: int = 2) -> str:
    """A figure without needless zeros; a dash where there is none or no limit."""
    if value is None or value == "" or isinstance(value, str):
        return value or "—"
    if value in (float("inf"), float("-inf")):
        return "不限"
    text = f"{value:,.{digits}f}" if isinstance(value, float) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(value: datetime) -> str:
    """``2026-06-20 周六 09:00`` in China's time."""
    local = value.astimezone(CHINA)
    return f"{local:%Y-%m-%d} 周{_WEEK[local.weekday()]} {local:%H:%M}"


def clock(value: datetime) -> str:
    """``09:00`` in China's time."""
    return f"{value.astimezone(CHINA):%H:%M}"


def ends(event: Event) -> str:
    """When an event ends: ``11:30``, or ``次日 01:30``."""
    first, last = event.starts_at.astimezone(CHINA).date(), event.ends_at.astimezone(CHINA).date()
    days = (last - first).days
    return ("" if not days else "次日 " if days == 1 else f"{last} ") + clock(event.ends_at)


def place(code: str | None) -> str:
    """The name of a region; the code itself where it is not known."""
    found = region_of(code) if code else None
    return found.name if found else code or ""


_YES = {"fair": "现场招聘会", "livestream": "直播带岗", "all": "全部符合主题的单位", "chosen": "只邀请勾选的"}
_POLICY = {("cross_region", "yes"): "欢迎外地毕业生", ("cross_region", "no"): "仅限本市及意向本市者",
           ("clash", "yes"): "避开已受邀同时段活动的人", ("clash", "no"): "不考虑"}  # fmt: skip
SHARES = frozenset({"hardship_least", "furthest_least", "county_least", "shows_near", "shows_far"})
"""Rules that are typed and shown in per cent."""


def told(draft: Draft, name: str) -> str:
    """A field of a draft as it is checked: words instead of codes, with its unit."""
    if name == "kinds":
        return "、".join(KINDS.get(value, value) for value in draft.all(name))
    value = "、".join(draft.all(name))
    return _POLICY.get((name, value)) or _YES.get(value, value) + ("%" if name in SHARES else "")


def gave(rule: str, amount: float) -> str:
    """How far a rule that nobody stated gave way; 0: it is not kept at all."""
    return relax_words(rule, amount).zh if amount else f"不再要求“{name_of(rule).zh}”"


FILTERS: dict[str, Callable[..., str | list[str] | list[tuple[str, str]]]] = {
    "percent": percent, "chance": chance, "number": number, "moment": moment, "clock": clock, "ends": ends,
    "place": place, "major": lambda record: shown_major(record.major, record.major_code),
    "kind": lambda value: str(KINDS.get(value, value)), "status": lambda value: str(STATUS.get(value, value)),
    "answer": lambda value: str(ANSWERS.get(value, "未答复")), "job": lambda value: str(JOBS.get(value, value)),
    "state": lambda value: str(STATES.get(value, value)), "step": lambda value: str(STEPS.get(value, value)),
    "told": told, "gave": gave, "file_fault": lambda error: plain_file(str(error.what)),
    "slot": lambda event, meeting: clock_of(event, meeting).strip("（）"), "rule": lambda value: name_of(value).zh,
    "waiting": lambda told: [f"{words.zh}：{count:,} 人" for words, count in waiting_words(told)],
    "labelled": lambda hosts: list(told_apart({host["key"]: host["name"] for host in hosts}).items()),
    "way": lambda value: str(WAYS.get(value, value)),
    **campaign_words.FILTERS,
}  # fmt: skip
