"""Employers by name: the key stands beside it where two share a name, and alone where no name is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from matching.fairs.gather import hosts_of
from matching.standard.records import Employer, Event, key_of

if TYPE_CHECKING:
    from matching.state import State
    from matching.store import Store


def employer_names(store: Store, state: State, event: Event, keys: Sequence[str]) -> dict[str, str]:
    """The employers `keys` of an event's tenant as they are told, by key, in the order given.

    A name is that of an open posting, whatever its theme, or of the employer's record.
    """
    if not keys:
        return {}
    any_theme = event.model_copy(update={"employer_ids": list(keys), "kinds": [], "occupations": []})
    names = {host.key: host.name for host in hosts_of(any_theme, state)}
    stored = {key_of(event.tenant, key): key for key in keys if key not in names}
    found = cast("dict[str, Employer]", store.get_many("employer", list(stored)))
    names |= {stored[key]: record.name for key, record in found.items()}
    return told_apart({key: names.get(key, key) for key in keys})


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Names by key, each with its key where another has the same name."""
    often = Counter(names.values())
    return {key: name if often[name] < 2 or name == key else f"{name}（{key}）" for key, name in names.items()}
