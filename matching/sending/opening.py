"""From the settings to a sender: its channel's courier, its words, its terms and its manners."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from matching.errors import SettingsError
from matching.sending.files import Files
from matching.sending.hours import Hours
from matching.sending.letter import Writer
from matching.sending.links import Links, secret_of
from matching.sending.loop import Manners, Sender
from matching.sending.mail import Mail, Mailbox
from matching.sending.stopping import StopRule
from matching.sending.webhook import Target, Webhook
from matching.store import Outbox, Store
from matching.store.claiming import Terms

if TYPE_CHECKING:
    from matching.sending.couriers import Courier
    from matching.settings import ChannelSettings, PushSettings, Settings

_WEEK = 7 * 86_400_000_000
_HOUR = 3_600_000_000


def open_sender(store: Store, settings: Settings, channel: str) -> tuple[Sender, Courier]:
    """A sender for `channel`, and its courier, which the caller closes.

    Raises
    ------
    SettingsError
        No such channel, or it is not set up.
    FileError
    """
    own = channel_of(settings, channel)
    acknowledges = own.repeats and Outbox(store).acknowledges(channel)
    courier = _courier(own, settings, acknowledges=acknowledges)
    push = settings.push
    manners = Manners(
        at_once=min(max(4 * own.batch * own.parallel, 32), 400) if acknowledges else Manners.at_once,
        lease=timedelta(seconds=max(10 * own.timeout, 60.0)),
        repeats=own.repeats,
        stop=StopRule(most=push.opt_out_most, complaints=push.complaints_most, least=push.opt_out_least),
    )
    terms = terms_of(push, channel, own)
    return Sender(store, courier, writer_of(settings, html=own.kind == "smtp"), terms=terms, manners=manners), courier


def channel_of(settings: Settings, channel: str) -> ChannelSettings:
    """The settings of a channel.

    Raises
    ------
    SettingsError
        There are none.
    """
    own = settings.push.channels.get(channel)
    if own is None:
        known = ", ".join(settings.push.channels)
        raise SettingsError(f"no channel '{channel}' (there are: {known})", cure=f"Add [push.channels.{channel}].")
    return own


def terms_of(push: PushSettings, channel: str, own: ChannelSettings) -> Terms:
    """What every claim on the channel keeps to."""
    hours = Hours(push.quiet, push.zone, push.days, timedelta(seconds=own.timeout + 20.0))
    return Terms(channel, _WEEK, push.in_week, int(push.gap_hours * _HOUR), hours.opens, own.per_minute)


def writer_of(settings: Settings, *, html: bool = False) -> Writer:
    """What writes the digests, with their HTML where it is asked for."""
    push = settings.push
    return Writer(Links(secret_of(settings.home), push.link_base), push.sign, push.posting_url, html)


def _courier(own: ChannelSettings, settings: Settings, *, acknowledges: bool) -> Courier:
    if own.kind == "files":
        return Files(own.folder or settings.home / "outbox")
    if own.kind == "smtp":
        if not (own.sender and own.recipient):
            raise SettingsError(
                "a mail channel without sender or recipient", cure="Name both: the operator's mailboxes."
            )
        return Mail(Mailbox(own.host, own.port, own.sender, own.recipient, own.timeout))
    secret = os.environ.get(own.secret_name, "")
    if not own.url or len(secret) < 16:
        raise SettingsError(
            "a webhook without url, or whose secret is missing or short",
            where=own.secret_name,
            cure="Set the url, and the variable to at least 16 characters that the receiver has too.",
        )
    return Webhook(Target(own.url, secret.encode(), own.timeout, own.batch, own.parallel), acknowledges=acknowledges)
