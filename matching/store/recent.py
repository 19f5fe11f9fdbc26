"""Records read again and again: fresh each time, but read into an object only once while their bytes stay the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Select, Table, bindparam, select

from matching.standard.records import RECORD_TYPES, Record
from matching.store.store import record_of
from matching.store.tables import RECORD_TABLES
from matching.store.writing import chunks

if TYPE_CHECKING:
    from matching.store.store import Store

_MOST = 10_000


class Recent:
    """Records of one type by key, as they are stored at each call.

    A record that has not changed is the same object as the last time, so what was worked out of it may be kept by it.

    Parameters
    ----------
    store : Store
    type_name : str
        One whose records need no door of their own.
    """

    def __init__(self, store: Store, type_name: str) -> None:
        self._store, self._type = store, type_name
        self._seen: dict[str, tuple[bytes, Record]] = {}

    def get(self, keys: Sequence[str]) -> dict[str, Record]:
        """Records by key; those that are not stored are left out.

        Raises
        ------
        StoreError
            As `Store.get_many`.
        """
        table, found = RECORD_TABLES[self._type], {}
        with self._store.database.reading() as connection:
            for chunk in chunks(keys):
                for key, digest, body in connection.execute(_asking(table, "hash", "body"), {"keys": list(chunk)}):
                    found[key] = self._read(key, bytes(digest), body)
        if len(self._seen) > _MOST:
            self._seen = {key: self._seen[key] for key in found}
        return found

    def _read(self, key: str, digest: bytes, body: str) -> Record:
        before = self._seen.get(key)
        if before is not None and before[0] == digest:
            return before[1]
        record = record_of(self._type, key, body)
        self._seen[key] = digest, record
        return record


def said(store: Store, type_name: str, keys: Sequence[str], field: str) -> dict[str, Any]:
    """One field of many records, without reading the rest of them into objects; the standard's default where unsaid."""
    table, default = RECORD_TABLES[type_name], RECORD_TYPES[type_name].model_fields[field].default
    found: dict[str, Any] = {}
    with store.database.reading() as connection:
        for chunk in chunks(keys):
            rows = connection.execute(_asking(table, "body"), {"keys": list(chunk)})
            found.update((key, orjson.loads(body).get(field, default)) for key, body in rows)
    return found


@cache
def _asking(table: Table, *columns: str) -> Select[Any]:
    among = table.c.key.in_(bindparam("keys", expanding=True))
    return select(table.c.key, *(table.c[name] for name in columns)).where(among)
