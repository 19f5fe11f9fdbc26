"""Versions of lists held in memory: a page of a list of many people need not read all of them again.

A version never changes but for people who are deleted: the store is asked for them at every look, and they are dropped
from what is held (Law 8).
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from matching.store.lists import Lists, Version

if TYPE_CHECKING:
    from matching.store.store import Store

_HELD = 2
"""Versions that are held, of two events at work at once."""
_Name = tuple[str, int, datetime]


class HeldLists:
    """The versions looked at last, for threads of one process; several processes may hold the same."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lists = Lists(store)
        self._held: OrderedDict[_Name, tuple[int, Version]] = OrderedDict()
        self._lock = Lock()

    def get(self, event: str, version: int | None = None) -> Version:
        """A version, or the one in use, as `Lists.get` gives it.

        Raises
        ------
        UnknownId
        """
        head = self._lists.headline(event, version)
        if head is None:
            return self._lists.get(event, version)  # which says that there is none
        name = (event, head.version, head.at)  # an event that was deleted and made anew begins at 1 again
        change = self._store.last_change()
        with self._lock:
            since, found = self._held.get(name, (change, None))
        if found is None:
            found = self._lists.get(event, head.version)
        elif gone := self._store.erased_since(since):
            found = found._replace(guests=tuple(guest for guest in found.guests if guest.graduate not in gone))
        self._hold(name, change, found)
        return found

    def _hold(self, name: _Name, change: int, version: Version) -> None:
        with self._lock:
            self._held[name] = (change, version)
            self._held.move_to_end(name)
            while len(self._held) > _HELD:
                self._held.popitem(last=False)
