"""``gradmatch eval requirements``: how well the demands of real postings are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from matching.cli.speech import say
from matching.errors import FileError
from matching.language import Words

_WRONG = Words("列出读错之处。", "List what was misread.")
_DATA = Words("公开岗位数据所在目录。", "Folder that holds the public postings.")
_HALF = Words(
    "develop、held：开发所用；second：先标注、后读取。", "develop and held were worked on, second came after."
)


def requirements(
    data: Annotated[Path, typer.Argument(metavar="DATA", help=say(_DATA))],
    half: Annotated[Literal["develop", "held", "second"], typer.Option("--half", help=say(_HALF))] = "second",
    wrong: Annotated[bool, typer.Option("--wrong", help=say(_WRONG))] = False,
) -> None:
    """Print F1 of majors and the shares that are right: over all, by source, and without IT."""
    from eval.requirements import measure

    found = measure(data, half)
    if not found.scores:
        cure = "Name the folder whose folders are the sources, such as taidi2023-postings."
        raise FileError("holds none of the labelled postings", where=str(data), cure=cure)
    for line in found.wrong if wrong else ():
        typer.echo(line)
    for name, score in found.scores.items():
        typer.echo(f"{name}: {found.counts[name]} postings, {half}")
        typer.echo("\n".join(score.lines()))
