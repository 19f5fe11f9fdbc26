"""What if the rules were others: the certificate of a list that is not kept, beside the rules that were changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from matching.errors import QueryError
from matching.fairs.certificate import certificate_of
from matching.fairs.listing import Prepared
from matching.fairs.solving import Wish, solved_for
from matching.fairs.words import name_of
from matching.progress import Progress
from matching.standard.records import Event

LIMITS = ("seats", "rooms", "tables", "slot_minutes", "cross_region")


def changed(event: Event, changes: Mapping[str, Any]) -> Event:
    """The event with other limits (`LIMITS`) and other `rules`; what is not named stays.

    Raises
    ------
    QueryError
        A name or a value is not one of the standard's.
    """
    rules = changes.get("rules") or {}
    unknown = sorted(set(changes) - {"rules", *LIMITS}) or sorted(set(rules) - set(type(event.rules).model_fields))
    if unknown:
        raise QueryError("that is no rule of an event", where=unknown[0], cure="See `gradmatch schema event`.")
    told = event.model_dump() | {name: changes[name] for name in LIMITS if name in changes}
    told["rules"] = {**event.rules.model_dump(), **rules}
    try:
        return Event.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise QueryError(str(first["msg"]), where=where, cure="See `gradmatch schema event`.") from None


def what_if(
    ready: Prepared,
    changes: Mapping[str, Any],
    *,
    without: Collection[str] = (),
    wish: Wish | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The certificate of the list under other rules; nothing is kept.

    Parameters
    ----------
    changes : mapping
        As `changed` takes them.
    without : names of rules that are left out altogether, as certificates name them.

    Returns
    -------
    dict
        As a list's certificate.

    Raises
    ------
    QueryError, NoList, OutOfTime
    """
    event = changed(ready.found.event, changes)
    problem = ready.problem(event)
    for rule in without:
        if rule not in problem.rules:
            cure = f"Use one of {', '.join(problem.rules)}."
            raise QueryError("the list has no such rule", where=f"without: {name_of(rule).en}", cure=cure)
        problem = problem.without(rule)
    wish = wish or Wish()
    problem, chosen, gave = solved_for(event, problem, wish, progress)
    return {**certificate_of(problem, chosen, wish), "gave_way": gave}
