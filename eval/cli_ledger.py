"""``gradmatch eval ledger`` and ``gradmatch eval again``: which runs there were, and one of them once more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from matching.cli.speech import HomeOption, JsonOption, SettingsOption, say
from matching.language import Words

AddOption = Annotated[
    Path | None, typer.Option("--add", help=say(Words("登记一个结果文件夹。", "Enter a run's folder.")))
]
RunArgument = Annotated[str, typer.Argument(help=say(Words("运行编号（可只写开头）。", "The run, or how it begins.")))]


def ledger(
    add: AddOption = None, as_json: JsonOption = False, home: HomeOption = None, settings: SettingsOption = None
) -> None:
    """List the runs; runs that were written with --out are entered by themselves."""
    from eval.evaluation import Evaluation
    from eval.ledger import Ledger
    from matching.settings import read_settings

    book = Ledger(read_settings(settings, home=home).home)
    if add is not None:
        book.add(Evaluation.load(add), add)
    entries = book.entries()
    if as_json:
        typer.echo(json.dumps([entry.model_dump(mode="json") for entry in entries], ensure_ascii=False, indent=1))
        return
    for entry in entries:
        mark = say(Words("模拟", "simulated")) if entry.simulated else say(Words("真实", "real"))
        typer.echo(f"{entry.run}  {entry.at}  {entry.kind:<6} {mark}  {entry.data[:10]}  {' '.join(entry.command)}")


def again(run: RunArgument, home: HomeOption = None, settings: SettingsOption = None) -> None:
    """Run it once more; exit code 1 where other figures come out."""
    from eval.ledger import Ledger
    from eval.ledger import again as repeat
    from matching.settings import read_settings

    entry = Ledger(read_settings(settings, home=home).home).entry(run)
    same, made = repeat(entry)
    if same:
        typer.echo(say(Words(f"{entry.run}：数字完全一致", f"{entry.run}: the same figures")))
        return
    for name in ("data", "snapshot", "code_version", "encoder", "seed"):
        before, after = getattr(entry, name), getattr(made.provenance, name)
        if before != after:
            typer.echo(f"{name}: {before} → {after}")
    typer.echo(say(Words(f"{entry.run}：数字不同", f"{entry.run}: other figures")))
    raise typer.Exit(1)
