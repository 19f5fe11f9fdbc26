"""A foreign row as the raw values of a record, by a mapping."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Table
from functools import cache
from typing import Any, NamedTuple

from matching.intake.fields import Shape, shapes
from matching.intake.mapping import Mapping
from matching.intake.readings import Read, reading
from matching.intake.rows import refusal
from matching.intake.rules import SHAPE_READINGS, column_of, compiled
from matching.intake.values import Unreadable, text_of
from matching.standard.refusals import Refusal


class Translated(NamedTuple):
    """What a row says, in the standard's fields.

    Attributes
    ----------
    data : dict
        Raw values for `matching.standard.check.check`; fields that are not stated are absent.
    refusals : list of Refusal
        Values that could not be read and refuse the row.
    left : list of (field, value)
        Values that could not be read and were left out, as the mapping allows.
    """

    data: dict[str, Any]
    refusals: list[Refusal]
    left: list[tuple[str, Any]]


Translator = Callable[[Table[str, Any]], Translated | None]
"""Row → what it says; None for a row that the mapping leaves out."""


def translator(mapping: Mapping) -> Translator:
    """Compile a mapping to a function of rows."""
    fields = _identity(mapping) if not mapping.fields else _mapped(mapping)
    if not mapping.skip:
        return fields
    skips = [(s.column, frozenset(s.equals), s.pattern) for s in mapping.skip]

    def unless_skipped(values: Table[str, Any]) -> Translated | None:
        for column, equals, pattern in skips:
            text = text_of(column_of(values, column)) or ""
            if text in equals or (pattern is not None and pattern.search(text)):
                return None
        return fields(values)

    return unless_skipped


def _mapped(mapping: Mapping) -> Translator:
    known = shapes(mapping.type)
    steps = [
        (field, tuple(field.split(".")), compiled(rule, known[field]), rule.on_unreadable or mapping.on_unreadable)
        for field, rule in mapping.fields.items()
    ]
    tenant = mapping.tenant

    def translate(values: Table[str, Any]) -> Translated:
        data: dict[str, Any] = {} if tenant is None else {"tenant": tenant}
        result = Translated(data, [], [])
        for field, path, get, on_unreadable in steps:
            try:
                found = get(values)
            except Unreadable as error:
                found = _unread(result, field, error, leave=on_unreadable == "leave")
            if found is not None:
                _put(data, path, found)
        return result

    return translate


def _unread(result: Translated, field: str, error: Unreadable, *, leave: bool) -> object:
    """Note what could not be read; give what could be, where the rest may be left out."""
    if not leave:
        result.refusals.append(refusal(field, error.value, error.code))
        return None
    result.left.append((field, error.value))
    return error.partial


def _put(data: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    if len(path) == 1:
        data[path[0]] = value
        return
    for part in path[:-1]:
        data = data.setdefault(part, {})
    data[path[-1]] = value


class _Plan(NamedTuple):
    """How a column that bears a field's name is taken: where it goes, how it is read, whether it has parts."""

    field: str
    path: tuple[str, ...]
    read: Read
    has_parts: bool


def _identity(mapping: Mapping) -> Translator:
    known = shapes(mapping.type)
    leave = mapping.on_unreadable == "leave"

    @cache
    def plan(field: str) -> _Plan:
        shape = known.get(field)
        read = text_of if shape is None else reading(SHAPE_READINGS[shape])
        return _Plan(field, tuple(field.split(".")), read, shape is Shape.OBJECT)

    def take(result: Translated, values: Table[str, Any], prefix: str) -> None:
        for column, value in values.items():
            if value is None or value == "":
                continue
            field, path, read, has_parts = plan(prefix + column if prefix else column)
            try:
                found = read(value)
            except Unreadable as error:
                error.value = value if error.value is None else error.value
                found = _unread(result, field, error, leave=leave)
            if has_parts and isinstance(found, dict):
                take(result, found, f"{field}.")
            elif found is not None and len(path) == 1:
                result.data[field] = found
            elif found is not None:
                _put(result.data, path, found)

    def translate(values: Table[str, Any]) -> Translated:
        result = Translated({} if mapping.tenant is None else {"tenant": mapping.tenant}, [], [])
        take(result, values, "")
        return result

    return translate
