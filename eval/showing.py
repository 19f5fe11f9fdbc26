"""Names and reasons for the lists of a report, from the store and the snapshot in use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from eval.document import EXTREMES, Words, extremes, headline_of
from eval.evaluation import Direction, Evaluation
from eval.versus import production
from matching.errors import QueryError, UnknownId
from matching.question import CHINA
from matching.standard.records import Graduate, Posting, Record

if TYPE_CHECKING:
    from matching.matcher import Matcher
    from matching.question import Answer
    from matching.store import Store

_REASONS = 3
_DEPTH = 200


def stored_words(
    evaluation: Evaluation, store: Store, matcher: Matcher | None = None, *, everything: bool = False
) -> Words:
    """What the ten best and ten worst lists need to be read by people.

    Parameters
    ----------
    evaluation : Evaluation
    store : Store
        Names come from it; a record that has gone since has no name.
    matcher : Matcher, optional
        Reasons come from it, of the snapshot in use (the world of a replay is gone), asked on the day of the cutoff;
        none without it.
    everything : bool
        Name whatever is in any list, not only in the best and worst ones.
    """
    system = production(evaluation)
    chosen = extremes(evaluation, system, headline_of(evaluation))
    names: dict[str, str] = {}
    reasons: dict[tuple[str, str], list[str]] = {}
    lists = evaluation.lists.filter(pl.col("system") == system)
    held = lists.filter(lists["query"].is_in([query for _, query, _, _ in chosen]) & (lists["rank"] <= EXTREMES))
    named = evaluation.lists if everything else held
    keys = {*named["query"].to_list(), *named["document"].to_list()}
    for kind in ("graduate", "posting"):
        names |= {key: name_of(record) for key, record in store.get_many(kind, sorted(keys)).items()}
    day = datetime.fromisoformat(cutoff).astimezone(CHINA).date() if (cutoff := evaluation.provenance.cutoff) else None
    for direction, query, _, _ in chosen if matcher is not None else ():
        assert matcher is not None
        reasons |= {(query, key): why for key, why in _reasons(matcher, (direction, query), day)}
    return Words(names=names, reasons=reasons)


def side_by_side(
    evaluation: Evaluation, systems: tuple[str, str], words: Words, *, query: str = "", length: int = 10
) -> tuple[str, pl.DataFrame]:
    """One query's lists by two systems, place by place; ``✓`` marks what really came of it.

    Parameters
    ----------
    query : str
        Default: the one with an outcome in either list whose lists have least in common; of equal ones the first key.

    Returns
    -------
    (str, DataFrame)
        Who it is, and the columns ``rank`` and one a system.

    Raises
    ------
    QueryError
        There are no such lists.
    """
    lists = evaluation.lists.filter((pl.col("rank") <= length) & pl.col("system").is_in(systems)).with_columns(
        pl.col("system").cast(pl.String)
    )
    chosen = query or _most_different(lists)
    mine = lists.filter(pl.col("query") == chosen)
    if not len(mine):
        raise QueryError(f"no lists of {' and '.join(systems)}", where=chosen, cure="See evaluation.systems.")
    mark = pl.when(pl.col("grade").fill_null(0) > 0).then(pl.lit("✓ ")).otherwise(pl.lit(""))
    texts = pl.Series("text", [words.names.get(key, key) for key in mine["document"].to_list()], dtype=pl.String)
    shown = mine.with_columns(text=mark + texts).pivot("system", index="rank", values="text").sort("rank")
    return words.names.get(chosen, chosen), shown.select("rank", *(one for one in systems if one in shown.columns))


def _most_different(lists: pl.DataFrame) -> str:
    per = lists.group_by("query").agg(
        (pl.col("grade").fill_null(0) > 0).any().alias("hit"), pl.col("document").n_unique().alias("different")
    )
    ranked = per.sort(["hit", "different", "query"], descending=[True, True, False])
    return str(ranked["query"][0]) if len(ranked) else ""


def name_of(record: Record) -> str:
    """A record in one line, without anything that would name a person."""
    if isinstance(record, Posting):
        return " · ".join(part for part in (record.title, record.employer_name) if part)
    if isinstance(record, Graduate):
        wishes = "、".join(record.wishes.titles)
        parts = (record.degree or "", record.major or record.major_code or "", f"想做：{wishes}" if wishes else "")
        return " · ".join(part for part in parts if part)
    return record.key


def _reasons(matcher: Matcher, asked: tuple[str, str], day: date | None) -> Iterable[tuple[str, list[str]]]:
    from matching.question import Question

    direction, query = asked
    ask = matcher.postings_for if direction == Direction.POSTINGS else matcher.graduates_for
    try:
        answer: Answer = ask(query, Question(k=_DEPTH, today=day))
    except UnknownId:
        return []
    return [
        (match.key, [f"{reason.points:+.1f} {reason.words.zh}" for reason in match.reasons[:_REASONS]])
        for match in answer.matches
    ]
