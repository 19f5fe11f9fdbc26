"""The built state on disk: immutable, named, verified, switched atomically (Law 7).

snapshots/
├── CURRENT                       the name of the one in use; replaced in one step
└── 20260102T030405Z-1a2b3c4d/
    ├── manifest.json             what was built from what, with the hash of every file
    ├── graduates/  postings/     columns.arrow (key, body, attributes), vectors.npy, codes.faiss, cells.npz, …
    └── words.npz, words.json, closeness.npz
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matching.errors import NoSnapshot, SnapshotDamaged, SnapshotError, SnapshotMismatch, UnknownId

FORMAT = "5"
CURRENT = "CURRENT"
_BUILDING = ".building-"
_COMPACTING = ".compacting-"
_USING = ".using-"
_SWITCHING = ".switching"
_VERIFIED = ".verified.json"
"""Which files have been verified, and how they looked then."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was built, from what, when.

    Attributes
    ----------
    encoder, template, features, ranker : what a question must be asked with
    change : int
        The store's last change that the snapshot holds; what came after is followed live.
    cutoff : str
        The moment before which interactions were read, ISO 8601; empty where none were.
    rows : dict of str → int
    files : dict of str → str
        SHA-256 of every file, by its path inside the snapshot.
    ranker_name : str
        ``"prior"`` or the learned ranker's name; snapshots of before there were any have the prior.
    compacts : str
        The build that this is a compaction of, with the live rows up to `change`; empty for a build.
    """

    format: str
    built_at: str
    code_version: str
    encoder: str
    dim: int
    template: str
    features: tuple[str, ...]
    ranker: dict[str, Any]
    change: int
    cutoff: str
    rows: dict[str, int]
    files: dict[str, str]
    ranker_name: str = "prior"
    compacts: str = ""

    @property
    def root(self) -> str:
        """The build that the rows' words and closeness come from: its own name, but for a compaction."""
        return self.compacts or self.name

    @property
    def name(self) -> str:
        """``"<time>-<hash>"``: the hash is over the contents, so two names differ if anything does."""
        content = json.dumps({"files": self.files, "ranker": self.ranker, "encoder": self.encoder}, sort_keys=True)
        moment = datetime.fromisoformat(self.built_at).astimezone(UTC)
        return f"{moment:%Y%m%dT%H%M%SZ}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"

    def to_json(self) -> str:
        """The manifest as it lies on disk."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(fields, ensure_ascii=False, indent=1, sort_keys=True)

    def matches(self, *, encoder: str, template: str, features: tuple[str, ...], ranker: str) -> None:
        """Do nothing when the snapshot can be asked by this code with this encoder.

        Raises
        ------
        SnapshotMismatch
            Names both sides of the first thing that differs.
        """
        pairs = (
            ("format", self.format, FORMAT),
            ("encoder", self.encoder, encoder),
            ("text template", self.template, template),
            ("features", ", ".join(self.features), ", ".join(features)),
            ("ranker", self.ranker_name, ranker),
        )
        for what, built, ours in pairs:
            if built != ours:
                raise SnapshotMismatch(
                    f"the snapshot was built with {what} '{built}', this service uses '{ours}'",
                    where=self.name,
                    cure="Run `gradmatch build`, or set the encoder and ranker that the snapshot was built with.",
                )


class Snapshots:
    """The folder of snapshots: which there are, which is current, and the steps between."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Names of the complete snapshots, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(p.name for p in self.folder.iterdir() if (p / "manifest.json").is_file() and p.name[0] != ".")

    def current(self) -> str:
        """The name of the snapshot in use.

        Raises
        ------
        NoSnapshot
            Nothing has been built yet.
        """
        try:
            return (self.folder / CURRENT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise NoSnapshot("no snapshot is in use", where=str(self.folder), cure="Run `gradmatch build`.") from None

    def use(self, name: str, *, over: str | None = None) -> bool:
        """Make `name` the current snapshot, in one step; its files are checked first.

        Parameters
        ----------
        over : str, optional
            Only where this one is the current snapshot still.

        Returns
        -------
        bool
            Whether it is current now.

        Raises
        ------
        UnknownId, SnapshotDamaged
        """
        self.check(name)
        with (self.folder / _SWITCHING).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if over is not None and self.current() != over:
                return False
            draft = self.folder / f"{_USING}{os.getpid()}-{threading.get_ident()}"
            draft.write_text(name + "\n", encoding="utf-8")
            _flush(draft)
            draft.replace(self.folder / CURRENT)
            _flush(self.folder)
        return True

    def previous(self) -> str:
        """The newest complete snapshot of a build before the current one: where a rollback goes.

        Compactions of one build count as that build.

        Raises
        ------
        UnknownId
            There is none.
        """
        current = self.manifest(self.current()).root
        older = [name for name in self.names() if self.manifest(name).root < current]
        if not older:
            raise UnknownId("there is no older snapshot", where=str(self.folder), cure="Build once more first.")
        return older[-1]

    def manifest(self, name: str) -> Manifest:
        """The manifest of `name`.

        Raises
        ------
        UnknownId
            There is no such snapshot.
        SnapshotDamaged
            Its manifest cannot be read.
        """
        path = self.folder / name / "manifest.json"
        if not path.is_file():
            raise UnknownId(
                f"no snapshot '{name}'", where=str(self.folder), cure="See `gradmatch build --list` for the names."
            )
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            data["features"] = tuple(data["features"])
            return Manifest(**data)
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(name, f"manifest.json cannot be read ({type(error).__name__})") from None

    def verify(self, name: str) -> Manifest:
        """Check that every file is there, whole and unaltered: every byte is read.

        Raises
        ------
        SnapshotDamaged
            Names the first file that is not.
        """
        return self._checked(name, {})

    def check(self, name: str) -> Manifest:
        """The same, but what was verified before and has not been written to since is not read again.

        "Not written to" is the file's size, and its times of writing and of change of status, to the
        nanosecond: what a program does to a file shows, bytes that a disk loses by itself show in `verify`.

        Raises
        ------
        SnapshotDamaged
            Names the first file that is not as it was built.
        """
        try:
            known = json.loads((self.folder / name / _VERIFIED).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = {}
        return self._checked(name, known if isinstance(known, dict) else {})

    def _checked(self, name: str, known: dict[str, Any]) -> Manifest:
        manifest = self.manifest(name)
        stamps: dict[str, list[int]] = {}
        for file, expected in manifest.files.items():
            path = self.folder / name / file
            if not path.is_file():
                raise _damaged(name, f"{file} is missing")
            stamps[file] = _stamp(path)
            if stamps[file] != known.get(file) and sha256(path) != expected:
                raise _damaged(name, f"{file} is short or altered")
        if stamps != known:
            with suppress(OSError):  # a folder that may only be read is verified every time
                draft = self.folder / name / f"{_VERIFIED}-{os.getpid()}"
                draft.write_text(json.dumps(stamps), encoding="utf-8")
                draft.replace(self.folder / name / _VERIFIED)
        return manifest

    @contextmanager
    def draft(self, *, compacting: bool = False) -> Iterator[Path]:
        """An empty folder to build in, for one builder at a time; what is left in it at the end is removed.

        Leftovers of builds that were killed are removed first. A compaction and a build may be under way at once.

        Raises
        ------
        SnapshotError
            Another build is under way.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        begun = _COMPACTING if compacting else _BUILDING
        with (self.folder / (".compacting" if compacting else ".lock")).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise SnapshotError(
                    "another build is under way", where=str(self.folder), cure="Wait until it has ended."
                ) from None
            for stale in self.folder.glob(f"{begun}*"):
                shutil.rmtree(stale, ignore_errors=True)
            draft = self.folder / f"{begun}{os.getpid()}"
            draft.mkdir()
            try:
                yield draft
            finally:
                shutil.rmtree(draft, ignore_errors=True)

    def publish(self, draft: Path, manifest: Manifest) -> str:
        """Turn the draft into the named snapshot, in one step; return its name. It is not yet in use."""
        path = draft / "manifest.json"
        path.write_text(manifest.to_json(), encoding="utf-8")
        for file in [path, *(draft / name for name in manifest.files)]:
            _flush(file)
        final = self.folder / manifest.name
        if not final.exists():  # the same contents within one second are the same snapshot
            draft.rename(final)
            _flush(self.folder)
        return manifest.name

    def remove(self, name: str) -> None:
        """Delete a snapshot that is not in use.

        Raises
        ------
        SnapshotMismatch
            It is in use.
        """
        if name == self.current():
            raise SnapshotMismatch("the snapshot in use cannot be removed", where=name, cure="Use another one first.")
        shutil.rmtree(self.folder / name)


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _damaged(name: str, what: str) -> SnapshotDamaged:
    return SnapshotDamaged(
        what, where=f"snapshot {name}", cure="Run `gradmatch build`, or `gradmatch build --rollback`."
    )
