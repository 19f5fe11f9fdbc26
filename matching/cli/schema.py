"""``gradmatch schema``: the data standard as JSON Schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matching.cli.speech import say
from matching.language import Words


def schema(
    record_type: Annotated[
        str | None,
        typer.Argument(
            metavar="TYPE",
            help=say(Words("记录类型；省略则列出全部。", "Record type; left out, the types are listed.")),
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help=say(Words("写入该目录的全部文件。", "Write all files into this folder."))),
    ] = None,
) -> None:
    """Print the JSON Schema of a record type, list the types, or write all of them into a folder."""
    from matching.standard.records import RECORD_TYPES, STANDARD_VERSION
    from matching.standard.schema import schema_text

    if record_type is not None:
        typer.echo(schema_text(record_type), nl=False)
    elif out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name in RECORD_TYPES:
            (out / f"{name}.schema.json").write_text(schema_text(name), encoding="utf-8")
        typer.echo(
            say(Words(f"已写入 {len(RECORD_TYPES)} 个文件：{out}", f"{len(RECORD_TYPES)} files written to {out}"))
        )
    else:
        typer.echo(say(Words(f"数据标准第 {STANDARD_VERSION} 版", f"Data standard, version {STANDARD_VERSION}")))
        for name, record in RECORD_TYPES.items():
            typer.echo(f"  {name:<12} {(record.__doc__ or '').splitlines()[0]}")
