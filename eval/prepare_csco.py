"""Makes a retrieval task, title → occupation, from the CSCO 2022 tables.

    python -m eval.prepare_csco titles.csv csco22.csv FOLDER

``titles.csv`` has ``job_name, expected_code``; ``csco22.csv`` has ``level, code, name, definition``: the Chinese
Standard Classification of Occupations, whose codes nest: ``2-02-10-07`` lies in major group 2 and medium group 2-02.

FOLDER receives

- ``queries.tsv``: every title, ``t1``, ``t2`` … by its row;
- ``corpus.tsv``: every occupation (level 4), name and definition; a code that comes twice is one document;
- ``qrels.tsv``: titles whose label is an occupation: that occupation;
- ``qrels-development.tsv``: of those, the titles of development occupations (`matching.learning.split`), which the
  encoder was not taught; this one is what ``about.json`` names, for ``gradmatch eval table``;
- ``qrels-medium.tsv``: titles whose label names at least a medium group: every occupation of that group;
- ``qrels-major.tsv``: titles with any label: every occupation of its major group.

A label above the occupations (a group) says that no single occupation is right: such titles are judged only in the
files of groups. Labels that the table lacks or that are empty, and groups without occupations, are judged nowhere.
The labels are partly a tool's own output and noisy: the figures compare systems, they are no accuracy.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from eval.task_folder import About, write_about
from eval.texts import decoded
from matching.errors import FileError, GradmatchError
from matching.learning.split import is_development

_OCCUPATION = "4"
_DEVELOPMENT = "qrels-development.tsv"
_ABOUT = About(
    role="development",
    note="posting titles ask for their occupation, noisy labels; occupations that the encoder was not taught",
    qrels=_DEVELOPMENT,
)
_MAJOR, _MEDIUM = 1, 4
"""Characters of a code that name its major group (``2``) and its medium group (``2-02``)."""


def prepare(titles: Path, occupations: Path, folder: Path) -> dict[str, int]:
    """Write the files into `folder`, which is made if it is not there.

    Returns
    -------
    dict of str to int
        How many titles, occupations, labels of each level there are, and how many titles each qrels file judges.

    Raises
    ------
    FileError
        A table cannot be read or lacks a column, or `folder` cannot be written.
    """
    rows = _rows(occupations, ("level", "code", "name", "definition"))
    asked = _rows(titles, ("job_name", "expected_code"))
    levels = {row["code"]: int(row["level"]) for row in rows}
    corpus: dict[str, str] = {}
    for row in rows:
        if row["level"] == _OCCUPATION:
            corpus[row["code"]] = " ".join(filter(None, (corpus.get(row["code"]), row["name"], row["definition"])))
    labels = {f"t{number}": row["expected_code"] for number, row in enumerate(asked, 1)}
    known = {title: code for title, code in labels.items() if code in levels}
    exact = {title: [code] for title, code in known.items() if code in corpus}
    judged = {
        "qrels.tsv": exact,
        _DEVELOPMENT: {title: codes for title, codes in exact.items() if is_development(codes[0], "csco")},
        "qrels-medium.tsv": _of_group({t: code for t, code in known.items() if levels[code] > 1}, corpus, _MEDIUM),
        "qrels-major.tsv": _of_group(known, corpus, _MAJOR),
    }
    _write(folder / "queries.tsv", ((f"t{n}", _flat(row["job_name"])) for n, row in enumerate(asked, 1)))
    _write(folder / "corpus.tsv", ((code, _flat(text)) for code, text in corpus.items()))
    for name, answers in judged.items():
        _write(folder / name, ((title, "0", code, "1") for title, codes in answers.items() for code in codes))
    write_about(folder, _ABOUT)
    return {
        "titles": len(asked),
        "occupations": len(corpus),
        "titles without a known label": len(labels) - len(known),
        **{f"labels of level {level}": n for level, n in sorted(Counter(levels[c] for c in known.values()).items())},
        **{f"titles judged in {name}": len(answers) for name, answers in judged.items()},
    }


def _of_group(labels: dict[str, str], corpus: Iterable[str], characters: int) -> dict[str, list[str]]:
    """The occupations that share the first `characters` of each title's label; titles without any are left out."""
    members: dict[str, list[str]] = {}
    for code in corpus:
        members.setdefault(code[:characters], []).append(code)
    return {title: members[label[:characters]] for title, label in labels.items() if label[:characters] in members}


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        text = decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise FileError(f"table cannot be read: {error.strerror}", where=str(path), cure="Check the path.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise FileError(f"no column {', '.join(missing)}", where=str(path), cure="Name the table of the CSCO package.")
    return [{column: (row[column] or "").strip() for column in columns} for row in reader]


def _flat(text: str) -> str:
    return " ".join(text.split())


def _write(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines("\t".join(row) + "\n" for row in rows)
    except OSError as error:
        raise FileError(
            f"file cannot be written: {error.strerror}", where=str(path), cure="Name another folder."
        ) from None


def main(arguments: list[str]) -> int:
    """Run on ``titles.csv csco22.csv FOLDER``; prints what each file holds."""
    if len(arguments) != 3:
        sys.stderr.write("usage: python -m eval.prepare_csco titles.csv csco22.csv FOLDER\n")
        return 2
    try:
        counts = prepare(*(Path(argument) for argument in arguments))
    except GradmatchError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    sys.stdout.write("".join(f"{name}\t{count}\n" for name, count in counts.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
