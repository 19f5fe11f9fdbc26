"""``gradmatch event``: who is invited to a fair, what they answer, when they meet, and all of it on paper."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matching.cli.event_lines import lines_of
from matching.cli.event_suggest import outcome, suggest
from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.language import Words

if TYPE_CHECKING:
    from matching.fairs.listing import Made
    from matching.settings import Settings
    from matching.standard.records import Event
    from matching.store import Store

app = typer.Typer(no_args_is_help=True)

EventArgument = Annotated[
    str, typer.Argument(metavar="EVENT", help=say(Words("活动（tenant:id）。", "Event, as tenant:id.")))
]
SeedOption = Annotated[int, typer.Option("--seed", help=say(Words("随机种子。", "Seed.")))]
SecondsOption = Annotated[
    float, typer.Option("--seconds", min=1, help=say(Words("求解总时限（秒）。", "Time for everything, in seconds.")))
]


app.command("suggest", help=say(Words("建议办什么专场。", "Suggest which fair to hold next.")))(suggest)
app.command("outcome", help=say(Words("登记面谈结果（CSV）。", "Take in what came of meetings, as CSV.")))(outcome)


@app.command(help=say(Words("生成邀请名单（新版本）。", "Make the invitation list, as a new version.")))
def invite(
    event: EventArgument,
    pin: Annotated[
        list[str] | None, typer.Option("--pin", help=say(Words("必须邀请：编号=理由。", "Invite surely: KEY=reason.")))
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", help=say(Words("不邀请：编号=理由。", "Leave out: KEY=reason.")))
    ] = None,
    free: Annotated[
        list[str] | None, typer.Option("--free", help=say(Words("取消人工指定。", "Lift a pin or exclusion.")))
    ] = None,
    base: Annotated[
        int | None, typer.Option("--base", help=say(Words("基于第几版。", "The version that it is made from.")))
    ] = None,
    seed: SeedOption = 0,
    seconds: SecondsOption = 60.0,
    prices: Annotated[
        bool, typer.Option("--prices/--no-prices", help=say(Words("计算每条规则的代价。", "Price every rule.")))
    ] = True,
    today: Annotated[datetime | None, typer.Option("--today", formats=["%Y-%m-%d"])] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Decide who is invited and whom they meet, keep it, and say what is proved."""
    from matching.cli.progress import steps
    from matching.fairs.listing import event_of, make_list
    from matching.fairs.solving import Wish
    from matching.night import current_state
    from matching.question import CHINA
    from matching.settings import read_settings
    from matching.store import Store

    chosen = read_settings(settings, home=home)
    wish = Wish(
        seed, seconds, base=base, pinned=_reasons(pin), excluded=_reasons(exclude), free=frozenset(free or ()),
        prices=prices,
    )  # fmt: skip
    with Store.open(chosen.store) as store, steps() as progress:
        found = event_of(store, event)
        day = today.date() if today else datetime.now(CHINA).date()
        made = make_list(store, current_state(store, chosen), chosen, found, wish, today=day, progress=progress)
    typer.echo(json.dumps({"version": made.version, **made.about}, ensure_ascii=False) if as_json else _told(made))


@app.command(help=say(Words("登记答复和到场（CSV）。", "Take in answers and attendance, as CSV.")))
def answer(event: EventArgument, file: Path, home: HomeOption = None, settings: SettingsOption = None) -> None:
    """Read a CSV file with the columns graduate, answer (yes or no) and came (yes or no), or in Chinese.

    A line that is not right is told and left out; the others are kept. So is who is not on the list in use.
    """
    from matching.fairs.answering import Said, keep_answers
    from matching.fairs.listing import event_of
    from matching.fairs.sheets import ANSWERS
    from matching.settings import read_settings
    from matching.store import Store

    with Store.open(read_settings(settings, home=home).store) as store:
        found = event_of(store, event)
        lines = lines_of(file, ANSWERS, cure="answer and came are yes, no or empty.")
        kept = keep_answers(store, found, [Said(**line.values) for line in lines])
    lost = len(kept.unknown)
    typer.echo(
        say(
            Words(
                f"答复 {kept.answers} 条，到场 {kept.attendances} 条，不在名单中的 {lost} 条",
                f"{kept.answers} answers, {kept.attendances} attendances, {lost} not on the list",
            )
        )
    )


@app.command(help=say(Words("排面谈时间和房间。", "Place interviews into slots and rooms.")))
def timetable(
    event: EventArgument,
    now: Annotated[
        str | None,
        typer.Option("--now", help=say(Words("当天重排：此刻（ISO 8601）。", "Replan the day from now on."))),
    ] = None,
    absent: Annotated[
        list[str] | None, typer.Option("--absent", help=say(Words("未到场的毕业生。", "Who is not there.")))
    ] = None,
    walk_in: Annotated[
        list[str] | None, typer.Option("--walk-in", help=say(Words("现场到来、未受邀者。", "Who came uninvited.")))
    ] = None,
    seed: SeedOption = 0,
    seconds: SecondsOption = 30.0,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Place all meetings of the list, as a new version; on the day, those that are left."""
    from matching.errors import QueryError
    from matching.fairs.listing import event_of
    from matching.fairs.times import slot_at
    from matching.fairs.timetable import make_timetable, replan_timetable
    from matching.settings import read_settings
    from matching.store import Lists, Store

    chosen = read_settings(settings, home=home)
    with Store.open(chosen.store) as store:
        found = event_of(store, event)
        if now is None:
            made = make_timetable(store, found, seconds=seconds, seed=seed)
        else:
            try:
                moment = datetime.fromisoformat(now)
            except ValueError:
                moment = datetime.min
            if moment.utcoffset() is None:
                cure = "Write it like 2026-06-20T10:00:00+08:00."
                raise QueryError("that is no moment with a time zone", where="--now", cure=cure)
            coming = _walk_ins(store, chosen, found, walk_in or [])
            gone = frozenset(absent or ())
            made = replan_timetable(store, found, now=slot_at(found, moment), absent=gone, walk_ins=coming)
            Lists(store).attend(found.key, dict.fromkeys(gone, False) | dict.fromkeys(coming, True))
    proved = (
        say(Words("已证明不能更多", "proved that no more can be")) if made.exact else say(Words("未证明", "not proved"))
    )
    typer.echo(
        say(
            Words(
                f"第 {made.version} 版：{made.placed} 场面谈已排，{made.left} 场未排（{proved}）",
                f"Version {made.version}: {made.placed} meetings placed, {made.left} left ({proved})",
            )
        )
    )


@app.command(help=say(Words("导出 Excel、CSV 或日历。", "Export to Excel, CSV or iCalendar.")))
def export(
    event: EventArgument,
    out: Annotated[
        Path, typer.Option("--out", help=say(Words(".xlsx、.csv 或日历文件夹。", "…xlsx, …csv or a folder.")))
    ],
    version: Annotated[int | None, typer.Option("--version", help=say(Words("第几版。", "Which version.")))] = None,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Write the list in use, or another version: by the ending of the name, or calendars into a folder."""
    from matching.fairs.listing import event_of
    from matching.fairs.paper import write_csv, write_excel
    from matching.fairs.times import write_calendars
    from matching.settings import read_settings
    from matching.store import Lists, Store

    with Store.open(read_settings(settings, home=home).store) as store:
        found = event_of(store, event)
        held = Lists(store).get(found.key, version)
        if out.suffix.lower() == ".xlsx":
            write_excel(store, found, held, out)
        elif out.suffix.lower() == ".csv":
            write_csv(store, found, held, out)
        else:
            write_calendars(found, held, out)
    typer.echo(say(Words(f"第 {held.version} 版已写入 {out}", f"Version {held.version} written to {out}")))


def _walk_ins(store: Store, settings: Settings, event: Event, keys: list[str]) -> dict[str, list[dict[str, Any]]]:
    from matching.fairs.walkins import meetings_of_walk_ins
    from matching.night import current_state
    from matching.question import CHINA

    if not keys:
        return {}
    today = datetime.now(CHINA).date()
    return meetings_of_walk_ins(event, current_state(store, settings), settings, keys, today=today)


def _reasons(given: list[str] | None) -> dict[str, str]:
    from matching.errors import QueryError

    out = {}
    for one in given or ():
        key, _, reason = one.partition("=")
        if not reason.strip():
            cure = "Write KEY=reason; the reason is kept with the list."
            raise QueryError(f"'{key}' has no reason", where="--pin, --exclude", cure=cure)
        out[key.strip()] = reason.strip()
    return out


def _told(made: Made) -> str:
    from matching.fairs.words import WAYS, name_of, waiting_words

    proof: dict[str, Any] = made.about["certificate"]
    change = made.about["change"]
    head = Words(
        f"第 {made.version} 版：邀请 {proof['invited']} 人（预计到场 {proof['expected_guests']:.1f}），"
        f"面谈 {proof['meetings']} 场，预计有效面谈 {proof['value']:.3f}，"
        f"已证明差距 {proof['gap']:.2%}；新增 {change['came']}，减少 {change['went']}",
        f"Version {made.version}: {proof['invited']} invited ({proof['expected_guests']:.1f} expected), "
        f"{proof['meetings']} meetings, {proof['value']:.3f} useful ones expected, gap {proof['gap']:.2%} proved; "
        f"{change['came']} came, {change['went']} went",
    )
    lines = [say(head), *(f"  {say(words)}: {count}" for words, count in waiting_words(made.about["waiting"]))]
    for line in proof["rules"]:
        price = f"  −{line['price']:.3f}" if line.get("price", 0) > 5e-4 else ""
        names = [name for name in ("least", "most", "reached", "kept_out") if name in line]
        asked = "  ".join(f"{name} {line[name]:.3g}" for name in names)
        lines.append(f"  {say(Words(line['zh'], line['en']))}: {asked}{price}")
    for rule, amount in proof.get("gave_way", {}).items():
        name, kept = name_of(rule), f"{amount:.3g}"
        lines.append(say(Words(f"  让步：{name.zh} 只能做到 {kept}", f"  gave way: {name.en}, kept to {kept}")))
    for way in proof["beside"]:
        broken = ", ".join(say(name_of(rule)) for rule in way["broken"])
        lines.append(f"  {say(Words(WAYS[way['name']], way['name']))}: {way['value']:.3f}  {broken}")
    return "\n".join(lines)
