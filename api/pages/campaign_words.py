"""Campaigns in Chinese: limits with their fields, states, reasons, actions, stages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple


class Limit(NamedTuple):
    """A limit as a field: per cent where `share`."""

    name: str
    label: str
    unit: str
    least: float
    most: float
    step: str
    help: str
    share: bool = False


LIMITS = (
    Limit("digest", "每份推送至多", "个岗位", 1, 20, "1", "一份里岗位越少，每个岗位越被认真看。"),
    Limit("in_week", "每人七天至多", "个岗位", 0, 200, "1", "所有推送活动合计；只能比系统设置更严。"),
    Limit("gap_hours", "两份推送至少间隔", "小时", 0, 1440, "0.5", "所有推送活动合计；只能比系统设置更长。"),
    Limit("patience", "连续几份未打开后减少发送", "份", 0, 100, "1", "之后每多一份未打开，间隔加倍，至多四周。"),
    Limit("per_employer", "一份里同一单位至多", "个岗位", 1, 20, "1", ""),
    Limit("employer_limit", "每家单位每晚至多发送", "人次", 0, 1_000_000, "1", "留空为不限。"),
    Limit("wanted", "每个空缺希望收到", "份申请", 0.1, 1000, "0.1", "岗位按此计算还能推荐给多少人，防止扎堆。"),
    Limit("least", "申请机会不足多少不发送", "%", 0, 100, "0.1", "几乎不合适的不发，宁可不打扰。", share=True),
    Limit("unknown", "条件无法判断的岗位折算为", "%", 0, 100, "1", "0 为不发送。", share=True),
    Limit("explore", "随机探索的人数占比", "%", 0, 50, "0.5", "这些人的推送抽签决定，用于评估其他规则。", share=True),
    Limit("floor", "困难群体每人优先保障", "个岗位", 0, 20, "1", "见推送说明中的公开规则。"),
    Limit("floor_price", "保障一个岗位至多让出", "倍平均价值", 0, 100, "0.1", "优先保障的代价上限。"),
)
STATES = {
    "planned": "待发送", "claimed": "发送中", "repeat": "等待重发", "sent": "已发送", "suppressed": "未发送",
    "unclear": "结果不明",
}  # fmt: skip
ACTIONS = {
    "delivered": "送达", "opened": "打开", "shown": "看到岗位", "clicked": "点击", "saved": "收藏", "applied": "申请",
    "answered": "单位答复", "interviewed": "面试", "offered": "录用意向", "hired": "入职", "declined": "单位婉拒",
    "dismissed": "不感兴趣", "complained": "投诉",
}  # fmt: skip
GOOD = ("delivered", "opened", "clicked", "saved", "applied", "answered", "interviewed", "offered", "hired")
REASONS = {
    "no candidate": "没有符合条件的新岗位", "no budget": "间隔未到，或一周额度已用完",
    "others gain more": "合适岗位的名额给了更合适的人", "nothing suits well enough": "没有足够合适的岗位",
    "opted out": "本人退订或暂停", "not personalised": "本人不要个性化，且没有新的空缺",
    "not in this stage": "不在当前阶段的名单里",
    "hold-out": "对照组（只计划，不发送）", "stopped": "活动已停止", "its time was over": "超过有效期",
    "snoozed": "本人暂停接收",
    "quiet hours": "免打扰时段内过期", "budget": "额度已用完", "no news": "岗位都已发送或看过",
    "its postings are gone": "岗位已关闭或删除",
    "placed by now": "本人已就业", "paused by now": "本人暂停求职", "the campaign was stopped": "活动已停止",
}  # fmt: skip
KINDS = {
    "night": "夜间计划", "posting": "新岗位", "internship": "新见习/实习", "deadline": "即将截止", "search": "订阅",
    "event": "活动邀请",
}  # fmt: skip
WATCHES = {"stops": "退订", "complaints": "投诉"}
_ANNOYED = re.compile(r"(\d+) of (\d+) people reached (opted out|complained)")


def reason(text: str) -> str:
    """Why something was not sent, or somebody not reached; an unknown reason stays as it is."""
    if text in REASONS:
        return REASONS[text]
    found = _ANNOYED.fullmatch(text)
    if found:
        return f"触达 {found[2]} 人中 {found[1]} 人{'退订' if found[3] == 'opted out' else '投诉'}，超过上限，自动停止"
    if text.startswith("refused"):
        return f"接收方拒收（{text.removeprefix('refused').strip(' :()') or '未说明'}）"
    if text.startswith("no answer"):
        return "接收方没有应答"
    return text


def stage(share: float) -> str:
    """``1%``, ``10%``, ``全部``."""
    return "全部" if share >= 1 else f"{share * 100:.3g}%"


FILTERS: dict[str, Callable[..., str]] = {
    "reason": reason,
    "stage": stage,
    "push_state": lambda value: str(STATES.get(value, value)),
    "action": lambda value: str(ACTIONS.get(value, value)),
    "night_kind": lambda value: str(KINDS.get(value, value)),
}
