"""``gradmatch push simulate``: thirty nights on the generated province, ours beside what others ship."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matching.cli.speech import JsonOption, SettingsOption, say
from matching.errors import QueryError
from matching.language import Words
from matching.settings import PushSettings, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matching.push.simulation.contest import Row

_SIMULATED = Words(
    "模拟结果：样例省份与所述行为假设，非真实数据。", "SIMULATED: generated province, stated habits; nothing real."
)
_KNOBS = (
    "digest",
    "in_week",
    "gap_hours",
    "wanted",
    "hard",
    "over",
    "help",
    "sure",
    "least",
    "floor",
    "floor_price",
    "patience",
)


def simulate(
    days: Annotated[int, typer.Option("--days", min=1, max=120, help=say(Words("模拟天数。", "Nights.")))] = 30,
    graduates: Annotated[
        int, typer.Option("--graduates", min=1, help=say(Words("毕业生数量。", "How many graduates.")))
    ] = 1_500,
    postings: Annotated[
        int, typer.Option("--postings", min=1, help=say(Words("岗位数量。", "How many postings.")))
    ] = 100,
    seed: Annotated[int, typer.Option("--seed", help=say(Words("样例省份的种子。", "The province's seed.")))] = 11,
    luck: Annotated[int, typer.Option("--luck", help=say(Words("行为抽签的种子。", "Another luck, same world.")))] = 0,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if", help=say(Words("另按此设置再算，如 digest=1,in_week=3。", "Ours with other settings."))
        ),
    ] = None,
    base: Annotated[
        str,
        typer.Option("--set", help=say(Words("所有做法共用的设置，如 least=0。", "Settings for all rules: least=0."))),
    ] = "",
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help=say(Words("写出效用与拥挤的前沿图。", "Write the front as a picture."))),
    ] = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let nights pass under every rule with the same luck, and measure them alike; touches no store."""
    from matching.cli.progress import steps
    from matching.push.simulation.contest import contest, figures, front_of
    from matching.push.simulation.front import draw_front
    from matching.push.simulation.habits import Habits
    from matching.push.simulation.world import generated
    from matching.sample import SampleProvince, Tuning

    own = read_settings(settings)
    push = changed(own.push, base) if base else own.push
    own = own.model_copy(update={"push": push})
    variants = {**front_of(push), **{text: changed(push, text) for text in what_if or []}}
    province = SampleProvince(seed, graduates=graduates, postings=postings, tuning=Tuning(reposts=0.0))
    with steps() as progress:
        world = generated(province, own, progress=progress)
        step = lambda done, total: progress("simulate", done, total)  # noqa: E731
        found = contest(world, push, Habits(), nights=days, luck=luck, variants=variants, progress=step)
    rows = {name: figures(one) for name, one in found.items()}
    size = f"{graduates} graduates, {int((world.places > 0).sum())} open postings, {days} nights"
    if plot is not None:
        draw_front(rows, plot, title=f"Simulated: {size}, seed {seed}")
    typer.echo(_as_json(rows, size) if as_json else _as_text(rows, size))


def changed(push: PushSettings, text: str) -> PushSettings:
    """`push` with what ``name=value,…`` says.

    Raises
    ------
    QueryError
        A name that cannot be varied, or a value that is not allowed.
    """
    values: dict[str, Any] = push.model_dump()
    for part in text.split(","):
        name, _, value = part.partition("=")
        if name.strip() not in _KNOBS:
            cure = f"Vary one of {', '.join(_KNOBS)}: digest=1,in_week=3."
            raise QueryError(f"'{name.strip()}' cannot be varied", where="--what-if", cure=cure)
        values[name.strip()] = value.strip()
    try:
        return PushSettings.model_validate(values)
    except ValueError:
        raise QueryError(
            f"'{text}' holds a value that is not allowed", where="--what-if", cure="See docs/settings.md, [push]."
        ) from None


def _as_text(rows: Mapping[str, Row], size: str) -> str:
    from matching.push.simulation.contest import summary, told

    lines = [f"{say(_SIMULATED)} {size}", told(rows), ""]
    return "\n".join([*lines, *(f"{name}: {value:.2f}" for name, value in summary(rows).items())])


def _as_json(rows: Mapping[str, Row], size: str) -> str:
    from matching.push.simulation.contest import summary

    told = {"simulated": True, "size": size, "rules": rows, "summary": summary(rows)}
    return json.dumps(told, ensure_ascii=False)
