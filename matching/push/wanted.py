"""Saved searches against postings: which of them a posting answers, as candidates of the night or of a moment.

A search is a wish on top of the hard rules, never in their place: what the person may not take is not found. A match is
scored by the ranker like any other pair, counts more because it was asked for, and is spared the test of how well it
suits.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from matching.attributes import region_range
from matching.matcher import Matcher
from matching.push.seekers import scored
from matching.question import Filters
from matching.standard.records import Posting
from matching.store import Saved, Search, Searches
from matching.terms import industries

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.state import State
    from matching.store import Store

Ints = NDArray[np.int64]
Names = dict[tuple[str, str], str]
"""Pair → how the search that asked for it is called."""

_MOST = 200
"""Postings that one search brings a night."""


class Wanted(NamedTuple):
    """Pairs that searches ask for (schema `RANKED`), and by which of them."""

    pairs: pa.Table
    names: Names


def nightly(
    store: Store,
    state: State,
    settings: Settings,
    *,
    today: date,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Wanted:
    """What the searches find that wait for the night, of all postings that are open to their people.

    People who do not seek work, or are not there, have no matches.
    """
    finder = Matcher(state, settings, None)
    found: list[tuple[int, int, str]] = []
    saved = list(Searches(store).every(at_once=False))
    for done, one in enumerate(saved, 1):
        row = _seeking(state, one.graduate)
        if row is not None:
            near = finder.wished(row, one.search.text, _filters(one.search), today)[:_MOST]
            found += [(row, p, one.search.name) for p in near.tolist() if matches(one.search, _posting(state, p))]
        progress(done, len(saved))
    return _scored(finder, settings, found, today)


def of_postings(
    searches: Iterable[Saved], state: State, settings: Settings, postings: Sequence[str], *, today: date
) -> Wanted:
    """What some new postings answer, of the searches that are told at once."""
    finder = Matcher(state, settings, None)
    rows = {key: row for key in postings if (row := state.postings.row_of(key)) is not None}
    records = {key: _posting(state, row) for key, row in rows.items()}
    found: list[tuple[int, int, str]] = []
    for one in searches:
        hit = [key for key, record in records.items() if matches(one.search, record)]
        row = _seeking(state, one.graduate) if hit else None
        if row is not None:
            found += [(row, rows[key], one.search.name) for key in hit]
    return _scored(finder, settings, found, today)


def matches(search: Search, posting: Posting) -> bool:
    """Whether a posting is what the search says; rules are not asked here. What it does not state it is not."""
    if search.kinds and posting.kind not in search.kinds:
        return False
    if search.regions and not any(_within(code, region) for code in posting.regions for region in search.regions):
        return False
    if search.industries and _section(posting) not in search.industries:
        return False
    fields = (posting.title, posting.employer_name, posting.industry, posting.place, posting.description)
    text = _plain("\n".join(fields))
    return all(word in text for word in _plain(search.text).split())


def marked(pairs: pa.Table, wanted: Wanted) -> pl.DataFrame:
    """`pairs` and what searches ask for, with a column ``asked``; of a pair in both the first counts."""
    first, more = (pl.from_arrow(table) for table in (pairs, wanted.pairs))
    assert isinstance(first, pl.DataFrame)
    assert isinstance(more, pl.DataFrame)
    both = pl.concat([first, more.cast(first.schema)])
    whole = both.unique(["graduate", "posting"], keep="first", maintain_order=True)
    keys = pl.DataFrame(list(wanted.names), schema={"graduate": pl.String, "posting": pl.String}, orient="row")
    return whole.join(keys.with_columns(asked=pl.lit(value=True)), on=["graduate", "posting"], how="left").with_columns(
        pl.col("asked").fill_null(value=False)
    )


def lines_of(names: Mapping[tuple[str, str], str]) -> Names:
    """The line of a digest that says which search asked for the posting."""
    return {pair: f"符合您的订阅“{name}”" for pair, name in names.items()}


def _scored(finder: Matcher, settings: Settings, found: list[tuple[int, int, str]], today: date) -> Wanted:
    """Scored by the ranker, without what the rules forbid; of two searches of one pair the first names it."""
    state = finder.state
    both = np.array(sorted({(g, p) for g, p, _ in found}), np.int64).reshape(-1, 2)
    pairs = scored(finder, settings, both, today)
    names: Names = {}
    for g, p, name in found:
        names.setdefault((state.graduates.keys[g], state.postings.keys[p]), name)
    held = set(zip(pairs["graduate"].to_pylist(), pairs["posting"].to_pylist(), strict=True))
    return Wanted(pairs, {pair: name for pair, name in names.items() if pair in held})


def _seeking(state: State, graduate: str) -> int | None:
    row = state.graduates.row_of(graduate)
    if row is None or not bool(state.graduates.at(np.array([row], np.int64)).seeking[0]):
        return None
    return row


def _filters(search: Search) -> Filters:
    return Filters(tuple(search.kinds), tuple(search.regions), tuple(search.industries))


def _posting(state: State, row: int) -> Posting:
    return Posting.model_validate_json(state.postings.body(row))


def _section(posting: Posting) -> str:
    code = posting.industry_code or next((f.code for f in industries.find_industries(posting.industry)), "")
    return code[:1]


def _within(code: str, region: str) -> bool:
    low, high = region_range(region)
    return low <= int(code) < high


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
