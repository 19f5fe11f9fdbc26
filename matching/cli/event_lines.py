"""Lines of a CSV file that organisers send: those that are right are kept, the others told; one never costs another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from matching.cli.speech import say
from matching.errors import FileError
from matching.language import Words

if TYPE_CHECKING:
    from matching.fairs.sheets import Line, Sheet

_TOLD = 20
"""Refused lines that are told one by one; all are counted."""


def lines_of(file: Path, sheet: Sheet, *, cure: str) -> tuple[Line, ...]:
    """The lines that are right; the others are told on standard error.

    Raises
    ------
    FileError
        The file cannot be read, or lacks a column.
    """
    from matching.fairs.sheets import read_sheet

    try:
        data = file.read_bytes()
    except OSError as error:
        raise FileError(f"it cannot be read: {error}", where=str(file), cure="Give a CSV file.") from None
    lines = read_sheet(data, sheet, where=str(file))
    if lines.wrong:
        _tell(lines.wrong, f"{', '.join(sheet.columns)}: {cure}")
    return lines.right


def _tell(wrong: tuple[int, ...], cure: str) -> None:
    for number in wrong[:_TOLD]:
        typer.echo(say(Words(f"第 {number} 行未保存", f"line {number} was not kept")), err=True)
    head = Words(f"共 {len(wrong)} 行未保存。各列：{cure}", f"{len(wrong)} line(s) not kept. Columns: {cure}")
    typer.echo(say(head), err=True)
