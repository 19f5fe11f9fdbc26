"""A mapping file: how the rows of a foreign file become records of the standard.

    name = "…"  type = "posting"  tenant = "…"  title_zh, title_en
    redact, on_unreadable                     for every field, unless the field says otherwise
    [file]    encoding, delimiter, header, sheet
    [[skip]]  column, equals | pattern        rows that are left out
    [fields]  "requirements.degree" = "学历"   or   = { from = "学历", as = "degree", … }

docs/intake.md explains every key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as Table
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from matching.errors import MappingError
from matching.intake.fields import Shape, shapes
from matching.intake.pay import unit_of
from matching.intake.readers import FileOptions
from matching.standard.records import Tenant

Reading = Literal[
    "text", "plain_text", "texts", "integer", "number", "years", "year", "flag", "date", "moment", "json",
    "degree", "region", "regions", "industry", "pay",
]  # fmt: skip
"""How a value is read; `as` in a mapping file."""
TypeName = Literal["graduate", "protected", "employer", "posting", "event", "interaction"]
Columns = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]

_CURE = "See docs/intake.md for the keys of a mapping file."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Skip(_Part):
    """Rows to leave out: the column equals one of the values, or the pattern is found in it."""

    column: str
    equals: Columns = ()
    pattern: re.Pattern[str] | None = None


class Rule(_Part):
    """How one field gets its value, in this order: columns, pattern, value map, reading, default."""

    columns: Annotated[Columns, Field(alias="from")] = ()
    take: Literal["first", "join", "all"] = "first"
    join: str = " "
    constant: Any = None
    default: Any = None
    pattern: re.Pattern[str] | None = None
    values: dict[str, Any] = {}
    unless_same: str | None = None
    split: str | None = None
    hash: Columns = ()
    reading: Annotated[Reading | None, Field(alias="as")] = None
    min: str | None = None
    max: str | None = None
    months: str | None = None
    unit: str | None = None
    unit_from: str | None = None
    units: dict[str, str] = {}
    redact: bool | None = None
    on_unreadable: Literal["refuse", "leave"] | None = None

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        pair = self.min is not None or self.max is not None
        if not (self.columns or self.hash or pair or self.constant is not None):
            raise ValueError("needs one of: from, hash, constant, min, max")
        if pair and self.reading != "pay":
            raise ValueError('min and max are for as = "pay"')
        if pair and not (self.unit or self.unit_from):
            raise ValueError("min and max need unit or unit_from")
        for name in filter(None, (self.unit, *self.units.values())):
            try:
                unit_of(name)
            except KeyError:
                raise ValueError(f"'{name}' is no unit of pay") from None
        return self

    def sources(self) -> tuple[str, ...]:
        """Every column that the rule reads."""
        named = (self.unless_same, self.min, self.max, self.months, self.unit_from)
        return (*self.columns, *self.hash, *(column for column in named if column is not None))


def _rule(value: Any) -> Any:  # noqa: ANN401
    return {"from": value} if isinstance(value, str) else value


class Mapping(_Part):
    """How the rows of a foreign file become records of one type. Without `fields`, columns bear the standard's names.

    Attributes
    ----------
    type, tenant : str
        Of every record; the tenant may come from a column instead.
    redact : bool
        Contact data in texts are replaced and counted, instead of being a reason to refuse the row.
    on_unreadable : str
        Whether a value that cannot be read refuses the row, or leaves the field "not stated" and is counted.
    """

    name: str
    type: TypeName
    tenant: Tenant | None = None
    title_zh: str = ""
    title_en: str = ""
    redact: bool = False
    on_unreadable: Literal["refuse", "leave"] = "refuse"
    file: FileOptions = FileOptions()
    skip: tuple[Skip, ...] = ()
    fields: dict[str, Annotated[Rule, BeforeValidator(_rule)]] = {}

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        known = shapes(self.type)
        for name in self.fields:
            if name not in known:
                raise ValueError(f"fields: the standard has no field '{name}' in {self.type}")
            if known[name] is Shape.OBJECT and self.fields[name].reading not in {"pay", "json"}:
                raise ValueError(f"fields: '{name}' has parts; name them ('{name}.…'), quoted")
        return self

    def sources(self) -> dict[str, str]:
        """Column → the field that needs it, for every column that the mapping reads."""
        found = {skip.column: "skip" for skip in self.skip}
        return found | {column: field for field, rule in self.fields.items() for column in rule.sources()}


def identity(type_name: TypeName, tenant: str | None = None) -> Mapping:
    """The mapping of a file whose columns already bear the standard's names."""
    return _validated({"name": "standard", "type": type_name, "tenant": tenant}, where="--tenant")


def read_mapping(name: str | Path, *, tenant: str | None = None) -> Mapping:
    """Read a mapping file, or a built-in mapping by its name.

    Parameters
    ----------
    name : str or Path
        A file that ends in .toml, or one of `builtin_mappings`.
    tenant : str, optional
        Replaces the mapping's tenant.

    Raises
    ------
    MappingError
        No such mapping, no TOML, or a key or value that is not known; names file and key.
    """
    text, where = _text(str(name))
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"is no TOML: {error}", where=where, cure=_CURE) from None
    return _validated(data | ({"tenant": tenant} if tenant else {}), where=where)


def builtin_mappings() -> tuple[str, ...]:
    """Names of the mappings that come with the project, in alphabetical order."""
    return tuple(sorted(f.name.removesuffix(".toml") for f in _folder().iterdir() if f.name.endswith(".toml")))


def _folder() -> Any:  # noqa: ANN401
    return files("matching.intake") / "mappings"


def _text(name: str) -> tuple[str, str]:
    if not name.endswith(".toml"):
        if name not in builtin_mappings():
            known = ", ".join(builtin_mappings())
            raise MappingError(
                f"no mapping is called '{name}'", where="--mapping", cure=f"Give a .toml file, or one of: {known}."
            )
        return (_folder() / f"{name}.toml").read_text(encoding="utf-8"), name
    try:
        return Path(name).read_text(encoding="utf-8-sig"), name
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"cannot be read: {error}", where=name, cure="Check the name; TOML is UTF-8.") from None


def _validated(data: Table[str, Any], *, where: str) -> Mapping:
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "fields"
        message = first["msg"].removeprefix("Value error, ")
        raise MappingError(f"'{key}': {message}", where=where, cure=_CURE) from None
