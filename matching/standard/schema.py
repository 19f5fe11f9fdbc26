"""The standard as JSON Schema, versioned: what other programs validate against.

The published files lie in ``schemas/v1/``; a test holds them equal to what `schema_of` makes of the
record types, so the code and the standard cannot drift apart.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from matching.errors import UnknownId
from matching.standard.records import RECORD_TYPES, STANDARD_VERSION


def schema_of(type_name: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one record type.

    Raises
    ------
    UnknownId
        There is no such record type.
    """
    if type_name not in RECORD_TYPES:
        names = ", ".join(RECORD_TYPES)
        raise UnknownId(f"no record type '{type_name}'", where="the data standard", cure=f"Use one of {names}.")
    made = RECORD_TYPES[type_name].model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gradmatch:standard:v{STANDARD_VERSION}:{type_name}",
        **made,
    }


def schema_text(type_name: str) -> str:
    """The schema as it is published: indented JSON with a newline at the end."""
    return json.dumps(schema_of(type_name), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def published(type_name: str) -> str:
    """The text of the published file of `type_name`."""
    folder = files("matching.standard") / "schemas" / f"v{STANDARD_VERSION}"
    return (folder / f"{type_name}.schema.json").read_text(encoding="utf-8")
