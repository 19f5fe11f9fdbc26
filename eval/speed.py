"""What an encoder costs: texts a second over the same texts for all of them, and bytes on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from models.encoder import Encoder, Side


class Speed(NamedTuple):
    """The best rate of several rounds, in texts a second."""

    rate: float
    rounds: int


def speeds(
    encoders: Mapping[str, Encoder],
    texts: Sequence[str],
    *,
    rounds: int = 3,
    least: float = 0.5,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Speed]:
    """Encode `texts` with each encoder by turns, cache left out; the best round of each counts.

    By turns, so that a machine that is busy for a while is so for all of them. The weights are read before. A round
    takes `least` seconds at least: a quick encoder goes over the texts several times.
    """
    rates: dict[str, list[float]] = {name: [] for name in encoders}
    for encoder in encoders.values():
        encoder.encode(texts[:1], side=Side.PASSAGE)
    for _ in range(rounds):
        for name, encoder in encoders.items():
            start, done = clock(), 0
            while not done or clock() - start < least:
                encoder.encode(texts, side=Side.PASSAGE)
                done += len(texts)
            rates[name].append(done / (clock() - start))
    return {name: Speed(max(found), len(found)) for name, found in rates.items()}


def megabytes(folder: Path) -> float:
    """What lies in `folder`, in millions of bytes; 0 where it is not there (an encoder without files)."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def spread(texts: Sequence[str], most: int) -> list[str]:
    """At most `most` of `texts` at even distances: long and short ones, from every part."""
    step = max(1, -(-len(texts) // most))
    return list(texts[::step])
