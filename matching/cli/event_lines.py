"""Lines of a CSV file that organisers send: those that are right are kept, the others told; one never costs another."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from matching.cli.speech import say
from matching.errors import FileError
from matching.language import Words

_TOLD = 20
"""Refused lines that are told one by one; all are counted."""


def lines_of(
    file: Path, columns: Sequence[str], right: Callable[[dict[str, str]], bool], *, cure: str
) -> list[dict[str, str]]:
    """The lines that are `right`; the others are told on standard error.

    Raises
    ------
    FileError
        The file cannot be read, or lacks the first column.
    """
    try:
        rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(f"it cannot be read: {error}", where=str(file), cure="Give a UTF-8 CSV file.") from None
    if rows and columns[0] not in rows[0]:
        raise FileError(f"it has no column '{columns[0]}'", where=str(file), cure=f"Columns: {', '.join(columns)}.")
    wrong = [number for number, row in enumerate(rows, start=2) if not right(row)]
    if wrong:
        _tell(wrong, f"{', '.join(columns)}: {cure}")
    return [row for row in rows if right(row)]


def _tell(wrong: list[int], cure: str) -> None:
    for number in wrong[:_TOLD]:
        typer.echo(say(Words(f"第 {number} 行未保存", f"line {number} was not kept")), err=True)
    head = Words(f"共 {len(wrong)} 行未保存。各列：{cure}", f"{len(wrong)} line(s) not kept. Columns: {cure}")
    typer.echo(say(head), err=True)
