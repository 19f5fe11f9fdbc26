"""Law 8 in the store: a deleted person is gone, with everything that hangs on the person."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from matching.standard.records import Graduate, Interaction, Posting, Protected
from matching.store import Change

DAY = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def person(number, summary=""):
    return Graduate(tenant="demo", id=f"g{number}", summary=summary)


def private(number):
    return Protected(tenant="demo", id=f"g{number}", disability=True)


def act(number, who, tenant="demo"):
    return Interaction(tenant=tenant, id=f"i{number}", graduate=who, posting="demo:p1", action="applied", at=DAY)


def test_with_a_graduate_go_protected_record_and_interactions(store):
    store.upsert([person(1), person(2), private(1), private(2)])
    store.upsert([act(1, "demo:g1"), act(2, "demo:g2"), act(3, "demo:g1", tenant="other")])
    assert store.delete("graduate", ["demo:g1", "demo:g1", "demo:g7"]) == 1
    assert store.get("graduate", "demo:g1") is None
    assert list(store.protected(["demo:g1", "demo:g2"], "test")) == ["demo:g2"]
    assert store.past(LATER).interactions()["graduate"].to_list() == ["demo:g2"]
    assert store.changes(4) == [Change(5, "protected", "demo:g1", True), Change(6, "graduate", "demo:g1", True)]


def test_what_hangs_on_a_graduate_who_is_not_stored_goes_too(store):
    store.upsert([private(1), act(1, "demo:g1"), act(2, "demo:g2")])
    assert store.delete("graduate", ["demo:g1", "demo:g2", "demo:g3"]) == 0
    assert store.count("interaction") == 0
    assert store.count("protected") == 0
    assert store.erased_since(0) == {"demo:g1", "demo:g2"}


def test_with_a_posting_goes_nobody(store):
    store.upsert([person(1), Posting(tenant="demo", id="p1", title="会计"), act(1, "demo:g1")])
    assert store.delete("posting", ["demo:p1"]) == 1
    assert store.past(LATER).interactions()["posting"].to_list() == ["demo:p1"]
    assert store.changes(0) == [Change(1, "graduate", "demo:g1", False), Change(3, "posting", "demo:p1", True)]
    assert store.erased_since(0) == set()


def test_late_news_about_an_erased_person_are_not_written(store):
    store.upsert([person(1), person(2)])
    store.delete("graduate", ["demo:g1"])
    assert store.upsert([act(1, "demo:g1"), act(2, "demo:g2"), private(1), private(2)]) == (2, 0, 2)
    assert store.past(LATER).interactions()["graduate"].to_list() == ["demo:g2"]
    assert list(store.protected(["demo:g1", "demo:g2"], "test")) == ["demo:g2"]


def test_a_person_who_comes_back_starts_anew_and_stays_erased_from_older_states(store):
    store.upsert([person(1, "before"), act(1, "demo:g1")])
    before = store.last_change()
    store.delete("graduate", ["demo:g1"])
    between = store.last_change()
    assert store.upsert([person(1, "after"), act(2, "demo:g1"), private(1)]) == (3, 0, 0)
    assert store.past(LATER).interactions().height == 1
    assert store.erased_since(before) == {"demo:g1"}
    assert store.erased_since(between) == set()
    assert store.changes(between)[0] == Change(between + 1, "graduate", "demo:g1", False)


def test_many_are_erased_at_once(store):
    store.upsert([person(n) for n in range(2_500)])
    assert store.delete("graduate", [f"demo:g{n}" for n in range(3_000)]) == 2_500
    assert store.count("graduate") == 0
    assert len(store.erased_since(2_500)) == 2_500


def bytes_on_disk(store):
    file = Path(store.database.engine.url.database)
    return b"".join(part.read_bytes() for part in sorted(file.parent.glob(file.name + "*")))


def test_the_bytes_of_an_erased_person_are_gone_from_the_files(sqlite_store):
    secret = "善于攀岩的独特句子"
    sqlite_store.upsert([person(n, summary=f"{secret}{n}。" * 400) for n in range(20)])
    sqlite_store.upsert([act(n, f"demo:g{n}") for n in range(20)])
    assert f"{secret}7。".encode() in bytes_on_disk(sqlite_store)
    assert sqlite_store.delete("graduate", ["demo:g7"]) == 1
    left = bytes_on_disk(sqlite_store)
    assert f"{secret}7。".encode() not in left
    assert f"{secret}8。".encode() in left


def test_the_bytes_of_a_replaced_text_are_gone_after_a_checkpoint(sqlite_store):
    sqlite_store.upsert([person(1, summary="旧的独特句子" * 900)])
    sqlite_store.upsert([person(1, summary="新")])
    sqlite_store.database.forget()
    assert "旧的独特句子".encode() not in bytes_on_disk(sqlite_store)


def test_an_erasure_beside_a_reader_does_not_wait_for_it_and_is_finished_by_the_next(sqlite_store):
    secret = "另一个独特句子"
    sqlite_store.upsert([person(1, summary=secret), person(2)])
    reader = sqlite3.connect(sqlite_store.database.engine.url.database, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM graduates").fetchone() == (2,)
    assert sqlite_store.delete("graduate", ["demo:g1"]) == 1
    assert reader.execute("SELECT count(*) FROM graduates").fetchone() == (2,)
    reader.execute("COMMIT")
    reader.close()
    assert sqlite_store.delete("graduate", ["demo:g2"]) == 1
    assert secret.encode() not in bytes_on_disk(sqlite_store)
