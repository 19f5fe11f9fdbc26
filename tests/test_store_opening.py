"""Opening a store: made where there is none, migrated where it is older, refused where it is newer or none."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from matching.errors import StoreError
from matching.standard.records import Posting
from matching.store import Store
from matching.store.tables import metadata

OPEN = "import sys; from matching.store import Store; Store.open(sys.argv[1]).close()"


def test_folders_are_made(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/a/b/store.sqlite") as store:
        assert store.count("graduate") == 0
    assert (tmp_path / "a" / "b" / "store.sqlite").exists()


def test_sqlite_is_set_up_for_readers_beside_a_writer_and_for_erasure(sqlite_store):
    with sqlite_store.database.reading() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous", "secure_delete")
        }
    assert found == {
        "journal_mode": "wal",
        "busy_timeout": 30_000,
        "foreign_keys": 1,
        "synchronous": 1,
        "secure_delete": 1,
    }


def test_migrations_and_tables_say_the_same(store):
    with store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == "0007"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "the store's URL cannot be read"),
        ("mysql://user:geheim@host/db", "no store on 'mysql'"),
        ("sqlite://", "in memory would be lost"),
        ("sqlite:///:memory:", "in memory would be lost"),
    ],
)
def test_a_url_that_is_no_store(url, told):
    with pytest.raises(StoreError, match=told) as caught:
        Store.open(url)
    assert "postgresql://user@host/name" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_missing_driver_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"'psycopg' is not installed.*pip install 'gradmatch\[postgres\]'"):
        Store.open("postgresql://user@host/name")


def test_a_server_that_is_not_there_hides_the_password(tmp_path):
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        Store.open(f"postgresql://user:geheim@/name?host={tmp_path}")
    assert "geheim" not in str(caught.value)
    assert str(tmp_path.name) in str(caught.value)


def test_a_newer_store_is_left_alone(store_url):
    with Store.open(store_url) as store:
        store.upsert([Posting(tenant="demo", id="1", title="x")])
        with store.database.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"has revision 9999, this version knows only up to 0007"):
        Store.open(store_url)


def test_a_migration_that_fails_leaves_nothing(store_url, monkeypatch):
    def breaks(config, revision):
        real(config, revision)
        raise RuntimeError("killed")

    real = command.upgrade
    monkeypatch.setattr(command, "upgrade", breaks)
    with pytest.raises(RuntimeError, match="killed"):
        Store.open(store_url)
    monkeypatch.undo()
    with Store.open(store_url) as store:
        assert store.upsert([Posting(tenant="demo", id="1", title="x")]) == (1, 0, 0)
        assert set(metadata.tables) < set(inspect(store.database.engine).get_table_names())


def test_processes_that_open_a_new_store_at_once_do_not_break_each_other(store_url):
    repository = Path(__file__).resolve().parents[1]
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN, store_url], cwd=repository, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in started:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    with Store.open(store_url) as store:
        assert store.last_change() == 0


def test_opening_does_not_wait_for_a_writer(store_url):
    with Store.open(store_url) as first, first.database.writing() as connection:
        connection.execute(text("UPDATE clock SET seq = seq"))
        with Store.open(store_url, patience=0.2) as second:
            assert second.count("posting") == 0
