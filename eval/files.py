"""Tables from CSV files as analysts have them: UTF-8, or GB18030 as a Chinese Excel writes it; every value a text."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from matching.errors import FileError
from matching.intake.encodings import find_encoding


def read_csv(path: Path, *, separator: str = ",", quoted: bool = True) -> pl.DataFrame:
    """The table of a CSV with a header, in whichever encoding (`matching.intake.encodings`); columns are texts.

    Names of columns are stripped of blanks. A file of a header alone is a table without rows.

    Raises
    ------
    FileError
        The file cannot be read, is empty, is in no known encoding, or bytes of it are damaged; or its lines have more
        columns than its header.
    """
    try:
        encoding = find_encoding(path)
        text = path.read_bytes().decode(encoding.name)
    except OSError as error:
        raise FileError(f"file cannot be read: {error.strerror}", where=str(path), cure="Check the path.") from None
    except UnicodeDecodeError as error:
        raise FileError(
            f"byte {error.start} does not fit the file's encoding, {error.encoding}",
            where=str(path),
            cure="Save the file as UTF-8 CSV.",
        ) from None
    try:
        table = pl.read_csv(
            io.BytesIO(text.encode("utf-8")),
            infer_schema=False,
            separator=separator,
            quote_char='"' if quoted else None,
        )
    except pl.exceptions.PolarsError as error:
        first = str(error).splitlines()[0] or "no table"
        raise FileError(f"no CSV can be read: {first}", where=str(path), cure="Give a header, then rows.") from None
    return table.rename({name: name.strip() for name in table.columns})
