"""Records on their way into the store, one by one and in bulk, each only into the tenants that the key opens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from api.body import parsed, record_of
from api.errors import MalformedBody
from api.problems import refusal_dict
from api.question import KEY
from matching.errors import RecordRefused
from matching.language import Words
from matching.standard.records import Interaction, Record, key_of
from matching.standard.refusals import Refusal
from matching.store import Access, Role, Store

MOST_TOLD = 10_000
"""Refusals that one answer lists; more are counted."""

Row = tuple[int, Any]
"""Number of a row, from 1, and its JSON: as bytes, or parsed already."""

UPSERTED = ("inserted", "updated", "unchanged")
DELETED = ("deleted", "unknown")
"""What a report counts."""

_ONE_A_LINE = Words("请每行提交一个 JSON 值（UTF-8）。", "Send one JSON value a line, in UTF-8.")
_OTHER_TENANT = Words("密钥无权写入该租户", "the key does not open this tenant")
_OWN_KEY = Words("请使用该租户的密钥，或省级密钥。", "Use a key of that tenant, or a province key.")
_NO_ID = Words("不是记录的 id", "not the id of a record")
_GIVE_ID = Words('请每行提交一个 id，如 "a1" 或 {"id": "a1"}。', 'Send one id a line: "a1" or {"id": "a1"}.')


@dataclass
class Report:
    """What became of the lines of a bulk.

    Attributes
    ----------
    kept : int
        Lines that were not refused.
    counts : dict of str → int
        Records inserted, updated and unchanged (of lines with the same id sent together, the last counts); or
        deleted, and unknown.
    refused : int
        Lines refused.
    refusals : list
        What was wrong with them: row, field, value, code, reason, cure; at most `MOST_TOLD`.
    """

    counts: dict[str, int]
    kept: int = 0
    refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, row: int, refusals: Sequence[Refusal]) -> None:
        """Note that line `row` was refused."""
        self.refused += 1
        room = max(MOST_TOLD - len(self.refusals), 0)
        self.refusals.extend({"row": row, **refusal_dict(refusal)} for refusal in refusals[:room])

    def add(self, kept: int, **counts: int) -> None:
        """Count lines that were kept, and what they did to the records."""
        self.kept += kept
        for name, count in counts.items():
            self.counts[name] += count

    def to_json(self, **more: int) -> bytes:
        """The report as an answer; `more` members are added."""
        told = {"kept": self.kept, **self.counts, "refused": self.refused, **more, "refusals": self.refusals}
        return orjson.dumps(told)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where records are taken in: the store, and what the caller's key opens."""

    store: Store
    own: Access

    def upsert(self, type_name: str, rows: Iterable[Row], report: Report) -> None:
        """Write the rows that are right, in one transaction; tell `report` of all.

        Raises
        ------
        StoreError
        """
        records = []
        for row, value in _parsed(rows, report):
            try:
                records.append(self.record(type_name, value))
            except RecordRefused as error:
                report.refuse(row, error.refusals)
        written = self.store.upsert(records)
        report.add(len(records), **written._asdict())

    def delete(self, type_name: str, rows: Iterable[Row], report: Report) -> None:
        """Delete the records whose ids the rows give, in one transaction; tell `report` of all.

        Raises
        ------
        StoreError
        """
        keys = []
        for row, value in _parsed(rows, report):
            key = self._key(value)
            tenant = key.partition(":")[0]
            if not key or not self.own.may(Role.WRITE, tenant):
                report.refuse(row, [_no_id() if not key else _other_tenant(tenant)])
            else:
                keys.append(key)
        deleted = self.store.delete(type_name, keys)
        report.add(len(keys), deleted=deleted, unknown=len(set(keys)) - deleted)

    def record(self, type_name: str, value: object) -> Record:
        """A record of parsed JSON, in the key's own tenant where it names none.

        Raises
        ------
        RecordRefused
            It breaks the standard, or belongs to a tenant that the key does not open. An interaction belongs to
            its graduate's tenant, too.
        """
        record = record_of(type_name, value, tenant=self.own.tenant)
        tenants = [("tenant", record.tenant)]
        if isinstance(record, Interaction):
            tenants.append(("graduate", record.graduate.partition(":")[0]))
        for name, tenant in tenants:
            if not self.own.may(Role.WRITE, tenant):
                raise RecordRefused([_other_tenant(tenant, name)])
        return record

    def _key(self, value: object) -> str:
        """The key that a line of a bulk deletion names; empty where it names none."""
        tenant: object = self.own.tenant
        if isinstance(value, dict) and set(value) <= {"id", "tenant"}:
            tenant, value = value.get("tenant", tenant), value.get("id")
        if not isinstance(value, str) or not isinstance(tenant, str):
            return ""
        key = key_of(tenant, value)
        return key if KEY.fullmatch(key) else ""


def _parsed(rows: Iterable[Row], report: Report) -> Iterator[tuple[int, Any]]:
    """Rows that are still bytes, parsed; those that are no JSON are refused."""
    for row, value in rows:
        if not isinstance(value, bytes):
            yield row, value
            continue
        try:
            yield row, parsed(value)
        except MalformedBody as error:
            report.refuse(
                row, [Refusal("", "", "not_json", Words(f"不是 JSON（{error.what}）", error.what), _ONE_A_LINE)]
            )


def _other_tenant(tenant: str, name: str = "tenant") -> Refusal:
    return Refusal(name, tenant, "other_tenant", _OTHER_TENANT, _OWN_KEY)


def _no_id() -> Refusal:
    return Refusal("", "", "not_an_id", _NO_ID, _GIVE_ID)
