"""A record as the store keeps it: worked out before the transaction, and in another process if need be."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple

from matching.standard.records import Interaction, Record
from matching.store.times import to_micros


class Prepared(NamedTuple):
    """What `Store.upsert` writes of a record.

    Attributes
    ----------
    type, key : str
        The record's.
    row : dict
        The columns of its table: key, hash of the canonical JSON, and that JSON (or an interaction's fields).
    """

    type: str
    key: str
    row: dict[str, Any]


def prepared(record: Record) -> Prepared:
    """The record as the store keeps it."""
    body = record.model_dump_json(exclude_defaults=True)
    key = record.key
    row: dict[str, Any] = {"key": key, "hash": blake2b(body.encode(), digest_size=16).digest()}
    if not isinstance(record, Interaction):
        row["body"] = body
        return Prepared(record.type, key, row)
    row |= {
        "graduate": record.graduate,
        "posting": record.posting,
        "action": record.action.value,
        "at": to_micros(record.at),
        "rank": record.rank,
        "channel": record.channel,
    }
    return Prepared(record.type, key, row)
