"""``gradmatch sample``: the generated province, into files, into the store, or both."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.language import Words

if TYPE_CHECKING:
    from matching.sample import SampleProvince
    from matching.settings import Settings

DEFAULT_FOLDER = Path("sample-province")

_NAMES = {
    "graduate": Words("毕业生", "graduates"),
    "protected": Words("受保护信息", "protected"),
    "employer": Words("用人单位", "employers"),
    "posting": Words("岗位", "postings"),
    "event": Words("招聘活动", "events"),
    "interaction": Words("互动记录", "interactions"),
    "truth": Words("隐藏真值", "truth"),
}
_NOTICE = Words(
    "以下数据均由程序生成，不含任何真实个人、学校或用人单位。",
    "All of this is generated: no real person, school or employer.",
)
_HELP = {
    "graduates": Words("毕业生数量。", "How many graduates."),
    "postings": Words("岗位数量。", "How many postings."),
    "seed": Words("随机种子：相同种子生成相同数据。", "The same seed gives the same province."),
    "out": Words(
        "写入此文件夹（未指定 --load 时默认 sample-province）。", "Write files here (default, without --load)."
    ),
    "form": Words("文件格式：jsonl、csv 或 parquet。", "Format of the files: jsonl, csv or parquet."),
    "load": Words("写入数据库。", "Put the records into the store."),
    "today": Words("基准日期（默认今天），如 2026-06-15。", "The day the province stands at (default: today)."),
}

GraduatesOption = Annotated[int, typer.Option("--graduates", min=0, help=say(_HELP["graduates"]))]
PostingsOption = Annotated[int, typer.Option("--postings", min=0, help=say(_HELP["postings"]))]
SeedOption = Annotated[int, typer.Option("--seed", help=say(_HELP["seed"]))]
OutOption = Annotated[Path | None, typer.Option("--out", help=say(_HELP["out"]))]
FormatOption = Annotated[str, typer.Option("--format", help=say(_HELP["form"]))]
LoadOption = Annotated[bool, typer.Option("--load", help=say(_HELP["load"]))]
TodayOption = Annotated[datetime | None, typer.Option("--today", formats=["%Y-%m-%d"], help=say(_HELP["today"]))]


def sample(
    graduates: GraduatesOption = 2_000,
    postings: PostingsOption = 3_000,
    seed: SeedOption = 0,
    out: OutOption = None,
    form: FormatOption = "jsonl",
    load: LoadOption = False,
    today: TodayOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Generate a sample province of Jiangxi: graduates, employers, postings, fairs and interactions."""
    from matching.sample import SampleProvince
    from matching.settings import read_settings

    day = today.date() if today is not None else date.today()
    province = SampleProvince(seed, graduates=graduates, postings=postings, today=day)
    folder = DEFAULT_FOLDER if out is None and not load else out
    result: dict[str, Any] = {"generated": True, "seed": seed, "today": day.isoformat()}
    if folder is not None:
        result["files"] = _write(province, folder, form)
    if load:
        result["store"] = _load(province, read_settings(settings, home=home))
    _print(result, as_json=as_json)


def _write(province: SampleProvince, folder: Path, form: str) -> dict[str, str]:
    from matching.cli.progress import steps
    from matching.sample.export import write

    with steps() as tell:
        files = write(province, folder, form=form, progress=lambda kind, done, all_: tell(_name(kind), done, all_))
    return {kind: str(path) for kind, path in files.items()}


def _load(province: SampleProvince, settings: Settings) -> dict[str, int]:
    from matching.cli.progress import steps
    from matching.sample.export import into
    from matching.store import Store

    with Store.open(settings.store) as store, steps() as tell:
        return into(province, store, progress=lambda kind, done, all_: tell(_name(kind), done, all_))


def _name(kind: str) -> str:
    return say(_NAMES[kind])


def _print(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
        return
    typer.echo(say(_NOTICE))
    for kind, path in result.get("files", {}).items():
        typer.echo(f"  {_name(kind)}: {path}")
    for kind, count in result.get("store", {}).items():
        typer.echo(f"  {_name(kind)}: {count:,}")
