"""A digest in words: short and long, in Chinese; why each posting, until when, and what one tap does.

Texts come from employers, so nothing in them is trusted: in HTML everything is escaped, in plain text each value is one
line without control characters, and addresses in it are not links. No name and no contact data are known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import DictLoader, Environment, StrictUndefined, Template, select_autoescape

from matching.push.invitations import BEFORE
from matching.sending.links import Link, Links, Tap
from matching.standard.privacy import redact
from matching.standard.records import Event, Pay, PayUnit, Posting
from matching.store import OPEN, Item
from matching.terms import regions

CHINA = ZoneInfo("Asia/Shanghai")
SHORT = 134
"""Characters of the short form: two parts of a long text message."""
LINK_DAYS = 60
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2028-\u2029\u2060-\u2064\ufeff]+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S*", re.IGNORECASE)
_KINDS = {
    "job": "岗位",
    "internship": "见习/实习",
    "grassroots": "基层项目",
    "public_institution": "事业单位",
    "public_welfare": "公益性岗位",
}
_TAPS = {"page": Tap.PAGE, "snooze": Tap.SNOOZE, "stop": Tap.STOP, "plain": Tap.PLAIN}
_WORDED = 10_000
"""Postings whose words are kept."""
_UNITS = {PayUnit.HOUR: "时", PayUnit.DAY: "天", PayUnit.MONTH: "月", PayUnit.YEAR: "年"}


class Letter(NamedTuple):
    """A message as it goes out.

    Attributes
    ----------
    id : str
        Of the message; the idempotency key.
    graduate : str
        Key of the person; the platform knows the way there.
    subject, short, long, html : str
    data : dict
        The same as values, for a channel that has forms of its own.
    attempt : int
        1 the first time.
    """

    id: str
    graduate: str
    campaign: str
    subject: str
    short: str
    long: str
    html: str
    data: dict[str, Any]
    attempt: int = 1


@dataclass(frozen=True)
class Writer:
    """Writes digests.

    Parameters
    ----------
    links : Links
    sign : str
        Who writes: stands in 【】 before every short text.
    posting_url : str
        Address of a posting on its platform; ``{tenant}`` and ``{id}`` are put in. Empty: none.
    html : bool
        Write the HTML as well; only mail needs it.

    Notes
    -----
    What one posting says is the same in everyone's digest: it is put into words once while the posting stays the same
    object and the day the same day.
    """

    links: Links
    sign: str = "就业服务"
    posting_url: str = ""
    html: bool = True
    _worded: dict[int, tuple[Posting, date, dict[str, str]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def write(
        self,
        message: str,
        graduate: str,
        postings: Sequence[tuple[Item, Posting | Event]],
        *,
        now: datetime,
        campaign: str = "",
        plain: bool = False,
        attempt: int = 1,
    ) -> Letter:
        """One person's digest; postings, and fairs that it invites to, best first, at least one."""
        ends, today = int(now.timestamp()) + LINK_DAYS * 86_400, now.astimezone(CHINA).date()
        entries = [self._entry(message, item, offer, today=today, ends=ends) for item, offer in postings]
        what = _what(entries)
        taps = {name: self.links.url(Link(tap, message, 0, ends)) for name, tap in _TAPS.items()}
        told = {"sign": line(self.sign, 12), "postings": [_shown(e) for e in entries], "plain": plain, "links": taps}
        told["what"] = what
        return Letter(
            message,
            graduate,
            campaign,
            f"{told['sign']}：{len(entries)}{what}（{entries[0]['title']}等）",
            _short(told),
            _template("long.txt").render(told),
            _template("long.html").render(told) if self.html else "",
            {"postings": entries, "links": taps, "personalised": not plain},
            attempt,
        )

    def _entry(self, message: str, item: Item, offer: Posting | Event, *, today: date, ends: int) -> dict[str, Any]:
        """A posting or fair in one person's digest: what is said of it, why it is there, the link that dismisses it."""
        return {
            **(_fair(offer) if isinstance(offer, Event) else self._words(offer, today)),
            "rank": item.rank,
            "why": [line(why, 60) for why in item.why if not why.startswith(OPEN)][:2],
            "open": next((line(why, 60) for why in item.why if why.startswith(OPEN)), ""),
            "unknown": item.eligibility == "unknown",
            "dismiss": self.links.url(Link(Tap.DISMISS, message, item.rank, ends)),
        }

    def _words(self, posting: Posting, today: date) -> dict[str, str]:
        known = self._worded.get(id(posting))
        if known is not None and known[0] is posting and known[1] == today:
            return known[2]
        words = {
            "key": posting.key,
            "kind": _KINDS[posting.kind.value],
            "title": line(posting.title, 30),
            "employer": line(posting.employer_name, 30),
            "place": line("、".join(_place(code) for code in posting.regions[:2]) or posting.place, 20),
            "pay": pay_words(posting.pay),
            "deadline": _deadline(posting.closes, today),
            "url": self.posting_url.replace("{tenant}", posting.tenant).replace("{id}", posting.id),
        }
        if len(self._worded) >= _WORDED:
            self._worded.clear()
        self._worded[id(posting)] = posting, today, words  # it holds the posting, so its id is nobody else's
        return words


def _fair(event: Event) -> dict[str, str]:
    """What is said of a fair: when and where."""
    starts, ends = (moment.astimezone(CHINA) for moment in (event.starts_at, event.ends_at))
    where = "、".join(part for part in (_place(event.region or ""), event.venue or event.channel) if part)
    return {
        "key": BEFORE + event.key,
        "kind": "直播带岗" if event.kind == "livestream" else "招聘会邀请",
        "title": line(event.title, 30),
        "employer": "",
        "place": line(where, 40),
        "pay": "",
        "deadline": f"{starts.month}月{starts.day}日 {starts:%H:%M}–{ends:%H:%M}",
        "url": "",
    }


def _what(entries: Sequence[dict[str, Any]]) -> str:
    """What a digest holds, to be counted."""
    fairs = sum(_is_fair(entry) for entry in entries)
    return "个岗位" if not fairs else "个活动邀请" if fairs == len(entries) else "个岗位和活动"


def _is_fair(entry: dict[str, Any]) -> bool:
    return bool(entry["key"].startswith(BEFORE))


def line(text: str, most: int) -> str:
    """`text` as one line of at most `most` characters, with nothing unseen, no addresses and no contact data in it."""
    clean = redact(_ADDRESS.sub("", _UNSEEN.sub(" ", text)), mark="*")[0]
    return cut(" ".join(clean.split()), most)


def cut(text: str, most: int) -> str:
    """`text`, or its beginning with an ellipsis where it has more than `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def pay_words(pay: Pay | None) -> str:
    """Pay as people write it; empty where it is not stated."""
    if pay is None or (pay.min is None and pay.max is None):
        return ""
    ends = [f"{value:g}" for value in (pay.min, pay.max) if value is not None]
    edge = "起" if pay.max is None else "以内" if pay.min is None else ""
    return f"{'–'.join(dict.fromkeys(ends))}元/{_UNITS[pay.unit]}{edge}"


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry with its facts, and its reasons, in one line each, and what its link says: what the templates show."""
    facts = "，".join(filter(None, (entry["kind"], entry["place"], entry["pay"], entry["deadline"])))
    dismiss = "不参加" if _is_fair(entry) else "不感兴趣"
    return {**entry, "facts": facts, "because": "；".join(entry["why"]), "dismiss_label": dismiss}


def _short(told: dict[str, Any]) -> str:
    """The short form within `SHORT` characters: titles give way first, the way to stop never."""
    template = _template("short.txt")
    for most in (18, 12, 8, 5):
        entries = [{"title": cut(e["title"], most), "employer": cut(e["employer"], most)} for e in told["postings"][:2]]
        for count in range(len(entries), 0, -1):
            text = template.render({**told, "first": entries[:count], "count": len(told["postings"])})
            if len(text) <= SHORT:
                return text
    return template.render({**told, "first": [], "count": len(told["postings"])})


def _place(code: str) -> str:
    """A region's name; of a county with its city's, since few know the districts of other cities."""
    found = regions.region(code)
    if found is None:
        return ""
    city = regions.region(f"{code[:4]}00") if found.level == "county" else None
    return found.name if city is None else city.name + found.name


def _deadline(closes: date | None, today: date) -> str:
    if closes is None:
        return ""
    left = (closes - today).days
    return f"{closes.month}月{closes.day}日截止" + (
        f"（还剩{left}天）" if 0 < left <= 7 else "（今天）" if left == 0 else ""
    )


@cache
def _template(name: str) -> Template:
    return _templates().get_template(name)


@cache
def _templates() -> Environment:
    folder = files("matching.sending") / "templates"
    names = ("short.txt", "long.txt", "long.html", "page.html")
    sources = {name: (folder / f"{name}.j2").read_text(encoding="utf-8") for name in names}
    return Environment(
        loader=DictLoader(sources),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(told: dict[str, Any]) -> str:
    """The page behind a message's link; see ``templates/page.html.j2``."""
    return _template("page.html").render(told)
