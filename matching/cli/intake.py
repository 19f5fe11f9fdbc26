"""``gradmatch intake``: a file's rows into the store, with a progress bar and a summary of what was refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.errors import FileError, MappingError
from matching.language import Words

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from matching.intake.load import Progress as OnProgress
    from matching.intake.mapping import Mapping
    from matching.intake.outcome import IntakeReport
    from matching.settings import Settings

_TYPES = ("graduate", "protected", "employer", "posting", "event", "interaction")
_REASONS_SHOWN = 20

_HELP = {
    "file": Words("要导入的文件。", "The file to take in."),
    "mapping": Words("映射：内置名称或 TOML 文件。", "Mapping: a built-in name or a TOML file."),
    "type": Words("无映射时的记录类型：", "Type of the records, without a mapping:"),
    "tenant": Words("未写明所属平台的记录归于哪个平台（简称）。", "Tenant of records that name none."),
    "refused": Words("把拒收记录写入此文件。", "Write the refusals here (.xlsx, .csv, .parquet)."),
    "dry": Words("只检查，不写入。", "Check only; store nothing."),
    "list": Words("列出内置映射。", "List the built-in mappings."),
}

FileArgument = Annotated[Path | None, typer.Argument(help=say(_HELP["file"]))]
MappingOption = Annotated[str | None, typer.Option("--mapping", help=say(_HELP["mapping"]))]
TypeOption = Annotated[str | None, typer.Option("--type", help=f"{say(_HELP['type'])} {', '.join(_TYPES)}")]
TenantOption = Annotated[str | None, typer.Option("--tenant", help=say(_HELP["tenant"]))]
RefusedOption = Annotated[Path | None, typer.Option("--refused", help=say(_HELP["refused"]))]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help=say(_HELP["dry"]))]
ListOption = Annotated[bool, typer.Option("--list-mappings", help=say(_HELP["list"]))]


def intake(
    file: FileArgument = None,
    mapping: MappingOption = None,
    type_name: TypeOption = None,
    tenant: TenantOption = None,
    refused: RefusedOption = None,
    dry_run: DryRunOption = False,
    list_mappings: ListOption = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Take a file in. Rows that break the standard are refused and reported; the others are stored."""
    if list_mappings:
        _list_mappings()
        return
    if file is None:
        raise FileError("no file given", where="gradmatch intake", cure="Name the file to take in.")
    from matching.settings import read_settings

    chosen = _mapping(mapping, type_name, tenant)
    report = _load(file, chosen, None if dry_run else read_settings(settings, home=home))
    if refused is not None:
        from matching.intake.report import write_refusals

        write_refusals(report.refusals, refused)
    _print(report, refused, as_json=as_json, dry_run=dry_run)
    report.refusals.close()
    if report.stopped is not None:
        raise report.stopped


def _list_mappings() -> None:
    from matching.intake.mapping import builtin_mappings, read_mapping

    for name in builtin_mappings():
        found = read_mapping(name)
        typer.echo(f"{name}\t{found.type}\t{say(Words(found.title_zh, found.title_en))}")


def _mapping(name: str | None, type_name: str | None, tenant: str | None) -> Mapping:
    from matching.intake.mapping import identity, read_mapping

    if name is not None:
        found = read_mapping(name, tenant=tenant)
        if type_name is not None and type_name != found.type:
            cure = "Leave --type out: the mapping says it."
            raise MappingError(f"makes {found.type} records, not {type_name}", where=name, cure=cure)
        return found
    if type_name not in _TYPES:
        cure = f"Give --mapping, or --type with one of: {', '.join(_TYPES)}."
        raise MappingError("which records does the file hold?", where="--type", cure=cure)
    return identity(type_name, tenant)  # type: ignore[arg-type]


def _load(file: Path, mapping: Mapping, settings: Settings | None) -> IntakeReport:
    from matching.intake.load import load
    from matching.intake.nowhere import Nowhere

    with _bar() as bar:
        step = _step(bar, file.name)
        if settings is None:
            return load(file, mapping, Nowhere(), progress=step)
        from matching.store import Store

        with Store.open(settings.store) as store:
            return load(file, mapping, store, progress=step)


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rows]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _step(bar: Bar, name: str) -> OnProgress:
    task = bar.add_task(name, total=1.0, rows="")
    return lambda rows, share: bar.update(task, completed=share, rows=f"{rows:,}")


def _print(report: IntakeReport, refused: Path | None, *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        import orjson

        typer.echo(orjson.dumps(report.as_dict(), option=orjson.OPT_INDENT_2).decode())
        return
    from rich.console import Console

    done = Words("只检查，未写入", "checked only, nothing stored") if dry_run else Words("已导入", "taken in")
    typer.echo(f"{report.path.name} ({report.mapping}): {say(done)}")
    console = Console()
    for table in _tables(report):
        console.print(table)
    if report.refused and refused is None:
        typer.echo(
            say(
                Words(
                    "用 --refused 拒收.xlsx 查看每一行的原因。", "See every row's reason with --refused refused.xlsx."
                )
            )
        )
    elif refused is not None:
        typer.echo(say(Words(f"拒收记录：{refused}", f"Refusals: {refused}")))


def _tables(report: IntakeReport) -> list[Any]:
    from rich.table import Table

    summary = Table(show_header=False)
    for words, value in _figures(report):
        summary.add_row(say(words), f"{value:,}")
    found = [summary]
    counts = [(f, code, n) for (f, code), n in report.reasons.most_common(_REASONS_SHOWN)]
    counts += [(f, "redacted", n) for f, n in report.redactions.most_common()]
    counts += [(f, "left_out", n) for f, n in report.left.most_common()]
    if counts:
        reasons = Table(*(say(w) for w in (Words("字段", "Field"), Words("代码", "Code"), Words("次数", "Count"))))
        for name, code, count in counts:
            reasons.add_row(name or "—", code, f"{count:,}")
        found.append(reasons)
    return found


def _figures(report: IntakeReport) -> list[tuple[Words, int]]:
    return [
        (Words("读取行数", "Rows read"), report.rows),
        (Words("接收", "Accepted"), report.accepted),
        (Words("其中新增", "  new"), report.inserted),
        (Words("其中更新", "  changed"), report.updated),
        (Words("其中未变", "  unchanged"), report.unchanged),
        (Words("拒收", "Refused"), report.refused),
        (Words("按映射跳过", "Skipped by the mapping"), report.skipped),
        (Words("每秒行数", "Rows a second"), round(report.rate)),
    ]
