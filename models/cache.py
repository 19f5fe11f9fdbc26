"""Vectors that need not be computed again: one SQLite file, shared by threads and processes.

A vector is kept under its encoder's name, its side and a hash of its text, never the text itself, as
half-precision numbers with a checksum. The file is derived: a damaged one is begun anew.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.encoder import Encoder, Progress, Side, Vectors
from models.errors import EncoderError
from models.write_ahead import write_ahead

_T = TypeVar("_T")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS spaces (space INTEGER PRIMARY KEY, encoder TEXT, side TEXT, UNIQUE (encoder, side));
CREATE TABLE IF NOT EXISTS vectors
    (id INTEGER PRIMARY KEY, space INTEGER, text BLOB, vector BLOB, UNIQUE (text, space));
"""
_PATIENCE = 60.0
"""Seconds to wait for another process that writes."""
_ASKED = 500
"""Texts looked up in one statement."""
_CHUNK = 256
"""Texts encoded between two writes: what a kill can cost."""


class VectorCache:
    """The file of vectors. Use `open`; close it, or use it in a ``with``.

    Parameters
    ----------
    path : Path
        The SQLite file; made, with its folder, where it is missing.
    most : int, optional
        Keep at most so many vectors: the oldest give way. Default: no bound.
    """

    def __init__(self, path: Path, *, most: int | None = None) -> None:
        self._path = path
        self._most = most
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    @classmethod
    def open(cls, path: Path, *, most: int | None = None) -> Self:
        """Open the cache at `path`; a damaged file is begun anew.

        Raises
        ------
        EncoderError
            The file cannot be made, or is locked for a minute.
        """
        cache = cls(path, most=most)
        cache._run(lambda connection: None)
        return cache

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """How many vectors are kept."""
        return self._run(lambda connection: int(connection.execute("SELECT count(*) FROM vectors").fetchone()[0]))

    def get_many(self, encoder: str, side: Side, texts: Sequence[str]) -> dict[str, NDArray[np.float16]]:
        """The kept vectors of those of `texts` that have one, by text."""
        keys = {_hash(text): text for text in texts}

        def read(connection: sqlite3.Connection) -> dict[str, NDArray[np.float16]]:
            space = _space(connection, encoder, side)
            found: dict[str, NDArray[np.float16]] = {}
            for part in _parts(keys, _ASKED):
                marks = ",".join("?" * len(part))
                query = f"SELECT text, vector FROM vectors WHERE space = ? AND text IN ({marks})"  # noqa: S608 - marks only
                for key, blob in connection.execute(query, [space, *part]):
                    vector = _unpacked(key, blob)
                    if vector is not None:
                        found[keys[key]] = vector
            return found

        return self._run(read)

    def put_many(self, encoder: str, side: Side, vectors: dict[str, NDArray[np.float16]]) -> None:
        """Keep `vectors`, given by text; one transaction. A vector that is kept already is replaced."""

        def write(connection: sqlite3.Connection) -> None:
            with _transaction(connection):
                new = "INSERT OR IGNORE INTO spaces (encoder, side) VALUES (?, ?)"
                connection.execute(new, [encoder, side.value])
                space = _space(connection, encoder, side)
                packed = [(space, key, _packed(key, v)) for key, v in ((_hash(t), v) for t, v in vectors.items())]
                connection.executemany(
                    "INSERT INTO vectors (space, text, vector) VALUES (?, ?, ?)"
                    " ON CONFLICT (text, space) DO UPDATE SET vector = excluded.vector",
                    packed,
                )
                if self._most is not None:
                    oldest = "SELECT id FROM vectors ORDER BY id DESC LIMIT -1 OFFSET ?"
                    connection.execute(f"DELETE FROM vectors WHERE id IN ({oldest})", [self._most])  # noqa: S608

        self._run(write)

    def forget(self, texts: Sequence[str]) -> int:
        """Erase the vectors of `texts`, of every encoder and side; returns how many there were.

        Their bytes are overwritten in the file, and in its log as soon as no other process reads.
        """

        def erase(connection: sqlite3.Connection) -> int:
            with _transaction(connection):
                rows = [
                    connection.execute("DELETE FROM vectors WHERE text = ?", [_hash(text)]).rowcount for text in texts
                ]
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return sum(rows)

        return self._run(erase)

    def _run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do `work` on the open file; if the file turns out to be damaged, begin it anew and do it again."""
        with self._lock:
            try:
                try:
                    return work(self._open())
                except sqlite3.DatabaseError as error:
                    if not _is_damage(error):
                        raise
                    self._begin_anew()
                    return work(self._open())
            except (sqlite3.Error, OSError) as error:
                cure = (
                    "Free disk space or the file's lock, or delete the file: it holds nothing that cannot be computed."
                )
                raise EncoderError(
                    f"the vector cache cannot be used: {error}", where=str(self._path), cure=cure
                ) from None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, _PATIENCE, isolation_level=None, check_same_thread=False)
            try:
                write_ahead(connection, patience=_PATIENCE)
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA secure_delete = ON").fetchall()
                connection.executescript(_SCHEMA)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _begin_anew(self) -> None:
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


class CachedEncoder:
    """An encoder that asks a cache first; see `cached`."""

    def __init__(self, encoder: Encoder, cache: VectorCache) -> None:
        self._encoder = encoder
        self._cache = cache

    @property
    def name(self) -> str:
        """The name of the encoder behind it: the vectors are comparable."""
        return self._encoder.name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._encoder.dim

    def encode(self, texts: Sequence[str], *, side: Side, progress: Progress | None = None) -> Vectors:
        """See `models.encoder.Encoder.encode`; each different text is encoded once, short ones first.

        Rows are half-precision numbers, fresh or kept, so their length is 1 within 0.001.
        """
        report = progress or (lambda _: None)
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            rows.setdefault(text, []).append(row)
        out = np.empty((len(texts), self.dim), np.float32)

        def take(vectors: dict[str, NDArray[np.float16]]) -> None:
            for text, vector in vectors.items():
                out[rows[text]] = vector
            report(sum(len(rows[text]) for text in vectors))

        missing: list[str] = []
        for part in _parts(rows, 16 * _CHUNK):
            kept = self._cache.get_many(self.name, side, part)
            missing.extend(text for text in part if text not in kept)
            take(kept)
        missing.sort(key=lambda text: (len(text), text))
        for part in _parts(missing, _CHUNK):
            fresh = dict(zip(part, self._encoder.encode(part, side=side).astype(np.float16), strict=True))
            self._cache.put_many(self.name, side, fresh)
            take(fresh)
        return out


def cached(encoder: Encoder, cache: VectorCache) -> CachedEncoder:
    """`encoder`, but what `cache` holds is not computed again, and what is computed is kept there.

    Vectors are written as they come, so that a killed run resumes. A vector is the same bytes whether
    it was kept or is fresh: both are rounded to half precision.
    """
    return CachedEncoder(encoder, cache)


def _space(connection: sqlite3.Connection, encoder: str, side: Side) -> int | None:
    """The number of an encoder's side; None where nothing was ever kept for it."""
    query = "SELECT space FROM spaces WHERE encoder = ? AND side = ?"
    row = connection.execute(query, [encoder, side.value]).fetchone()
    return None if row is None else int(row[0])


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _packed(key: bytes, vector: NDArray[np.float16]) -> bytes:
    numbers = vector.astype("<f2").tobytes()
    return numbers + zlib.crc32(key + numbers).to_bytes(4, "little")


def _unpacked(key: bytes, blob: bytes) -> NDArray[np.float16] | None:
    """The vector in `blob`; None where the checksum is wrong, so that the text is encoded again."""
    numbers, check = blob[:-4], blob[-4:]
    if zlib.crc32(key + numbers).to_bytes(4, "little") != check:
        return None
    return np.frombuffer(numbers, "<f2").astype(np.float16)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):  # a full disk has rolled back already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _parts(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
