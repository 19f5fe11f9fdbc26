"""One thing read from a résumé, with the place that says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matching.resumes.text import Line


class Finding(NamedTuple):
    """A value for a field of the record (dotted, with places of lists), and where it stands.

    ``text == pages[page - 1][start:end]``, pages with everything covered that was dropped at the door.
    """

    field: str
    value: str | int | float
    text: str
    page: int
    start: int
    end: int

    @classmethod
    def of(cls, field: str, value: str | float, line: Line, place: tuple[int, int] | None = None) -> Finding:
        """The finding at `place` of a line (default: all of it, without blanks around it)."""
        start, end = place or _bare(line.text)
        return cls(field, value, line.text[start:end], line.page, line.start + start, line.start + end)

    @classmethod
    def over(cls, field: str, value: str, lines: Sequence[Line]) -> Finding:
        """The finding that is said by several lines: from the first to the last of the same page."""
        first = lines[0]
        last = next(line for line in reversed(lines) if line.page == first.page)
        return cls.of(field, value, first)._replace(end=max(last.end, first.end))

    def named(self, field: str) -> Finding:
        """The same for another field."""
        return self._replace(field=field)


def _bare(text: str) -> tuple[int, int]:
    left = len(text) - len(text.lstrip(" \t\u3000"))
    return left, max(len(text.rstrip(" \t\u3000")), left)
