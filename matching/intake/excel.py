"""Excel workbooks: rows of one sheet, numbered as Excel numbers them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matching.errors import FileError
from matching.intake.headers import column_names
from matching.intake.rows import Row, Rows, refusal

_LARGEST = 4 << 30
"""Bytes that the parts of a workbook may take when unpacked; a larger one is an attack or belongs into CSV."""
_CURE = "Open it in Excel, save it again as .xlsx, or save the sheet as CSV."
_EXACT_DIGITS = 15


def read_excel(path: Path, *, sheet: str | None = None, header: int = 1) -> Rows:
    """Read one sheet of an .xlsx workbook; every cell as text, dates as ``2021-07-01 00:00:00``.

    The sheet is held in memory as an Arrow table (about 1 GB for a million rows of ten columns). Formulas
    give the value that Excel saved with them.

    Parameters
    ----------
    path : Path
        The workbook.
    sheet : str, optional
        Name of the sheet; the first one by default.
    header : int
        The row that holds the column names, counted from 1 as Excel does. Blank rows above it are skipped.

    Returns
    -------
    Rows
        A row with a number of more than 15 digits is a broken row: Excel keeps only 15, so an id would be wrong.

    Raises
    ------
    FileError
        No workbook, cut off, no such sheet, or an empty one.
    """
    _check_archive(path)
    import fastexcel

    try:
        book = fastexcel.read_excel(path)
        name = sheet if sheet is not None else book.sheet_names[0]
        table = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_arrow()
    except fastexcel.FastExcelError as error:
        reason = str(error).splitlines()[0]
        raise FileError(f"cannot be read as Excel: {reason}", where=str(path), cure=_CURE) from None
    top = _first_row(table, header - 1)
    if top is None:
        raise FileError(f"sheet '{name}' has no header row", where=str(path), cure=_CURE)
    columns = column_names([column[top].as_py() for column in table.columns], path=path)
    done = [0]
    total = table.num_rows or 1
    numeric = _NumericColumns(book, name, top)
    return Rows(_rows(table, columns, top, (done, numeric)), columns=columns, share=lambda: done[0] / total)


def _rows(table: Any, columns: tuple[str, ...], top: int, state: tuple[list[int], _NumericColumns]) -> Iterator[Row]:  # noqa: ANN401
    done, numeric = state
    for start in range(top + 1, table.num_rows, 1_000):
        cells = [column.to_pylist() for column in table.slice(start, 1_000).columns]
        for number, record in enumerate(zip(*cells, strict=True), start=start + 1):
            values = {name: cell for name, cell in zip(columns, record, strict=True) if cell is not None}
            if not values:
                continue
            lost = numeric.lost_digits(record)
            broken = None if lost is None else refusal(columns[lost], record[lost], "lost_digits")
            yield Row(number, {} if broken else values, broken)
        done[0] = start


class _NumericColumns:
    """Which columns hold numbers; asked only when a cell has more digits than Excel keeps."""

    def __init__(self, book: Any, sheet: str, top: int) -> None:  # noqa: ANN401
        self._book, self._sheet, self._top = book, sheet, top
        self._types: list[str] | None = None

    def lost_digits(self, record: tuple[str | None, ...]) -> int | None:
        """Index of the first cell that Excel rounded; None where there is none."""
        for index, cell in enumerate(record):
            if cell is not None and len(cell) > _EXACT_DIGITS and cell.isdigit() and self._is_number(index):
                return index
        return None

    def _is_number(self, index: int) -> bool:
        if self._types is None:
            sheet = self._book.load_sheet(
                self._sheet, header_row=None, skip_rows=self._top + 1, schema_sample_rows=None
            )
            self._types = [str(column.dtype) for column in sheet.available_columns()]
        return self._types[index] in {"int", "float"}


def _first_row(table: Any, start: int) -> int | None:  # noqa: ANN401
    for row in range(start, min(table.num_rows, start + 100)):
        if any(column[row].as_py() not in (None, "") for column in table.columns):
            return row
    return None


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise FileError(f"is cut off or no .xlsx workbook: {error}", where=str(path), cure=_CURE) from None
    if size > _LARGEST:
        raise FileError(f"unpacks to {size >> 20} MiB", where=str(path), cure="Save the sheet as CSV.")
