"""Law 6: interactions are read through a cutoff, and only those strictly before it."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest

from matching.errors import QueryError
from matching.standard.records import Interaction
from matching.store import Store

CUTOFF = datetime(2026, 3, 1, 12, tzinfo=UTC)
COLUMNS = {
    "graduate": pl.String,
    "posting": pl.String,
    "action": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "rank": pl.Int32,
    "channel": pl.String,
}


def act(name, at, **fields):
    return Interaction(
        **{"tenant": "demo", "id": name, "graduate": "demo:g1", "posting": "demo:p1", "action": "shown", "at": at}
        | fields
    )


def test_only_what_lies_strictly_before_the_cutoff(store):
    moment = timedelta(microseconds=1)
    store.upsert(
        [act("after", CUTOFF + moment), act("at", CUTOFF), act("before", CUTOFF - moment, rank=7, channel="app")]
    )
    past = store.past(CUTOFF)
    assert past.cutoff == CUTOFF
    assert past.interactions().rows() == [("demo:g1", "demo:p1", "shown", CUTOFF - moment, 7, "app")]
    assert store.past(CUTOFF + 2 * moment).interactions().height == 3


def test_zones_are_the_same_moment(store):
    china = timezone(timedelta(hours=8))
    store.upsert([act("i", datetime(2026, 3, 1, 19, 59, 59, tzinfo=china))])
    past = store.past(datetime(2026, 3, 1, 20, tzinfo=china))
    assert past.cutoff == CUTOFF
    assert past.cutoff.tzinfo is UTC
    assert past.interactions()["at"].to_list() == [CUTOFF - timedelta(seconds=1)]
    assert store.past(CUTOFF - timedelta(seconds=1)).interactions().is_empty()


def test_a_cutoff_without_a_zone_is_refused(store):
    with pytest.raises(QueryError, match="2026-03-01T12:00:00 has no time zone"):
        store.past(datetime(2026, 3, 1, 12))


def test_an_empty_past_has_the_same_columns(store):
    frame = store.past(CUTOFF).interactions()
    assert frame.is_empty()
    assert dict(frame.schema) == COLUMNS


def test_the_order_is_by_moment_then_key_whatever_the_order_of_writing(store):
    moments = [("b", 0), ("B", 0), ("a", 0), ("z", -2), ("y", -1)]
    rows = [act(name, CUTOFF - timedelta(days=9) + timedelta(days=day), channel=name) for name, day in moments]
    for row in rows:
        store.upsert([row])
    frame = store.past(CUTOFF).interactions()
    assert frame["channel"].to_list() == ["z", "y", "B", "a", "b"]
    assert dict(frame.schema) == COLUMNS


def test_more_than_one_batch(store, monkeypatch):
    monkeypatch.setattr("matching.store.past._BATCH", 100)
    start = CUTOFF - timedelta(days=1)
    store.upsert([act(f"i{n:04}", start + timedelta(seconds=n), rank=n + 1 if n > 300 else None) for n in range(1_050)])
    frame = store.past(CUTOFF).interactions()
    assert frame.height == 1_050
    assert frame["rank"].to_list() == [None] * 301 + list(range(302, 1_051))
    assert dict(frame.schema) == COLUMNS


def test_the_store_has_no_other_door():
    """Every public method that could bring interactions is known; a new one must be added here knowingly."""
    public = {name for name in vars(Store) if not name.startswith("_")}
    assert public == set(
        "open close upsert put delete get get_many scan count changes last_change erased_since past protected"
        " uses_of_protected".split()
    )
