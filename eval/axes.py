"""What queries are sliced by: their own traits, and those of what is relevant to them.

A graduate has a category of major, a degree, a region and a history; what is relevant to a graduate has a kind, an
employer's size and a popularity (of the relevant postings the one with the highest grade counts, then the first by
key). A posting has all of its own, and the category of major of the graduates that are relevant to it.
No protected attribute is among them: those are joined in the audit alone (`eval.audit`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.attributes import major_class_of
from matching.standard.records import Employer, Graduate, Kind, Posting
from matching.terms import majors, regions

KIND_NAMES = {
    Kind.JOB: "岗位 / job",
    Kind.INTERNSHIP: "见习 / internship",
    Kind.GRASSROOTS: "基层项目 / grassroots",
    Kind.PUBLIC_INSTITUTION: "事业单位 / public institution",
    Kind.PUBLIC_WELFARE: "公益性岗位 / public welfare",
}
HEAD, TAIL = "热门 / head", "冷门 / tail"
COLD, WARM = "无记录 / cold", "有记录 / warm"
NO_LIMIT = "不限 / no limit"

Traits = dict[str, dict[str, str]]
"""Slice name by key, by axis; a key that is missing is not known."""


def graduate_traits(graduates: Sequence[Graduate], past: pl.DataFrame) -> Traits:
    """Traits of graduates: major_category, degree, region (prefecture), history (any interaction before the cutoff)."""
    seen = frozenset(past["graduate"].to_list())
    return {
        "major_category": {g.key: _category(g) for g in graduates},
        "degree": {g.key: str(g.degree) for g in graduates if g.degree is not None},
        "region": {g.key: _prefecture(g.region) for g in graduates if g.region},
        "history": {g.key: WARM if g.key in seen else COLD for g in graduates},
    }


def posting_traits(
    postings: Sequence[Posting], employers: Sequence[Employer], past: pl.DataFrame, popularity: NDArray[np.float64]
) -> Traits:
    """Traits of postings: kind, employer_size, popularity, posting_degree, posting_region, posting_history.

    `popularity` has a value a posting: head are those that together had half of all applications, most popular first.
    """
    sizes = {employer.key: employer.size for employer in employers if employer.size}
    by_name = {(employer.name): employer.size for employer in employers if employer.size}
    seen = frozenset(past["posting"].to_list())
    return {
        "kind": {p.key: KIND_NAMES[p.kind] for p in postings},
        "employer_size": {
            p.key: sizes.get(f"{p.tenant}:{p.employer_id}", "") or by_name.get(p.employer_name, "") for p in postings
        },
        "popularity": dict(zip((p.key for p in postings), heads(popularity), strict=True)),
        "posting_degree": {p.key: _demand(p) for p in postings},
        "posting_region": {p.key: _prefecture(p.regions[0]) for p in postings if p.regions},
        "posting_history": {p.key: WARM if p.key in seen else COLD for p in postings},
    }


def heads(popularity: NDArray[np.float64]) -> list[str]:
    """`HEAD` for the documents that together have half of everything, most popular first; `TAIL` for the others."""
    order = np.argsort(-popularity, kind="stable")
    before = np.cumsum(popularity[order]) - popularity[order]
    head = np.zeros(len(popularity), np.bool_)
    head[order] = (before < popularity.sum() / 2) & (popularity[order] > 0)
    return [HEAD if is_head else TAIL for is_head in head.tolist()]


def columns_of(queries: Sequence[str], own: Traits, others: Traits, judged: pl.DataFrame) -> dict[str, list[str]]:
    """A slice name a query for each axis: its own traits, then those of what is most relevant to it."""
    first = (
        judged.filter(pl.col("grade") >= 1)
        .sort(["query", "grade", "document"], descending=[False, True, False])
        .group_by("query", maintain_order=True)
        .first()
    )
    best = dict(first.select("query", "document").iter_rows())
    found = {axis: [names.get(query, "") for query in queries] for axis, names in own.items()}
    relevant = {axis: [names.get(best.get(query, ""), "") for query in queries] for axis, names in others.items()}
    return found | relevant


def only(traits: Traits, axes: Sequence[str]) -> Traits:
    """Some of the axes."""
    return {axis: traits[axis] for axis in axes}


def category_names(traits: Mapping[str, str], keys: Sequence[str]) -> NDArray[np.int64]:
    """A number for each different trait of `keys`, -1 where it is not known."""
    names = [traits.get(key, "") for key in keys]
    numbers = {name: number for number, name in enumerate(sorted(set(names) - {""}))}
    return np.array([numbers.get(name, -1) for name in names], np.int64)


def _category(graduate: Graduate) -> str:
    found = major_class_of(graduate)
    entry = None if found is None else majors.major(majors.category_of(found))
    return "" if entry is None else entry.name


def _prefecture(code: str) -> str:
    found = regions.region(regions.prefecture_of(code))
    return "" if found is None else found.name


def _demand(posting: Posting) -> str:
    degree = posting.requirements.degree
    if degree is None:
        return ""
    return NO_LIMIT if degree.level == 0 else str(degree)
