"""From one term to what belongs with it: majors ↔ occupations ↔ industries, along the relations, either way.

Relations stand between classes of majors, small groups of occupations and divisions of industries; a term that is
deeper is asked as what it lies in, one that is wider as all that lies in it. From majors to industries the way goes
over occupations: each way weighs the product of its steps, several ways count as independent witnesses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal, NamedTuple

from matching.errors import QueryError
from matching.terms import industries, majors, occupations
from matching.terms.relations import Relation, name_of

Table = Literal["majors", "occupations", "industries"]
TABLES: tuple[Table, ...] = ("majors", "occupations", "industries")
_ENDS: dict[str, tuple[Table, Table]] = {
    "major-occupation": ("majors", "occupations"),
    "occupation-industry": ("occupations", "industries"),
}
_TOLD = 3
"""Ways that the evidence of one suggestion tells."""


class Related(NamedTuple):
    """One suggestion: the entry, how strongly it belongs (0–1), and what that rests on."""

    code: str
    name: str
    weight: float
    evidence: str


class _Way(NamedTuple):
    code: str
    weight: float
    evidence: str


def related(relations: Iterable[Relation], code: str, *, to: Table, k: int = 10) -> list[Related]:
    """What of the table `to` belongs with the term `code`, strongest first, then by code; at most `k`.

    Parameters
    ----------
    relations : iterable of Relation
        Those of the home, edits included (`RelationTable.relations`).
    code : str
        Of a major, an occupation or an industry, at any level. One that no relation knows gives nothing.

    Raises
    ------
    QueryError
        The code is of none of the tables, or of `to` itself.
    """
    own = table_of(code)
    if own is None or own == to:
        what = f"'{code}' is no code of another table" if own is None else f"'{code}' is one of {to} itself"
        raise QueryError(what, where="to", cure=f"Ask from one of {', '.join(TABLES)} to another.")
    steps = _steps(relations)
    met: dict[str, list[_Way]] = {start: [_Way(start, 1.0, "")] for start in _starts(code, own, steps)}
    for here, there in _route(own, to):
        met = _stepped(met, steps[here, there])
    found = [Related(end, name_of(end), *_together(ways)) for end, ways in met.items()]
    return sorted(found, key=lambda one: (-one.weight, one.code))[:k]


def table_of(code: str) -> Table | None:
    """Which table a code is of, or None."""
    if majors.major(code) is not None:
        return "majors"
    if occupations.occupation(code) is not None:
        return "occupations"
    return "industries" if industries.industry(code) is not None else None


def _route(own: Table, to: Table) -> list[tuple[Table, Table]]:
    here, there = TABLES.index(own), TABLES.index(to)
    step = 1 if there > here else -1
    return [(TABLES[place], TABLES[place + step]) for place in range(here, there, step)]


def _steps(relations: Iterable[Relation]) -> dict[tuple[Table, Table], dict[str, list[_Way]]]:
    steps: dict[tuple[Table, Table], dict[str, list[_Way]]] = {}
    for first, second in _ENDS.values():
        steps[first, second], steps[second, first] = defaultdict(list), defaultdict(list)
    for relation in relations:
        first, second = _ENDS[relation.kind]
        steps[first, second][relation.source].append(_Way(relation.target, relation.weight, relation.evidence))
        steps[second, first][relation.target].append(_Way(relation.source, relation.weight, relation.evidence))
    return steps


def _starts(code: str, own: Table, steps: dict[tuple[Table, Table], dict[str, list[_Way]]]) -> list[str]:
    """Codes of the relations that a term means: what it lies in, else all that lie in it."""
    known = {source for (here, _), by_source in steps.items() if here == own for source in by_source}
    inside = [start for start in known if _within(code, start, own)]
    return sorted(inside or [start for start in known if _within(start, code, own)])


def _within(code: str, wide: str, own: Table) -> bool:
    if own == "majors":
        found = majors.major(code)
        return found is not None and wide in (found.code, *majors.parents(found.code))
    return code == wide or code.startswith(f"{wide}-" if own == "occupations" else wide)


def _stepped(met: dict[str, list[_Way]], step: dict[str, list[_Way]]) -> dict[str, list[_Way]]:
    ends: dict[str, list[_Way]] = defaultdict(list)
    for start, ways in met.items():
        so_far, told = _together(ways)
        for way in step.get(start, ()):
            via = f"{name_of(start)}: {way.evidence}" if told else way.evidence
            ends[way.code].append(_Way(start, so_far * way.weight, via))
    return ends


def _together(ways: list[_Way]) -> tuple[float, str]:
    """Several ways as independent witnesses, and the strongest of them in words."""
    doubt = 1.0
    for way in ways:
        doubt *= 1 - way.weight
    strongest = sorted(ways, key=lambda way: (-way.weight, way.code))[:_TOLD]
    return round(1 - doubt, 4), "; ".join(way.evidence for way in strongest if way.evidence)
