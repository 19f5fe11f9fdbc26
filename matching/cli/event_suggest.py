"""``gradmatch event suggest`` and ``outcome``: which fair to hold next, and what came of one."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    from matching.matcher import CHINA
    from matching.night import open_snapshot
    from matching.settings import read_settings
    from matching.snapshot import Snapshots
    from matching.state import without
    from matching.store import Store

    chosen = read_settings(settings, home=home)
    asked = Asked(tenant, weeks=weeks, top=top, avoid=tuple(_span(one) for one in avoid or ()), seed=seed)
    with Store.open(chosen.store) as store:
        state = open_snapshot(chosen, Snapshots(chosen.snapshots).current())
        gone = {name: store.erased_since(state.change, name) for name in ("graduate", "posting")}
        day = today.date() if today else datetime.now(CHINA).date()
        found = found_in(store, without(state, gone), chosen, asked, today=day)
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
    """Read a CSV file with the columns graduate, employer (as the list has it) and outcome; keep interactions."""
    from matching.errors import FileError
    from matching.fairs.listing import event_of
    from matching.fairs.outcomes import OUTCOMES, Outcome, keep_outcomes
    from matching.matcher import CHINA
    from matching.settings import read_settings
    from matching.store import Store

    try:
        rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(f"outcomes cannot be read: {error}", where=str(file), cure="Give a UTF-8 CSV file.") from None
    for number, row in enumerate(rows, start=2):
        if not row.get("graduate") or not row.get("employer") or row.get("outcome") not in OUTCOMES:
            cure = f"Columns: graduate, employer, outcome; an outcome is one of {', '.join(OUTCOMES)}."
            raise FileError("a line names no meeting, or no outcome", where=f"{file}, line {number}", cure=cure)
    with Store.open(read_settings(settings, home=home).store) as store:
        told = [Outcome(row["graduate"], row["employer"], row["outcome"]) for row in rows]
        kept = keep_outcomes(store, event_of(store, event), told, now=datetime.now(CHINA))
    words = Words(
        f"新增互动 {kept.interactions} 条，到场 {kept.attendances} 人，不在名单中的 {len(kept.unknown)} 条",
        f"{kept.interactions} new interactions, {kept.attendances} attendances, {len(kept.unknown)} not on the list",
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
