"""The store's records as they stood at a cutoff: what came later is not there, what has ended since has not yet.

A store keeps what is, not what was. What can be told from the records is undone: postings published later are left
out; postings that have closed since are open; places that were filled since are free; graduates who were hired since
are seeking. What cannot be told (an edited text) stays, and `docs/evaluation.md` says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from matching.question import CHINA
from matching.standard.records import Graduate, Posting, Record

if TYPE_CHECKING:
    from matching.store import Store


class Source(Protocol):
    """Where a snapshot is built from: the store itself, or what it held at a cutoff."""

    def scan(self, type_name: str, *, tenant: str | None = None, batch: int = 1000) -> Iterator[list[Record]]:
        """See `matching.store.Store.scan`."""
        ...

    def count(self, type_name: str) -> int:
        """See `matching.store.Store.count`."""
        ...

    def last_change(self) -> int:
        """See `matching.store.Store.last_change`."""
        ...

    def erased_since(self, after: int) -> set[str]:
        """See `matching.store.Store.erased_since`."""
        ...


class AsOf:
    """The store's graduates and postings as they stood at `cutoff`.

    Parameters
    ----------
    store : Store
    cutoff : datetime
        With a time zone; the day is that of China.
    now : datetime
        Up to when hires are undone: the store stands at this moment.

    Raises
    ------
    QueryError
        A moment has no time zone.
    """

    def __init__(self, store: Store, cutoff: datetime, *, now: datetime) -> None:
        self._store = store
        self.day: date = cutoff.astimezone(CHINA).date()
        import polars as pl

        hires = store.past(now).interactions().filter(pl.col("action") == "hired", pl.col("at") >= cutoff)
        self._taken = Counter(hires["posting"].to_list())
        self._hired = frozenset(hires["graduate"].to_list())

    def scan(self, type_name: str, *, tenant: str | None = None, batch: int = 1000) -> Iterator[list[Record]]:
        """See `Store.scan`; lists may be shorter than `batch`, none is empty."""
        for records in self._store.scan(type_name, tenant=tenant, batch=batch):
            then = self.then(records)
            if then:
                yield then

    def count(self, type_name: str) -> int:
        """How many are stored now: at least as many as there were."""
        return self._store.count(type_name)

    def last_change(self) -> int:
        """That of the store."""
        return self._store.last_change()

    def erased_since(self, after: int) -> set[str]:
        """That of the store: whoever was deleted since is not in the past either (Law 8)."""
        return self._store.erased_since(after)

    def then(self, records: Sequence[Record]) -> list[Record]:
        """`records` as they stood; those that were not there yet are left out."""
        return [found for found in map(self._then, records) if found is not None]

    def _then(self, record: Record) -> Record | None:
        if isinstance(record, Posting):
            return self._posting(record)
        if isinstance(record, Graduate) and record.status == "placed" and record.key in self._hired:
            return record.model_copy(update={"status": "seeking"})
        return record

    def _posting(self, posting: Posting) -> Posting | None:
        if posting.published is not None and posting.published > self.day:
            return None
        changed: dict[str, object] = {}
        if posting.status == "closed" and (posting.closes is None or posting.closes >= self.day):
            changed["status"] = "open"
        taken = self._taken.get(posting.key, 0)
        if taken and posting.filled:
            changed["filled"] = max(posting.filled - taken, 0)
        return posting.model_copy(update=changed) if changed else posting
