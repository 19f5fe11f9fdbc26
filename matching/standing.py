"""A snapshot of the store as it stood at a cutoff, beside the service's own; gone at the end."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from matching.asof import AsOf
from matching.build import build
from matching.progress import Progress
from matching.state import State, read_state

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.store import Store
    from models.encoder import Encoder


class Standing(NamedTuple):
    """The state at the cutoff, the records as they stood, and the encoder's name."""

    state: State
    past: AsOf
    encoder: str


@contextmanager
def standing(
    store: Store,
    encoder: Encoder,
    settings: Settings,
    cutoff: datetime,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> Iterator[Standing]:
    """Build it; the vectors stay in the cache of `encoder`, so a second time encodes nothing.

    Parameters
    ----------
    now : datetime
        The store stands at this moment: hires between `cutoff` and it are undone (`matching.asof.AsOf`).

    Raises
    ------
    SnapshotError, StoreError, EncoderError
    """
    past = AsOf(store, cutoff, now=now)
    home = _scratch(settings.home / "replays")
    own = settings.model_copy(update={"home": home})
    try:
        manifest = build(past, encoder, own, cutoff=cutoff, progress=progress)
        yield Standing(read_state(own.snapshots / manifest.name, manifest), past, manifest.encoder)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _scratch(folder: Path) -> Path:
    """An empty folder of this process; what killed processes left is removed first."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        if not (Path("/proc") / left.name).exists() or left.name == str(os.getpid()):
            shutil.rmtree(left, ignore_errors=True)
    made = folder / str(os.getpid())
    made.mkdir()
    return made
