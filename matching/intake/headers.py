"""Column names as a header row gives them: trimmed, complete and each once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matching.errors import FileError

_EDGES = " \t\r\n\u00a0\u3000\u200b\ufeff"


def column_names(cells: Sequence[object], *, path: Path) -> tuple[str, ...]:
    """Name every column of a table.

    A nameless column is called by its place (``"#3"``), and so is the second of two with the same name
    (``"备注#5"``): a mapping can reach both, and neither hides the other.

    Raises
    ------
    FileError
        No cell holds a name.
    """
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = "" if cell is None else str(cell).strip(_EDGES)
        names.append(name if name and name not in names else f"{name}#{place}")
    if all(name.startswith("#") for name in names):
        cure = "Put the column names into the first row, or give its number as `header` under [file] in the mapping."
        raise FileError("the header row is empty", where=str(path), cure=cure)
    return tuple(names)
