"""``gradmatch terms relations``: build, export, import and show what belongs with what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matching.cli.speech import HomeOption, SettingsOption, say
from matching.errors import UnknownId
from matching.language import Words
from matching.settings import Settings, read_settings
from matching.terms import lookup
from matching.terms.related import TABLES, Table, related
from matching.terms.relation_table import RelationTable
from matching.terms.relations import name_of

app = typer.Typer(no_args_is_help=True)
_Table = Annotated[Path, typer.Argument(metavar="FILE", help=say(Words("表格（CSV）", "Table (CSV).")))]


def table_of(settings: Settings) -> RelationTable:
    """The relations of a home."""
    return RelationTable(settings.home / "terms")


@app.command("build", help=say(Words("由岗位、交互和文字含义重建关系；人工修改保留。", "Rebuild; edits stay.")))
def build(
    meaning: Annotated[
        bool, typer.Option("--meaning/--no-meaning", help=say(Words("用编码器比较含义。", "Compare meaning too.")))
    ] = True,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Count what the store holds, compare meaning, write the table."""
    from matching.encoders import open_encoder
    from matching.relating import relate
    from matching.store import Store

    chosen = read_settings(settings, home=home)
    with Store.open(chosen.store) as store:
        built = relate(store, open_encoder(chosen) if meaning else None)
    table_of(chosen).replace(built)
    typer.echo(say(Words(f"关系 {len(built)} 条", f"{len(built)} relations")))


@app.command("export", help=say(Words("导出表格供修改（“edited”列）。", "Export a table to edit (column 'edited').")))
def export(path: _Table, home: HomeOption = None, settings: SettingsOption = None) -> None:
    """Write the table."""
    rows = table_of(read_settings(settings, home=home)).export(path)
    typer.echo(say(Words(f"已写出 {rows} 行：{path}", f"{rows} rows written: {path}")))


@app.command("import", help=say(Words("读回修改过的表格。", "Take back an edited table.")))
def take(path: _Table, home: HomeOption = None, settings: SettingsOption = None) -> None:
    """Keep the edits of the table."""
    edits = table_of(read_settings(settings, home=home)).take(path)
    typer.echo(say(Words(f"保留修改 {edits} 条", f"{edits} edits kept")))


@app.command(
    "suggest", help=say(Words("由文字或代码推荐相关的专业类、职业或行业。", "What belongs with a text or code."))
)
def suggest(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help=say(Words("码表", "Its table: majors, occupations, industries.")))
    ],
    text: Annotated[str, typer.Argument(help=say(Words("文字或代码", "Words or a code.")))],
    to: Annotated[
        str, typer.Option("--to", help=say(Words("推荐哪个码表的条目。", "Entries of which table.")))
    ] = "occupations",
    k: Annotated[int, typer.Option("--k", min=1, max=100, help=say(Words("至多几条", "At most how many.")))] = 10,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Print one line for each suggestion, strongest first."""
    read = lookup.look_up(_table(kind), text)
    if read is None:
        typer.echo(f"{text}\t{say(Words('不认识', 'not known'))}")
        return
    typer.echo(f"{text}\t{read.code}\t{read.name}\t{read.level}")
    for one in related(table_of(read_settings(settings, home=home)).relations(), read.code, to=_table(to), k=k):
        typer.echo(f"{one.code}\t{one.name}\t{one.weight:.2f}\t{one.evidence}")


def _table(name: str) -> Table:
    for table in TABLES:
        if table == name:
            return table
    raise UnknownId(f"no relations of {name!r}", where="gradmatch terms", cure=f"Use one of {', '.join(TABLES)}.")


@app.command("show", help=say(Words("列出与某代码相关的条目。", "List what belongs with a code.")))
def show(
    code: Annotated[str, typer.Argument(help=say(Words("代码", "A code.")))],
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Print one line for each relation of the code."""
    for relation in table_of(read_settings(settings, home=home)).relations():
        if code in (relation.source, relation.target):
            other = relation.target if code == relation.source else relation.source
            typer.echo(f"{other}\t{name_of(other)}\t{relation.weight:.2f}\t{relation.evidence}")
