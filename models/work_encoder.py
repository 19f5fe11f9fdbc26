"""The default encoder: the offline e5 with the adapter that the package ships, merged into a folder of its own.

The folder appears whole or not at all, like the base's, and is made anew where the package brings another
adapter or the base was another: it is always what this version of the package says it is.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from filelock import FileLock

from models.adapter import merged, shipped_adapter
from models.encoder import OFFLINE, WORK
from models.encoder_folder import damage_of, identity_of, read_manifest, sha256_of
from models.errors import EncoderError

_UNFINISHED = ".unfinished-work-"


def prepare_work(folder: Path, *, force: bool = False) -> Path:
    """Make sure that the default encoder lies whole in `folder`, and return its own folder.

    Takes a few seconds and 0.5 GB of disk, beside the base's.

    Parameters
    ----------
    folder : Path
        The folder of encoders, with the offline encoder in it (`models.offline_e5.prepare`).
    force : bool
        Build again even where a whole one lies.

    Raises
    ------
    EncoderError
        The base is missing, or the disk is full.
    """
    base, target = folder / OFFLINE, folder / WORK
    if damage := damage_of(base, thorough=False):
        raise EncoderError(f"the base is not ready: {damage}", where=str(base), cure="Run `gradmatch encoder prepare`.")
    try:
        with FileLock(folder / f".{WORK}.lock"):
            if not force and not stale(folder):
                return target
            with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder, ignore_cleanup_errors=True) as place:
                built = Path(place) / WORK
                merged(base, shipped_adapter(), built)
                if target.exists():
                    target.rename(Path(place) / "replaced")
                built.rename(target)
    except OSError as error:
        cure = "The encoder needs 0.5 GB of free disk in a folder that can be written to."
        what = f"the encoder cannot be written: {error.strerror or error}"
        raise EncoderError(what, where=str(folder), cure=cure) from None
    return target


def stale(folder: Path) -> str:
    """Why the default encoder in `folder` has to be made, or made again; empty where it has not."""
    target = folder / WORK
    if damage := damage_of(target, thorough=False):
        return damage
    manifest = read_manifest(target) or {}
    if manifest.get("adapter") != sha256_of(shipped_adapter()):
        return "it was made with another adapter"
    base = manifest.get("base", "")
    if (folder / OFFLINE).is_dir() and base != f"{OFFLINE}@{identity_of(folder / OFFLINE)}":
        return "it was made from another base"
    return ""
