"""The connection: opened, made safe, and lent for reading or for writing.

SQLite: WAL (readers never wait for a writer), secure_delete (what is deleted is overwritten), synchronous=NORMAL
(a killed process loses nothing; a power cut may lose the last commits, never the file's soundness).
PostgreSQL: READ COMMITTED, so that after the wait for the clock a writer sees what the one before it wrote.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

from matching.errors import StoreError
from matching.store.faults import locked, told
from models.write_ahead import write_ahead

_SQLITE_SETUP = ("foreign_keys=ON", "synchronous=NORMAL", "secure_delete=ON", "cache_size=-65536")  # 64 MiB
_FORGET_MS = 50
_IN_THE_WAY = {"SQLITE_BUSY", "SQLITE_LOCKED"}
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


class Database:
    """One database and its pool of connections; threads may share it, processes open their own.

    Parameters
    ----------
    url : str
        ``sqlite:///path/to/file`` or ``postgresql://user@host/name``.
    patience : float, keyword-only
        Seconds to wait for another writer before giving up.

    Raises
    ------
    StoreError
        The URL is none, names another kind of database, or its driver is not installed.
    """

    def __init__(self, url: str, *, patience: float) -> None:
        parsed = _parsed(url)
        self.where = parsed.render_as_string(hide_password=True)
        self.on_sqlite = parsed.get_backend_name() == "sqlite"
        self._patience = patience
        self._turn = threading.Lock()
        if self.on_sqlite:
            _make_folder(parsed)
        self.engine = self._engine(parsed)
        self._writer = self.engine.execution_options(writes=True)
        self._durable = self.engine.execution_options(writes=True, durable=True)

    def _engine(self, url: URL) -> Engine:
        common: dict[str, Any] = {"hide_parameters": True, "pool_size": 8, "max_overflow": 24}
        try:
            if self.on_sqlite:
                engine = create_engine(url, connect_args={"timeout": self._patience}, **common)
            else:
                engine = create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True, **common)
        except ModuleNotFoundError as error:
            raise StoreError(
                f"the PostgreSQL driver '{error.name}' is not installed",
                where=self.where,
                cure="Run: pip install 'gradmatch[postgres]'",
            ) from None
        event.listen(engine, "connect", self._set_up_sqlite if self.on_sqlite else self._set_up_postgres)
        if self.on_sqlite:
            event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _set_up_sqlite(self, driver: sqlite3.Connection, _: object) -> None:
        driver.isolation_level = None  # BEGIN is ours to say; the driver would not say it before DDL or SELECT
        for pragma in _SQLITE_SETUP:
            driver.execute(f"PRAGMA {pragma}")
        if write_ahead(driver, patience=self._patience) != "wal":
            raise StoreError(
                "the file system does not let SQLite keep a write-ahead log",
                where=self.where,
                cure="Put the file on a local disk, or use PostgreSQL.",
            )

    def _set_up_postgres(self, driver: DBAPIConnection, _: object) -> None:
        cursor = driver.cursor()
        cursor.execute(f"SET lock_timeout = {int(self._patience * 1000)}")
        cursor.close()
        driver.commit()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection inside a short transaction that only reads.

        Raises
        ------
        StoreError
        """
        with told(self.where), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[Connection]:
        """A connection inside a transaction that writes: all of it is kept, or nothing.

        Parameters
        ----------
        durable : bool, keyword-only
            What is written is on the disk when this returns, so that a power cut does not undo it either (PostgreSQL
            always does so).

        Raises
        ------
        StoreError
        """
        engine = self._durable if durable else self._writer
        with self._my_turn(), told(self.where), engine.begin() as connection:
            yield connection

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """Threads of one process queue here: SQLite's own waiting is a series of naps, and a thread may never win."""
        if not self.on_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=self._patience):
            raise locked(self.where)
        try:
            yield
        finally:
            self._turn.release()

    def forget(self) -> None:
        """Move the write-ahead log into the file and empty it, so that deleted bytes are in neither.

        SQLite only. A reader in the way puts it off to the next call, or to the last connection's close.
        """
        if not self.on_sqlite:
            return
        with self._my_turn(), told(self.where), closing(self.engine.raw_connection()) as lent:
            cursor = lent.cursor()
            cursor.execute(f"PRAGMA busy_timeout={_FORGET_MS}")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname not in _IN_THE_WAY:
                    raise
            finally:  # the connection goes back to the pool: it must not keep the short patience
                cursor.execute(f"PRAGMA busy_timeout={int(self._patience * 1000)}")

    def close(self) -> None:
        """Close all connections that are not lent."""
        self.engine.dispose()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its place in line at once; one that reads first and writes later could not."""
    options = connection.get_execution_options()
    writes = options.get("writes")
    if writes:  # it may only be said between transactions, and the pool's connections are lent in turn
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('durable') else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _parsed(url: str) -> URL:
    cure = "Use sqlite:///path/to/file.sqlite or postgresql://user@host/name."
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        raise StoreError("the store's URL cannot be read", cure=cure) from None  # it may hold a password
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise StoreError(f"no store on '{parsed.get_backend_name()}'", cure=cure)
    if driver.startswith("sqlite") and parsed.database in (None, "", ":memory:"):
        raise StoreError("a store in memory would be lost, and each connection would see its own", cure=cure)
    return parsed.set(drivername=driver)


def _make_folder(url: URL) -> None:
    if url.database and not url.database.startswith("file:"):
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the store's folder cannot be made: {error.strerror}",
                where=str(Path(url.database).parent),
                cure="Name another place, or mend the rights on it.",
            ) from None
