"""Arrays that grow at the end while others read them: the memory of live rows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_SPARE = 1_024
"""Least number of rows by which a buffer grows."""


class Growing:
    """An immutable view of the first rows of a buffer; `appended` gives a longer view.

    Views share the buffer, so appending copies nothing while there is room, and a reader that holds
    an older view never sees rows beyond it. Only the newest view may be appended to in place; an
    older one copies, so that two branches never share rows.

    Parameters
    ----------
    rows : ndarray of shape (n, ...)
        The first rows; taken as they are, not copied until the first append.
    """

    __slots__ = ("_buffer", "_filled", "_n")

    def __init__(self, rows: NDArray[Any]) -> None:
        self._buffer = rows
        self._n = len(rows)
        self._filled = [self._n]  # shared by the views of one buffer: how far it is written

    def __len__(self) -> int:
        return self._n

    @property
    def values(self) -> NDArray[Any]:
        """The rows of this view, shape (n, ...); not to be written to."""
        return self._buffer[: self._n]

    def appended(self, rows: NDArray[Any]) -> Self:
        """A view with `rows` (shape (m, ...)) behind the present ones; this view stays as it is."""
        if not len(rows):
            return self
        end = self._n + len(rows)
        view = object.__new__(type(self))
        if self._filled[0] == self._n and end <= len(self._buffer) and self._buffer.flags.writeable:
            view._buffer, view._filled = self._buffer, self._filled
        else:
            capacity = max(end + _SPARE, end + end // 8)
            view._buffer = np.empty((capacity, *self._buffer.shape[1:]), self._buffer.dtype)
            view._buffer[: self._n] = self.values
            view._filled = [self._n]
        view._buffer[self._n : end] = rows
        view._filled[0] = end
        view._n = end
        return view
