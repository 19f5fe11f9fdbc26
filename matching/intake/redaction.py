"""Replacing contact data in a refused record, where the mapping says that it may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from matching.intake.mapping import Mapping
from matching.standard.privacy import redact
from matching.standard.refusals import Refusal

_NEVER = frozenset({"tenant", "id", "graduate", "posting", "employer_id", "employer_ids"})
"""Identifiers: a phone number for an id is refused, because replacing it would make all such records one."""


def redacted(data: dict[str, Any], refusals: Sequence[Refusal], mapping: Mapping) -> Counter[str] | None:
    """Replace, in place, the contact data that `refusals` found; how many pieces, by field.

    None where a refusal has another reason or stands in a field that may not be redacted: the record stays refused.
    """
    if not all(refusal.code == "contact_data" and _may(mapping, refusal.field) for refusal in refusals):
        return None
    found: Counter[str] = Counter()
    for refusal in refusals:
        path = refusal.field.split(".")
        count = _redact_at(data, path)
        if count == 0:
            return None
        found[_named(path)] += count
    return found


def _may(mapping: Mapping, field: str) -> bool:
    path = field.split(".")
    if path[0] in _NEVER:
        return False
    rule = mapping.fields.get(_named(path)) or mapping.fields.get(path[0])
    return mapping.redact if rule is None or rule.redact is None else rule.redact


def _named(path: Sequence[str]) -> str:
    return ".".join(part for part in path if not part.isdigit())


def _redact_at(data: Any, path: Sequence[str]) -> int:  # noqa: ANN401
    """Redact the text at `path` in place; how many pieces were replaced, 0 where there is no text."""
    keys: list[Any] = [int(part) if part.isdigit() else part for part in path]
    try:
        for key in keys[:-1]:
            data = data[key]
        text = data[keys[-1]]
    except (KeyError, IndexError, TypeError):
        return 0
    if not isinstance(text, str):
        return 0
    data[keys[-1]], count = redact(text)
    return count
