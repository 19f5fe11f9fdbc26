"""The night run: everyone's best postings, from one snapshot, to Parquet; killed at any moment, it goes on.

Graduates are cut into blocks in the order of the snapshot, so those in a block are asked much the same. Each
block is one file, which appears whole or not at all; a run into the same folder makes only what is missing.
`plan.json` says what is being answered, so two runs never mix in one folder. What the store has deleted since the
snapshot was built is left out, also of files that a run before had made (Law 8).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from matching.bulk import rank_block
from matching.errors import FileError, SnapshotMismatch
from matching.features import FEATURE_NAMES
from matching.profile import TEMPLATE
from matching.progress import Progress
from matching.scoring import ranker_name
from matching.snapshot import Snapshots
from matching.state import SIDES, State, read_state, without
from matching.store import Store

if TYPE_CHECKING:
    from matching.settings import Settings

_PLAN = "plan.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a night run answers.

    Attributes
    ----------
    snapshot : str
    k : int
        Postings for each graduate.
    today : str
        The day of the rules, ISO 8601.
    block : int
        Graduates a file.
    """

    snapshot: str
    k: int
    today: str
    block: int

    def to_json(self) -> str:
        """The plan as it lies in the folder."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, indent=1)


@dataclass(frozen=True, slots=True)
class _Run:
    """A plan, where it is carried out, and the keys that the store has deleted since, by record type."""

    settings: Settings
    out: Path
    plan: Plan
    gone: Mapping[str, set[str]]

    def state(self) -> State:
        """The snapshot without what is gone."""
        return without(open_snapshot(self.settings, self.plan.snapshot), self.gone)


def rank_everyone(
    settings: Settings,
    out: Path,
    *,
    k: int,
    today: date,
    block: int = 2_000,
    processes: int = 0,
    progress: Progress | None = None,
) -> Plan:
    """Rank the postings of the current snapshot for each of its graduates who seeks work.

    Parameters
    ----------
    out : Path
        Folder of the files ``part-00000.parquet`` … (schema `matching.bulk.RANKED`, graduates in the order of the
        snapshot); made where it is missing.
    processes : int
        0: as many as there are cores. Each maps the same snapshot, so they share its memory.

    Raises
    ------
    NoSnapshot, SnapshotDamaged, StoreError
    SnapshotMismatch
        The folder holds the answers of another snapshot, day, k or block.
    FileError
        The folder cannot be made or written, or the disk is full.
    """
    snapshots = Snapshots(settings.snapshots)
    name = snapshots.current()
    plan = Plan(name, k, today.isoformat(), block)
    run = _Run(settings, out, plan, _gone(settings, snapshots.manifest(name).change))
    count = len(_asked(open_snapshot(settings, name)))
    parts = range(-(-count // block))
    say = progress or (lambda step, done, total: None)
    with _told(out):
        _claim(out, plan)
        missing = [part for part in parts if not _is_made(run, part)]
        done = len(parts) - len(missing)
        say("rank", min(done * block, count), count)
        for _ in _made(run, missing, processes or os.cpu_count() or 1):
            done += 1
            say("rank", min(done * block, count), count)
    return plan


def _gone(settings: Settings, change: int) -> dict[str, set[str]]:
    with Store.open(settings.store) as store:
        return {name: store.erased_since(change, name) for name in SIDES}


@contextmanager
def _told(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cure = "Name a folder that can be written, on a disk with room; run again to go on."
        raise FileError(
            f"the answers cannot be written: {error.strerror or error}", where=str(out), cure=cure
        ) from None


def open_snapshot(settings: Settings, name: str) -> State:
    """The snapshot `name`, checked, for questions of stored records: no encoder is needed.

    Raises
    ------
    UnknownId, SnapshotDamaged, SnapshotMismatch
    """
    manifest = Snapshots(settings.snapshots).check(name)
    own = ranker_name(settings.ranking)
    manifest.matches(encoder=manifest.encoder, template=TEMPLATE, features=FEATURE_NAMES, ranker=own)
    return read_state(settings.snapshots / name, manifest)


def current_state(store: Store, settings: Settings) -> State:
    """The current snapshot without what the store has deleted since.

    Raises
    ------
    NoSnapshot, SnapshotDamaged, SnapshotMismatch, StoreError
    """
    snapshots = Snapshots(settings.snapshots)
    name = snapshots.current()
    change = snapshots.manifest(name).change
    return without(open_snapshot(settings, name), {side: store.erased_since(change, side) for side in SIDES})


def _claim(out: Path, plan: Plan) -> None:
    out.mkdir(parents=True, exist_ok=True)
    path = out / _PLAN
    if not path.exists():
        draft = out / f".{_PLAN}-{os.getpid()}"
        draft.write_text(plan.to_json(), encoding="utf-8")
        draft.replace(path)
    held = path.read_text(encoding="utf-8")
    if held != plan.to_json():
        there = " ".join(held.split())
        raise SnapshotMismatch(
            f"the folder holds another run: {there}", where=str(out), cure="Name an empty folder, or remove this one."
        )
    for stale in out.glob(".part-*"):
        stale.unlink(missing_ok=True)


def _is_made(run: _Run, part: int) -> bool:
    """Whether the file of `part` is there and names nothing that is gone; one that does is removed at once."""
    path = _file(run.out, part)
    if not path.exists():
        return False
    names = [name for name in SIDES if run.gone[name]]
    held = pq.read_table(path, columns=names)
    if any(pc.any(pc.is_in(held[name], pa.array(sorted(run.gone[name])))).as_py() for name in names):
        path.unlink()
        return False
    return True


def _made(run: _Run, parts: list[int], processes: int) -> Iterator[int]:
    """The parts, as each is written."""
    if processes == 1 or len(parts) < 2:
        with threadpool_limits(1):
            state = run.state()
            for part in parts:
                yield _write_part(state, run, part)
        return
    with ProcessPoolExecutor(
        min(processes, len(parts)), get_context("spawn"), initializer=_begin, initargs=(run,)
    ) as pool:
        for made in as_completed([pool.submit(_part, part) for part in parts]):
            yield made.result()


_worker: list[tuple[State, _Run]] = []
"""What a worker process works with: set once when it begins."""


def _begin(run: _Run) -> None:
    threadpool_limits(1)
    _worker.append((run.state(), run))


def _part(part: int) -> int:
    state, run = _worker[0]
    return _write_part(state, run, part)


def _write_part(state: State, run: _Run, part: int) -> int:
    plan = run.plan
    rows = _asked(state)[part * plan.block : (part + 1) * plan.block]
    table = rank_block(state, run.settings, rows, k=plan.k, today=date.fromisoformat(plan.today))
    draft = run.out / f".part-{part:05d}-{os.getpid()}"
    pq.write_table(table, draft, compression="zstd")
    draft.replace(_file(run.out, part))
    return part


def _asked(state: State) -> NDArray[np.int64]:
    """Rows of those who seek work, deleted ones included: which block a person is in never changes."""
    return np.flatnonzero(state.graduates.at(slice(None)).seeking)


def _file(out: Path, part: int) -> Path:
    return out / f"part-{part:05d}.parquet"
