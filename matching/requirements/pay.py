"""Pay: out of the field that states it, else out of the words of the posting."""

from __future__ import annotations

import re

from matching.requirements.findings import PayFound, Span
from matching.terms.pay import read_pay

_N = r"\d[\d,]{0,8}(?:\.\d{1,2})?"
_S = r"\s*(?:万|千|[kKwW](?![a-zA-Z]))?"
_MONEY = re.compile(
    r"(?=[\d薪工月年日时待收底保基实岗报综])(?P<label>(?:薪资|薪酬|工资|月薪|年薪|日薪|时薪|待遇|收入|月收入|年收入|薪水|底薪|保底|基本工资|实习(?:津贴|补贴|工资|薪资)|岗位津贴|报酬|综合)(?:待遇|范围|标准|水平|区间|面议|结构|情况|福利)*[^\d。；;\n]{0,8}?)?"
    rf"(?P<money>{_N}{_S}\s*元?\s*(?:[-~—–―至到]+\s*{_N}{_S}\s*(?:元|块)?)?\s*(?:左右|起|以上|\+)?"
    r"\s*(?P<unit>(?:元|块)?\s*(?:/|每|一|／)\s*(?:个?月|天|日|年|小时|时|h|day|month|课时|节)|(?:元|块)?/人/(?:月|天|日|年)|元)?(?:\s*[·*x×/]?\s*\d{2}薪)?)"
)
_PART = re.compile(
    r"补[助贴]|奖|房补|餐|加班|保险|注册|营收|提成|押金|违约|罚|交通|通讯|住宿|租|礼金|红包|人才|安家|学费|费用|经费|投资|资产|规模|融资|体检|全勤|话费|团费|销售额|业绩|年费|客单|出差"
)
_RANGED = re.compile(r"\d[\d,.]*\s*(?:万|千|[kKwW])?\s*元?\s*[-~—–―至到]")
_SCALED = re.compile(r"\d\s*(?:万|千|[kKwW])")
_SPEAKS = re.compile(r"薪|工资|待遇|收入|元|津贴|补贴|\d[kK万]")
_BASE = re.compile(r"底薪|保底|基本工资|试用")
_OK_PART = re.compile(r"实习(?:津贴|补贴)|岗位津贴")
_YEARLY = re.compile(r"年薪|年收入|年(?:度)?(?:综合)?(?:收入|待遇|工资)")
_DAILY = re.compile(r"日薪|天薪|每天|每日")
_HOURLY = re.compile(r"时薪|小时")


def field_pay(field: str) -> tuple[PayFound, Span] | None:
    """Pay of the field that states it; None for 面议 and for what cannot be read."""
    if not re.search(r"\d", field):
        return None
    found = read_pay(field.replace("／", "/"))
    if found is None:
        return text_pay("pay", field, labelled=True)
    return _found(found.min, found.max, (found.unit.value, found.months)), Span("pay", 0, len(field), field)


def text_pay(part: str, text: str, *, labelled: bool = False) -> tuple[PayFound, Span] | None:
    """The first pay that the words state for the work itself: a range, or a figure with its unit.

    Allowances, bonuses and money that is no pay do not count; a bare figure needs a label such as 薪资 in front.
    """
    if not _SPEAKS.search(text):
        return None
    weak: tuple[PayFound, Span] | None = None
    for match in _MONEY.finditer(text):
        if not (labelled or match["label"] or match["unit"] or _RANGED.search(match["money"])):
            continue
        found = _read(text, match, labelled=labelled)
        if found is None:
            continue
        if _BASE.search(text[max(0, match.start() - 6) : match.end("money")]):
            weak = weak or (found, Span.of(part, text, match.span("money")))
            continue
        return found, Span.of(part, text, match.span("money"))
    return weak


def _read(text: str, match: re.Match[str], *, labelled: bool) -> PayFound | None:
    label, money, unit = match["label"] or "", match["money"], match["unit"] or ""
    before = text[max(0, match.start("money") - 8) : match.start("money")]
    if _PART.search(before) and not _OK_PART.search(before):
        return None
    ranged, scaled = _RANGED.search(money) is not None, _SCALED.search(money) is not None
    by_unit = "/" in unit or "每" in unit or "一" in unit
    if not (
        labelled
        or (label and (ranged or by_unit or scaled or "元" in money))
        or (ranged and (by_unit or _thousand(money)))
        or (by_unit and "元" in money)
    ):
        return None
    if re.match(r"\s*(?:万|亿|人|岁|年(?!薪)|个|%|家|名|天|周)", text[match.end("money") : match.end("money") + 3]):
        return None
    head = (
        "年薪"
        if _YEARLY.search(before + label)
        else "日薪"
        if _DAILY.search(label)
        else "时薪"
        if _HOURLY.search(label)
        else ""
    )
    found = read_pay((head + money.replace("每", "/").replace("一", "/").replace("左右", "")).replace("／", "/"))
    if found is None or (found.max or found.min or 0) < 8:
        return None
    return _found(found.min, found.max, (found.unit.value, found.months))


def _thousand(money: str) -> bool:
    return re.search(r"\d\s*[kK]\s*[-~—至到]*.*\d\s*[kK]", money) is not None


def _found(low: float | None, high: float | None, unit: tuple[str, int]) -> PayFound:
    return PayFound(low, high, unit[0], unit[1])
