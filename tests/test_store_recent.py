"""Records read again and again: fresh each time, one object while their bytes stay the same."""

from matching.standard.records import Graduate, Posting
from matching.store import recent
from matching.store.recent import Recent, said


def test_a_record_is_the_same_object_until_it_changes(store):
    store.upsert([Posting(tenant="a", id="p1", title="会计"), Posting(tenant="a", id="p2", title="出纳")])
    own = Recent(store, "posting")
    first = own.get(["a:p1", "a:p2", "a:p3"])
    assert sorted(first) == ["a:p1", "a:p2"]
    assert own.get(["a:p1"])["a:p1"] is first["a:p1"]
    store.upsert([Posting(tenant="a", id="p1", title="会计", status="closed")])
    assert own.get(["a:p1"])["a:p1"].status == "closed"
    store.upsert([Posting(tenant="a", id="p1", title="会计")])
    assert own.get(["a:p1"])["a:p1"] == first["a:p1"]
    store.delete("posting", ["a:p1"])
    assert own.get(["a:p1", "a:p2"]) == {"a:p2": first["a:p2"]}


def test_what_is_kept_is_bounded(sqlite_store, monkeypatch):
    monkeypatch.setattr(recent, "_MOST", 2)
    sqlite_store.upsert([Posting(tenant="a", id=f"p{n}", title="会计") for n in range(5)])
    own = Recent(sqlite_store, "posting")
    for n in range(5):
        own.get([f"a:p{n}"])
        assert len(own._seen) <= 2


def test_one_field_of_many_records(store):
    store.upsert([Graduate(tenant="demo", id="g1"), Graduate(tenant="demo", id="g2", status="placed")])
    found = said(store, "graduate", ["demo:g1", "demo:g2", "demo:g3"], "status")
    assert found == {"demo:g1": "seeking", "demo:g2": "placed"}
    assert said(store, "graduate", [], "status") == {}
