"""NumPy files read where they lie: the pages come when they are needed, and processes share them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def mapped(path: Path) -> NDArray[Any]:
    """The array in the .npy file at `path`, read-only; nothing executes on load. Empty arrays are read at once."""
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except ValueError:  # an empty file part cannot be mapped
        held: NDArray[Any] = np.load(path, allow_pickle=False)
        return held
