"""``gradmatch terms requirements``: what postings demand, in bulk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matching.cli.speech import say
from matching.language import Words

_IN = Words("岗位：每行一个 JSON（id、title、description、education、pay）。", "Postings, one JSON object a line.")
_OUT = Words("结果：每行一个 JSON。", "The answers, one JSON object a line.")
_HTML = Words("另写一页网页，标出所读之处，供人查看。", "Also write a page with what was read marked in the words.")
_REFUSED = Words("拒收的行写入此文件。", "Where refused lines go (default: OUT with .refused.jsonl).")


def requirements(
    source: Annotated[Path, typer.Argument(metavar="IN", help=say(_IN))],
    target: Annotated[Path, typer.Argument(metavar="OUT", help=say(_OUT))],
    refused: Annotated[Path | None, typer.Option("--refused", help=say(_REFUSED))] = None,
    html: Annotated[Path | None, typer.Option("--html", help=say(_HTML))] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help=say(Words("网页列几条。", "Postings on the page.")))] = 20,
) -> None:
    """Read what every posting demands; lines that cannot be read are listed."""
    from matching.requirements.bulk import read_file, report_path

    tally = read_file(source, target, refused)
    typer.echo(
        say(Words(f"读取 {tally.read} 条，拒收 {tally.refused} 条", f"{tally.read} read, {tally.refused} refused"))
    )
    if tally.refused:
        path = report_path(target, refused)
        typer.echo(say(Words(f"拒收原因见 {path}", f"The reasons are in {path}")))
    if html is not None:
        from matching.requirements.page import write_page

        shown = write_page(source, html, rows)
        typer.echo(say(Words(f"{shown} 条标注于 {html}", f"{shown} marked in {html}")))
