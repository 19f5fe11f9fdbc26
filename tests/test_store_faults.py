"""What goes wrong with a database is told with its cure, and nothing is half-written."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest
from sqlalchemy import event, text

from matching.errors import StoreError
from matching.standard.records import Graduate, Posting
from matching.store import Store


def postings(count, title="x" * 200):
    return [Posting(tenant="demo", id=f"p{n}", title=title) for n in range(count)]


def test_a_locked_store_is_told_after_the_patience(store_url):
    with Store.open(store_url) as first, Store.open(store_url, patience=0.2) as second:
        with first.database.writing() as connection:
            connection.execute(text("UPDATE clock SET seq = seq"))
            with pytest.raises(StoreError, match=r"keeps the store locked .*\. Nothing was written"):
                second.upsert(postings(1))
            assert second.count("posting") == 0  # readers do not wait
        assert second.upsert(postings(1)) == (1, 0, 0)


def test_a_thread_of_the_same_process_waits_its_turn_and_is_told_when_its_patience_ends(sqlite_url):
    with Store.open(sqlite_url, patience=0.2) as store:
        with (
            store.database.writing(),
            ThreadPoolExecutor(1) as other,
            pytest.raises(StoreError, match="keeps the store locked"),
        ):
            other.submit(store.upsert, postings(1)).result()
        assert store.upsert(postings(1)) == (1, 0, 0)


def test_forgetting_while_someone_reads_leaves_every_connection_its_patience(sqlite_store):
    sqlite_store.upsert(postings(2))
    with sqlite_store.database.reading() as reader:
        reader.execute(text("SELECT body FROM postings")).fetchone()
        sqlite_store.database.forget()
    with sqlite_store.database.reading() as first, sqlite_store.database.reading() as second:
        waits = [c.exec_driver_sql("PRAGMA busy_timeout").scalar_one() for c in (first, second)]
    assert waits == [30_000, 30_000]


def test_a_read_only_sqlite_file_can_be_read_and_tells_a_writer(sqlite_url):
    with Store.open(sqlite_url) as store:
        store.upsert(postings(1))
        path = store.database.engine.url.database
        with Store.open(f"sqlite:///file:{path}?mode=ro&uri=true") as reader:
            assert reader.get_many("posting", ["demo:p0"]) == {"demo:p0": postings(1)[0]}
            with pytest.raises(StoreError, match=r"read-only .*its folder\) writable"):
                reader.upsert(postings(2))


@pytest.mark.postgres
def test_a_read_only_postgres_can_be_read_and_tells_a_writer(postgres_url):
    with Store.open(postgres_url) as store:
        store.upsert(postings(1))
    with Store.open(f"{postgres_url}%20-cdefault_transaction_read_only%3Don") as reader:
        assert reader.count("posting") == 1
        with pytest.raises(StoreError, match="read-only"):
            reader.upsert(postings(2))


def test_a_full_disk_keeps_what_was_there_and_nothing_of_the_call(sqlite_store):
    sqlite_store.upsert(postings(50))
    engine = sqlite_store.database.engine

    def small_disk(driver, _):
        driver.execute("PRAGMA max_page_count=60")

    event.listen(engine, "connect", small_disk)
    engine.dispose()
    with pytest.raises(StoreError, match=r"disk of the store is full .*Nothing of this call was written; free space"):
        sqlite_store.upsert([*postings(3_000), Graduate(tenant="demo", id="g1")])
    assert (sqlite_store.count("posting"), sqlite_store.count("graduate"), sqlite_store.last_change()) == (50, 0, 50)
    event.remove(engine, "connect", small_disk)
    engine.dispose()
    assert sqlite_store.upsert(postings(3_000)) == (2_950, 0, 50)
    assert sqlite_store.last_change() == 3_000


@pytest.mark.postgres
def test_a_full_postgres_keeps_what_was_there_and_nothing_of_the_call(postgres_url):
    with Store.open(postgres_url) as store:
        store.upsert(postings(50))
        with store.database.writing() as connection:  # no disk is filled for a test: the server says that it is
            connection.execute(
                text(
                    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
                    " $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$"
                )
            )
            connection.execute(
                text(
                    "CREATE TRIGGER full_disk BEFORE INSERT ON postings FOR EACH ROW"
                    " WHEN (NEW.key = 'demo:p2500') EXECUTE FUNCTION full_disk()"
                )
            )
        with pytest.raises(StoreError, match="disk of the store is full"):
            store.upsert([*postings(3_000), Graduate(tenant="demo", id="g1")])
        assert (store.count("posting"), store.count("graduate"), store.last_change()) == (50, 0, 50)


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "store.sqlite").write_bytes(b"id,name\n" * 1_000)
    with pytest.raises(StoreError, match=r"no SQLite database .*store\.sqlite"):
        Store.open(f"sqlite:///{tmp_path}/store.sqlite")


def test_a_damaged_database(sqlite_url):
    with Store.open(sqlite_url) as store:
        store.upsert(postings(2_000))
        path = store.database.engine.url.database
    with open(path, "r+b") as file:
        pages = file.seek(0, 2) // 4_096
        file.seek(pages * 3 // 4 * 4_096)  # behind the schema, among the postings
        file.write(b"\xff" * ((pages - pages * 3 // 4) * 4_096))
    with Store.open(sqlite_url) as store, pytest.raises(StoreError, match=r"damaged .*Restore it from a backup"):
        sum(len(batch) for batch in store.scan("posting"))


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="folder cannot be made"):
        Store.open(f"sqlite:///{tmp_path}/file/store.sqlite")


def test_a_folder_instead_of_a_file(tmp_path):
    with pytest.raises(StoreError, match=r"cannot be opened .*Check its path"):
        Store.open(f"sqlite:///{tmp_path}")


def end_on_the_server(connection, url):
    """Let the server end `connection`, as a restart would."""
    import psycopg

    pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with closing(psycopg.connect(url, autocommit=True)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.mark.postgres
def test_a_connection_that_the_server_ended_is_replaced(postgres_url):
    with Store.open(postgres_url) as store:
        store.upsert(postings(1))
        with suppress(StoreError), store.database.reading() as connection:
            end_on_the_server(connection, postgres_url)
        assert store.count("posting") == 1


@pytest.mark.postgres
def test_a_connection_that_the_server_ends_in_the_middle_is_told(postgres_url):
    def write(store):
        with store.database.writing() as connection:
            end_on_the_server(connection, postgres_url)
            connection.execute(text("SELECT 1"))

    with Store.open(postgres_url) as store, pytest.raises(StoreError, match="cannot be reached"):
        write(store)


def test_an_error_never_holds_a_value(store):
    with pytest.raises(StoreError) as caught, store.database.writing() as connection:
        connection.execute(text("INSERT INTO api_keys (prefix, note) VALUES (:a, :b)"), {"a": "geheim", "b": "geheim"})
    assert "geheim" not in str(caught.value)
