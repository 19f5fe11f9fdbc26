"""The description of a posting, from one hurried line to a page of headings and numbered duties."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matching.sample.banks import Banks
from matching.sample.vacancies import GRASSROOTS, INTERNSHIP, JOB, PUBLIC_INSTITUTION, PUBLIC_WELFARE
from matching.sample.writing import BULLETS, between, listed, one, slips, some

if TYPE_CHECKING:
    from matching.sample.advert import Advert

_DEGREE_WORDS = {2: ("大专", "专科"), 3: ("本科",), 4: ("硕士", "硕士研究生", "研究生"), 5: ("博士", "博士研究生")}
_SELLING = frozenset({"sales", "med_sales", "store", "bank"})
_HEADS = ("{}：", "{}：", "{}:", "【{}】", "【{}】", "◆{}", "一二", "# {}", "{}")
_ORDERS = (("duty", "need", "gain"),) * 4 + (
    ("duty", "need"),
    ("duty", "need"),
    ("need", "duty", "gain"),
    ("about", "duty", "need", "gain"),
    ("gain", "duty", "need"),
    ("about", "need", "gain"),
    ("duty",),
    ("need", "gain"),
)
_KIND_LINES = {
    INTERNSHIP: "internship",
    PUBLIC_INSTITUTION: "public_institution",
    GRASSROOTS: "grassroots",
    PUBLIC_WELFARE: "public_welfare",
}


@dataclass(frozen=True, slots=True)
class _Style:
    head: str
    bullet: str
    end: str
    line: str
    section: str


def write_description(advert: Advert, banks: Banks) -> str:
    """A description; empty for one posting in fifty."""
    author, chance = advert.author, advert.author.random()
    if chance < 0.02:
        return ""
    if chance < 0.13:
        return slips(author, _short(advert, banks), banks.advert["typos"])
    text = _long(advert, banks)
    if chance < 0.19:
        text = _as_html(text)
    elif chance < 0.25:
        text = f"{one(author, banks.advert['emoji'])}{text}{one(author, banks.advert['emoji'])}"
    elif chance < 0.33:
        text = text.replace("\n", "")
    return slips(author, text, banks.advert["typos"])


def _short(advert: Advert, banks: Banks) -> str:
    author, bank = advert.author, banks.advert
    duties = some(author, advert.family.duties, 2)
    return str(one(author, bank["short"])).format(
        title=advert.title,
        name=advert.employer,
        n=advert.headcount,
        duty=duties[0],
        duty2=duties[1],
        need="，".join(_needs(advert, bank)[: between(author, 1, 3)]),
        gain="、".join(some(author, advert.gains, between(author, 1, 4))),
        pay=_pay(advert, bank),
        where=_where(advert, bank),
    )


def _where(advert: Advert, bank: dict[str, Any]) -> str:
    return str(one(advert.author, bank["where"])).format(city=advert.city.name)


def _long(advert: Advert, banks: Banks) -> str:
    author, bank = advert.author, banks.advert
    style = _style(author)
    order = one(author, _ORDERS)
    parts = []
    for number, kind in enumerate(order):
        head, lines = _section(kind, advert, banks)
        head = head.replace("公司", "单位") if advert.kind >= GRASSROOTS else head
        title = f"{'一二三四'[number]}、{head}" if style.head == "一二" else style.head.format(head)
        plain = kind == "about" or len(lines) == 1
        body = "".join(lines) if plain else listed(lines, bullet=style.bullet, join=style.line, end=style.end)
        parts.append(f"{title}{style.line}{body}" if style.head else body)
    if author.random() < 0.25:
        parts.append(_where(advert, bank))
    if author.random() < 0.2:
        parts.append(one(author, bank["closing" if advert.kind < GRASSROOTS else "public_closing"]))
    return style.section.join(parts)


def _style(author: random.Random) -> _Style:
    line = one(author, ("\n", "\n", "\n", " ", ""))
    bullet = one(author, BULLETS)
    if not line and bullet in ("", "- ", "· "):
        bullet = BULLETS[0]
    end = one(author, ("；", "。", "", "；"))
    return _Style(one(author, _HEADS), bullet, end if line or end else "；", line, one(author, ("\n", "\n", "\n\n")))


def _section(kind: str, advert: Advert, banks: Banks) -> tuple[str, list[str]]:
    author, bank = advert.author, banks.advert
    if kind == "duty":
        return one(author, bank["duty_heads"]), _duties(advert)
    if kind == "need":
        return one(author, bank["need_heads"]), _needs(advert, bank)
    if kind == "gain":
        return one(author, bank["gain_heads"]), _gains(advert, bank)
    return one(author, bank["intro_heads"]), [f"{advert.employer}，{one(author, advert.industry.about)}。"]


def _duties(advert: Advert) -> list[str]:
    author = advert.author
    lines = some(author, advert.family.duties, between(author, 2, 6))
    if advert.mixed:
        lines[-1:] = [lines[-1], one(author, advert.second.duties)]
    if author.random() < 0.3:
        lines[0] = f"负责{lines[0].removeprefix('负责')}"
    if author.random() < 0.4:
        lines.append("完成上级交办的其他工作")
    return lines


def _needs(advert: Advert, bank: dict[str, Any]) -> list[str]:
    author = advert.author
    lines = [_degree(advert, bank)]
    if author.random() < (0.85 if advert.formal else 0.35):
        majors = "、".join(dict.fromkeys(major.name for major in advert.majors))
        lines.append(one(author, bank["major"]).format(major=majors))
    if advert.experience is not None:
        lines.append(one(author, bank["years" if advert.experience else "fresh"]).format(years=advert.experience))
    if author.random() < 0.6:
        skill, other = some(author, advert.family.tools, 2)
        lines.append(one(author, bank["skill"]).format(skill=skill, skill2=other))
    if author.random() < 0.22:
        lines.append(one(author, bank["cert"]).format(cert=one(author, advert.family.certs)))
    if advert.kind != JOB:
        text = str(one(author, bank[_KIND_LINES[advert.kind]]))
        lines.append(text.format(months=one(author, (3, 6, 12)), days=between(author, 3, 5)))
    lines += some(author, bank["soft"], between(author, 1, 4))
    if author.random() < 0.15:
        lines[0], lines[-1] = lines[-1], lines[0]
    return lines


def _degree(advert: Advert, bank: dict[str, Any]) -> str:
    author = advert.author
    if not advert.level:
        return str(one(author, bank["degree_free"]))
    return str(one(author, bank["degree"])).format(degree=one(author, _DEGREE_WORDS[advert.level]))


def _gains(advert: Advert, bank: dict[str, Any]) -> list[str]:
    author = advert.author
    lines = some(author, advert.gains, between(author, 2, 7))
    if author.random() < 0.5:
        lines.insert(0, _pay(advert, bank))
    return lines if author.random() < 0.5 else ["、".join(lines)]


def _pay(advert: Advert, bank: dict[str, Any]) -> str:
    kind = "pay_sales" if advert.family.key in _SELLING and advert.kind == JOB else "pay"
    return str(one(advert.author, bank[kind])).format(low=advert.low, high=advert.high)


def _as_html(text: str) -> str:
    lines = [f"<p>{line}</p>" if line else "<br/>" for line in text.split("\n")]
    return "".join(lines).replace("：</p>", "：&nbsp;</p>")
