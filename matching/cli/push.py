"""``gradmatch push``: plan a night, send what waits, see what became of it; who wants what."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matching.cli import push_looking, push_simulating, push_triggering
from matching.cli.speech import HomeOption, SettingsOption, say
from matching.language import Words
from matching.settings import read_settings

if TYPE_CHECKING:
    from matching.push.planning import Question, Tonight
    from matching.settings import Settings
    from matching.store import Campaign, Store

app = typer.Typer(no_args_is_help=True, help=say(Words("岗位推送。", "The push.")))

CampaignOption = Annotated[
    str, typer.Option("--campaign", help=say(Words("推送活动的短名，首次使用时新建。", "Its short name; made if new.")))
]
DayOption = Annotated[
    datetime | None,
    typer.Option("--today", formats=["%Y-%m-%d"], help=say(Words("按该日期计划。", "Plan as on this day."))),
]


@app.command("plan", help=say(Words("计划今晚给谁推送什么；不发送。", "Decide who gets what tonight; sends nothing.")))
def plan(
    campaign: CampaignOption = "nightly",
    channel: Annotated[
        str | None, typer.Option("--channel", help=say(Words("发送渠道。", "The way out; default: files.")))
    ] = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", help=say(Words("只推送给该租户的毕业生。", "Only this tenant's people.")))
    ] = None,
    share: Annotated[
        float | None, typer.Option("--share", help=say(Words("灰度比例，如 0.01、0.1、1。", "Stage: 0.01, 0.1, 1.")))
    ] = None,
    holdout: Annotated[
        float | None, typer.Option("--holdout", help=say(Words("对照组比例。", "Share held out, never sent to.")))
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=say(Words("只看结果，不写入。", "Look at it, write nothing.")))
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help=say(Words("同日再次计划，已计划的不变。", "Plan around what is planned.")))
    ] = False,
    replan: Annotated[
        bool,
        typer.Option(
            "--replan",
            help=say(
                Words("重排上一夜尚未发送的，未变的保留。", "Decide again what waits; what still stands is kept.")
            ),
        ),
    ] = False,
    show: Annotated[
        int, typer.Option("--show", min=0, help=say(Words("打印几份样例。", "Print so many digests.")))
    ] = 0,
    ranked: Annotated[
        Path | None, typer.Option("--ranked", help=say(Words("gradmatch night 的结果。", "Folder of a night run.")))
    ] = None,
    today: DayOption = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            "--at",
            formats=["%Y-%m-%dT%H:%M"],
            help=say(Words("站在该时刻（北京时间）计划。", "Stand at this moment, China time; default: now.")),
        ),
    ] = None,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Plan one night; killed, run it again."""
    from matching.cli.progress import steps
    from matching.push.evening import clear, renewed, tonight

    if again and replan:
        raise typer.BadParameter("--again plans around what waits, --replan decides it again; give one of them")
    chosen = read_settings(settings, home=home)
    with _store(chosen) as store:
        changes = {"channel": channel, "tenant": tenant, "share": share, "holdout": holdout}
        own = _campaign(store, campaign, {n: v for n, v in changes.items() if v is not None}, keep=not dry_run)
        question = _question(store, own, today, at=at, again=again)
        with steps() as progress:
            if replan:
                found = renewed(store, chosen, question, ranked=ranked, progress=progress, keep=not dry_run)
            else:
                found = tonight(store, chosen, question, ranked=ranked, progress=progress)
        question = found.question
        _tell(found)
        push_looking.print_digests(store, chosen, found.drafts, show)
        if dry_run:
            typer.echo(say(Words("试算：未写入，未发送。", "A trial: nothing written, nothing sent.")))
        elif replan or found.write(store):
            typer.echo(say(Words(f"已写入：{question.night}", f"Written: {question.night}")))
        else:
            typer.echo(
                say(Words("今晚已计划过（--again 可再次计划）。", "This night is planned already (see --again)."))
            )
        if ranked is None:
            clear(chosen, question)


@app.command("send", help=say(Words("发送到期的推送。", "Send what is due.")))
def send(
    channel: Annotated[str, typer.Option("--channel", help=say(Words("发送渠道。", "The way out.")))] = "files",
    follow: Annotated[bool, typer.Option("--follow", help=say(Words("持续发送。", "Go on until stopped.")))] = False,
    trust_clock: Annotated[
        bool,
        typer.Option("--trust-clock", help=say(Words("确认系统时钟现在正确。", "The clock is right as it is now."))),
    ] = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Claim, send and settle until nothing is due; safe to kill and to run several times at once."""
    from matching.sending.moment import MachineClock
    from matching.sending.opening import open_sender
    from matching.store import Outbox

    chosen = read_settings(settings, home=home)
    with _store(chosen) as store:
        if trust_clock:
            clock = MachineClock()
            Outbox(store).drift(clock.boot(), wall=clock.wall(), ticks=clock.ticks(), accept=True)
        sender, courier = open_sender(store, chosen, channel)
        try:
            done = sender.run()
            told = Words(
                f"查看 {done.looked} 条，送出 {done.given} 条，确认送达 {done.sent} 条",
                f"{done.looked} looked at, {done.given} given, {done.sent} sent",
            )
            typer.echo(say(told))
            if follow:
                sender.follow()
        except KeyboardInterrupt:
            typer.echo(say(Words("已停止。", "Stopped.")), err=True)
        finally:
            courier.close()


@app.command(
    "optout", help=say(Words("登记某人的推送意愿：停止、暂停、非个性化、免打扰。", "What a person wants of it."))
)
def optout(
    graduate: Annotated[
        str, typer.Argument(help=say(Words("毕业生键 tenant:id。", "Key of the graduate, tenant:id.")))
    ],
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], help=say(Words("暂停到该日。", "Nothing before this day."))),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help=say(Words("只发送非个性化内容。", "Nothing personalised.")))
    ] = False,
    quiet: Annotated[
        str | None, typer.Option("--quiet", help=say(Words("免打扰时段，如 22:00-09:00。", "Hours of quiet.")))
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", help=say(Words("时区。", "Time zone (IANA).")))] = None,
    undo: Annotated[bool, typer.Option("--undo", help=say(Words("恢复为默认。", "Back to the defaults.")))] = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Without options: stop. Holds from the next claim on."""
    from matching.question import CHINA
    from matching.sending.hours import checked
    from matching.store import Wish, Wishes

    says = until is not None or plain or quiet is not None or zone is not None
    wish = Wish(
        stop=not (says or undo),
        until=None if until is None else until.replace(tzinfo=CHINA),
        plain=plain,
        zone=zone,
        quiet=quiet,
    )
    chosen = read_settings(settings, home=home)
    with _store(chosen) as store:
        Wishes(store).set(graduate, Wish() if undo else checked(wish))
    typer.echo(say(Words(f"已登记：{graduate}", f"Noted: {graduate}")))


@app.command("stop", help=say(Words("停止一个推送活动。", "Stop a campaign.")))
def stop(
    campaign: Annotated[str, typer.Argument(help=say(Words("推送活动的短名。", "Its short name.")))],
    reason: Annotated[str, typer.Option("--reason", help=say(Words("原因。", "Why.")))] = "stopped by the operator",
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """What waits is suppressed; what is under way comes to its end."""
    from matching.store import Campaigns

    with _store(read_settings(settings, home=home)) as store:
        count = Campaigns(store).stop(campaign, reason)
    typer.echo(say(Words(f"已停止，撤回 {count} 条", f"Stopped; {count} withdrawn")))


app.command(
    "trigger",
    help=say(Words("即时计划：新岗位、订阅、截止、邀请。", "What should not wait for the night.")),
)(push_triggering.trigger)
app.command("status", help=say(Words("各状态数量、漏斗、未触达原因。", "Counts, funnel, who is not reached and why.")))(
    push_looking.status
)
app.command("preview", help=say(Words("随机查看待发送的推送。", "Some digests that wait, at random.")))(
    push_looking.preview
)
app.command(
    "simulate", help=say(Words("在样例省份上模拟若干夜并与常见做法比较。", "Simulated nights beside what others do."))
)(push_simulating.simulate)


def _store(settings: Settings) -> Store:
    from matching.store import Store

    return Store.open(settings.store)


def _campaign(store: Store, name: str, changes: dict[str, Any], *, keep: bool) -> Campaign:
    """The campaign with what is asked changed; made where it is new, unless nothing is to be kept."""
    from matching.errors import UnknownId
    from matching.store import Campaign, Campaigns

    campaigns = Campaigns(store)
    try:
        own = campaigns.get(name)
    except UnknownId:
        own = Campaign(name)
        changes.setdefault("title", name)
    own = own._replace(**changes)
    if keep and changes:
        campaigns.create(own)
    return own


def _question(
    store: Store, campaign: Campaign, today: datetime | None, *, at: datetime | None = None, again: bool
) -> Question:
    from matching.push.evening import next_turn
    from matching.push.planning import Question
    from matching.question import CHINA

    now = datetime.now(CHINA) if at is None else at.replace(tzinfo=CHINA)
    question = Question(campaign, (today or now).date(), now)
    return next_turn(store, question) if again else question


def _tell(found: Tonight) -> None:
    from matching.sending.calendar import covered, is_covered

    typer.echo(json.dumps(found.certificate, ensure_ascii=False, indent=1))
    if not is_covered(found.question.day):
        first, last = covered()
        told = Words(
            f"注意：节假日与调休只知道 {first}–{last} 年；之后只按固定节日和周末判断。",
            f"Note: holidays and make-up days are known for {first} to {last}; beyond, only fixed ones and weekends.",
        )
        typer.echo(say(told), err=True)
