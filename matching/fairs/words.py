"""What the rules of a list are called, and what to do about them, in words."""

from __future__ import annotations

from collections.abc import Mapping

from matching.language import Words

RULES: dict[str, Words] = {
    "meetings": Words("每人面谈次数", "meetings of each guest"),
    "seats": Words("座位数", "seats"),
    "most": Words("用人单位接待上限", "capacity of each employer"),
    "slots": Words("每家用人单位的面谈时段", "time of each employer"),
    "rooms": Words("场地面谈位总量", "room for interviews"),
    "least": Words("每家用人单位合适人选下限", "least number of suitable candidates for each employer"),
    "hardship": Words("困难群体占比下限", "floor for hardship groups"),
    "furthest": Words("离校未就业占比下限", "floor for those who left school without work"),
    "county": Words("县区均衡", "balance of counties"),
    "college": Words("院校均衡", "balance of colleges"),
    "invitations": Words("同期邀请次数上限", "most invitations in a period"),
    "clash": Words("不与其他活动时间冲突", "no clash with another event"),
    "region": Words("仅限本地区", "only people of the region"),
    "declined": Words("已答复不参加或人工排除", "declined, or taken out by hand"),
    "pinned": Words("人工指定或已答复参加", "put in by hand, or accepted"),
}
"""Every rule, by its name in the certificate."""

STATUS = {"invited": "邀请", "waiting": "候补", "excluded": "不邀请"}
ANSWERS = {"yes": "参加", "no": "不参加", "none": "未答复"}
WAYS = {"top score": "按分数从高到低", "random": "随机抽取", "first come": "先到先得"}
"""What guests' statuses and answers, and lists that people make by hand, are called on paper and on pages."""

NO_HOSTS = Words("没有用人单位的岗位符合活动主题", "no employer of the event has a posting that fits its theme")
NOBODY = Words("没有毕业生符合活动的专业范围", "nobody fits the theme of the event")
TOO_SHORT = Words("活动时长不足一个面谈时段", "the event is shorter than one slot")
"""Why there can be no list, or no timetable."""

CHANCE_DIGITS = 4
"""Digits behind the point in which chances are stated, on paper and (as per cent) on pages."""
WAITING_TIMES, WAITING_FEWEST = 2, 20
"""A waiting list is at most so many times as long as the invited are many, but may always be so long."""

_RELAX: dict[str, Words] = {
    "slots": Words("给每家用人单位多安排 {x:.0f} 个面谈时段", "give each employer time for {x:.0f} more"),
    "rooms": Words("把面谈总容量增加到 {x:.0f} 场", "make room for {x:.0f} interviews"),
    "seats": Words("把座位数增加到 {x:.0f}", "raise the seats to {x:.0f}"),
    "most": Words("每家用人单位多接待 {x:.0f} 人次", "let each employer hold {x:.0f} more"),
    "least": Words("把每家合适人选下限降到 {x:.0f}", "lower the least number of candidates to {x:.0f}"),
}
_SHARE = Words("把“{name}”放宽到原要求的 {x:.0%}", "keep only {x:.0%} of '{name}'")
_DROP = Words("取消“{name}”", "drop '{name}'")
_HELPLESS = Words("单独放宽“{name}”未找到可行名单", "no list was found by giving way on '{name}' alone")


def name_of(rule: str) -> Words:
    """What a rule is called."""
    return RULES.get(rule, Words(rule, rule))


def conflict_words(rules: tuple[str, ...]) -> Words:
    """Which rules cannot be kept together."""
    zh = "、".join(f"“{name_of(rule).zh}”" for rule in rules)
    en = ", ".join(f"'{name_of(rule).en}'" for rule in rules)
    if len(rules) == 1:
        return Words(
            f"规则{zh}无法满足：符合条件的人数不够。", f"The rule {en} cannot be kept: there are not enough people."
        )
    return Words(
        f"这几条规则互相矛盾，没有名单能同时满足：{zh}。去掉其中任何一条，其余的就能满足。",
        f"No list can keep these rules together: {en}. Without any one of them the rest can be kept.",
    )


def relax_words(rule: str, amount: float | None) -> Words:
    """What to do about one of the rules in conflict; `amount` as `matching.allocation.relaxed` gives it."""
    name = name_of(rule)
    values: dict[str, float]
    if rule in ("invitations", "clash", "region", "declined", "pinned"):
        form, values = _DROP, {}
    elif amount is None:
        form, values = _HELPLESS, {}
    else:
        form, values = _RELAX.get(rule, _SHARE), {"x": amount}
    return Words(form.zh.format(name=name.zh, **values), form.en.format(name=name.en, **values))


def waiting_words(told: Mapping[str, int]) -> list[tuple[Words, int]]:
    """Who is on the waiting list, and who was left off and why, each with how many they are; no empty reasons."""
    least = f"{0.5 * 10**-CHANCE_DIGITS:.{CHANCE_DIGITS - 1}%}"
    lines = {
        "on": Words("候补", "on the waiting list"),
        "nothing": Words(
            f"未列入候补：即使邀请，有效面谈机会也显示为 0（不足 {least}）",
            f"left off: their chance of a useful meeting shows as 0 (less than {least})",
        ),
        "beyond": Words(
            f"未列入候补：排在后面（候补最多为邀请人数的 {WAITING_TIMES} 倍，不少于 {WAITING_FEWEST} 人）",
            f"left off: further back than {WAITING_TIMES} times the invited, or {WAITING_FEWEST}",
        ),
    }
    return [(words, told[name]) for name, words in lines.items() if name == "on" or told[name]]
