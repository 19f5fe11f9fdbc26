"""How a search is timed: processor time, waiting time and recall against every allowed row."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks._labour_rows import World
from benchmarks._peers import RECALL, K, Peer, Rows
from models.similarity import ranked, similarity_of


class Found(NamedTuple):
    """Median processor ms, p50 and p99 of waiting ms, mean recall, and with how much looked at (a peer's setting)."""

    cpu: float
    p50: float
    p99: float
    recall: float
    setting: int = 0


class Case(NamedTuple):
    """A question: whose query, the rows that it may return (None: all), and the best of them."""

    i: int
    mask: NDArray[np.bool_] | None
    truth: Rows


def case(world: World, i: int, mask: NDArray[np.bool_] | None) -> Case:
    """The question of asker `i` under `mask`, answered by a product with every allowed row; ties by row."""
    rows = np.arange(len(world.vectors)) if mask is None else np.flatnonzero(mask)
    near = (world.vectors if mask is None else world.vectors[rows]) @ world.queries[i]
    if len(rows) > 4 * K:
        rows = rows[near >= np.partition(near, len(near) - 2 * K)[len(near) - 2 * K]]
    return Case(i, mask, ranked(rows, similarity_of(world.vectors[rows], world.queries[i]), K).rows)


def timed(search: Callable[[int], Rows], cases: Sequence[Case], cpu: Callable[[], float] = time.process_time) -> Found:
    """Ask `search` for the place of each case, after three that warm up."""
    for place in range(min(3, len(cases))):
        search(place)
    spent, waited, recall = [], [], []
    for place, one in enumerate(cases):
        used, begun = cpu(), time.perf_counter()
        rows = search(place)
        waited.append(1_000 * (time.perf_counter() - begun))
        spent.append(1_000 * (cpu() - used))
        recall.append(len(np.intersect1d(rows, one.truth)) / len(one.truth) if len(one.truth) else 1.0)
    p99 = statistics.quantiles(waited, n=100, method="inclusive")[98]
    return Found(statistics.median(spent), statistics.median(waited), p99, float(np.mean(recall)))


def timed_peer(peer: Peer, cases: Sequence[Case], *, first: int = 0) -> Found:
    """As `timed`, with the least setting that reaches `RECALL`, else the last; `first`: the peer's place of case 0."""
    found = Found(np.nan, np.nan, np.nan, 0.0)
    for setting in peer.settings:

        def search(place: int, setting: int = setting) -> Rows:
            return peer.search(first + place, setting)

        found = timed(search, cases, peer.cpu)._replace(setting=setting)
        if found.recall >= RECALL:
            break
    return found
