"""Snapshots at a URL: the builder publishes them, replicas fetch what is in use there and map it as their own.

A place is any that fsspec opens: ``file://``, ``s3://``, ``oss://``, ``hdfs://`` … It looks like the local folder:
a folder a snapshot, and CURRENT, written last. What is fetched appears whole or not at all, every byte verified by the
manifest; a fetch that was broken off goes on. Nothing at the place is trusted but by its hash.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from matching.errors import GradmatchError, NoSnapshot, SnapshotDamaged, SnapshotUnreachable
from matching.snapshot import CURRENT, Manifest, Snapshots

if TYPE_CHECKING:
    from matching.settings import Settings

_LOG = logging.getLogger("gradmatch.snapshots")
_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_FETCHING = ".fetching"
_TAKEN = ".taken"
"""What was last taken from the URL or published there: what has come into use here since then is not undone."""
_FETCHED = ".fetched"
"""Stands in the folder of what was fetched: only that is removed, never a build."""
_PIECE = 8 * 2**20
_SWITCHES = 3
"""How often another snapshot may come into use there while one is fetched."""


class Published:
    """A place of snapshots.

    Parameters
    ----------
    url : str
        The folder, as fsspec reads it.

    Raises
    ------
    SnapshotUnreachable
        No such kind of place is known, or its package is not installed.
    """

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs

        parts = urlsplit(url)
        self.shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.scheme else url
        with self._reached():
            self._fs, self._root = url_to_fs(url)

    def current(self) -> str:
        """The name of the snapshot in use there.

        Raises
        ------
        NoSnapshot, SnapshotDamaged, SnapshotUnreachable
        """
        with self._reached():
            try:
                name = self._fs.cat_file(self._at(CURRENT)).decode("ascii", "replace").strip()
            except FileNotFoundError:
                cure = "Publish one: `gradmatch build --publish URL`."
                raise NoSnapshot("no snapshot is in use", where=self.shown, cure=cure) from None
        if not _NAME.fullmatch(name):
            raise self._damaged(CURRENT, "names no snapshot")
        return str(name)

    def publish(self, of: Snapshots, name: str) -> None:
        """Copy a snapshot there, make it the one in use, and remove what the builder has removed (Law 8).

        Raises
        ------
        UnknownId, SnapshotDamaged, SnapshotUnreachable
        """
        manifest = of.check(name)
        with self._reached():
            for file in manifest.files:
                self._put(of.folder / name / file, self._at(name, file))
            self._write(manifest.to_json(), name, "manifest.json")
            self._write(name + "\n", CURRENT)
            for path in self._fs.ls(self._root, detail=False):
                old = PurePosixPath(path).name
                if _NAME.fullmatch(old) and old not in of.names():
                    self._fs.rm(path, recursive=True)
        (of.folder / _TAKEN).write_text(name, encoding="ascii")

    def _put(self, path: Path, there: str) -> None:
        """Copy a file there; one of the same size is there from before, and its hash is for those who fetch it."""
        self._fs.makedirs(there.rpartition("/")[0], exist_ok=True)
        if not self._fs.exists(there) or self._fs.size(there) != path.stat().st_size:
            self._fs.put_file(str(path), there)

    def fetch(self, name: str, into: Snapshots) -> None:
        """Bring a snapshot into the local folder; nothing is done where it is there already.

        Raises
        ------
        SnapshotDamaged
            A file there is missing or not what the manifest says; nothing appears here.
        SnapshotUnreachable
            What had come by then is kept, and the next fetch goes on.
        """
        with _alone(into.folder):
            self._fetch(name, into)

    def _fetch(self, name: str, into: Snapshots) -> None:
        if name in into.names():
            return
        manifest = self._manifest(name)
        draft = into.folder / f"{_FETCHING}-{name}"
        for stale in into.folder.glob(f"{_FETCHING}-*"):
            if stale != draft:
                shutil.rmtree(stale, ignore_errors=True)
        for file, expected in manifest.files.items():
            path = draft / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self._copied(name, file, path, expected):
                raise self._damaged(f"{name}/{file}", "is short or altered")
        (draft / _FETCHED).touch()
        into.publish(draft, manifest)

    def _manifest(self, name: str) -> Manifest:
        with self._reached():
            try:
                data = self._fs.cat_file(self._at(name, "manifest.json"))
            except FileNotFoundError:
                raise self._damaged(f"{name}/manifest.json", "is missing") from None
        try:
            fields = json.loads(data)
            fields["features"] = tuple(fields["features"])
            manifest = Manifest(**fields)
            inside = all(_is_inside(file) for file in manifest.files)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._damaged(f"{name}/manifest.json", "cannot be read") from None
        if manifest.name != name or not inside:  # the name is made of what the manifest says
            raise self._damaged(f"{name}/manifest.json", "is altered")
        return manifest

    def _copied(self, name: str, file: str, path: Path, expected: str) -> bool:
        """Whether the file is here and as expected: what there is of it is gone on with, else it is begun anew."""
        had = path.exists()
        with self._reached():
            try:
                found = self._streamed(self._at(name, file), path)
                if had and found != expected:
                    path.unlink()
                    found = self._streamed(self._at(name, file), path)
            except FileNotFoundError:
                raise self._damaged(f"{name}/{file}", "is missing") from None
        if found != expected:
            path.unlink()
        return found == expected

    def _streamed(self, source: str, path: Path) -> str:
        """Append what is missing here; the SHA-256 of the whole."""
        with path.open("a+b") as sink:
            sink.seek(0)
            digest = hashlib.file_digest(sink, "sha256") if path.stat().st_size else hashlib.sha256()
            size = sink.seek(0, 2)
            with self._fs.open(source, "rb") as stream:
                if size:
                    stream.seek(min(size, stream.size))
                while piece := stream.read(_PIECE):
                    sink.write(piece)
                    digest.update(piece)
        return digest.hexdigest()

    def _write(self, text: str, *path: str) -> None:
        """In one step: readers see the old file or the new one."""
        draft = self._at(*path[:-1], f".{path[-1]}-{uuid4().hex}")
        self._fs.pipe_file(draft, text.encode())
        self._fs.mv(draft, self._at(*path))

    def _at(self, *path: str) -> str:
        return "/".join((self._root.rstrip("/"), *path))

    def _damaged(self, file: str, what: str) -> SnapshotDamaged:
        cure = "Remove that snapshot there, and publish it again: `gradmatch build --use NAME --publish URL`."
        return SnapshotDamaged(f"{file} {what}", where=self.shown, cure=cure)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except GradmatchError:
            raise
        except Exception as error:  # each kind of place has errors of its own
            what = (str(error).splitlines() or [""])[0] or type(error).__name__
            cure = "Check the URL, its credentials and the network; some kinds of URL need a package (s3fs, ossfs …)."
            raise SnapshotUnreachable(
                f"snapshots cannot be fetched or published: {what}", where=self.shown, cure=cure
            ) from None


def take_newest(settings: Settings) -> bool:
    """Fetch what is in use at `snapshots_url`, and use it here; whether there was anything new.

    The snapshot in use before stays, for those who are opening it; older ones that were fetched are removed.

    Raises
    ------
    NoSnapshot, SnapshotDamaged, SnapshotUnreachable
    """
    assert settings.snapshots_url is not None
    place, own = Published(settings.snapshots_url), Snapshots(settings.snapshots)
    for left in reversed(range(_SWITCHES)):
        name = place.current()
        with _alone(own.folder):
            if _read(own.folder / _TAKEN) == name:
                return False
            try:
                place._fetch(name, own)
            except SnapshotDamaged:
                if not left or place.current() == name:
                    raise
                continue  # another one came into use meanwhile, and this one was removed
            before = _read(own.folder / CURRENT)
            own.use(name)
            (own.folder / _TAKEN).write_text(name, encoding="ascii")
            for old in set(own.names()) - {name, before}:
                if (own.folder / old / _FETCHED).exists():
                    own.remove(old)
        break
    return True


def ensure_taken(settings: Settings) -> None:
    """`take_newest` where the settings name a URL; one that cannot be reached stops nothing that has a snapshot.

    Raises
    ------
    NoSnapshot, SnapshotDamaged, SnapshotUnreachable
        There is no snapshot here either.
    """
    if settings.snapshots_url is None:
        return
    try:
        take_newest(settings)
    except (NoSnapshot, SnapshotDamaged, SnapshotUnreachable) as error:
        if not _read(settings.snapshots / CURRENT):
            raise
        _LOG.warning("going on with the snapshot that is here: %s", error)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def _is_inside(file: Any) -> bool:  # noqa: ANN401 - whatever stood in the file
    path = PurePosixPath(file)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in file


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process of this machine fetches at a time; the others wait, and find it here."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _FETCHING).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
