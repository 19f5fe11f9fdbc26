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
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from matching.bulk import rank_block
from matching.errors import FileError, SnapshotMismatch
from matching.features import FEATURE_NAMES
from matching.parts import Part, Spread, in_processes
from matching.profile import TEMPLATE
from matching.progress import Progress
from matching.published import Published, ensure_taken
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
    """What is answered: a work in parts, a block of graduates each. It may be begun on any machine with the snapshot.

    `gone` holds the keys that the store has deleted since the snapshot, by record type, so nobody else asks the store:
    the settings name none, and folders as seen from everywhere.
    """

    settings: Settings
    plan: Plan
    gone: Mapping[str, set[str]]

    def begin(self) -> Part:
        """Open the snapshot without what is gone; the function of a part gives its Parquet file."""
        plan = self.plan
        state = without(open_snapshot(self.settings, plan.snapshot), self.gone)
        asked, day = _asked(state), date.fromisoformat(plan.today)

        def answer(part: int) -> bytes:
            rows = asked[part * plan.block : (part + 1) * plan.block]
            sink = pa.BufferOutputStream()
            pq.write_table(rank_block(state, self.settings, rows, k=plan.k, today=day), sink, compression="zstd")
            out: bytes = sink.getvalue().to_pybytes()
            return out

        return answer


def rank_everyone(
    settings: Settings,
    out: Path,
    *,
    k: int,
    today: date,
    block: int = 2_000,
    spread: Spread | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Rank the postings of the current snapshot for each of its graduates who seeks work.

    Parameters
    ----------
    out : Path
        Folder of the files ``part-00000.parquet`` … (schema `matching.bulk.RANKED`, graduates in the order of the
        snapshot); made where it is missing.
    spread : Spread, optional
        Who does the blocks: `matching.parts.in_processes` (default: a process a core; they map the same snapshot and
        share its memory) or `matching.cluster.on_ray`. The files are the same to the byte.

    Raises
    ------
    NoSnapshot, SnapshotDamaged, SnapshotUnreachable, StoreError
    SnapshotMismatch
        The folder holds the answers of another snapshot, day, k or block.
    FileError
        The folder cannot be made or written, or the disk is full.
    ClusterError
        Whoever did the blocks cannot be had, or was lost.
    """
    ensure_taken(settings)
    snapshots = Snapshots(settings.snapshots)
    name = snapshots.current()
    plan = Plan(name, k, today.isoformat(), block)
    abroad = settings.model_copy(update={"home": settings.home.absolute(), "store_url": None})
    run = _Run(abroad, plan, _gone(settings, snapshots.manifest(name).change))
    count = len(_asked(open_snapshot(settings, name)))
    parts = range(-(-count // block))
    say = progress or (lambda step, done, total: None)
    with _told(out):
        _claim(out, plan)
        missing = [part for part in parts if not _is_made(_file(out, part), run.gone)]
        done = len(parts) - len(missing)
        say("rank", min(done * block, count), count)
        for part, answers in (spread or in_processes())(run, missing):
            _write(_file(out, part), answers)
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

    Where it is not here and the settings name a URL, it is fetched.

    Raises
    ------
    UnknownId, SnapshotDamaged, SnapshotMismatch, SnapshotUnreachable
    """
    if settings.snapshots_url is not None:
        Published(settings.snapshots_url).fetch(name, Snapshots(settings.snapshots))
    manifest = Snapshots(settings.snapshots).check(name)
    own = ranker_name(settings.ranking)
    manifest.matches(encoder=manifest.encoder, template=TEMPLATE, features=FEATURE_NAMES, ranker=own)
    return read_state(settings.snapshots / name, manifest)


def current_state(store: Store, settings: Settings) -> State:
    """The current snapshot without what the store has deleted since.

    Raises
    ------
    NoSnapshot, SnapshotDamaged, SnapshotMismatch, SnapshotUnreachable, StoreError
    """
    ensure_taken(settings)
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


def _is_made(path: Path, gone: Mapping[str, set[str]]) -> bool:
    """Whether the file is there and names nothing that is gone; one that does is removed at once."""
    if not path.exists():
        return False
    names = [name for name in SIDES if gone[name]]
    held = pq.read_table(path, columns=names)
    if any(pc.any(pc.is_in(held[name], pa.array(sorted(gone[name])))).as_py() for name in names):
        path.unlink()
        return False
    return True


def _write(path: Path, answers: bytes) -> None:
    draft = path.with_name(f".{path.stem}-{os.getpid()}")
    draft.write_bytes(answers)
    draft.replace(path)


def _asked(state: State) -> NDArray[np.int64]:
    """Rows of those who seek work, deleted ones included: which block a person is in never changes."""
    return np.flatnonzero(state.graduates.at(slice(None)).seeking)


def _file(out: Path, part: int) -> Path:
    return out / f"part-{part:05d}.parquet"
