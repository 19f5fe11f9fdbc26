"""Records by key, in bulk and in order; the same on SQLite and on PostgreSQL."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from matching.errors import QueryError, StoreError
from matching.standard.records import Employer, Event, Graduate, Interaction, Posting, Protected
from matching.store import Change, Store, Upserted


def graduate(number, **fields):
    return Graduate(tenant="demo", id=f"g{number}", **fields)


def posting(number, title="软件工程师", tenant="demo"):
    return Posting(tenant=tenant, id=f"p{number}", title=title)


def test_every_type_comes_back_as_it_went_in(store):
    fair = Event(
        tenant="demo",
        id="e1",
        title="制造业专场招聘会",
        starts_at=datetime.fromisoformat("2026-03-01T09:00:00+08:00"),
        ends_at=datetime.fromisoformat("2026-03-01T16:00:00+08:00"),
    )
    records = [
        graduate(1, degree="本科", skills=["Python", "𠮷野家"], wishes={"regions": ["360100"]}),
        Employer(tenant="demo", id="c1", name="江西某光电公司"),
        posting(1),
        fair,
    ]
    assert store.upsert(records) == Upserted(4, 0, 0)
    for record in records:
        assert store.get(record.type, record.key) == record
        assert store.count(record.type) == 1
    assert store.get("graduate", "demo:g2") is None


def test_upserting_again_changes_nothing(store):
    records = [graduate(n) for n in range(5)]
    assert store.upsert(records) == (5, 0, 0)
    before = store.changes(0)
    assert store.upsert(records) == (0, 0, 5)
    assert store.changes(0) == before
    assert store.last_change() == 5


def test_an_update_moves_only_its_own_record_to_the_end_of_the_feed(store):
    store.upsert([posting(1), posting(2), posting(3)])
    assert store.upsert([posting(1), posting(2, title="会计"), posting(4)]) == (1, 1, 1)
    assert store.changes(0) == [
        Change(1, "posting", "demo:p1", False),
        Change(3, "posting", "demo:p3", False),
        Change(4, "posting", "demo:p2", False),
        Change(5, "posting", "demo:p4", False),
    ]
    assert store.get("posting", "demo:p2").title == "会计"


def test_of_two_records_with_one_key_the_last_counts(store):
    assert store.upsert([posting(1, title="甲"), posting(2), posting(1, title="乙")]) == (2, 0, 0)
    assert store.get("posting", "demo:p1").title == "乙"
    assert store.last_change() == 2


def test_the_same_id_in_two_tenants_and_two_types_is_four_records(store):
    store.upsert([Graduate(tenant=t, id="1") for t in ("a", "b")] + [posting("", tenant=t) for t in ("a", "b")])
    assert (store.count("graduate"), store.count("posting")) == (2, 2)
    assert store.delete("graduate", ["a:1"]) == 1
    assert store.get("graduate", "b:1") == Graduate(tenant="b", id="1")


def test_nothing_given_does_nothing(store):
    assert store.upsert([]) == (0, 0, 0)
    assert store.delete("posting", []) == 0
    assert store.get_many("posting", []) == {}
    assert list(store.scan("posting")) == []
    assert store.changes(0) == []
    assert store.last_change() == 0
    assert store.erased_since(0) == set()


def test_get_many_takes_any_number_of_keys_and_keeps_their_order(store):
    store.upsert([posting(n) for n in range(2_500)])
    keys = [f"demo:p{n}" for n in reversed(range(3_000))]
    found = store.get_many("posting", keys)
    assert list(found) == keys[500:]
    assert found["demo:p2499"] == posting(2_499)


def test_scan_goes_by_key_byte_by_byte(store):
    ids = ["B", "a", "A", "_", "a-1", "a1", "~", "0", "Z"]
    store.upsert([Posting(tenant="demo", id=i, title="x") for i in ids])
    keys = [record.key for batch in store.scan("posting", batch=2) for record in batch]
    assert keys == sorted(f"demo:{i}" for i in ids)
    assert [len(batch) for batch in store.scan("posting", batch=4)] == [4, 4, 1]
    assert [len(batch) for batch in store.scan("posting", batch=9)] == [9]


def test_scan_of_one_tenant_brings_no_neighbour(store):
    tenants = ["a", "a-b", "a_b", "ab", "a0", "b"]
    store.upsert([posting(n, tenant=tenant) for tenant in tenants for n in range(3)])
    for tenant in tenants:
        keys = [record.key for batch in store.scan("posting", tenant=tenant, batch=2) for record in batch]
        assert keys == [f"{tenant}:p{n}" for n in range(3)]
    assert list(store.scan("posting", tenant="c")) == []


def test_writers_go_on_during_a_scan(store):
    store.upsert([posting(n) for n in range(10, 20)])
    seen = []
    for batch in store.scan("posting", batch=3):
        seen += [record.key for record in batch]
        assert store.upsert([posting(len(seen), title=f"neu {len(seen)}")]).updated <= 1
        store.delete("posting", [f"demo:p{len(seen)}"])
    assert seen == [f"demo:p{n}" for n in range(10, 20)]


def test_changes_page_without_loss(store):
    store.upsert([posting(n) for n in range(25)])
    seen, after = [], 0
    while page := store.changes(after, limit=10):
        seen += page
        after = page[-1].seq
    assert [change.seq for change in seen] == list(range(1, 26))
    assert [change.key for change in seen] == [f"demo:p{n}" for n in range(25)]


def test_the_feed_does_not_grow_with_the_number_of_changes(store):
    for turn in range(20):
        store.upsert([posting(n, title=f"{turn}") for n in range(3)])
    assert [change.seq for change in store.changes(0)] == [58, 59, 60]


def test_impossible_questions_are_refused(store):
    with pytest.raises(QueryError, match="batch of 0"):
        store.scan("posting", batch=0)
    with pytest.raises(QueryError, match="limit of 0"):
        store.changes(0, limit=0)
    with pytest.raises(StoreError, match=r"no record type 'person'.*graduate, protected"):
        store.count("person")
    with pytest.raises(StoreError, match="no record type 'person'"):
        store.delete("person", ["demo:1"])


@pytest.mark.parametrize(
    ("type_name", "cure"), [("protected", "each use is logged"), ("interaction", "the past has one door")]
)
def test_guarded_types_are_not_read_like_others(store, type_name, cure):
    with pytest.raises(StoreError, match=cure):
        store.get(type_name, "demo:g1")
    with pytest.raises(StoreError, match=cure):
        store.get_many(type_name, ["demo:g1"])
    with pytest.raises(StoreError, match=cure):
        store.scan(type_name)


def test_each_use_of_protected_attributes_is_logged(store):
    private = [Protected(tenant="demo", id=f"g{n}", low_income_family=True, sex="female") for n in range(3)]
    store.upsert([*(graduate(n) for n in range(3)), *private])
    found = store.protected(["demo:g2", "demo:g0", "demo:g9"], "hardship floor of the spring fair")
    assert found == {"demo:g2": private[2], "demo:g0": private[0]}
    assert store.protected(["demo:g9"], "audit") == {}
    uses = store.uses_of_protected()
    assert [(use.purpose, use.records) for use in uses] == [("hardship floor of the spring fair", 2), ("audit", 0)]
    assert abs((datetime.now(UTC) - uses[0].at).total_seconds()) < 60
    with pytest.raises(QueryError, match="without a purpose"):
        store.protected(["demo:g0"], "  ")
    assert len(store.uses_of_protected()) == 2


def test_a_body_that_no_longer_fits_names_its_key_and_not_its_content(store):
    store.upsert([posting(1), posting(2)])
    with store.database.writing() as connection:
        body = '{"tenant":"demo","id":"p2","title":"x","headcount":"geheim"}'
        connection.execute(text("UPDATE postings SET body = :body WHERE key = 'demo:p2'"), {"body": body})
    with pytest.raises(StoreError, match=r"posting no longer fits the standard: headcount .*\(demo:p2\)") as caught:
        store.get_many("posting", ["demo:p1", "demo:p2"])
    assert "geheim" not in str(caught.value)
    assert store.get("posting", "demo:p1") == posting(1)


def test_interactions_are_upserted_by_key_too(store):
    first = Interaction(
        tenant="demo",
        id="i1",
        graduate="demo:g1",
        posting="demo:p1",
        action="clicked",
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert store.upsert([first]) == (1, 0, 0)
    assert store.upsert([first]) == (0, 0, 1)
    assert store.upsert([first.model_copy(update={"rank": 3})]) == (0, 1, 0)
    assert store.count("interaction") == 1
    assert store.last_change() == 0  # the feed does not carry interactions
    assert store.delete("interaction", ["demo:i1", "demo:i2"]) == 1
    assert store.count("interaction") == 0


def test_a_store_keeps_what_it_has_when_opened_again(store_url):
    with Store.open(store_url) as store:
        store.upsert([posting(1)])
    with Store.open(store_url) as store:
        assert store.get("posting", "demo:p1") == posting(1)
        assert store.upsert([posting(1), posting(2)]) == (1, 0, 1)
        assert store.last_change() == 2
