"""Every code table behind one door, for the command line and the HTTP service: look up a text, suggest names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Literal, NamedTuple

from matching.standard.records import Degree
from matching.terms import industries, key_industries, majors, occupations, regions
from matching.terms.degrees import degree_of_code, find_degree
from matching.terms.major_reading import read as read_major
from matching.terms.occupation_nearest import NearestOccupation
from matching.terms.reading import Reading

Kind = Literal["majors", "occupations", "industries", "regions", "degrees", "key-industries"]
KINDS: tuple[Kind, ...] = ("majors", "occupations", "industries", "regions", "degrees", "key-industries")
_SURE, _READ = 1.0, 0.9


class Entry(NamedTuple):
    """An entry of a code table: code, name, level."""

    code: str
    name: str
    level: str


def look_up(kind: Kind, text: str) -> Reading | None:
    """What `text` means in the table `kind`: a code, or words as people write them; None where it is not known."""
    return _READERS[kind](text)


def suggest(kind: Kind, text: str, *, k: int = 10) -> list[Entry]:
    """Up to `k` entries whose names begin with `text`, then those that hold it; shorter names first, then by code.

    What `look_up` reads comes before all. Empty text gives nothing.
    """
    wanted = text.strip()
    if not wanted:
        return []
    read = look_up(kind, wanted)
    first = [Entry(read.code, read.name, read.level)] if read else []
    named = [entry for entry in _entries(kind) if wanted in entry.name]
    named.sort(key=lambda entry: (not entry.name.startswith(wanted), len(entry.name), entry.code))
    return list(dict.fromkeys([*first, *named]))[:k]


def key_industries_of(kind: Kind, reading: Reading | None) -> list[key_industries.KeyIndustry]:
    """The province's key industries that an industry which was read belongs to; none for every other table."""
    return list(key_industries.of(reading.code)) if reading is not None and kind == "industries" else []


def _occupation(text: str) -> Reading | None:
    return _nearest().read([text])[0]


@cache
def _nearest() -> NearestOccupation:
    return NearestOccupation()


def _industry(text: str) -> Reading | None:
    found = industries.find_industry(text)
    if found is None:
        return None
    exact = text.strip() in (found.code, found.name)
    return Reading(found.code, found.name, found.level, _SURE if exact else _READ, "name" if exact else "alias")


def _region(text: str) -> Reading | None:
    found = regions.find_region(text)
    if found is None:
        return None
    exact = text.strip() in (found.code, found.name)
    return Reading(found.code, found.name, found.level, _SURE if exact else _READ, "name" if exact else "inside")


def _degree(text: str) -> Reading | None:
    coded = degree_of_code(text)
    found = coded or find_degree(text)
    if found is None:
        return None
    exact = coded is not None or text.strip() == found.value
    return Reading(found.value, found.value, "degree", _SURE if exact else _READ, "code" if coded else "name")


_READERS: dict[Kind, Callable[[str], Reading | None]] = {
    "majors": lambda text: read_major(text),
    "occupations": _occupation,
    "industries": _industry,
    "regions": _region,
    "degrees": _degree,
    "key-industries": key_industries.read,
}


@cache
def _entries(kind: Kind) -> tuple[Entry, ...]:
    tables: dict[Kind, Callable[[], Iterable[tuple[str, str, str]]]] = {
        "majors": lambda: ((e.code, e.name, e.level) for e in majors.rows()),
        "occupations": lambda: ((e.code, e.name, e.level) for e in occupations.rows()),
        "industries": lambda: ((e.code, e.name, e.level) for e in industries.rows()),
        "regions": lambda: ((e.code, e.name, e.level) for e in regions.rows()),
        "degrees": lambda: ((degree.value, degree.value, "degree") for degree in Degree),
        "key-industries": lambda: ((e.code, e.name.zh, e.tier) for e in key_industries.rows()),
    }
    return tuple(Entry(*row) for row in tables[kind]())
