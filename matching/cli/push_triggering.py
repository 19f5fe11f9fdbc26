"""``gradmatch push trigger``: what should not wait for the night."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import HomeOption, SettingsOption, say
from matching.language import Words
from matching.settings import read_settings

if TYPE_CHECKING:
    from matching.push.triggers import Fired
    from matching.store import Campaign, Store

_WORDS = {
    "posting": Words("新岗位", "new postings"),
    "internship": Words("新见习/实习", "new internships"),
    "search": Words("订阅", "saved searches"),
    "deadline": Words("即将截止", "deadlines"),
    "event": Words("活动邀请", "invitations"),
}


def trigger(
    campaign: Annotated[
        str,
        typer.Option(
            "--campaign", help=say(Words("触发推送的活动短名，首次使用时新建。", "Its short name; made if new."))
        ),
    ] = "instant",
    channel: Annotated[
        str | None, typer.Option("--channel", help=say(Words("发送渠道（新建时）。", "The way out, where it is new.")))
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help=say(Words("持续运行。", "Go on until stopped.")))] = False,
    every: Annotated[
        float, typer.Option("--every", min=1, help=say(Words("持续运行时每隔几秒。", "Seconds between two looks.")))
    ] = 60.0,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Plan what is due; sending is the sender's. Safe to run every minute, twice at once, and to kill."""
    from matching.encoders import open_encoder
    from matching.live import Live
    from matching.push.triggers import Triggers
    from matching.question import CHINA
    from matching.store import Store

    chosen = read_settings(settings, home=home)
    with Store.open(chosen.store) as store:
        live = Live(store, open_encoder(chosen), chosen)
        try:
            while True:
                live.catch_up()
                own = _campaign(store, campaign, channel)
                fired = Triggers(store, chosen, live.matcher.state, own).run(datetime.now(CHINA))
                _tell(fired)
                if not (follow or fired.more):
                    return
                if not fired.more:
                    time.sleep(every)
        except KeyboardInterrupt:
            typer.echo(say(Words("已停止。", "Stopped.")), err=True)


def _campaign(store: Store, name: str, channel: str | None) -> Campaign:
    from matching.errors import UnknownId
    from matching.store import Campaign, Campaigns

    campaigns = Campaigns(store)
    try:
        return campaigns.get(name)
    except UnknownId:
        made = Campaign(name, title=say(Words("即时推送", "At once")), channel=channel or "files")
        campaigns.create(made)
        return made


def _tell(fired: Fired) -> None:
    if not fired.looked:
        typer.echo(say(Words("没有触发。", "Nothing is due.")))
    for kind, looked in fired.looked.items():
        words, planned = _WORDS[kind], fired.planned[kind]
        told = Words(f"{words.zh}：查看 {looked} 个，计划 {planned} 份", f"{words.en}: {looked}, {planned} planned")
        typer.echo(say(told))
