"""Which occupations a major leads to, and which industries employ an occupation: weighted, with the evidence.

Majors are classes (0809), occupations small groups (2-02-10), industries sections and divisions (C39). Evidence is of
three kinds, and a weight says how likely it is that the two belong together, if each kind were a witness of its own
(``1 - Π(1 - w)``):

- ``meaning``: the names of the class (of the industry) and the group's names and definitions are close to the encoder;
- ``postings``: the stored postings that demand the class, by what they are titled; and the industries of such postings;
- ``interactions``: graduates of the class who applied, were interviewed, offered or hired, by the posting's title; and
  the industries of the postings so titled.

An analyst's edits are kept apart from what is built (`Edits`), so they survive every rebuild.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.terms import industries, majors, occupations
from models.encoder import Side

if TYPE_CHECKING:
    from models.encoder import Encoder

Kind = Literal["major-occupation", "occupation-industry"]
KINDS: tuple[Kind, ...] = ("major-occupation", "occupation-industry")
_PRIOR = 5.0
"""Pairs that a source must have been seen in before its shares are believed by half."""
_KEPT = 12
"""Targets of a source that are kept, strongest first."""
_NEAREST = 6
"""Occupations that meaning names for a class."""
_NEAREST_INDUSTRIES = 3
"""Industries that meaning names for an occupation."""


class Relation(NamedTuple):
    """One entry: `source` belongs with `target`, with `weight` (0–1) and the evidence in words."""

    kind: Kind
    source: str
    target: str
    weight: float
    evidence: str


class Seen(NamedTuple):
    """How often a source was seen with a target, in one kind of evidence."""

    kind: Kind
    evidence: str
    pairs: Mapping[tuple[str, str], int]


def small_group(title: str) -> str | None:
    """Code of the small group that a posting's title lies in; None where it is not known so deep."""
    found = occupations.read(title)
    if found is None or found.code.count("-") < 2:
        return None
    return "-".join(found.code.split("-")[:3])


def counted(kind: Kind, evidence: str, pairs: Iterable[tuple[str, str]]) -> Seen:
    """What was seen, counted."""
    return Seen(kind, evidence, Counter(pairs))


def build(seen: Sequence[Seen], encoder: Encoder | None = None) -> list[Relation]:
    """Relations from counts and, with an encoder, from meaning; by kind, source, then weight.

    Nothing seen and no encoder give an empty list. The weight of a count is its share among the source's counts,
    drawn towards 0 where the source was seen seldom; several targets of one source may all be strong.
    """
    found: dict[tuple[Kind, str, str], list[tuple[float, str]]] = defaultdict(list)
    for one in seen:
        totals: Counter[str] = Counter()
        for (source, _), n in one.pairs.items():
            totals[source] += n
        most = {source: max(n for (s, _), n in one.pairs.items() if s == source) for source in totals}
        for (source, target), n in one.pairs.items():
            total = totals[source]
            weight = 0.9 * (n / most[source]) * total / (total + _PRIOR)
            found[one.kind, source, target].append((weight, f"{one.evidence} {n}/{total}"))
    for kind, source, target, close in _by_meaning(encoder) if encoder is not None else ():
        found[kind, source, target].append((0.5 * close, f"meaning {close:.2f}"))
    return _strongest(found)


def _strongest(found: Mapping[tuple[Kind, str, str], list[tuple[float, str]]]) -> list[Relation]:
    by_source: dict[tuple[Kind, str], list[Relation]] = defaultdict(list)
    for (kind, source, target), witnesses in found.items():
        doubt = float(np.prod([1 - weight for weight, _ in witnesses]))
        evidence = "; ".join(words for _, words in witnesses)
        by_source[kind, source].append(Relation(kind, source, target, round(1 - doubt, 4), evidence))
    kept = []
    for key in sorted(by_source):
        kept += sorted(by_source[key], key=lambda r: (-r.weight, r.target))[:_KEPT]
    return kept


def _by_meaning(encoder: Encoder) -> Iterator[tuple[Kind, str, str, float]]:
    """For each class of majors the nearest small groups, for each of these the nearest divisions, with a closeness.

    Groups of the rest (-99) and industries of the rest have no meaning of their own and are left out.
    """
    classes = [entry.code for entry in majors.rows() if entry.level == "class"]
    groups = [entry.code for entry in occupations.rows() if entry.level == "small group" and "-99" not in entry.code]
    divisions = [entry.code for entry in industries.rows() if entry.level == "division" and "其他" not in entry.name]
    asked = encoder.encode([_class_text(code, name_of(code)) for code in classes], side=Side.QUERY)
    held = encoder.encode([_group_text(code, name_of(code)) for code in groups], side=Side.PASSAGE)
    working = encoder.encode([_division_text(code, name_of(code)) for code in divisions], side=Side.QUERY)
    for source, target, close in _nearest(asked @ held.T, _NEAREST):
        yield "major-occupation", classes[source], groups[target], close
    for source, target, close in _nearest(held @ working.T, _NEAREST_INDUSTRIES):
        yield "occupation-industry", groups[source], divisions[target], close


def _nearest(close: NDArray[np.float32], most: int) -> Iterator[tuple[int, int, float]]:
    """For each row the nearest columns, with a closeness of 0 to 1; what is near to everything counts less."""
    close = close - close.mean(axis=0, keepdims=True)
    best = np.argsort(-close, axis=1, kind="stable")[:, :most]
    scale = max(float(close.max()), 1e-6)
    for row, places in enumerate(best.tolist()):
        for place in places:
            if close[row, place] > 0:
                yield row, place, round(max(float(close[row, place]) / scale, 0.0), 4)


def _class_text(code: str, name: str) -> str:
    held = [entry.name for entry in majors.rows() if entry.level == "major" and entry.code.startswith(code)]
    return f"{name}：{'、'.join(held[:12])}" if held else name


def _group_text(code: str, name: str) -> str:
    held = [entry for entry in occupations.rows() if entry.level == "occupation" and entry.code.startswith(code)]
    return f"{name}：{'、'.join(entry.name for entry in held[:10])}。{held[0].definition if held else ''}"


def _division_text(code: str, name: str) -> str:
    held = [entry.name for entry in industries.rows() if entry.level == "group" and entry.code.startswith(code)]
    return f"{name}：{'、'.join(held[:12])}"


def name_of(code: str) -> str:
    """Name of a class, group or industry code; empty for a code of none of these tables."""
    found = majors.major(code) or occupations.occupation(code) or industries.industry(code)
    return found.name if found is not None else ""
