"""A file, whatever its format, as a stream of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from matching.errors import FileError
from matching.intake.delimited import read_delimited
from matching.intake.documents import read_document, read_html, unfolded
from matching.intake.excel import read_excel
from matching.intake.jsonlines import read_json_lines
from matching.intake.parquet import read_parquet
from matching.intake.rows import Row, Rows

FORMATS = (".csv", ".tsv", ".txt", ".xlsx", ".jsonl", ".ndjson", ".parquet", ".json", ".jsonld", ".html", ".htm")
"""Endings of the files that can be read."""


class FileOptions(BaseModel):
    """What a mapping says about the file itself; what is not said is found out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    header: int = Field(default=1, ge=1, le=100)
    sheet: str | None = None


def rows(path: Path, options: FileOptions | None = None) -> Rows:
    """Read a file row by row; its ending names the format.

    Parameters
    ----------
    path : Path
        CSV (.csv, .tsv, .txt), Excel (.xlsx), JSON Lines (.jsonl, .ndjson), Parquet, JSON (.json, .jsonld:
        schema.org/JobPosting, JSON Resume, or a list of objects) or HTML with JSON-LD.
    options : FileOptions, optional
        Encoding, delimiter, header row and sheet where they must not be guessed.

    Returns
    -------
    Rows
        CSV, JSON Lines and Parquet in constant memory. Rows that cannot be read come as broken rows.

    Raises
    ------
    FileError
        No such file, an unknown ending, a cut-off or damaged file, or one in another encoding.
    """
    chosen = options or FileOptions()
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise FileError(f"'{ending}' is no known format", where=str(path), cure=f"Give one of {', '.join(FORMATS)}.")
    try:
        return _reader(ending, chosen)(path)
    except (OSError, LookupError) as error:
        raise FileError(f"cannot be opened: {error}", where=str(path), cure="Check the name and the rights.") from None


def _reader(ending: str, options: FileOptions) -> Callable[[Path], Rows]:
    if ending in {".csv", ".tsv", ".txt"}:
        return lambda path: read_delimited(
            path, encoding=options.encoding, delimiter=options.delimiter, header=options.header
        )
    if ending == ".xlsx":
        return lambda path: read_excel(path, sheet=options.sheet, header=options.header)
    known = {".parquet": read_parquet, ".json": read_document, ".jsonld": read_document}
    known |= {".html": read_html, ".htm": read_html, ".jsonl": _unfolded_lines, ".ndjson": _unfolded_lines}
    return known[ending]


def _unfolded_lines(path: Path) -> Rows:
    lines = read_json_lines(path)
    return Rows(_unfold(lines), share=lines.share, close=lines.close)


def _unfold(lines: Rows) -> Iterator[Row]:
    for row in lines:
        yield row if row.broken else row._replace(values=unfolded(dict(row.values)))
