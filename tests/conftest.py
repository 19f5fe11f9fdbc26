"""Fixtures that every room uses: a store on each database, and the folder of real data where there is one.

GRADMATCH_TEST_POSTGRES  URL of a PostgreSQL server for tests (``scripts/postgres start`` prints one)
GRADMATCH_SHARED         folder that holds ``data/`` (default: ``shared`` beside the repository)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from matching.store import Store


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """URL of an empty schema of its own on the test server."""
    server = os.environ.get("GRADMATCH_TEST_POSTGRES")
    if not server:
        pytest.skip("GRADMATCH_TEST_POSTGRES names no server (scripts/postgres start prints one)")
    import psycopg

    schema = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{schema}"
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of a SQLite store that is not there yet."""
    return f"sqlite:///{(tmp_path / 'store.sqlite').as_posix()}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> str:
    """URL of a store that is not there yet: the test runs once on SQLite, once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store: the test runs once on SQLite, once on PostgreSQL."""
    with Store.open(store_url) as opened:
        yield opened


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """An empty SQLite store, for tests about something else than the store."""
    with Store.open(sqlite_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, which no repository holds."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("GRADMATCH_SHARED", beside)) / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (GRADMATCH_SHARED names another folder)")
    return folder
