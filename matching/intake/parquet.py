"""Parquet: rows of a columnar file, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matching.errors import FileError
from matching.intake.rows import Row, Rows

_BATCH = 1_000
_CURE = "The file is cut off or no Parquet; export it again."


def read_parquet(path: Path) -> Rows:
    """Read a Parquet file row by row, with values as the file types them; row 1 is the first.

    Raises
    ------
    FileError
        The file is cut off or damaged; where that shows later on, when the damaged rows are reached.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise FileError(f"cannot be read as Parquet: {_line(error)}", where=str(path), cure=_CURE) from None
    total = file.metadata.num_rows or 1
    done = [0]
    names = tuple(file.schema_arrow.names)
    return Rows(_rows(file, path, done), columns=names, share=lambda: done[0] / total, close=file.close)


def _rows(file: Any, path: Path, done: list[int]) -> Iterator[Row]:  # noqa: ANN401
    import pyarrow as pa

    with file:
        batches = file.iter_batches(batch_size=_BATCH)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                where = f"{path}, after row {done[0]}"
                raise FileError(f"breaks off: {_line(error)}", where=where, cure=_CURE) from None
            if batch is None:
                return
            for number, values in enumerate(batch.to_pylist(), start=done[0] + 1):
                yield Row(number, values)
            done[0] += batch.num_rows


def _line(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
