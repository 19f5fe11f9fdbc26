"""What was refused, as a table (CSV, Parquet) and as an Excel file for the people who must mend it."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from matching.errors import FileError
from matching.intake.refused import RefusedValue

HEADERS = ("行号", "字段", "值", "原因", "处理办法", "来源列", "Reason", "Cure", "Code")
"""Columns of every report: row, field, value, reason, cure, foreign column; reason and cure again in English."""

ROWS_PER_SHEET = 1_048_575
"""An Excel sheet's 1,048,576 rows, less the header."""
_WIDTHS = (8, 26, 36, 34, 44, 22, 44, 44, 14)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BATCH = 10_000


def write_refusals(refusals: Iterable[RefusedValue], path: Path, *, rows_per_sheet: int = ROWS_PER_SHEET) -> int:
    """Write refusals to a file; its ending names the format.

    The file appears whole or not at all. Memory is constant. In Excel every value is a text, so none becomes a
    formula; in CSV (UTF-8 with mark, as Excel wants it) a value that would become one is led by an apostrophe.

    Parameters
    ----------
    refusals : iterable of RefusedValue
        In the order of the rows, as `RefusalLog` gives them. None gives a file with a header only.
    path : Path
        .xlsx, .csv or .parquet; an existing file is replaced.
    rows_per_sheet : int
        After so many rows a workbook goes on in another sheet.

    Returns
    -------
    int
        How many were written.

    Raises
    ------
    FileError
        Another ending, no right to write there, or a full disk.
    """
    ending = path.suffix.lower()
    if ending not in _WRITERS:
        cure = f"Give a name that ends in {', '.join(_WRITERS)}."
        raise FileError(f"'{ending}' is no format of a refusal report", where=str(path), cure=cure)
    try:
        with tempfile.TemporaryDirectory(prefix=".refused-", dir=path.parent) as folder:
            part = Path(folder) / path.name
            count = _WRITERS[ending]((_line(refused) for refused in refusals), part, rows_per_sheet)
            part.replace(path)
    except OSError as error:
        cure = "Check the folder, its rights and the free space."
        raise FileError(f"the refusal report cannot be written: {error}", where=str(path), cure=cure) from None
    return count


_Line = tuple[int, str, str, str, str, str, str, str, str]


def _line(refused: RefusedValue) -> _Line:
    r = refused.refusal
    return refused.row, r.field, r.value, r.reason.zh, r.cure.zh, refused.column, r.reason.en, r.cure.en, r.code


def _write_csv(lines: Iterator[_Line], path: Path, _: int) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        for number, *texts in lines:
            writer.writerow([number, *("'" + text if text.startswith(_FORMULA) else text for text in texts)])
            count += 1
    return count


def _write_parquet(lines: Iterator[_Line], path: Path, _: int) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(HEADERS[0], pa.int64()), *((name, pa.string()) for name in HEADERS[1:])])
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(lines, _BATCH)):
            columns = list(zip(*batch, strict=True))
            writer.write_table(pa.table(dict(zip(HEADERS, columns, strict=True)), schema=schema))
            count += len(batch)
    return count


def _write_excel(lines: Iterator[_Line], path: Path, rows_per_sheet: int) -> int:
    import xlsxwriter  # type: ignore[import-untyped]
    from xlsxwriter.exceptions import XlsxFileError  # type: ignore[import-untyped]

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "tmpdir": str(path.parent),
    }
    book = xlsxwriter.Workbook(str(path), options)
    try:
        return _write_sheets(book, lines, rows_per_sheet)
    finally:
        try:
            book.close()
        except XlsxFileError as error:
            book.fileclosed = True  # its destructor would try, and fail, to write the file once more
            raise OSError(str(error)) from None


def _write_sheets(book: Any, lines: Iterator[_Line], rows_per_sheet: int) -> int:  # noqa: ANN401
    head = book.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1, "valign": "top"})
    body = book.add_format({"text_wrap": True, "valign": "top"})
    count = 0
    line = next(lines, None)
    while line is not None or not book.worksheets():
        sheet = _sheet(book, head)
        row = 0
        while line is not None and row < rows_per_sheet:
            row += 1
            _write_row(sheet, row, line, body)
            line = next(lines, None)
        count += row
    return count


def _sheet(book: Any, head: Any) -> Any:  # noqa: ANN401
    number = len(book.worksheets()) + 1
    sheet = book.add_worksheet("拒收记录" if number == 1 else f"拒收记录 {number}")
    sheet.freeze_panes(1, 0)
    for column, (name, width) in enumerate(zip(HEADERS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, head)
    return sheet


def _write_row(sheet: Any, row: int, line: _Line, body: Any) -> None:  # noqa: ANN401
    sheet.write_number(row, 0, line[0], body)
    for column, text in enumerate(line[1:], start=1):
        sheet.write_string(row, column, text, body)


_WRITERS = {".xlsx": _write_excel, ".csv": _write_csv, ".parquet": _write_parquet}
