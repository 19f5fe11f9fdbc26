"""The classification of occupations (职业分类大典, 2022) as one table: code → name, level, groups above, definition.

Codes nest: ``2-02-10-03`` 计算机软件工程技术人员 lies in the small group ``2-02-10``, the medium group ``2-02`` and the
major group ``2``. Edition, counts and what differs from the standard: ``data/SOURCES.md``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

Level = Literal["major group", "medium group", "small group", "occupation"]
"""大类, 中类, 小类, 细类（职业）."""

LEVELS: tuple[Level, ...] = ("major group", "medium group", "small group", "occupation")


class Occupation(NamedTuple):
    """One entry: a group or an occupation. `mark` holds L (green occupation) and S (digital); mostly empty."""

    code: str
    name: str
    level: Level
    mark: str
    definition: str


def occupation(code: str) -> Occupation | None:
    """The entry of a code, or None. Groups are found with and without zeros at the end (2-02 is 2-02-00-00)."""
    table, plain = _table(), code.strip()
    if (found := table.get(plain)) is not None:
        return found
    while plain.endswith("-00"):
        plain = plain[:-3]
        if (found := table.get(plain)) is not None:
            return found
    return None


def parents(code: str) -> tuple[str, ...]:
    """Codes of the groups above `code`, nearest first; empty for a major group and for a code that is none."""
    found = occupation(code)
    parts = [] if found is None else found.code.split("-")
    return tuple("-".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))


def medium_group(code: str) -> str | None:
    """Code of the medium group (中类) that `code` lies in, or None for a major group or no code."""
    found = occupation(code)
    return None if found is None or found.level == "major group" else found.code[:4]


def rows() -> tuple[Occupation, ...]:
    """Every entry, by code."""
    return tuple(_table().values())


def aliases() -> Iterator[tuple[str, Occupation]]:
    """What job boards and people call occupations, with the entry each stands for."""
    for row in _read("occupation_aliases.csv"):
        yield row["alias"], _table()[row["code"]]


@cache
def _table() -> dict[str, Occupation]:
    return {
        row["code"]: Occupation(
            row["code"], row["name"], LEVELS[row["code"].count("-")], row["mark"], row["definition"]
        )
        for row in _read("occupations.csv")
    }


def _read(name: str) -> Iterator[dict[str, str]]:
    text = (files("matching.terms") / "data" / name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
