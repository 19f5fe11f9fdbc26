"""``gradmatch terms``: code tables, look-ups and suggestions.

The group itself; commands with more to them are added here from files of their own.
"""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from matching.cli import relations
from matching.cli.requirements import requirements
from matching.cli.speech import JsonOption, say
from matching.errors import UnknownId
from matching.language import Words
from matching.terms import key_industries
from matching.terms import lookup as tables
from matching.terms.tables import counts

app = typer.Typer(no_args_is_help=True, help=say(Words("专业、职业、行业、地区、学历的代码。", "Codes of terms.")))
_RELATIONS = Words("专业、职业、行业之间的关系。", "What belongs with what.")
app.add_typer(relations.app, name="relations", help=say(_RELATIONS))
_KINDS = ", ".join(tables.KINDS)
KindArgument = Annotated[str, typer.Argument(metavar="KIND", help=say(Words(f"码表：{_KINDS}", f"One of {_KINDS}.")))]


app.command("requirements", help=say(Words("批量读出岗位要求。", "Read what postings demand, in bulk.")))(requirements)


@app.command(
    "lookup",
    help=say(
        Words("把文字读成代码，附把握程度；读不懂就明说。", "Read texts as codes, or say that they are not known.")
    ),
)
def lookup(
    kind: KindArgument,
    texts: Annotated[list[str], typer.Argument(metavar="TEXT...", help=say(Words("文字", "What to look up.")))],
    as_json: JsonOption = False,
) -> None:
    """Print one line for each text."""
    for text in texts:
        found = tables.look_up(_kind(kind), text)
        key = tables.key_industries_of(_kind(kind), found)
        if as_json:
            row = {"text": text, "reading": found._asdict() if found else None, "key_industries": [k.code for k in key]}
            typer.echo(orjson.dumps(row).decode())
        elif found is None:
            typer.echo(f"{text}\t{say(Words('不认识', 'not known'))}")
        else:
            line = f"{text}\t{found.code}\t{found.name}\t{found.level}\t{found.confidence:.2f}\t{found.how}"
            typer.echo(line + "".join(f"\t{k.plan} {say(k.name)}" for k in key))


@app.command("suggest", help=say(Words("按名称的一部分列出条目。", "List entries by a part of their names.")))
def suggest(
    kind: KindArgument,
    text: Annotated[str, typer.Argument(help=say(Words("名称的一部分", "A part of the name.")))],
    k: Annotated[int, typer.Option("--k", min=1, max=100, help=say(Words("至多几条", "At most how many.")))] = 10,
) -> None:
    """Print one line for each entry."""
    for entry in tables.suggest(_kind(kind), text, k=k):
        typer.echo(f"{entry.code}\t{entry.name}\t{entry.level}")


@app.command(
    "key-industries",
    help=say(Words("江西重点产业（2+6+N、1269）及其行业代码。", "Jiangxi's key industries, with their codes.")),
)
def list_key_industries() -> None:
    """Print one line for each: code, plan, tier, name, codes of GB/T 4754."""
    for entry in key_industries.rows():
        typer.echo(f"{entry.code}\t{entry.plan}\t{entry.tier}\t{say(entry.name)}\t{' '.join(entry.codes)}")


@app.command(
    "tables",
    help=say(Words("各码表的版本、条数，与标准自身条数对照。", "Editions and rows beside the standards' own counts.")),
)
def list_tables(as_json: JsonOption = False) -> None:
    """Print one line for each level of each table."""
    for count in counts():
        why = say(count.why)
        if as_json:
            row = {**count._asdict(), "difference": count.difference, "why": why}
            typer.echo(orjson.dumps(row).decode())
            continue
        standard = "-" if count.standard is None else f"{count.standard:,}"
        off = "" if not count.difference else f"{count.difference:+d}"
        cells = (count.table, count.edition or "-", count.level, f"{count.held:,}", standard, off, why)
        typer.echo("\t".join(cells).rstrip())


def _kind(name: str) -> tables.Kind:
    for kind in tables.KINDS:
        if kind == name:
            return kind
    raise UnknownId(f"no code table called {name!r}", where="gradmatch terms", cure=f"Use one of {_KINDS}.")
