"""Which occupations a major leads to, and which industries employ an occupation: weighted, with the evidence.

Majors are classes (0809), occupations small groups (2-02-10), industries sections and divisions (C39). Evidence is of
three kinds, and a weight says how likely it is that the two belong together, if each kind were a witness of its own
(``1 - Π(1 - w)``):

- ``meaning``: the class's names and the group's names and definitions are close to the encoder;
- ``postings``: the stored postings that demand the class, by what they are titled;
- ``interactions``: graduates of the class who applied, were interviewed, offered or hired, by the posting's title.

An analyst's edits are kept apart from what is built (`Edits`), so they survive every rebuild.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

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
    for source, target, close in _by_meaning(encoder) if encoder is not None else ():
        found["major-occupation", source, target].append((0.5 * close, f"meaning {close:.2f}"))
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


def _by_meaning(encoder: Encoder) -> list[tuple[str, str, float]]:
    """For each class of majors the nearest small groups, with a closeness of 0 to 1 among them."""
    classes = [entry for entry in majors.rows() if entry.level == "class"]
    groups = [entry for entry in occupations.rows() if entry.level == "small group" and "-99" not in entry.code]
    asked = encoder.encode([_class_text(entry.code, entry.name) for entry in classes], side=Side.QUERY)
    held = encoder.encode([_group_text(entry.code, entry.name) for entry in groups], side=Side.PASSAGE)
    close = asked @ held.T
    close = close - close.mean(axis=0, keepdims=True)  # some groups are near to everything
    best = np.argsort(-close, axis=1, kind="stable")[:, :_NEAREST]
    scale = max(float(close.max()), 1e-6)
    return [
        (entry.code, groups[place].code, round(max(float(close[row, place]) / scale, 0.0), 4))
        for row, entry in enumerate(classes)
        for place in best[row].tolist()
        if close[row, place] > 0
    ]


def _class_text(code: str, name: str) -> str:
    held = [entry.name for entry in majors.rows() if entry.level == "major" and entry.code.startswith(code)]
    return f"{name}：{'、'.join(held[:12])}" if held else name


def _group_text(code: str, name: str) -> str:
    held = [entry for entry in occupations.rows() if entry.level == "occupation" and entry.code.startswith(code)]
    return f"{name}：{'、'.join(entry.name for entry in held[:10])}。{held[0].definition if held else ''}"


def name_of(code: str) -> str:
    """Name of a class, group or industry code; empty for a code of none of these tables."""
    found = majors.major(code) or occupations.occupation(code) or industries.industry(code)
    return found.name if found is not None else ""
