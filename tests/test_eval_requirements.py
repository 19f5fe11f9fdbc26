"""The labels of real postings, and the command that measures the reader on them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.requirement_draw import SIZES, draw
from eval.requirements import LABELS
from matching.errors import FileError

DATA = Path(__file__).parents[2] / "shared" / "data"
ROWS = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
here = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")


def test_each_posting_is_labelled_once_and_every_part_has_its_size():
    assert max(Counter((row["source"], row["row"]) for row in ROWS).values()) == 1
    assert Counter(row["half"] for row in ROWS) == {"develop": 168, "held": 159, "second": 166}
    second = [row for row in ROWS if row["half"] == "second"]
    assert sum(row["why"].startswith("not computing") for row in second) == 110
    assert sum(len(row["majors"]) for row in second) == 161


@pytest.mark.shared
@here
def test_the_second_part_is_what_the_draw_draws():
    for source in SIZES:
        own = [row for row in ROWS if row["source"] == source]
        earlier = {row["row"] for row in own if row["half"] != "second"}
        assert draw(DATA, source, earlier) == [row["row"] for row in own if row["half"] == "second"]


@pytest.mark.shared
@here
@pytest.mark.parametrize(("half", "least"), [("second", 0.97), ("held", 0.97)])
def test_majors_of_real_postings_are_read(half, least):
    result = CliRunner().invoke(app, ["requirements", str(DATA), "--half", half], catch_exceptions=False)
    lines = result.stdout.splitlines()
    assert lines[0].startswith("all: ")
    assert float(lines[1].split("F1 ")[1].split()[0]) >= least
    assert any(line.startswith("not IT") for line in lines)


def test_a_folder_without_the_postings_is_refused(tmp_path):
    with pytest.raises(FileError, match="none of the labelled postings"):
        CliRunner().invoke(app, ["requirements", str(tmp_path)], catch_exceptions=False)
