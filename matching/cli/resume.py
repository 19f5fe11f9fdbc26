"""``gradmatch resume``: résumés in PDF, Word and plain text to graduates' records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.speech import say
from matching.errors import FileError
from matching.language import Words

if TYPE_CHECKING:
    from matching.errors import ResumeRefused

app = typer.Typer(no_args_is_help=True, help=say(Words("简历：PDF、Word、纯文本。", "Résumés: PDF, Word, plain text.")))

_FILES = Words(
    "简历文件……，最后一个是结果文件（JSON Lines）。", "The résumés, and last the file to write (JSON Lines)."
)
_PAGES = Words("结果附上已遮盖的全文。", "Lines hold the covered text too.")
_RECORDS = Words("另写毕业生记录，可用 intake 入库。", "Write the records alone too, for `gradmatch intake`.")


@app.callback()
def _main() -> None:
    """Keep `read` a command of its own."""


@app.command(
    "read", help=say(Words("读简历，得毕业生记录和出处。", "Read résumés to graduates' records, with places."))
)
def read(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE... OUT", help=say(_FILES))],
    tenant: Annotated[str, typer.Option(help=say(Words("所属平台简称。", "Tenant of the records.")))] = "resumes",
    pages: Annotated[bool, typer.Option("--pages", help=say(_PAGES))] = False,
    records: Annotated[Path | None, typer.Option("--records", help=say(_RECORDS))] = None,
) -> None:
    """Read every file; those that are not read are listed with the reason."""
    import orjson

    from matching.resumes.bulk import read_files, report_path

    if len(paths) < 2:
        raise FileError("no file to write is named", where="gradmatch resume read", cure="Name the output file last.")
    *sources, target = paths
    tally = read_files(sources, target, tenant=tenant, pages=pages, told=_told)
    if records is not None:
        with target.open("rb") as lines:
            records.write_bytes(b"".join(orjson.dumps(orjson.loads(line)["graduate"]) + b"\n" for line in lines))
    typer.echo(
        say(Words(f"读取 {tally.read} 份，拒收 {tally.refused} 份", f"{tally.read} read, {tally.refused} refused"))
    )
    if tally.refused:
        typer.echo(say(Words(f"拒收原因见 {report_path(target)}", f"The reasons are in {report_path(target)}")))


def _told(path: Path, error: ResumeRefused | None) -> None:
    if error is not None:
        typer.echo(f"{path}: {say(error.reason)}{say(Words('。', '. '))}{say(error.fix)}", err=True)
