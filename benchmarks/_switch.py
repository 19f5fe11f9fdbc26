"""A snapshot switch under load: every answer is the known one of the snapshot that it names, and none is missing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from matching.build import build
from matching.live import Live, open_state
from matching.matcher import Matcher
from matching.question import Answer, Question
from matching.sample import DEFAULT_TODAY, SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.snapshot import Snapshots
from matching.state import State
from matching.store import Store
from models.hashing import HashingEncoder

_ASK = Question(k=10, today=DEFAULT_TODAY)
_ASKERS = 40
_PAUSE = 0.05
"""Seconds between two switches, in which readers get the new answers."""
_PATIENCE = 60.0


class _Asked(NamedTuple):
    """A question in one direction, by key."""

    of_graduate: bool
    key: str


@dataclass
class _Watch:
    """What readers know and count."""

    live: Live
    known: dict[str, dict[_Asked, Answer]]
    strange: Matcher | None
    counts: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)
    slowest: float = 0.0

    def read(self, begin: int) -> None:
        """Ask in turn until stopped; count each answer by the snapshot whose answer it is."""
        asked, at = list(next(iter(self.known.values()))), begin
        while not self.stop.is_set():
            at = (at + 7) % len(asked)
            begun = time.perf_counter()
            try:
                answer = _answer(self.live.matcher, asked[at])
            except Exception:  # whatever it is, an answer is lost
                self.counts["lost"] += 1
                continue
            self.slowest = max(self.slowest, time.perf_counter() - begun)
            if self.strange is not None and at % 3 == 0:
                foreign = _answer(self.strange, asked[at]).matches[:1]
                answer = answer._replace(matches=(*foreign, *answer.matches[1:]))
            name = answer.version.split("+")[0]
            right = self.known.get(name, {}).get(asked[at]) == answer
            self.counts[name if right else "mixed"] += 1


def switch_counts(home: Path, *, records: int, switches: int, broken: bool = False) -> dict[str, float]:
    """Switch to and fro between two snapshots of different markets while two readers ask; count what they got.

    The two hold the same keys with other records behind them, so an answer made of both equals neither's.

    Parameters
    ----------
    broken : bool
        Put a match of the first snapshot into some answers, for the test that the checker notices.

    Returns
    -------
    dict
        Answers of the ``first`` and the ``second`` snapshot, ``switches`` seen, ``mixed`` and ``lost`` answers, and
        the slowest answer and switch, in seconds.
    """
    settings = Settings(home=home, encoder=EncoderSettings(name="hashing"))
    names = [_built(settings, seed, records) for seed in (1, 2)]
    matchers = {name: Matcher(_state(settings, name), settings, None) for name in names}
    with Store.open(settings.store) as store, Live(store, HashingEncoder(), settings) as live:
        watch = _Watch(live, _known(matchers, records), matchers[names[0]] if broken else None)
        threads = [threading.Thread(target=watch.read, args=(at,), daemon=True) for at in range(2)]
        for thread in threads:
            thread.start()
        slowest = max(_switched(live, settings, names[turn % 2]) for turn in range(switches))
        watch.stop.set()
        for thread in threads:
            thread.join()
    counts = watch.counts
    return {
        "first": float(counts[names[0]]),
        "second": float(counts[names[1]]),
        "switches": float(switches),
        "mixed": float(counts["mixed"]),
        "lost": float(counts["lost"]),
        "slowest answer": watch.slowest,
        "slowest switch": slowest,
    }


def _switched(live: Live, settings: Settings, name: str) -> float:
    """Use the snapshot and wait until it answers; the seconds that this took."""
    begun = time.perf_counter()
    Snapshots(settings.snapshots).use(name)
    while live.matcher.state.name != name:
        if time.perf_counter() - begun > _PATIENCE:
            raise RuntimeError(f"snapshot {name} does not answer after {_PATIENCE} s")
        time.sleep(0.005)
    took = time.perf_counter() - begun
    time.sleep(_PAUSE)
    return took


def _known(matchers: dict[str, Matcher], records: int) -> dict[str, dict[_Asked, Answer]]:
    """What each snapshot answers, for questions that all answer, and differently."""
    asked = [_Asked(graduate, f"t:{'gp'[not graduate]}{i}") for graduate in (True, False) for i in range(_ASKERS)]
    known = {name: {one: _answer(matcher, one) for one in asked[: 2 * records]} for name, matcher in matchers.items()}
    first, second = known.values()
    good = [one for one in first if first[one].matches and second[one].matches]
    good = [one for one in good if first[one].matches != second[one].matches]
    if len(good) < _ASKERS:
        raise RuntimeError(f"only {len(good)} questions tell the two snapshots apart")
    return {name: {one: answers[one] for one in good} for name, answers in known.items()}


def _answer(matcher: Matcher, one: _Asked) -> Answer:
    return matcher.postings_for(one.key, _ASK) if one.of_graduate else matcher.graduates_for(one.key, _ASK)


def _built(settings: Settings, seed: int, records: int) -> str:
    """A snapshot of the seed's market: the same keys and number of changes for each; the store is the first's."""
    own = settings if seed == 1 else settings.model_copy(update={"home": settings.home / f"market-{seed}"})
    province = SampleProvince(seed, graduates=records, postings=records)
    graduates = [
        g.model_copy(update={"tenant": "t", "id": f"g{i}", "status": "seeking", "visible_to_employers": True})
        for i, g in enumerate(province.graduates())
    ]
    postings = [p.model_copy(update={"tenant": "t", "id": f"p{i}"}) for i, p in enumerate(province.postings())]
    with Store.open(own.store) as store:
        store.upsert([*graduates, *postings])
        name = build(store, HashingEncoder(), own).name
    if own is not settings:
        (own.snapshots / name).rename(settings.snapshots / name)
    return name


def _state(settings: Settings, name: str) -> State:
    Snapshots(settings.snapshots).use(name)
    return open_state(settings, HashingEncoder())
