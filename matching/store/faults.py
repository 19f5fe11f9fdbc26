"""A driver's error → `StoreError`: what is wrong, in which store, and the cure.

Only the kind of an error is told, never its values: a record must not leak into a log.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import exc

from matching.errors import StoreError


class _Fault(NamedTuple):
    what: str
    cure: str


_BUSY = _Fault("another process keeps the store locked", "Nothing was written; wait for it to end, then repeat.")
_READONLY = _Fault("the store is read-only", "Make the database (for SQLite: the file and its folder) writable.")
_FULL = _Fault("the disk of the store is full", "Nothing of this call was written; free space, then repeat.")
_DAMAGED = _Fault("the database is damaged", "Restore it from a backup; the snapshots are not a copy of it.")
_ABSENT = _Fault("the database cannot be reached", "Check the URL, that the server runs, and that it lets you in.")

_SQLITE: dict[str, _Fault] = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_READONLY": _READONLY,
    "SQLITE_FULL": _FULL,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _Fault("the file is no SQLite database", "Name another file, or restore it from a backup."),
    "SQLITE_CANTOPEN": _Fault("the database file cannot be opened", "Check its path and the rights on its folder."),
    "SQLITE_IOERR": _Fault("the disk of the store cannot be read or written", "Check the disk, then repeat."),
}
_POSTGRES: dict[str, _Fault] = {
    "55P03": _BUSY,
    "40": _BUSY,
    "25006": _READONLY,
    "42501": _Fault("the store's user may not do this", "Grant it the rights on the store's schema."),
    "53100": _FULL,
    "53": _Fault("the database server is out of room or connections", "Free some, then repeat."),
    "XX": _DAMAGED,
    "08": _ABSENT,
    "28": _ABSENT,
    "3D": _ABSENT,
    "57P": _ABSENT,
}
"""By SQLSTATE; the longest prefix counts."""


def _fault_of(error: exc.SQLAlchemyError) -> _Fault:
    cause = getattr(error, "orig", None)
    if name := getattr(cause, "sqlite_errorname", None):
        found = [fault for prefix, fault in _SQLITE.items() if name.startswith(prefix)]
        return found[0] if found else _Fault(f"the database refused ({name})", "Report this: it is our mistake.")
    if code := getattr(cause, "sqlstate", None):
        found = [_POSTGRES[code[:n]] for n in (5, 3, 2) if code[:n] in _POSTGRES]
        return found[0] if found else _Fault(f"the database refused (SQLSTATE {code})", "See the server's log.")
    if isinstance(error, exc.OperationalError):  # the driver never reached a server, so there is no SQLSTATE
        return _ABSENT
    if isinstance(error, exc.TimeoutError):
        return _Fault("all connections to the store are in use", "Nothing was written; repeat with fewer at once.")
    return _Fault(f"the database refused ({type(error).__name__})", "Report this: it is our mistake.")


def locked(where: str) -> StoreError:
    """The error of a writer whose patience ran out."""
    return StoreError(_BUSY.what, where=where, cure=_BUSY.cure)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Raise what the driver raises inside as a `StoreError` about the store at `where`.

    Raises
    ------
    StoreError
    """
    try:
        yield
    except exc.SQLAlchemyError as error:
        fault = _fault_of(error)
        raise StoreError(fault.what, where=where, cure=fault.cure) from None
