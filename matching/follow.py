"""The store's changes → the next state: records encoded, weighed and put behind the built rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from matching.attributes import GraduateRows, PostingRows
from matching.profile import graduate_text, graduate_words, posting_text, posting_words
from matching.side import NewRows, Side
from matching.standard.records import Graduate, Posting, Record
from matching.state import SIDES, State, without
from models.encoder import Side as TextSide
from models.index import Vectors

if TYPE_CHECKING:
    from matching.store import Store
    from models.encoder import Encoder

AT_ONCE = 32
"""Records encoded for one new state; more are done in several steps, so the first are visible soon."""
LOOK_AHEAD = 10_000
"""Changes looked through for deletions, which do not wait for the encoding of what comes before them."""

T = TypeVar("T", Graduate, Posting)


class Following:
    """Takes a store's changes into states.

    Parameters
    ----------
    store : Store
    encoder : Encoder
        Not asked where a text has not changed: a posting that closes or fills up keeps its vector.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder

    def taken_in(self, state: State, show: Callable[[State], None], *, until: int, beside: State | None = None) -> int:
        """Take in the store's changes after those that `state` holds; return how many.

        Deletions do not wait for what comes before them: they are looked for again after every step.

        Parameters
        ----------
        show : callable
            Told of each next state, in order.
        until : int
            Stop at the first state that holds the change of this number; earlier where nothing more has changed.
        beside : State, optional
            Another state whose vectors may be taken, for the same encoder.
        """
        done, seen, waiting = 0, state.change, deque[Any]()
        while True:
            if len(waiting) < LOOK_AHEAD and (fresh := self._store.changes(seen, LOOK_AHEAD)):
                seen = fresh[-1].seq
                waiting.extend(fresh)
                gone = {name: [c.key for c in fresh if c.deleted and c.type == name] for name in SIDES}
                if any(gone.values()):
                    state = without(state, gone)
                    show(state)
            if not waiting or state.change >= until:
                return done
            step = [waiting.popleft() for _ in range(min(AT_ONCE, len(waiting)))]
            state = self._next(state, step, beside)
            show(state)
            done += len(step)

    def _next(self, state: State, changes: Sequence[Any], beside: State | None) -> State:
        put: dict[str, list[str]] = {name: [] for name in SIDES}
        for change in changes:
            if change.type in put and not change.deleted:
                put[change.type].append(change.key)
        graduates = cast("list[Graduate]", self._records("graduate", put["graduate"]))
        postings = cast("list[Posting]", self._records("posting", put["posting"]))
        known = [state] if beside is None else [state, beside]
        if graduates:
            vectors = self._vectors(graduates, graduate_text, [s.graduates for s in known], TextSide.QUERY)
            tokens = [state.words.query(graduate_words(g)) for g in graduates]
            rows = NewRows(*_named(graduates), GraduateRows.of(graduates), vectors, tokens)
            state = replace(state, graduates=state.graduates.changed(rows))
        if postings:
            vectors = self._vectors(postings, posting_text, [s.postings for s in known], TextSide.PASSAGE)
            tokens = [state.words.document(posting_words(p)) for p in postings]
            found = NewRows(*_named(postings), PostingRows.of(postings), vectors, tokens)
            state = replace(state, postings=state.postings.changed(found))
        return replace(state, change=changes[-1].seq, early=0)

    def _records(self, type_name: str, keys: Sequence[str]) -> list[Record]:
        found = self._store.get_many(type_name, keys)  # one deleted meanwhile is missing; its deletion follows
        return [found[key] for key in keys if key in found]

    def _vectors(
        self, records: Sequence[T], text_of: Callable[[T], str], known: Sequence[Side[Any]], side: TextSide
    ) -> Vectors:
        """The vectors of `records`: those of `known` rows with the same key and text, the others encoded."""
        texts = [text_of(record) for record in records]
        held = [_held(record, text, text_of, known) for record, text in zip(records, texts, strict=True)]
        new = [i for i, vector in enumerate(held) if vector is None]
        encoded = np.asarray(self._encoder.encode([texts[i] for i in new], side=side)) if new else ()
        for i, vector in zip(new, encoded, strict=True):
            held[i] = vector
        return np.stack(cast("list[Vectors]", held))


def _held(record: T, text: str, text_of: Callable[[T], str], known: Sequence[Side[Any]]) -> Vectors | None:
    for side in known:
        row = side.row_of(record.key)
        if row is not None and text_of(type(record).model_validate_json(side.body(row))) == text:
            held: Vectors = side.vectors.vectors(np.array([row], np.int64))[0]
            return held
    return None


def _named(records: Sequence[Record]) -> tuple[list[str], list[bytes]]:
    return [r.key for r in records], [r.model_dump_json(exclude_defaults=True).encode() for r in records]
