"""``gradmatch event suggest`` and ``outcome``: which fair to hold next, and what came of one."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.event_lines import lines_of
from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.language import Words

if TYPE_CHECKING:
    from matching.fairs.suggesting import Suggestion
    from matching.fairs.weeks import Span


def suggest(
    tenant: Annotated[str, typer.Option("--tenant", help=say(Words("哪个租户的毕业生与岗位。", "Whose people.")))],
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=52, help=say(Words("看几周。", "Weeks ahead.")))] = 8,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help=say(Words("几条建议。", "How many.")))] = 5,
    avoid: Annotated[
        list[str] | None,
        typer.Option("--avoid", help=say(Words("避开：起/止=原因。", "Days that are out: FIRST/LAST=why."))),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help=say(Words("随机种子。", "Seed.")))] = 0,
    today: Annotated[datetime | None, typer.Option("--today", formats=["%Y-%m-%d"])] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Say which theme, city and week would serve most people not served yet, whom to invite, and who would come."""
    from matching.fairs.suggesting import Asked
    from matching.fairs.suggesting import suggest as found_in
    from matching.night import current_state
    from matching.question import CHINA
    from matching.settings import read_settings
    from matching.store import Store

    chosen = read_settings(settings, home=home)
    asked = Asked(tenant, weeks=weeks, top=top, avoid=tuple(_span(one) for one in avoid or ()), seed=seed)
    with Store.open(chosen.store) as store:
        day = today.date() if today else datetime.now(CHINA).date()
        found = found_in(store, current_state(store, chosen), chosen, asked, today=day)
    if as_json:
        typer.echo(json.dumps([one.as_dict() for one in found], ensure_ascii=False))
    elif not found:
        typer.echo(say(Words("没有可建议的活动：缺少未获服务的毕业生或有岗位的单位。", "There is nothing to suggest.")))
    else:
        typer.echo("\n".join(line for place, one in enumerate(found, 1) for line in _lines(place, one)))


def outcome(
    event: Annotated[str, typer.Argument(metavar="EVENT", help=say(Words("活动（tenant:id）。", "Event.")))],
    file: Path,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Read a CSV file with the columns graduate, employer (key or name) and outcome, or in Chinese; keep interactions.

    A line that is not right is told and left out; the others are kept. The outcome none (撤回) takes back what was kept
    of a meeting.
    """
    from matching.fairs.listing import event_of
    from matching.fairs.outcomes import NAMES, WITHDRAWN, Outcome, keep_outcomes
    from matching.fairs.sheets import OUTCOMES
    from matching.question import CHINA
    from matching.settings import read_settings
    from matching.standard.records import key_of
    from matching.store import Store

    cure = f"outcome is one of {', '.join(NAMES)}; {WITHDRAWN} takes back."
    with Store.open(read_settings(settings, home=home).store) as store:
        found = event_of(store, event)
        lines = [line.values for line in lines_of(file, OUTCOMES, cure=cure)]
        told = [Outcome(key_of(found.tenant, one["graduate"]), one["employer"], one["outcome"]) for one in lines]
        kept = keep_outcomes(store, found, told, now=datetime.now(CHINA))
    words = Words(
        f"新增互动 {kept.interactions} 条，撤回 {kept.withdrawn} 条，到场 {kept.attendances} 人，"
        f"不在名单中的 {len(kept.unknown)} 条",
        f"{kept.interactions} new interactions, {kept.withdrawn} withdrawn, {kept.attendances} attendances, "
        f"{len(kept.unknown)} not on the list",
    )
    typer.echo(say(words))


def _lines(place: int, one: Suggestion) -> list[str]:
    day = one.draft.starts_at
    best = "、".join(f"{invite.name}·{invite.title}（{invite.meetings:.2f}）" for invite in one.employers[:5])
    lines = [f"{place}. {day:%Y-%m-%d}（{say(_DAYS[day.weekday()])}） {one.draft.title}", f"   {say(one.why)}"]
    lines.append(f"   {say(Words('单位', 'Employers'))}: {best}")
    notes = "；".join(say(note) for note in one.notes)
    return [*lines, f"   {say(Words('注意', 'Note'))}: {notes}"] if notes else lines


_DAYS = tuple(
    Words(zh, en)
    for zh, en in zip("周一 周二 周三 周四 周五 周六 周日".split(), "Mon Tue Wed Thu Fri Sat Sun".split(), strict=True)
)


def _span(text: str) -> Span:
    from matching.errors import QueryError
    from matching.fairs.weeks import Span

    days, _, why = text.partition("=")
    first, _, last = days.partition("/")
    try:
        return Span(date.fromisoformat(first), date.fromisoformat(last or first), Words(why or days, why or days))
    except ValueError:
        cure = "Write 2026-06-22/2026-06-26=why, or one day."
        raise QueryError("these are no days", where="--avoid", cure=cure) from None
