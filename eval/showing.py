"""Names and reasons for the lists of a report, from the store and the snapshot in use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from eval.document import EXTREMES, Words, extremes, headline_of
from eval.evaluation import Direction, Evaluation
from eval.versus import production
from matching.errors import UnknownId
from matching.standard.records import Graduate, Posting, Record

if TYPE_CHECKING:
    from matching.matcher import Answer, Matcher
    from matching.store import Store

_REASONS = 3
_DEPTH = 200


def stored_words(evaluation: Evaluation, store: Store, matcher: Matcher | None = None) -> Words:
    """What the ten best and ten worst lists need to be read by people.

    Parameters
    ----------
    evaluation : Evaluation
    store : Store
        Names come from it; a record that has gone since has no name.
    matcher : Matcher, optional
        Reasons come from it, as of the snapshot in use (the world of a replay is gone); none without it.
    """
    system = production(evaluation)
    chosen = extremes(evaluation, system, headline_of(evaluation))
    names: dict[str, str] = {}
    reasons: dict[tuple[str, str], list[str]] = {}
    lists = evaluation.lists.filter(evaluation.lists["system"].cast(str) == system)
    held = lists.filter(lists["query"].is_in([query for _, query, _, _ in chosen]) & (lists["rank"] <= EXTREMES))
    keys = {*held["query"].to_list(), *held["document"].to_list()}
    for kind in ("graduate", "posting"):
        names |= {key: name_of(record) for key, record in store.get_many(kind, sorted(keys)).items()}
    for direction, query, _, _ in chosen if matcher is not None else ():
        assert matcher is not None
        reasons |= {(query, key): why for key, why in _reasons(matcher, direction, query)}
    return Words(names=names, reasons=reasons)


def name_of(record: Record) -> str:
    """A record in one line, without anything that would name a person."""
    if isinstance(record, Posting):
        return " · ".join(part for part in (record.title, record.employer_name) if part)
    if isinstance(record, Graduate):
        wishes = "、".join(record.wishes.titles)
        parts = (record.degree or "", record.major or record.major_code or "", f"想做：{wishes}" if wishes else "")
        return " · ".join(part for part in parts if part)
    return record.key


def _reasons(matcher: Matcher, direction: str, query: str) -> Iterable[tuple[str, list[str]]]:
    from matching.matcher import Question

    ask = matcher.postings_for if direction == Direction.POSTINGS else matcher.graduates_for
    try:
        answer: Answer = ask(query, Question(k=_DEPTH))
    except UnknownId:
        return []
    return [
        (match.key, [f"{reason.points:+.1f} {reason.words.zh}" for reason in match.reasons[:_REASONS]])
        for match in answer.matches
    ]
