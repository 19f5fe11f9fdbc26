"""A long work in numbered parts, done here, by processes of this machine, or (matching/cluster.py) by other machines.

Wherever a part is done, the same function does it, and gives bytes; only who asked writes them down. So how a work is
spread changes nothing of what comes out, and a part that is lost with its process is simply done again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Protocol
from uuid import uuid4

from threadpoolctl import threadpool_limits

from matching.errors import ClusterError

AHEAD = 2
"""Parts that are handed out for each process: one in hand, one that waits. More would only lie in memory when done."""

Part = Callable[[int], bytes]


class Work(Protocol):
    """What can be done in parts. It is pickled on its way to who does it."""

    def begin(self) -> Part:
        """Open what the parts need, once a process; give the function that does one."""
        ...


Spread = Callable[[Work, Sequence[int]], Iterator[tuple[int, bytes]]]
"""Does the parts of a work; gives each with its bytes as it is done, in any order, and holds few at a time."""


def here(work: Work, parts: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Do the parts in this process, in order, with one thread."""
    with threadpool_limits(1):
        do = work.begin() if parts else None
        for part in parts:
            assert do is not None  # there are parts
            yield part, do(part)


def in_processes(count: int = 0) -> Spread:
    """Processes of this machine with one thread each; what they map from a snapshot they share.

    Parameters
    ----------
    count : int
        0: as many as there are cores. For one, or for one part, none is started.

    Raises
    ------
    ClusterError
        By what it gives: a process was ended from outside, as a system does that runs out of memory.
    """

    def spread(work: Work, parts: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        processes = min(count or os.cpu_count() or 1, len(parts))
        if processes < 2:
            yield from here(work, parts)
            return
        pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_take, initargs=(work,))
        try:
            yield from _in_turn(pool, parts, processes * AHEAD)
        except BrokenProcessPool:
            raise ClusterError(
                "a process that worked on a part was ended from outside",
                where=f"{processes} processes",
                cure="Is memory short? Run again to go on, with fewer processes.",
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)

    return spread


def _in_turn(pool: ProcessPoolExecutor, parts: Sequence[int], most: int) -> Iterator[tuple[int, bytes]]:
    waiting: dict[Future[bytes], int] = {}
    for part in parts:
        if len(waiting) == most:
            yield from _ended(waiting)
        waiting[pool.submit(_do_taken, part)] = part
    while waiting:
        yield from _ended(waiting)


def _ended(waiting: dict[Future[bytes], int]) -> Iterator[tuple[int, bytes]]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        yield waiting.pop(future), future.result()


_taken: list[tuple[str, Work]] = []
_begun: dict[str, Part] = {}
"""What this process works on: the newest work only, by its token."""


def _take(work: Work) -> None:
    _taken[:] = [(uuid4().hex, work)]


def _do_taken(part: int) -> bytes:
    token, work = _taken[0]
    return done_once_begun(token, lambda: work, part)


def done_once_begun(token: str, find: Callable[[], Work], part: int) -> bytes:
    """Do a part in a process that does parts of the same work again and again: the work is begun the first time.

    Parameters
    ----------
    token : str
        Names the work; a new one takes the place of the one before.
    find : callable
        Gives the work, where it has not begun here.
    """
    if token not in _begun:
        _begun.clear()
        threadpool_limits(1)
        _begun[token] = find().begin()
    return _begun[token](part)
