"""Long work beside the answers: one solve at a time in a process, its progress in the store."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from matching.progress import Progress
from matching.store.jobs import Jobs

if TYPE_CHECKING:
    from matching.store import Store

Work = Callable[[Progress], Mapping[str, Any]]

BEAT_SECONDS = 3.0
_TELL_SECONDS = 0.3


class _StoppedError(Exception):
    """The service is going down; work ends at its next step, before anything is kept."""


class _Task(NamedTuple):
    job: str
    work: Work


class Runner:
    """Takes work, does it in a thread, and writes down how far it is.

    A context manager: leaving it marks what has not ended as interrupted. Work calls its `progress` before it keeps
    anything, so work that was interrupted keeps nothing.

    Parameters
    ----------
    store : Store
    told : callable
        What is written down of an error.
    """

    def __init__(self, store: Store, told: Callable[[Exception], Mapping[str, Any]]) -> None:
        self._jobs = Jobs(store)
        self._told = told
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._open: set[str] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def __enter__(self) -> Runner:
        """Start the threads."""
        for target in (self._work, self._beat):
            threading.Thread(target=target, name=f"gradmatch-jobs{target.__name__}", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop taking work; what has not ended is interrupted."""
        self._stop.set()
        self._tasks.put(None)
        with self._lock:
            left, self._open = self._open, set()
        for job in left:
            self._jobs.end(job, "interrupted", {})

    def start(self, event: str, kind: str, work: Work) -> str:
        """Put work on `event` in line; return its job's id.

        Raises
        ------
        StoreError
        """
        job = self._jobs.begin(event, kind)
        with self._lock:
            self._open.add(job)
        self._tasks.put(_Task(job, work))
        return job

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None and not self._stop.is_set():
            try:
                self._end(task.job, "done", task.work(self._progress(task.job)))
            except _StoppedError:
                return
            except Exception as error:  # whatever it was, the next job must be done
                self._end(task.job, "failed", self._told(error))

    def _end(self, job: str, state: str, result: Mapping[str, Any]) -> None:
        with self._lock:
            self._open.discard(job)
        if not self._stop.is_set():
            self._jobs.end(job, state, result)

    def _progress(self, job: str) -> Progress:
        said, at = "", -_TELL_SECONDS

        def tell(step: str, done: int, total: int) -> None:
            nonlocal said, at
            if self._stop.is_set():
                raise _StoppedError
            now = time.monotonic()
            if step != said or now - at > _TELL_SECONDS:
                self._jobs.run(job, step, done, total)
                said, at = step, now

        tell("start", 0, 1)
        return tell

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            with self._lock:
                mine = list(self._open)
            try:
                self._jobs.beat(mine)
            except Exception:  # noqa: S112 - the store is out of reach for a moment; silence is what says so
                continue
