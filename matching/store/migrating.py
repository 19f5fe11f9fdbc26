"""Bring a store to the newest revision that this code knows, in one transaction, one process at a time."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from matching.errors import StoreError
from matching.store.database import Database

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x67726164  # "grad": any number, the same in every process
_ALEMBIC = threading.Lock()  # Alembic keeps the migration under way in a module, so one thread at a time


def migrate(database: Database) -> None:
    """Migrate to head; nothing happens, and nothing waits, where the store is there already.

    Raises
    ------
    StoreError
        The store was written by a newer version, or cannot be read or written.
    """
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS.as_posix().replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with database.reading() as connection:
        if _revision(connection, script, database.where) == script.get_current_head():
            return
    with database.writing() as connection:
        if not database.on_sqlite:  # SQLite's BEGIN IMMEDIATE has locked already
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _revision(connection, script, database.where)
        config.attributes["connection"] = connection
        with _ALEMBIC:
            command.upgrade(config, "head")


def _revision(connection: Connection, script: ScriptDirectory, where: str) -> str | None:
    """The store's revision, None for a new one; an error where this code does not know it."""
    revision = MigrationContext.configure(connection).get_current_revision()
    known = [step.revision for step in script.walk_revisions()]
    if revision is not None and revision not in known:
        raise StoreError(
            f"the store has revision {revision}, this version knows only up to {script.get_current_head()}",
            where=where,
            cure="Install the newer version of gradmatch that wrote it.",
        )
    return revision
