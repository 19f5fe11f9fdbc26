"""The whole way in: a file's rows, by a mapping, through the data standard, into the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from matching.errors import FileError, MappingError
from matching.intake.door import Door
from matching.intake.mapping import Mapping
from matching.intake.outcome import IntakeReport
from matching.intake.readers import rows
from matching.intake.rows import Row, Rows
from matching.standard.records import Record

BATCH = 1_000
"""Records of one transaction."""

Progress = Callable[[int, float], None]
"""Called after each batch with the rows read and the share of the file that they are, 0 to 1."""


class Counts(Protocol):
    """How many records a sink had not, had otherwise, or had just so."""

    @property
    def inserted(self) -> int: ...  # noqa: D102
    @property
    def updated(self) -> int: ...  # noqa: D102
    @property
    def unchanged(self) -> int: ...  # noqa: D102


class Sink(Protocol):
    """Where records go: the store. One call is one transaction, and may be repeated."""

    def upsert(self, records: Sequence[Record]) -> Counts:
        """Insert or replace records by type and (tenant, id)."""
        ...


def load(
    path: Path, mapping: Mapping, store: Sink, *, progress: Progress | None = None, batch: int = BATCH
) -> IntakeReport:
    """Bring a file's rows into the store.

    A batch is one transaction. If the process is killed, the store holds whole batches; running again completes
    them, because an upsert of the same record changes nothing. Of two rows with the same id in one file the first
    accepted one stands and the later ones are refused: which of them is right only their platform can say, and taking
    the last would hide the question.

    Parameters
    ----------
    path : Path
        Any format of `matching.intake.readers`.
    mapping : Mapping
        How its rows become records.
    store : Sink
        `matching.store.Store`, or anything with its `upsert`.
    progress : callable, optional
        Called after each batch.
    batch : int
        Records of one transaction.

    Returns
    -------
    IntakeReport
        Memory is constant except for 16 bytes and a row number of every accepted id (about 15 MB for 100,000 rows).

    Raises
    ------
    FileError
        The file cannot be opened at all. One that breaks off later is reported in `stopped`.
    MappingError
        The mapping names a column that the file does not have.
    StoreError
        The store failed; the batches before stay.
    """
    begun = time.perf_counter()
    report = IntakeReport(path, mapping.name)
    door = Door(mapping, report)
    with rows(path, mapping.file) as source:
        _check_columns(mapping, source, path)
        pending: list[Record] = []
        for row in _until_broken(source, report):
            record = door.admit(row)
            if record is not None:
                pending.append(record)
            if len(pending) >= batch:
                _store(store, pending, report)
                pending = []
            if progress is not None and report.rows % batch == 0:
                progress(report.rows, source.share())
    _store(store, pending, report)
    report.seconds = time.perf_counter() - begun
    if progress is not None:
        progress(report.rows, 1.0)
    return report


def _until_broken(source: Rows, report: IntakeReport) -> Iterator[Row]:
    try:
        yield from source
    except FileError as error:
        report.stopped = error


def _store(store: Sink, records: Sequence[Record], report: IntakeReport) -> None:
    if not records:
        return
    done = store.upsert(records)
    report.accepted += len(records)
    report.inserted += done.inserted
    report.updated += done.updated
    report.unchanged += done.unchanged


def _check_columns(mapping: Mapping, source: Rows, path: Path) -> None:
    if source.columns is None:
        return
    for column, name in mapping.sources().items():
        if column not in source.columns and column.split(".")[0] not in source.columns:
            cure = f"The file has: {', '.join(source.columns[:40])}."
            raise MappingError(
                f"'{name}' needs column '{column}', which {path.name} lacks", where=mapping.name, cure=cure
            )
