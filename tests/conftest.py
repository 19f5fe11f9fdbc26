"""Fixtures that every room uses: a store on each database, and the folder of real data where there is one.

GRADMATCH_TEST_POSTGRES  URL of a PostgreSQL server for tests (``scripts/postgres start`` prints one)
GRADMATCH_SHARED         folder that holds ``data/`` (default: ``shared`` beside the repository)
"""

from __future__ import annotations

import os
import re
import time
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


COOKIE = "gradmatch_pages"


class Browser:
    """Of the organisers' pages: a client that keeps its cookie and fills in the form's token."""

    def __init__(self, client, key=None):
        self.client, self.cookie = client, ""
        if key:
            self.token = self.of(self.get("/login"))
            answer = self.post("/login", key=key)
            assert answer.headers.get("location") == "/organiser/events", answer.text
            self.token = self.of(self.get("/events"))

    @staticmethod
    def of(answer):
        found = re.search(r'name="token" value="([^"]*)"', answer.text)
        return found[1] if found else ""

    def call(self, method, path, **more):
        self.client.cookies.clear()
        headers = {"cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        answer = self.client.request(
            method, f"/organiser{path}", follow_redirects=False, headers={**headers, **more.pop("headers", {})}, **more
        )
        set_ = re.match(rf"{COOKIE}=([^;]*)", answer.headers.get("set-cookie", ""))
        self.cookie = set_[1] if set_ else self.cookie
        return answer

    def get(self, path, **headers):
        return self.call("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path, *, token=None, **fields):
        return self.call("POST", path, data={"token": self.token if token is None else token, **fields})

    def done(self, answer, state=303):
        """What a job leads to."""
        assert answer.status_code == 303, answer.text
        path = answer.headers["location"].removeprefix("/organiser")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            shown = self.get(path)
            if shown.status_code == 303 or 'hx-trigger="every 1s"' not in shown.text:
                assert shown.status_code == state, shown.text
                return shown
            time.sleep(0.03)
        raise AssertionError(path)


@pytest.fixture(scope="session")
def browser():
    """The class of browsers without a browser: made from a test client and an API key."""
    return Browser
