"""Following the store: an upsert is searchable, and a delete gone, without a rebuild or a pause.

`Live` holds the matcher that answers now. A follower thread asks the store for what changed since the
state's last change, makes the next state beside the present one and puts it in its place in one step;
it also goes over to a new snapshot when one is built. Readers take `live.matcher` once per question.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from matching.attributes import GraduateRows, PostingRows
from matching.features import FEATURE_NAMES
from matching.matcher import Matcher
from matching.profile import TEMPLATE, graduate_text, graduate_words, posting_text, posting_words
from matching.scoring import ranker_name
from matching.side import NewRows
from matching.snapshot import Snapshots
from matching.standard.records import Graduate, Posting, Record
from matching.state import SIDES, State, read_state, without
from models.encoder import Side as TextSide

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.store import Store
    from models.encoder import Encoder

_AT_ONCE = 32
"""Records encoded for one new state; more are done in several steps, so the first are visible soon."""
_LOOK_AHEAD = 10_000
"""Changes looked through for deletions, which do not wait for the encoding of what comes before them."""


def open_state(settings: Settings, encoder: Encoder) -> State:
    """Read the current snapshot, checked, for questions with `encoder`.

    Raises
    ------
    NoSnapshot, SnapshotDamaged, SnapshotMismatch
    """
    snapshots = Snapshots(settings.snapshots)
    name = snapshots.current()
    manifest = snapshots.check(name)
    own = ranker_name(settings.ranking)
    manifest.matches(encoder=encoder.name, template=TEMPLATE, features=FEATURE_NAMES, ranker=own)
    return read_state(settings.snapshots / name, manifest)


class Live:
    """The matcher of this moment, kept up with the store.

    Use as a context manager: entering catches up once and starts the follower, leaving stops it.

    Parameters
    ----------
    problem : callable, optional
        Told of an error in the follower (it goes on trying; readers keep the last good state).
    """

    def __init__(
        self, store: Store, encoder: Encoder, settings: Settings, *, problem: Callable[[Exception], None] | None = None
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._settings = settings
        self._problem = problem or (lambda error: None)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._step = threading.Lock()
        self._thread: threading.Thread | None = None
        self.matcher = Matcher(open_state(settings, encoder), settings, encoder)

    def __enter__(self) -> Live:
        """Catch up with the store, then follow it in the background."""
        self.catch_up()
        self._thread = threading.Thread(target=self._follow, name="gradmatch-follow", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Stop following."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def nudge(self) -> None:
        """Say that the store has just changed: the follower looks at once instead of at its next turn."""
        self._wake.set()

    def catch_up(self) -> int:
        """Take in every change of the store up to now; return how many."""
        done = 0
        with self._step:
            self._switch_if_rebuilt()
            more = True
            while more and (pending := self._store.changes(self.matcher.state.change, _LOOK_AHEAD)):
                gone = {name: [c.key for c in pending if c.deleted and c.type == name] for name in SIDES}
                self._answer_from(without(self.matcher.state, gone))
                for start in range(0, len(pending), _AT_ONCE):
                    self._answer_from(self._next(self.matcher.state, pending[start : start + _AT_ONCE]))
                done += len(pending)
                more = len(pending) == _LOOK_AHEAD
        return done

    def _answer_from(self, state: State) -> None:
        self.matcher = Matcher(state, self._settings, self._encoder)

    @property
    def behind(self) -> int:
        """How many changes the store is ahead."""
        return max(self._store.last_change() - self.matcher.state.change, 0)

    def _follow(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self._settings.service.follow_seconds)
            self._wake.clear()
            if self._stop.is_set():
                return
            try:
                self.catch_up()
            except Exception as error:  # whatever it is, readers keep the last good state and the next turn comes
                self._problem(error)

    def _switch_if_rebuilt(self) -> None:
        if Snapshots(self._settings.snapshots).current() != self.matcher.state.name:
            self._answer_from(open_state(self._settings, self._encoder))

    def _next(self, state: State, changes: Sequence[Any]) -> State:
        put: dict[str, list[str]] = {"graduate": [], "posting": []}
        for change in changes:
            if change.type in put and not change.deleted:
                put[change.type].append(change.key)
        graduates = cast("list[Graduate]", self._records("graduate", put["graduate"]))
        postings = cast("list[Posting]", self._records("posting", put["posting"]))
        if graduates:
            state = replace(state, graduates=state.graduates.changed(self._graduate_rows(state, graduates)))
        if postings:
            state = replace(state, postings=state.postings.changed(self._posting_rows(state, postings)))
        return replace(state, change=changes[-1].seq, early=0)

    def _records(self, type_name: str, keys: Sequence[str]) -> list[Record]:
        found = self._store.get_many(type_name, keys)  # one deleted meanwhile is missing; its deletion follows
        return [found[key] for key in keys if key in found]

    def _graduate_rows(self, state: State, graduates: Sequence[Graduate]) -> NewRows[GraduateRows]:
        vectors = self._encoder.encode([graduate_text(g) for g in graduates], side=TextSide.QUERY)
        tokens = [state.words.query(graduate_words(g)) for g in graduates]
        return NewRows(*_named(graduates), GraduateRows.of(graduates), np.asarray(vectors), tokens)

    def _posting_rows(self, state: State, postings: Sequence[Posting]) -> NewRows[PostingRows]:
        vectors = self._encoder.encode([posting_text(p) for p in postings], side=TextSide.PASSAGE)
        tokens = [state.words.document(posting_words(p)) for p in postings]
        return NewRows(*_named(postings), PostingRows.of(postings), np.asarray(vectors), tokens)


def _named(records: Sequence[Record]) -> tuple[list[str], list[bytes]]:
    return [r.key for r in records], [r.model_dump_json(exclude_defaults=True).encode() for r in records]
