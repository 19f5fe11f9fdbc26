"""Following the store: an upsert is searchable, and a delete gone, without a rebuild or a pause.

`Live` holds the matcher that answers now. A follower thread asks the store for what changed since the
state's last change, makes the next state beside the present one and puts it in its place in one step.
When a snapshot is built, or fetched from the URL of the settings, it is opened and brought up to date beside the
present state, which goes on following until they change places; when many rows are live, they are compacted. Readers
take `live.matcher` once per question.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from matching.build import remove_erased
from matching.compaction import compact_apart, is_due
from matching.features import FEATURE_NAMES
from matching.follow import AT_ONCE, Following
from matching.matcher import Matcher
from matching.profile import TEMPLATE
from matching.published import ensure_taken, take_newest
from matching.scoring import ranker_name
from matching.snapshot import Snapshots
from matching.state import State, read_state

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.store import Store
    from models.encoder import Encoder

_TURN = 512
"""Changes that the follower takes in before it looks after the snapshots again."""
_PATIENCE = 60.0
"""Seconds after which what failed in the background is tried again."""


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
        Told of an error in the background (it goes on trying; readers keep the last good state).
    """

    def __init__(
        self, store: Store, encoder: Encoder, settings: Settings, *, problem: Callable[[Exception], None] | None = None
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._settings = settings
        self._problem = problem or (lambda error: None)
        self._following = Following(store, encoder)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._step = threading.Lock()
        self._thread: threading.Thread | None = None
        self._beside: threading.Thread | None = None
        self._not_before = 0.0
        self._next_take = time.monotonic() + settings.service.fetch_seconds
        ensure_taken(settings)
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
        for thread in (self._thread, self._beside):
            if thread is not None:
                thread.join(timeout=30)

    def nudge(self) -> None:
        """Say that the store has just changed: the follower looks at once instead of at its next turn."""
        self._wake.set()

    def catch_up(self) -> int:
        """Take in every change of the store up to now, and go over to a new snapshot; return how many changes."""
        done = self._take_in(self._store.last_change())
        if self._is_rebuilt():
            self._go_over()
        return done

    @property
    def behind(self) -> int:
        """How many changes the store is ahead."""
        return max(self._store.last_change() - self.matcher.state.change, 0)

    def _answer_from(self, state: State) -> None:
        self.matcher = Matcher(state, self._settings, self._encoder)

    def _take_in(self, until: int) -> int:
        with self._step:
            return self._following.taken_in(self.matcher.state, self._answer_from, until=until)

    def _is_rebuilt(self) -> bool:
        return Snapshots(self._settings.snapshots).current() != self.matcher.state.name

    def _go_over(self) -> None:
        """Open the new snapshot, bring it up to the present state beside it, and put it in its place."""
        new = open_state(self._settings, self._encoder)

        def show(state: State) -> None:
            nonlocal new
            new = state

        while self.matcher.state.change - new.change > AT_ONCE and not self._stop.is_set():
            self._following.taken_in(new, show, until=self.matcher.state.change, beside=self.matcher.state)
        with self._step:
            self._following.taken_in(new, show, until=self.matcher.state.change, beside=self.matcher.state)
            self._answer_from(new)

    def _follow(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self._settings.service.follow_seconds)
            self._wake.clear()
            if self._stop.is_set():
                return
            try:
                if self._take_in(self.matcher.state.change + _TURN):
                    self._wake.set()  # there may be more: the next turn comes at once
                self._look_after()
            except Exception as error:  # whatever it is, readers keep the last good state and the next turn comes
                self._problem(error)

    def _look_after(self) -> None:
        """Begin what takes long, beside following: going over to a new snapshot, or a compaction."""
        if self._beside is not None and self._beside.is_alive():
            return
        if time.monotonic() < self._not_before:
            return
        work: Callable[[], None] | None = None
        if self._is_rebuilt():
            work = self._go_over
        elif self._settings.snapshots_url is not None and time.monotonic() >= self._next_take:
            work = self._take
        elif is_due(self.matcher.state, self._settings):
            work = self._compact
        if work is not None:
            self._beside = threading.Thread(target=self._told, args=(work,), name="gradmatch-beside", daemon=True)
            self._beside.start()

    def _take(self) -> None:
        """Fetch what has come into use at the URL; the next turn goes over to it."""
        self._next_take = time.monotonic() + self._settings.service.fetch_seconds
        if take_newest(self._settings):
            remove_erased(self._store, Snapshots(self._settings.snapshots))

    def _compact(self) -> None:
        compact_apart(self._settings, self.matcher.state, self._stop)

    def _told(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self._not_before = time.monotonic() + _PATIENCE
            self._problem(error)
