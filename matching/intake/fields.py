"""What each field of the data standard takes, told from the record types themselves."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from matching.standard.records import RECORD_TYPES


class Shape(StrEnum):
    """What a field takes, as far as reading a foreign value goes."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    MOMENT = "moment"
    TEXTS = "texts"
    INTEGERS = "integers"
    OBJECT = "object"
    OBJECTS = "objects"


_PLAIN: Mapping[Any, Shape] = {
    int: Shape.INTEGER,
    float: Shape.NUMBER,
    bool: Shape.FLAG,
    date: Shape.DATE,
    datetime: Shape.MOMENT,
    AwareDatetime: Shape.MOMENT,
}


@cache
def shapes(type_name: str) -> Mapping[str, Shape]:
    """Dotted field name → shape, for one record type; parts (``"pay"``) and their fields (``"pay.min"``) alike."""
    return types.MappingProxyType(dict(_walk(RECORD_TYPES[type_name], "")))


def _walk(model: type[BaseModel], prefix: str) -> list[tuple[str, Shape]]:
    found: list[tuple[str, Shape]] = []
    for name, field in model.model_fields.items():
        inner = _bare(field.annotation)
        found.append((f"{prefix}{name}", _shape(inner)))
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += _walk(inner, f"{prefix}{name}.")
    return found


def _shape(inner: Any) -> Shape:  # noqa: ANN401
    if get_origin(inner) is list:
        item = _bare(get_args(inner)[0])
        if isinstance(item, type) and issubclass(item, BaseModel):
            return Shape.OBJECTS
        return Shape.INTEGERS if item is int else Shape.TEXTS
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return Shape.OBJECT
    return _PLAIN.get(inner, Shape.TEXT) if isinstance(inner, type) else Shape.TEXT


def _bare(annotation: Any) -> Any:  # noqa: ANN401
    """The annotation without its metadata and without None."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            rest = [part for part in get_args(annotation) if part is not type(None)]
            annotation = rest[0]
        else:
            return annotation
