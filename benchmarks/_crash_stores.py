"""Where a crash run keeps its store: a file of SQLite, or a database of a PostgreSQL server that may be restarted."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

from benchmarks._crash_check import Row

_SCRIPT = Path(__file__).parents[1] / "scripts" / "postgres"
_FIRST = "SELECT message, posting, dropped FROM push_items"
_SECOND = "SELECT m.id, m.state, m.reason FROM push_messages m JOIN push_nights n ON n.id = m.night WHERE n.ready"


class Place(NamedTuple):
    """One run's store: what it holds at the end is read without any code of the outbox.

    Attributes
    ----------
    restart : callable, optional
        Kills the server ("immediate") or stops it ("fast"), and starts it again.
    wait : callable
        Until it can be reached.
    """

    url: str
    rows: Callable[[], dict[str, Row]]
    remove: Callable[[], None]
    restart: Callable[[str], None] | None = None
    wait: Callable[[], None] = lambda: None


class Stores(Protocol):
    """Makes the stores of runs, each a copy of a template."""

    name: str
    template: str

    def place(self, seed: int) -> Place:
        """A store for one run."""
        ...


class Files:
    """Files of SQLite in a folder."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.template = f"sqlite:///{folder}/template.sqlite"

    def place(self, seed: int) -> Place:
        path = self._folder / f"{seed}.sqlite"
        shutil.copy(self._folder / "template.sqlite", path)

        def rows() -> dict[str, Row]:
            with closing(sqlite3.connect(path)) as store:
                return _rows(store.execute)

        def remove() -> None:
            for file in self._folder.glob(f"{seed}.sqlite*"):
                file.unlink()

        return Place(f"sqlite:///{path}", rows, remove)


class Server:
    """A PostgreSQL server of its own, beside any other; a context manager."""

    name = "PostgreSQL"

    def __init__(self, folder: Path) -> None:
        self._noted = {**os.environ, "GRADMATCH_POSTGRES_NOTE": str(folder / "server")}
        self._url = ""

    def __enter__(self) -> Self:
        self._url = self._say("start").strip()
        self._do("CREATE DATABASE template_of_runs")
        self.template = self._of("template_of_runs")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._say("stop")

    def place(self, seed: int) -> Place:
        name = f"run_{seed}"
        self._do(f"CREATE DATABASE {name} TEMPLATE template_of_runs")

        def rows() -> dict[str, Row]:
            import psycopg

            with psycopg.connect(self._of(name)) as connection:
                return _rows(connection.execute)

        drop = partial(self._do, f"DROP DATABASE {name} WITH (FORCE)")
        return Place(self._of(name), rows, drop, self.restart, self.wait)

    def restart(self, how: str) -> None:
        """Kill it without a word ("immediate"), or end it ("fast"); start it again."""
        self._say("restart", how)

    def wait(self) -> None:
        """Until it lets somebody in."""
        import psycopg

        for _ in range(100):
            try:
                self._do("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return

    def _of(self, name: str) -> str:
        return self._url.replace("/postgres?", f"/{name}?")

    def _do(self, statement: Any) -> None:  # noqa: ANN401
        import psycopg

        with closing(psycopg.connect(self._url, autocommit=True)) as connection:
            connection.execute(statement)

    def _say(self, *words: str) -> str:
        # The server inherits what it is started with: no pipe may wait for its end.
        with (Path(self._noted["GRADMATCH_POSTGRES_NOTE"]).with_suffix(".said")).open("w+") as said:
            subprocess.run([_SCRIPT, *words], env=self._noted, stdout=said, check=True)
            said.seek(0)
            return said.read()


def can_serve() -> bool:
    """Whether PostgreSQL is installed; nothing is installed for a benchmark."""
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb") is not None


def _rows(execute: Callable[[Any], Any]) -> dict[str, Row]:
    inside: dict[str, dict[str, str | None]] = {}
    for message, posting, dropped in execute(_FIRST):
        inside.setdefault(message, {})[posting] = dropped
    return {i: Row(i, state, reason, inside.get(i, {})) for i, state, reason in execute(_SECOND)}
