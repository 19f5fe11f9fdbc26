"""Batches of records into JSON Lines, CSV and Parquet; a file appears under its name when it is whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from matching.standard.records import Record

Batches = Iterable[Sequence[Record]]
NOTICE = {"generated": "gradmatch sample province: no real person, school or employer"}
"""Written into the metadata of every Parquet file."""

_PLAIN = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
_DATED = {"date": pa.date32(), "date-time": pa.timestamp("us", "+08:00")}


def write_json_lines(path: Path, record: type[Record], batches: Batches) -> None:
    """One JSON object a line, as the data standard writes it."""
    with _whole(path) as part, part.open("wb") as file:
        for batch in batches:
            file.write("".join(f"{one.model_dump_json()}\n" for one in batch).encode())


def write_csv(path: Path, record: type[Record], batches: Batches) -> None:
    """UTF-8 with a header of dotted names; lists are JSON, what is missing is empty."""
    columns = list(_columns(record.model_json_schema()))
    with _whole(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        for batch in batches:
            writer.writerows(_flat(one.model_dump(mode="json")) for one in batch)


def write_parquet(path: Path, record: type[Record], batches: Batches) -> None:
    """Parquet with structs, lists and dates as such."""
    description = record.model_json_schema()
    kind = _arrow(description, description)
    schema = pa.schema(list(kind))
    tables = (pa.Table.from_pylist([one.model_dump() for one in batch], schema=schema) for batch in batches)
    write_tables(path, schema, tables)


def write_tables(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Tables of one schema, one after the other, with the notice that they are generated."""
    noted = schema.with_metadata(NOTICE)
    with _whole(path) as part, pq.ParquetWriter(part, noted) as writer:
        for table in tables:
            writer.write_table(table.cast(schema).replace_schema_metadata(NOTICE))


FORMATS: dict[str, Callable[[Path, type[Record], Batches], None]] = {
    "jsonl": write_json_lines,
    "csv": write_csv,
    "parquet": write_parquet,
}


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _resolved(node: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        found: dict[str, Any] = whole["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        return found
    choices = [choice for choice in node.get("anyOf", []) if choice.get("type") != "null"]
    return _resolved(choices[0], whole) if choices else node


def _arrow(node: dict[str, Any], whole: dict[str, Any]) -> pa.DataType:
    node = _resolved(node, whole)
    if node["type"] == "array":
        return pa.list_(_arrow(node["items"], whole))
    if node["type"] == "object":
        return pa.struct([(name, _arrow(inner, whole)) for name, inner in node["properties"].items()])
    return _DATED.get(node.get("format", ""), _PLAIN[node["type"]])


def _columns(whole: dict[str, Any], node: dict[str, Any] | None = None, prefix: str = "") -> Iterator[str]:
    for name, inner in (node or whole)["properties"].items():
        found = _resolved(inner, whole)
        if found["type"] == "object":
            yield from _columns(whole, found, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _flat(data: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            found[f"{prefix}{name}"] = json.dumps(value, ensure_ascii=False)
        elif value is not None:
            found[f"{prefix}{name}"] = value
    return found
