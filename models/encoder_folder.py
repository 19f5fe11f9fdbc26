"""An encoder's folder on disk: what is in it, whether it is whole, and what makes it itself.

A folder that this project wrote carries a manifest, ``gradmatch.json``: the size and SHA-256 of every
file. Its *identity* is a hash of what the files hold, so that another model in a folder of the same
name is another encoder: vectors of the two are never compared.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MANIFEST = "gradmatch.json"
UNFINISHED = ".unfinished-"
"""How the names of folders begin in which an encoder is being built."""
_DIGITS = 12
"""Hexadecimal digits of an identity: 48 bits."""


def write_manifest(folder: Path, **about: object) -> None:
    """Write the manifest of the files that lie in `folder`, with the facts `about` it (``dim``, ``licence`` …)."""
    files = {
        name: {"size": (folder / name).stat().st_size, "sha256": sha256_of(folder / name)} for name in _names(folder)
    }
    (folder / MANIFEST).write_text(json.dumps({**about, "files": files}, indent=1), encoding="utf-8")


@contextmanager
def installing(folder: Path, name: str) -> Iterator[Path]:
    """A place to build the encoder `name` of `folder` in; without an error it takes the place of what was there.

    The place is hidden beside the encoder's own until then. What a killed run left is removed by the next
    `models.offline_e5.prepare`.
    """
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder, ignore_cleanup_errors=True) as place:
        built = Path(place) / name
        yield built
        target = folder / name
        if target.exists():
            target.rename(Path(place) / "replaced")
        built.rename(target)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of `folder`; None where there is none that can be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and isinstance(manifest.get("files"), dict) else None


def damage_of(folder: Path, *, thorough: bool = True) -> str:
    """What is wrong with a folder that should have a manifest; empty where nothing is.

    Parameters
    ----------
    folder : Path
        Need not exist.
    thorough : bool
        Read every file and compare its hash (a third of a second for 500 MB); otherwise sizes only.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return f"{MANIFEST} is missing" if folder.is_dir() else "the folder is missing"
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != expected["size"]:
            return f"{name} has {path.stat().st_size} bytes instead of {expected['size']}"
        if thorough and sha256_of(path) != expected["sha256"]:
            return f"{name} was altered"
    return ""


def identity_of(folder: Path) -> str:
    """Twelve hexadecimal digits that stand for what `folder` holds; from the manifest where there is one.

    Without a manifest every file is read, notes (``*.md``) and hidden files apart.
    """
    manifest = read_manifest(folder)
    if manifest is not None:
        table = {name: facts["sha256"] for name, facts in manifest["files"].items()}
    else:
        table = {name: sha256_of(folder / name) for name in _names(folder)}
    lines = "".join(f"{name}\0{digest}\n" for name, digest in sorted(table.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:_DIGITS]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names(folder: Path) -> list[str]:
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(
        path.as_posix()
        for path in paths
        if path.name != MANIFEST and path.suffix != ".md" and not any(part.startswith(".") for part in path.parts)
    )
