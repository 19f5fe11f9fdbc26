"""One rule of a mapping, compiled to a function of rows: columns, pattern, value map, reading, default."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Table
from hashlib import blake2b
from typing import Any

from matching.intake.fields import Shape
from matching.intake.mapping import Rule
from matching.intake.pay import read_pay_pair, read_pay_text, unit_of
from matching.intake.readings import Read, reading
from matching.intake.values import MISSING, Unreadable, text_of

Get = Callable[[Table[str, Any]], Any]
"""Row → the field's value; None where it is not stated. Raises `Unreadable`."""

SHAPE_READINGS = {
    Shape.TEXT: "text", Shape.INTEGER: "integer", Shape.NUMBER: "number", Shape.FLAG: "flag", Shape.DATE: "date",
    Shape.MOMENT: "moment", Shape.TEXTS: "texts", Shape.INTEGERS: "texts", Shape.OBJECT: "json", Shape.OBJECTS: "json",
}  # fmt: skip
"""How a field is read where the mapping does not say: as what it takes."""

_NO_WORD = re.compile(r"\W+")


def compiled(rule: Rule, shape: Shape) -> Get:
    """The function that gives a field its value from a row."""
    if rule.constant is not None:
        return lambda _: rule.constant
    source = _source(rule)
    read = _read(rule, shape)
    fallback = _fallback(rule)

    def get(values: Table[str, Any]) -> Any:  # noqa: ANN401
        raw = source(values)
        if raw is None:
            return fallback(values)
        try:
            found = read(raw)
        except Unreadable as error:
            error.value = raw if error.value is None else error.value
            raise
        return fallback(values) if found is None else found

    return get


def column_of(values: Table[str, Any], column: str) -> Any:  # noqa: ANN401
    """The value of a column; a dotted name reaches into nested values. None where there is none."""
    if column in values:
        return values[column]
    found: Any = values
    for part in column.split("."):
        if isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, Table):
            found = found.get(part)
        else:
            return None
    return found


def _read(rule: Rule, shape: Shape) -> Read:
    name = rule.reading or SHAPE_READINGS[shape]
    if name != "pay":
        return reading(name, split=rule.split)
    if rule.min is not None or rule.max is not None:
        return lambda raw: read_pay_pair(raw[0], raw[1], _unit(rule, raw[3]), months=raw[2])
    unit = unit_of(rule.unit) if rule.unit else None
    return lambda raw: read_pay_text(raw, unit)


def _unit(rule: Rule, value: Any) -> tuple[float, str]:  # noqa: ANN401
    text = text_of(value)
    name = rule.unit if text is None else rule.units.get(text, text if not rule.units else None)
    try:
        return unit_of(name or "")
    except KeyError:
        raise Unreadable from None


def _source(rule: Rule) -> Get:
    if rule.min is not None or rule.max is not None:
        return _pay_columns(rule)
    if not rule.columns:
        return lambda _: None
    if rule.pattern is None and not rule.values and rule.unless_same is None and len(rule.columns) == 1:
        column = rule.columns[0]
        return lambda values: _stated(column_of(values, column))
    clean = _cleaner(rule)
    take = {"first": _first, "join": _joined, "all": _all}[rule.take]
    return lambda values: take(rule, [clean(column_of(values, column), values) for column in rule.columns])


def _stated(value: Any) -> Any:  # noqa: ANN401
    return None if isinstance(value, str) and value.strip() in MISSING else value


def _pay_columns(rule: Rule) -> Get:
    columns = (rule.min, rule.max, rule.months, rule.unit_from)

    def get(values: Table[str, Any]) -> Any:  # noqa: ANN401
        found = [None if column is None else _stated(column_of(values, column)) for column in columns]
        return None if found[0] is None and found[1] is None else found

    return get


def _cleaner(rule: Rule) -> Callable[[Any, Table[str, Any]], Any]:
    """What a column says after pattern and value map; lists item by item."""

    def clean(value: Any, values: Table[str, Any]) -> Any:  # noqa: ANN401
        if isinstance(value, list):
            return [found for item in value if (found := clean(item, values)) is not None] or None
        text = text_of(value)
        if text is not None and rule.pattern is not None:
            match = rule.pattern.search(text)
            text = "-".join(filter(None, match.groups() or (match.group(),))) if match else None
        if text is None:
            return None
        if rule.unless_same is not None and _same(text, text_of(column_of(values, rule.unless_same))):
            return None
        mapped = rule.values.get(text, text) if rule.values else text
        return None if mapped == "" else mapped

    return clean


def _same(text: str, other: str | None) -> bool:
    return other is not None and _NO_WORD.sub("", text) == _NO_WORD.sub("", other)


def _first(_: Rule, found: list[Any]) -> Any:  # noqa: ANN401
    return next((value for value in found if value is not None), None)


def _joined(rule: Rule, found: list[Any]) -> Any:  # noqa: ANN401
    return rule.join.join(str(value) for value in found if value is not None) or None


def _all(_: Rule, found: list[Any]) -> Any:  # noqa: ANN401
    flat = [item for value in found for item in (value if isinstance(value, list) else [value])]
    return [value for value in flat if value is not None] or None


def _fallback(rule: Rule) -> Get:
    if not rule.hash:
        return lambda _: rule.default

    def digest(values: Table[str, Any]) -> str | None:
        texts = [text_of(column_of(values, column)) or "" for column in rule.hash]
        return blake2b("\x1f".join(texts).encode("utf-8"), digest_size=12).hexdigest() if any(texts) else None

    return digest
