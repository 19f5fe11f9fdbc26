"""Which real postings were labelled for the second held half: ``python -m eval.requirement_draw ../shared/data``.

A draw that anybody can repeat: by source and stratum, the postings in order of ``sha256("second" + source + row)``, one
a company and one a text, none whose text or company was labelled before. The strata: the title is one of computing or
not (`eval.requirements.IT`), the text holds 专业 or not. Titles that are not of computing and texts with 专业 are drawn
more often than they occur, for there the reader is weakest and most is asked of it. It was drawn before the reader
was worked on, and those postings were left unread until it was done; then they were labelled by reading.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from pathlib import Path

from eval.requirements import IT, LABELS, posting_rows, words_of

SIZES: dict[str, tuple[int, int, int, int]] = {
    "taidi2023-postings": (24, 8, 10, 6),
    "zhilian-shenzhen-2018": (30, 10, 10, 5),
    "51job-bigdata-2019": (30, 8, 10, 5),
    "python-jobs-2018": (0, 0, 6, 4),
}
"""How many of each source: not computing with 专业 and without it, computing with it and without it."""
_COMPANY = {
    "taidi2023-postings": "公司名称",
    "zhilian-shenzhen-2018": "companyName",
    "51job-bigdata-2019": "公司",
    "python-jobs-2018": "公司名称",
}


def draw(data: Path, source: str, labelled: set[str]) -> list[str]:
    """The rows of `source` that are drawn, in order; `labelled` are its rows of the first 327."""
    rows = posting_rows(data, source)
    taken = {mark for row in labelled if row in rows for mark in _marks(source, rows[row])}
    left = Counter(dict(zip(((False, True), (False, False), (True, True), (True, False)), SIZES[source], strict=True)))
    drawn = []
    for row in sorted(rows, key=lambda row: hashlib.sha256(f"second{source}{row}".encode()).hexdigest()):
        words = words_of(source, rows[row])
        text = words.description
        stratum = (IT.search(words.title) is not None, "专业" in text)
        marks = _marks(source, rows[row])
        if left[stratum] and re.search(r"\w", text) and not marks & taken:
            left[stratum] -= 1
            taken |= marks
            drawn.append(row)
    return drawn


def _marks(source: str, row: dict[str, str]) -> set[str]:
    """The company, and the text without what is no letter."""
    return {row[_COMPANY[source]].strip(), re.sub(r"\W+", "", words_of(source, row).description)}


def main() -> None:
    """Print source and row of each, as JSON Lines."""
    parser = argparse.ArgumentParser(prog="python -m eval.requirement_draw")
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    labels = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    data = parser.parse_args().data
    for source in SIZES:
        earlier = {label["row"] for label in labels if label["source"] == source and label["half"] != "second"}
        for row in draw(data, source, earlier):
            sys.stdout.write(json.dumps({"source": source, "row": row}) + "\n")


if __name__ == "__main__":
    main()
