"""Evidence: a place of a record that exists (Law 5)."""

from __future__ import annotations

from typing import NamedTuple


class Evidence(NamedTuple):
    """A field that exists, and the span of it: ``text == field_value[start:end]``."""

    field: str
    start: int
    end: int
    text: str


def whole_field(field: str, value: str) -> Evidence:
    """All of a field."""
    return Evidence(field, 0, len(value), value)
