"""The root of the error tree, and the errors of this room.

GradmatchError
├── EncoderError          an encoder cannot be prepared, loaded or used
└── …                     see `matching.errors` for the rest of the tree
"""

from __future__ import annotations

import copyreg
from typing import Any


class GradmatchError(Exception):
    """Anything this project raises on purpose.

    Parameters
    ----------
    what : str
        The thing that is wrong, in one clause: ``"unknown degree '本可'"``.
    where : str, keyword-only
        The place: file, row, column, field or id. Empty when there is none.
    cure : str, keyword-only
        What the reader can do about it, as an imperative. Empty when nothing helps.

    ``str(error)`` joins the three: ``"unknown degree '本可' (grads.csv, row 7). Use one of …"``.
    """

    def __init__(self, what: str, *, where: str = "", cure: str = "") -> None:
        super().__init__(what, where, cure)
        self.what = what
        self.where = where
        self.cure = cure

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without calling the constructor, so that errors come whole out of other processes."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]

    def __str__(self) -> str:
        """Join what, where and cure into one line."""
        place = f" ({self.where})" if self.where else ""
        return f"{self.what}{place}." + (f" {self.cure}" if self.cure else "")


class EncoderError(GradmatchError):
    """An encoder cannot be prepared, loaded or used."""
