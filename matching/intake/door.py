"""The door: a row comes in as a record, or it is written down why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from matching.errors import RecordRefused
from matching.intake.mapping import Mapping
from matching.intake.outcome import IntakeReport
from matching.intake.redaction import redacted
from matching.intake.rows import Row, refusal, shown
from matching.intake.translate import Translator, translator
from matching.language import Words
from matching.standard.check import check
from matching.standard.records import Record
from matching.standard.refusals import Refusal

_SHOWN_VALUES = 20


class Door:
    """Lets the rows of one file in as records, once each, and keeps the report of it."""

    def __init__(self, mapping: Mapping, report: IntakeReport) -> None:
        self._mapping = mapping
        self._report = report
        self._translate: Translator = translator(mapping)
        self._first_rows: dict[bytes, int] = {}
        self._columns = {name: ", ".join(rule.sources()) for name, rule in mapping.fields.items()}

    def admit(self, row: Row) -> Record | None:
        """The record of a row; None where it is refused or skipped."""
        self._report.rows += 1
        if row.broken is not None:
            self._refuse(row, [row.broken])
            return None
        said = self._translate(row.values)
        if said is None:
            self._report.skipped += 1
            return None
        for name, value in said.left:
            self._left(name, value)
        refusals = list(said.refusals)
        record: Record | None = None
        try:
            record = self._checked(said.data)
        except RecordRefused as error:
            named = {refused.field for refused in refusals}
            refusals += [refused for refused in error.refusals if refused.field not in named]
        if record is not None and not refusals:
            refusals = self._repeated(row, record)
        if refusals:
            self._refuse(row, refusals)
            return None
        return record

    def _checked(self, data: dict[str, Any]) -> Record:
        try:
            return check(self._mapping.type, data)
        except RecordRefused as error:
            replaced = redacted(data, error.refusals, self._mapping)
            if replaced is None:
                raise
        record = check(self._mapping.type, data)
        self._report.redactions.update(replaced)
        return record

    def _repeated(self, row: Row, record: Record) -> list[Refusal]:
        digest = blake2b(record.key.encode(), digest_size=16).digest()
        first = self._first_rows.setdefault(digest, row.number)
        if first == row.number:
            return []
        detail = Words(f"首次出现在第 {first} 行", f"first in row {first}")
        return [refusal("id", record.id, "duplicate_id", detail=detail)]

    def _refuse(self, row: Row, refusals: Sequence[Refusal]) -> None:
        self._report.refused += 1
        for refused in refusals:
            self._report.reasons[(refused.field, refused.code)] += 1
            self._report.refusals.add(row.number, self._column(refused.field), refused)

    def _column(self, name: str) -> str:
        """The foreign columns behind a field, or behind what it is a part of; empty where the mapping names none."""
        while name and name not in self._columns:
            name = name.rpartition(".")[0]
        return self._columns.get(name, "")

    def _left(self, name: str, value: object) -> None:
        self._report.left[name] += 1
        values = self._report.left_values.setdefault(name, Counter())
        text = shown(value)
        if text in values or len(values) < _SHOWN_VALUES:
            values[text] += 1
