"""Refusals of one intake, kept on disk: ten million of them take no memory."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from typing import NamedTuple, Self

import orjson

from matching.errors import FileError
from matching.language import Words
from matching.standard.refusals import Refusal

_IN_MEMORY = 1 << 20


class RefusedValue(NamedTuple):
    """One refusal with the row and, where a mapping knows it, the foreign column that it stems from."""

    row: int
    column: str
    refusal: Refusal


class RefusalLog:
    """A list of refusals that only grows, in a file without a name that vanishes with the process.

    Iterating gives them in the order of the rows, and may be repeated. Use it as a context manager, or let it go:
    the file is closed either way.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by close() or the finalizer
        self._close = weakref.finalize(self, self._file.close)
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[RefusedValue]:
        self._file.seek(0)
        for _ in range(self._count):
            row, column, field, value, code, *words = orjson.loads(self._file.readline())
            reason, cure = Words(words[0], words[1]), Words(words[2], words[3])
            yield RefusedValue(row, column, Refusal(field, value, code, reason, cure))

    def add(self, row: int, column: str, refusal: Refusal) -> None:
        """Write one refusal down.

        Raises
        ------
        FileError
            The disk that holds temporary files is full.
        """
        r = refusal
        line = orjson.dumps(
            [row, column, r.field, r.value, r.code, *r.reason, *r.cure], option=orjson.OPT_APPEND_NEWLINE
        )
        try:
            self._file.write(line)
        except OSError as error:
            cure = "Free some space, or set TMPDIR to a folder on a larger disk."
            raise FileError(f"refusals cannot be kept: {error}", where=tempfile.gettempdir(), cure=cure) from None
        self._count += 1

    def close(self) -> None:
        """Forget the refusals and give the disk space back."""
        self._close()
