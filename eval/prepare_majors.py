"""Makes a retrieval task, major → postings, from a table of postings that name majors.

    python -m eval.prepare_majors POSTINGS.csv TITLE_COLUMN TEXT_COLUMN FOLDER

A query is a major's name; relevant are the postings whose text demands it by name. Every span that names a major is
cut out before the text is written, so nothing is found by the name itself: what is measured is whether the work fits
the field of study. Majors that fewer than three postings name are not asked for. Equal documents are one document.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from eval.prepare_titles import write_task
from eval.task_folder import About, write_about
from matching.errors import FileError, GradmatchError
from matching.terms.major_mentions import find_in
from matching.terms.major_table import major

_FEWEST = 3
_CONFIDENT = 0.7
_ABOUT = About(
    role="development",
    measure="nDCG@20",
    asked=0.15,
    note="a major asks for the postings that demand it, the naming spans masked; mean over majors",
)


def prepare(table: Path, columns: tuple[str, str], folder: Path) -> dict[str, int]:
    """Write the task into `folder`; returns how many queries, documents and judgements there are.

    Parameters
    ----------
    table : Path
        CSV in UTF-8 with a header.
    columns : (title, text)
        Names of the columns.

    Raises
    ------
    FileError
        The table cannot be read or lacks a column, or `folder` cannot be written.
    """
    documents: dict[str, str] = {}
    named: dict[str, set[str]] = {}
    for title, text in _rows(table, columns):
        masked, majors = _masked(text)
        document = documents.setdefault(f"{title} {masked}", f"d{len(documents) + 1}")
        for name in majors if masked else ():
            named.setdefault(name, set()).add(document)
    asked = {f"q{i}": major for i, major in enumerate(sorted(named), 1) if len(named[major]) >= _FEWEST}
    qrels = {query: dict.fromkeys(sorted(named[major]), 1) for query, major in asked.items()}
    write_task(folder, asked, {key: text for text, key in documents.items()}, qrels)
    write_about(folder, _ABOUT)
    return {"majors": len(asked), "documents": len(documents), "judgements": sum(map(len, qrels.values()))}


def _masked(text: str) -> tuple[str, set[str]]:
    """`text` without the spans that name a major, and the names of the majors in them."""
    mentions = find_in(text)
    codes = {mention.code for mention in mentions if mention.code and mention.confidence >= _CONFIDENT}
    for start, end in sorted({(mention.start, mention.end) for mention in mentions}, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    names = {known.name for code in codes if (known := major(code)) is not None}
    return " ".join(text.split()), names


def _rows(path: Path, columns: tuple[str, str]) -> list[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise FileError(
                    f"no column {', '.join(missing)}", where=str(path), cure="Name the table's own columns."
                )
            return [((row[columns[0]] or "").strip(), row[columns[1]] or "") for row in reader]
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"table cannot be read: {error}", where=str(path), cure="Give a CSV in UTF-8.") from None


def main(arguments: list[str]) -> int:
    """Run on ``POSTINGS.csv TITLE_COLUMN TEXT_COLUMN FOLDER``; prints what the task holds."""
    if len(arguments) != 4:
        sys.stderr.write("usage: python -m eval.prepare_majors POSTINGS.csv TITLE_COLUMN TEXT_COLUMN FOLDER\n")
        return 2
    table, title, text, folder = arguments
    try:
        counts = prepare(Path(table), (title, text), Path(folder))
    except GradmatchError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    sys.stdout.write("".join(f"{name}\t{count}\n" for name, count in counts.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
