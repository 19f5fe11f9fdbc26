"""How well terms are read: written variants of majors, titles of postings; right only where a person says so.

- `major_variants`: the project's own ways to write majors (abbreviations, old names, slips), each with its class; one
  half was looked at while reading was written, the other once.
- `titles`: titles of a public file (``job_name, expected_code``), of which 200 rows were labelled by reading: the
  medium groups that are right, several where several are defensible. The file itself is not part of the repository,
  its own codes are noisy, and what is measured on them compares systems only.

A text that is not answered counts as wrong in `right`, and not at all in `right of answered`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from matching.errors import FileError
from matching.terms import majors
from matching.terms.major_reading import read as read_major
from matching.terms.occupation_nearest import NearestOccupation
from matching.terms.occupations import read as read_title
from matching.terms.reading import Reading

Reader = Callable[[Sequence[str]], list[Reading | None]]
_IT = ("2-02-10", "2-02-38", "4-04-05", "2-02-30-09")
"""Groups of computing, left out in the figures on the rest."""
_IT_MEDIUM = {"2-02", "4-04"}
"""The medium groups that hold them: a title labelled with one alone is left out where labels go no deeper."""
_IT_CLASSES = frozenset({"0807", "0809", "5101", "5102", "5103", "5104"})


class Figure(NamedTuple):
    """One line of the report: n texts, and shares of them; `answered` of all, the others of all and of the answered."""

    name: str
    n: int
    answered: float
    right: float
    right_of_answered: float

    @property
    def line(self) -> str:
        """The figure as a line of a table."""
        return f"{self.name:<62}{self.n:>6}{self.answered:>10.3f}{self.right:>8.3f}{self.right_of_answered:>12.3f}"


class Wrong(NamedTuple):
    """One mistake: the text, what is right, and what was read."""

    text: str
    right: str
    read: str


HEADER = f"{'':<62}{'n':>6}{'answered':>10}{'right':>8}{'of answered':>12}"


def major_variants() -> tuple[list[Figure], list[Wrong]]:
    """Figures on both halves of the variants at class level, and the mistakes of the half looked at once.

    A reading at another stage is right where its class is listed as of the same field (软件技术 for 软件工程's class).
    """
    rows = list(csv.DictReader(_label("major_variants.csv").splitlines()))
    figures, wrong = [], []
    for half in ("develop", "once"):
        own = [row for row in rows if row["half"] == half]
        read = [read_major(row["text"]) for row in own]
        right = [found is not None and _is_in(found.code, row["class"]) for row, found in zip(own, read, strict=True)]
        figures.append(_figure(f"majors, written variants, half '{half}'", read, right))
        rest = [i for i, row in enumerate(own) if row["class"] not in _IT_CLASSES]
        figures.append(
            _figure(f"majors, non-IT variants, half '{half}'", [read[i] for i in rest], [right[i] for i in rest])
        )
        if half == "once":
            wrong = [
                Wrong(row["text"], row["class"], found.code if found else "")
                for row, found, ok in zip(own, read, right, strict=True)
                if not ok
            ]
    return figures, wrong


def titles(path: Path, nearest: NearestOccupation) -> tuple[list[Figure], list[Wrong]]:
    """Figures of every system on the hand-read rows and on the noisy whole, and the hand-read mistakes of the last.

    Raises
    ------
    FileError
        `path` cannot be read or lacks its columns.
    """
    rows = _titles(path)
    ours = dict(enumerate(rows, 1))
    checked = [
        (ours[int(label["row"])], label["medium_groups"].split("/"))
        for label in csv.DictReader(_label("titles_200.csv").splitlines())
        if int(label["row"]) in ours
    ]
    whole = [(title, [code]) for title, code in rows if code]
    systems: dict[str, Reader] = {
        "nearest by words": nearest.guess,
        "dictionary": lambda texts: [read_title(text) for text in texts],
        "dictionary, then nearest": nearest.read,
    }
    figures, wrong = [], []
    for name, reader in systems.items():
        read = reader([title for (title, _), _ in checked])
        figures += _at_levels(f"{name}, hand-read titles", read, [right for _, right in checked])
        rest = [i for i, (_, right) in enumerate(checked) if not _IT_MEDIUM.issuperset(right)]
        figures += _at_levels(f"{name}, hand-read, non-IT", [read[i] for i in rest], [checked[i][1] for i in rest])
        wrong = [
            Wrong(title, "/".join(right), f"{found.code} {found.name}" if found else "")
            for ((title, _), right), found in zip(checked, read, strict=True)
            if not _agrees(found, right, len("2-02"))
        ]
        for kind, own in (("all rows", whole), ("non-IT", [row for row in whole if not row[1][0].startswith(_IT)])):
            read = reader([title for title, _ in own])
            figures += _at_levels(f"{name}, {kind}, noisy labels", read, [right for _, right in own])
    return figures, wrong


def _at_levels(name: str, read: Sequence[Reading | None], right: Sequence[list[str]]) -> list[Figure]:
    levels = (("major group", len("2")), ("medium group", len("2-02")))
    return [
        _figure(f"{name}, {level}", read, [_agrees(f, r, size) for f, r in zip(read, right, strict=True)])
        for level, size in levels
    ]


def _agrees(found: Reading | None, right: Iterable[str], size: int) -> bool:
    """Whether a reading is one of the right groups; ``-`` says that not answering is right."""
    if found is None:
        return "-" in right
    return any(code[:size] == found.code[:size] for code in right if code != "-")


def _is_in(code: str, class_code: str) -> bool:
    found = majors.major(code)
    if found is None or found.level == "category":
        return False
    own = majors.class_of(code)
    return own == class_code or (found.stage != "undergraduate" and class_code in majors.related(own))


def _figure(name: str, read: Sequence[Reading | None], right: Sequence[bool]) -> Figure:
    answered = [ok for found, ok in zip(read, right, strict=True) if found is not None]
    share = len(answered) / len(read) if read else 0.0
    correct = sum(right) / len(right) if right else 0.0
    return Figure(name, len(read), share, correct, sum(answered) / len(answered) if answered else 0.0)


def _label(name: str) -> str:
    return (files("eval") / "labels" / name).read_text(encoding="utf-8")


def _titles(path: Path) -> list[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [(row["job_name"], row["expected_code"]) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, KeyError) as error:
        cure = "Give a CSV file with the columns job_name and expected_code."
        raise FileError("titles cannot be read", where=str(path), cure=cure) from error
