"""Numbers of the work itself: headcount, days a week, months of an internship, probation, years of experience."""

from __future__ import annotations

import re

from matching.requirements.findings import Span
from matching.requirements.numbers import NUMBER, number

_COUNT = rf"(?P<n>{NUMBER})\s*(?:[-~—至到]\s*{NUMBER}\s*)?"
HEADCOUNT = (
    re.compile(
        rf"(?=[招录聘需计岗拟实人名数指])(?:招聘|招收|招募|招录|录用|录取|聘用|需求|需要|计划|岗位|拟招|拟聘|实习|招生)?(?:人数|名额|数量|指标)(?:为|是)?\s*[:：\s]?\s*[(（]?\s*{_COUNT}(?:名|人|位|个|$|[\s,，;；。|)）])"
    ),
    re.compile(
        rf"(?:招聘?|招收|招募|招录|诚聘|诚招|急聘|急招|急需|现招|现聘|拟招|拟聘|拟录用?|聘请?|需要?招?)(?:[^\d。；;\n，,一二三四五六七八九十]{{0,12}}?)(?:共|共计|各)?\s*{_COUNT}(?:名|人(?!以上团队)|位)(?!以上)"
    ),
    re.compile(rf"[(（\[【|｜]\s*(?:共|计|共计|招|招聘|各)?\s*{_COUNT}(?:名|人|位)\s*[)）\]】|｜]"),
    re.compile(rf"(?:^|\n|[|｜]\s*){_COUNT}(?:名|人)\s*(?:$|\n|[|｜])"),
)
_NOT_HIRED = re.compile(r"团队|管理|带领|规模|员工|超过|客户|每年|面试|管\s*$")
_DAYS = re.compile(
    r"(?=[每一周星礼1-7做上])(?:(?:每|一|1)?(?:周|星期|礼拜)(?:至少|保证|保底|不少于|不低于|最少|最低|能够?|可以?|需要?|须|到岗|到公司|出勤|坐班|工作|实习|内|要求|时间|上班|大于等于|≥|>=|有|在岗|连续|满|达)*\s*(?P<n>[1-7一二三四五六七])\s*(?:[-~—至到或]\s*[1-7一二三四五六七]\s*)?(?:个)?\s*(?:工作日|整?天|日(?!常))"
    r"|(?P<m>[1-7])\s*(?:[-~—至到]\s*[1-7]\s*)?(?:天|日)\s*(?:及以上|以上)?\s*[/每一]\s*(?:周|星期)"
    r"|(?:做|上)(?P<s>[五六])休[一二])"
)
_MONTHS = re.compile(
    rf"(?:(?:实习|见习|兼职)(?:期|时间|时长|周期|期限|期间|岗位?)?(?:(?!试用|转正|经[验历]|薪|元)[^。；;\n，,]){{0,12}}?(?P<n>{NUMBER}|半)\s*(?:[-~—至到]\s*{NUMBER}\s*)?(?P<u>个月|年|月(?![份薪\d]))"
    rf"|(?:连续|至少|最少|最低|保证|能够?|可以?|持续|稳定|全职|不少于|不低于)+(?:(?!试用|经[验历])[^。；;\n，,\d一二三四五六七八九十两半]){{0,8}}(?P<m>{NUMBER}|半)\s*(?:[-~—至到]\s*{NUMBER}\s*)?(?P<w>个月|年)(?:及?以上)?(?:的)?(?:全职)?(?:实习|见习|工作时间)(?!经|期工资))"
)
_EXPERIENCE_NEAR = re.compile(r"[^。；;\n，,]{0,10}?(?:经[验历]|背景)")
_PROBATION = re.compile(
    rf"试用期?[^。；;\n，,\d一二三四五六七八九十两]{{0,6}}(?P<n>{NUMBER})\s*(?:[-~—至到]\s*{NUMBER}\s*)?个月"
)
_EXPERIENCE = re.compile(
    rf"(?P<n>{NUMBER})\s*(?:[-~—至到]\s*{NUMBER}\s*)?年\s*(?:及|或)?(?:以上)?(?:的)?(?:(?!有|至少)[^。；;\n，,]){{0,16}}?(?:经[验历]|工作年限)"
    rf"|(?:工作|从业|相关)(?:经验|年限|经历)[^\d。；;\n一二三四五六七八九十两]{{0,6}}(?P<m>{NUMBER})\s*(?:[-~—至到]\s*{NUMBER}\s*)?年"
)
_COUNTED, _WEEKLY = re.compile(r"[名人位额数量]"), re.compile(r"周|星期|礼拜|休")
_PRACTICE = re.compile(r"实习|见习|工作时间|兼职")
_LIKED = re.compile(r"[^。；;\n，,]{0,12}?(?:优先|更佳|为佳|加分)")
_NO_EXPERIENCE = re.compile(r"经验不限|不限经验|无需经验|不需要?经验|有无经验均可|无工作经验|经验无?要求")

Number = tuple[int, Span]


def headcount(part: str, text: str) -> Number | None:
    """How many people are sought; the least of "3-5人"; None for 若干."""
    if not _COUNTED.search(text):
        return None
    for form in HEADCOUNT:
        for match in form.finditer(text):
            around = text[max(0, match.start() - 6) : match.end()].rpartition("\n")[2]
            value = number(match["n"])
            if value and not _NOT_HIRED.search(around):
                return value, Span.of(part, text, match.span())
    return None


def days_per_week(part: str, text: str) -> Number | None:
    """Days a week that must be worked; the least of a range."""
    for match in _DAYS.finditer(text) if _WEEKLY.search(text) else ():
        if re.match(r"[^。；;\n，,]{0,4}(?:双休|休息|假)", text[match.end() :]):
            continue
        return number(match["n"] or match["m"] or match["s"]), Span.of(part, text, match.span())
    return None


def internship_months(part: str, text: str) -> Number | None:
    """Months that an internship must last at least."""
    for match in _MONTHS.finditer(text) if _PRACTICE.search(text) else ():
        if "试用" in text[max(0, match.start() - 6) : match.end()] or _EXPERIENCE_NEAR.match(text, match.end()):
            continue
        written, unit = match["n"] or match["m"], match["u"] or match["w"]
        value = 6 if written == "半" else number(written) * (12 if unit == "年" else 1)
        if 0 < value <= 36:
            return value, Span.of(part, text, match.span())
    return None


def probation_months(part: str, text: str) -> Number | None:
    """Months of probation."""
    match = _PROBATION.search(text) if "试用" in text else None
    return None if match is None else (number(match["n"]), Span.of(part, text, match.span()))


def experience_years(part: str, text: str) -> tuple[float, Span] | None:
    """Years of experience demanded: the first that is no mere wish; 0 where the posting says that none is needed."""
    if "经" not in text and "年限" not in text:
        return None
    for match in _EXPERIENCE.finditer(text):
        value = number(match["n"] or match["m"])
        if 0 < value <= 30 and not _LIKED.match(text, match.end()):
            return float(value), Span.of(part, text, match.span())
    none = _NO_EXPERIENCE.search(text)
    return None if none is None else (0.0, Span.of(part, text, none.span()))
