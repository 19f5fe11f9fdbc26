"""What one tap on a link does: it is written before it is confirmed, and tapping twice does it once.

Not interested in a posting is an interaction; not coming to a fair is an answer to its invitation, which the organiser
sees and the next wave of its list goes by.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from matching.language import Words
from matching.push.invitations import BEFORE
from matching.sending.links import BadLink, Link, Tap
from matching.sending.offers import fairs_of
from matching.standard.records import Action, Interaction
from matching.store import Item, Lists, Outbox, Wish, Wishes

if TYPE_CHECKING:
    from matching.store import Store

SNOOZE = timedelta(days=30)
DONE = {
    Tap.DISMISS: Words("已记录：不再为您推荐这个岗位。", "Noted: this posting will not come again."),
    Tap.SNOOZE: Words("已暂停：一个月内不再发送。", "Paused: nothing will come for a month."),
    Tap.STOP: Words("已退订：今后不再发送。", "Stopped: nothing will come any more."),
    Tap.PLAIN: Words(
        "已设置：今后只发送不使用个人信息的最新岗位。",
        "Set: only the newest postings, the same for everyone, will come.",
    ),
}
ASKS = {
    Tap.DISMISS: Words("不感兴趣", "Not interested"),
    Tap.SNOOZE: Words("暂停一个月", "Pause for a month"),
    Tap.STOP: Words("退订，不再接收", "Stop"),
    Tap.PLAIN: Words("不再使用个人信息推荐", "Nothing personalised"),
}
DECLINES = Words("不参加", "Not coming")
DECLINED = Words(
    "已记录：您不参加这个活动，不再邀请您参加。", "Noted: you are not coming, and will not be asked again."
)


def asks(what: Tap, posting: str = "") -> Words:
    """What the button of a tap says; of a posting, or a fair, where it is about one."""
    return DECLINES if what is Tap.DISMISS and posting.startswith(BEFORE) else ASKS[what]


class Shown(NamedTuple):
    """The message behind a link: whose it is, and its postings by rank."""

    graduate: str
    items: Sequence[Item]


def message_of(store: Store, link: Link) -> Shown:
    """The message that the link is of.

    Raises
    ------
    BadLink
        It is gone: the person was deleted, for example.
    """
    found = Outbox(store).find(link.message)
    if found is None:
        raise BadLink("the message of the link is gone", where="link", cure="Tell the platform what you want.")
    letter, items = found
    return Shown(letter.graduate, [item for item in items if item.dropped is None])


def tap(store: Store, link: Link, *, now: datetime | None = None) -> Words:
    """Do what the link says, and say what was done.

    Raises
    ------
    BadLink
        It does nothing, its message or posting is gone, or its fair has begun.
    StoreError
    """
    moment = now or datetime.now(UTC)
    shown = message_of(store, link)
    if link.tap is Tap.PAGE:
        raise BadLink("the link only shows", where="link", cure="Open it instead.")
    if link.tap is Tap.DISMISS:
        return _dismiss(store, link, shown, moment)
    wishes = Wishes(store)
    before = wishes.of([shown.graduate]).get(shown.graduate, Wish())
    wishes.set(shown.graduate, _changed(before, link.tap, moment), message=link.message)
    return DONE[link.tap]


def _changed(wish: Wish, what: Tap, moment: datetime) -> Wish:
    if what is Tap.SNOOZE:
        return wish._replace(until=moment + SNOOZE)
    return wish._replace(stop=True) if what is Tap.STOP else wish._replace(plain=True)


def posting_of(shown: Shown, rank: int) -> str:
    """The key of the posting, or of the fair, that stood at a place of the message.

    Raises
    ------
    BadLink
        There is none.
    """
    posting = next((item.posting for item in shown.items if item.rank == rank), None)
    if posting is None:
        raise BadLink("the posting of the link is gone", where="link", cure="Nothing needs to be done.")
    return posting


def _dismiss(store: Store, link: Link, shown: Shown, moment: datetime) -> Words:
    posting = posting_of(shown, link.rank)
    if not posting.startswith(BEFORE):
        store.upsert([_dismissed(link, shown.graduate, posting, moment)])
        return DONE[Tap.DISMISS]
    fair = fairs_of(store, [posting]).get(posting)
    if fair is None or fair.starts_at <= moment:
        raise BadLink("the fair of the link has begun or is gone", where="link", cure="Nothing needs to be done.")
    Lists(store).answer(fair.key, {shown.graduate: "no"})
    return DECLINED


def _dismissed(link: Link, graduate: str, posting: str, moment: datetime) -> Interaction:
    return Interaction(
        tenant=graduate.partition(":")[0],
        id=f"push-{link.message}-{link.rank}",
        graduate=graduate,
        posting=posting,
        action=Action.DISMISSED,
        at=moment,
        rank=link.rank,
        channel="push",
    )
