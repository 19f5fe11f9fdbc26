"""Live rows into a new snapshot, in a process of its own, without asking the store or the encoder of anything again.

Rows that came, changed or went since the build lie behind the built ones and cost every question a little. A
compaction lays what is alive out anew. It keeps the build's words and closeness, so no answer changes (but which of
rows that are equally near is the last candidate). It is written beside the snapshot in use and takes its place in
one step, as a build does: killed at any moment, it leaves what there was. What the store changes meanwhile is followed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import get_context
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from matching.build import remove_erased
from matching.errors import SnapshotError
from matching.side import NewRows, Side
from matching.snapshot import Snapshots
from matching.state import State, read_state, write_state
from matching.store import Store

if TYPE_CHECKING:
    from matching.settings import Settings

_SIDES = ("graduates", "postings")
_POLITE = 10
"""How far a compaction steps back for those who answer questions (see nice(1))."""
_LOOK = 0.2
"""Seconds between looks at whether it has ended."""
_KEPT = 2
"""Compactions of a build that stay, besides the one in use: readers may still be opening them."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What a state holds beyond its snapshot: enough to write it anew.

    Attributes
    ----------
    snapshot, change : the snapshot's name, and the last change that the state holds.
    words : words that came after the build, in the order of their ids.
    alive : by side, which built rows are alive.
    live : by side, the live rows.
    """

    snapshot: str
    change: int
    words: tuple[str, ...]
    alive: dict[str, NDArray[np.bool_]]
    live: dict[str, NewRows[Any]]


def is_due(state: State, settings: Settings) -> bool:
    """Whether so much has changed since the snapshot that a compaction pays."""
    own = settings.service
    changed = sum(_changed(getattr(state, name)) for name in _SIDES)
    total = sum(getattr(state, name).vectors.built for name in _SIDES)
    return own.compact_share > 0 and changed >= max(own.compact_share * total, own.compact_least)


def _changed(side: Side[Any]) -> int:
    built = side.vectors.built
    return len(side) - built + int(np.count_nonzero(~side.alive[:built]))


def hand_over(state: State) -> Handover:
    """What a compaction of `state` needs besides its snapshot."""
    alive, live = {}, {}
    for name in _SIDES:
        side: Side[Any] = getattr(state, name)
        built = side.vectors.built
        alive[name] = side.alive[:built].copy()
        live[name] = side.rows(built + np.flatnonzero(side.alive[built:]))
    known = list(state.words.vocabulary)  # in the order of ids, since words are only ever added
    return Handover(state.name, state.change, tuple(known[len(state.words.idf) :]), alive, live)


def compact(settings: Settings, held: Handover) -> str | None:
    """Write `held` with its snapshot as a new snapshot, and use it; return its name.

    None, and nothing is changed, where another snapshot has come into use meanwhile.

    Raises
    ------
    SnapshotError
        Another compaction is under way, or the disk is full.
    UnknownId, SnapshotDamaged
    """
    snapshots = Snapshots(settings.snapshots)
    manifest = snapshots.check(held.snapshot)
    with snapshots.draft(compacting=True) as draft:
        state = read_state(settings.snapshots / held.snapshot, manifest)
        for word in held.words:
            state.words.vocabulary.setdefault(word, len(state.words.vocabulary))
        sides = {name: _joined(getattr(state, name), held, name) for name in _SIDES}
        try:
            files = write_state(draft, sides=sides, words=state.words, closeness=state.closeness)
        except (OSError, RuntimeError) as error:  # FAISS says RuntimeError when the disk is full
            cure = "Free some disk; the snapshot in use is as it was, and it is tried again."
            raise SnapshotError(f"the snapshot cannot be written: {error}", where=str(draft), cure=cure) from None
        made = replace(
            manifest,
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            code_version=version("gradmatch"),
            change=held.change,
            rows={name: len(rows.keys) for name, rows in sides.items()},
            files=files,
            compacts=manifest.root,
        )
        name = snapshots.publish(draft, made)
    if not snapshots.use(name, over=held.snapshot):  # a build has ended meanwhile: it knows more
        snapshots.remove(name)
        return None
    with Store.open(settings.store) as store:
        remove_erased(store, snapshots)
    _remove_older(snapshots, name)
    return name


def compact_apart(settings: Settings, state: State, stop: Event) -> None:
    """`compact` of a state in a process of its own, which steps back for others; returns when it has ended.

    Parameters
    ----------
    stop : threading.Event
        When it is set, the process is ended.

    Raises
    ------
    SnapshotError
        It failed; what it said stands on stderr.
    """
    process = get_context("spawn").Process(target=_begin, args=(settings, hand_over(state)), daemon=True)
    process.start()
    while process.is_alive() and not stop.wait(_LOOK):
        pass
    if stop.is_set():
        process.terminate()
    process.join()
    if process.exitcode and not stop.is_set():
        raise SnapshotError(
            f"compacting live rows failed ({process.exitcode})",
            where=str(settings.snapshots),
            cure="Answers are not touched. See what it said before; `gradmatch build` does the same and more.",
        )


def _begin(settings: Settings, held: Handover) -> None:
    os.nice(_POLITE)
    with threadpool_limits(1):
        compact(settings, held)


def _joined(side: Side[Any], held: Handover, name: str) -> NewRows[Any]:
    return side.rows(np.flatnonzero(held.alive[name])).followed_by(held.live[name])


def _remove_older(snapshots: Snapshots, current: str) -> None:
    """Remove compactions but the current one and `_KEPT` before it; builds stay."""
    older = [name for name in snapshots.names() if name != current and snapshots.manifest(name).compacts]
    for name in older[:-_KEPT]:
        snapshots.remove(name)
