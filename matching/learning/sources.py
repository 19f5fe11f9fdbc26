"""From the sources to groups of texts that mean the same, development occupations and their titles left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from matching.learning.csco import Classification, clean
from matching.learning.split import is_development
from matching.terms.titles import TitleGroup, title_groups
from models.lessons import Group, folded

if TYPE_CHECKING:
    from matching.standard.records import Posting

_TASKS = 160
"""Characters of an occupation's tasks that are read; the encoder is taught with short texts."""
_DESCRIPTION = 160
_CSCO_WEIGHT = 0.6
"""The classification's groups are wider and noisier than our own."""


def development_titles(source: Classification) -> dict[str, list[tuple[str, ...]]]:
    """The development tasks of title ranking, by name: groups of titles that are relevant to each other.

    ``aliases``: occupations of the classification with more than one title; ``groups``: our own table.
    """
    aliases = [o.titles for o in source.occupations.values() if is_development(o.code, "csco") and len(o.titles) > 1]
    groups = [g.chinese for g in title_groups() if is_development(g.unit, "isco")]
    return {"aliases": aliases, "groups": [tuple(clean(title) for title in titles) for titles in groups]}


def lessons(source: Classification, postings: Iterable[Posting] = ()) -> list[Group]:
    """The groups to train on.

    A title that a development task asks for is in none of them, wherever it stands; nor is a posting with that title.
    """
    held = {
        folded(title)
        for occupation in source.occupations.values()
        if is_development(occupation.code, "csco")
        for title in occupation.titles
    }
    held |= {folded(title) for title, code in source.coded if is_development(code, "csco")}
    return [*_of_classification(source, held), *_of_table(title_groups(), held), *_of_postings(postings, held)]


def _of_classification(source: Classification, held: set[str]) -> Iterator[Group]:
    coded: dict[str, list[str]] = {}
    for title, code in source.coded:
        if folded(title) not in held:
            coded.setdefault(code, []).append(title)
    for code, occupation in source.occupations.items():
        titles = tuple(title for title in occupation.titles if folded(title) not in held)
        if titles and not is_development(code, "csco"):
            passages = tuple(filter(None, (occupation.definition, occupation.tasks[:_TASKS])))
            yield Group(titles, f"csco:{code}", tuple(coded.get(code, ())), passages, weight=_CSCO_WEIGHT)


def _of_table(groups: Iterable[TitleGroup], held: set[str]) -> Iterator[Group]:
    for group in groups:
        titles = tuple(clean(title) for title in group.chinese if folded(title) not in held)
        if titles and not is_development(group.unit, "isco"):
            yield Group(titles, f"isco:{group.unit}", foreign=group.english)


def _of_postings(postings: Iterable[Posting], held: set[str]) -> Iterator[Group]:
    """A posting's title and the beginning of its description, the title masked; equal titles are one group."""
    found: dict[str, tuple[str, list[str]]] = {}
    for posting in postings:
        title, key = clean(posting.title), folded(posting.title)
        text = clean(posting.description or "").replace(title, "")[:_DESCRIPTION]
        if title and text and key not in held:
            found.setdefault(key, (title, []))[1].append(text)
    for key, (title, texts) in found.items():
        yield Group((title,), f"posting:{key}", passages=tuple(dict.fromkeys(texts)), weight=0.5)
