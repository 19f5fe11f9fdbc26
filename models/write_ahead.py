"""SQLite's write-ahead log: where two processes switch to it at once SQLite does not wait, so this does."""

from __future__ import annotations

import sqlite3
import time


def write_ahead(connection: sqlite3.Connection, *, patience: float) -> str:
    """Switch the file of `connection` to a write-ahead log, and say which mode it has then ("wal" where it could).

    Parameters
    ----------
    patience : float
        Seconds to wait for other processes.

    Raises
    ------
    sqlite3.OperationalError
        The file is still locked after that, or cannot be used.
    """
    until = time.monotonic() + patience
    while True:
        try:
            mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
            return mode if mode == "wal" else str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > until:
                raise
            time.sleep(0.01)
