"""What a peer of the retrieval benchmark is, and what it is asked under.

Peers are no dependencies of the project: they are taken from where `GRADMATCH_PEERS` says (folders, as in PATH), and
one that is not there is named as absent. Libraries are given the rows that the rules allow, as a bitmap made
beforehand; databases hold the attributes in columns of their own and are given conditions on them (`Wanted`), which
allow the same rows: `agrees` holds to that.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks._labour_rows import TODAY, World
from matching.attributes import ANY, LIMITED
from matching.eligibility import Rules

K = 50
RECALL = 0.99
Rows = NDArray[np.int64]
Search = Callable[[int, int], Rows]


class Peer(NamedTuple):
    """A system that holds the rows of a world.

    search : (asker, setting) → rows, best first.
    settings : how much it looks at, least first; the first that reaches `RECALL` is reported. An exact peer has one.
    cpu : seconds of processor time spent so far, wherever the work is done.
    """

    search: Search
    settings: Sequence[int] = (0,)
    cpu: Callable[[], float] = time.process_time
    close: Callable[[], None] = lambda: None


class Absent(Exception):
    """The peer is not installed here; says what is missing."""


class Wanted(NamedTuple):
    """One asker's rules as conditions on columns.

    kinds : the kinds of postings looked for; degree : the highest that may be demanded; major : class of the major;
    places : half-open range of region numbers, None where any will do; lot : least value of the column `lot` that is
    too high, None where it does not matter (`by_lot` uses it alone).
    """

    kinds: tuple[int, ...] | None
    degree: int | None = None
    major: int | None = None
    places: tuple[int, int] | None = None
    lot: int | None = None


EVERYTHING = Wanted(None)
EXPERIENCE = 1
ANY_MAJOR, NO_MAJOR = -1, -2
COLUMNS = ("live", "kind", "degree", "place", "experience", "major0", "major1", "major2", "lot")


def require(module: str) -> ModuleType:
    """The peer's module.

    Raises
    ------
    Absent
        It is not installed.
    """
    for folder in os.environ.get("GRADMATCH_PEERS", "").split(os.pathsep):
        if folder and folder not in sys.path:
            sys.path.append(folder)  # behind our own: numpy and the like stay ours
    try:
        return import_module(module)
    except ImportError as missing:
        raise Absent(f"{missing.name or module} is not installed") from missing


def attributes(world: World) -> dict[str, NDArray[np.int64]]:
    """The columns that databases filter by, whole numbers: what the strict rules read of the made postings.

    `live` is 1 for what is open, published, not past and not full on the day, worked out beforehand, as our
    index keeps it; `major0` … `major2` are the classes admitted: ANY_MAJOR in the first where any is, NO_MAJOR where
    there are no more. `experience` is 0 where none is demanded. `lot` stands for nothing: a number a cell, at random.
    """
    p, rules = world.columns, Rules(TODAY)
    majors = np.full((len(p.degree), 3), NO_MAJOR, np.int64)
    limited = np.flatnonzero(p.majors == LIMITED)
    bits = np.unpackbits(p.major_mask[limited].view(np.uint8), axis=1, bitorder="little")
    row, place = np.nonzero(bits)
    nth = np.arange(len(row)) - np.searchsorted(row, row)
    majors[limited[row], nth] = place
    majors[p.majors == ANY, 0] = ANY_MAJOR
    return {
        "live": world.side.cells.open_rows(p, rules).astype(np.int64),
        "kind": p.kind.astype(np.int64),
        "degree": p.degree.astype(np.int64),
        "place": p.places[:, 0].astype(np.int64),
        "experience": np.nan_to_num(p.experience).astype(np.int64),
        **{f"major{i}": majors[:, i] for i in range(3)},
        "lot": np.repeat(lots(world), np.diff(world.side.cells.starts)),
    }


def lots(world: World) -> NDArray[np.int64]:
    """How many rows lie in the cells that were drawn up to and with each cell, in an order at random."""
    sizes = np.diff(world.side.cells.starts)
    order = np.random.default_rng(5).permutation(len(sizes))
    out = np.empty(len(sizes), np.int64)
    out[order] = np.cumsum(sizes[order])
    return out


def wanted(world: World, i: int) -> Wanted:
    """The strict rules of asker `i`: majors and degrees that are not known are hidden."""
    g = world.askers.at(slice(i, i + 1))
    mask = int(g.wish_kinds[0])
    kinds = tuple(kind for kind in range(5) if mask >> kind & 1) if mask else None
    places = (int(g.wish_from[0, 0]), int(g.wish_to[0, 0])) if g.regions_only[0] else None
    return Wanted(kinds, int(g.degree[0]), int(g.major_class[0]), places)


def agrees(columns: dict[str, NDArray[np.int64]], asked: Wanted, mask: NDArray[np.bool_]) -> bool:
    """Whether the conditions allow the rows of `mask` and no others."""
    found = columns["live"] == 1
    if asked.kinds is not None:
        found &= np.isin(columns["kind"], asked.kinds)
    if asked.degree is not None:
        found &= (columns["degree"] >= 0) & (columns["degree"] <= asked.degree) & (columns["experience"] <= EXPERIENCE)
    if asked.major is not None:
        found &= np.isin(columns["major0"], (ANY_MAJOR, asked.major)) | np.any(
            [columns[name] == asked.major for name in ("major1", "major2")], axis=0
        )
    if asked.places is not None:
        found &= (columns["place"] >= asked.places[0]) & (columns["place"] < asked.places[1])
    return bool(np.array_equal(found, mask))


def where(asked: Wanted) -> str:
    """The conditions in SQL; the same words for every database that speaks it."""
    if asked.lot is not None:
        return f"lot <= {asked.lot}"
    parts = ["live = 1"]
    if asked.kinds is not None:
        parts.append(f"kind IN ({', '.join(map(str, asked.kinds))})")
    if asked.degree is not None:
        parts.append(f"degree >= 0 AND degree <= {asked.degree} AND experience <= {EXPERIENCE}")
    if asked.major is not None:
        own = asked.major
        parts.append(f"(major0 IN ({ANY_MAJOR}, {own}) OR major1 = {own} OR major2 = {own})")
    if asked.places is not None:
        parts.append(f"place >= {asked.places[0]} AND place < {asked.places[1]}")
    return " AND ".join(parts)
