"""The labels of terms are sound, the figures are counted right, and the targets are met."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.terms import _agrees, _figure, major_variants, titles
from matching.errors import FileError
from matching.terms import majors, occupations
from matching.terms.occupation_nearest import NearestOccupation
from matching.terms.reading import Reading
from models.hashing import HashingEncoder

TITLES = Path(__file__).parents[2] / "shared" / "data" / "csco2022-title-coding" / "titles.csv"


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((files("eval") / "labels" / name).read_text("utf-8").splitlines()))


def test_labels_name_classes_and_groups_that_exist():
    variants = _rows("major_variants.csv")
    assert len(variants) == len({row["text"] for row in variants}) == 636
    assert {majors.major(row["class"]).level for row in variants} == {"class"}
    groups = {code for row in _rows("titles_200.csv") for code in row["medium_groups"].split("/")} - {"-"}
    assert len(_rows("titles_200.csv")) == 200
    assert {occupations.occupation(code).level for code in groups} == {"medium group"}


def test_variants_reach_the_target():
    figures, wrong = major_variants()
    assert [figure.n for figure in figures] == [327, 299, 309, 270]
    once, rest = figures[2:]
    assert rest.right_of_answered >= 0.97
    assert once.answered >= 0.95
    assert once.right_of_answered >= 0.97
    assert len(wrong) == round(once.n * (1 - once.right))


def test_figures_count_what_is_not_answered_as_wrong():
    read = [Reading("2-02-10", "", "", 1.0, "name"), Reading("4-01", "", "", 1.0, "name"), None, None]
    right = [_agrees(f, r, 4) for f, r in zip(read, [["2-02"], ["2-06"], ["-", "6-99"], ["6-31"]], strict=True)]
    assert right == [True, False, True, False]
    figure = _figure("x", read, right)
    assert (figure.n, figure.answered, figure.right, figure.right_of_answered) == (4, 0.5, 0.5, 0.5)
    assert _figure("none", [], []) == ("none", 0, 0.0, 0.0, 0.0)


def test_guesses_go_by_words_and_by_meaning_and_abstain():
    words = NearestOccupation()
    first, nothing, known = words.read(["钻探设备工程技术", "啦啦啦", "会计"])
    assert (first.code[:4], first.how) == ("2-02", "near")
    assert first.confidence <= 0.5
    assert (nothing, known.code) == (None, "2-06-03-00")
    assert words.guess([]) == []
    both = NearestOccupation(HashingEncoder()).guess(["钻探设备工程技术"])[0]
    assert both.code[:4] == "2-02"


def test_titles_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(FileError, match="titles cannot be read"):
        titles(tmp_path / "none.csv", NearestOccupation())


def test_the_command_prints_every_figure():
    printed = CliRunner().invoke(app, ["terms", "--worst", "2"]).stdout.splitlines()
    assert [line.split("  ")[0] for line in printed[1:5]] == [
        "majors, written variants, half 'develop'",
        "majors, non-IT variants, half 'develop'",
        "majors, written variants, half 'once'",
        "majors, non-IT variants, half 'once'",
    ]
    assert len(printed) == 1 + 4 + 2 * 2


@pytest.mark.shared
@pytest.mark.skipif(not TITLES.exists(), reason="../shared/data is not here")
def test_titles_reach_the_targets():
    figures, _ = titles(TITLES, NearestOccupation())
    by_name = {figure.name: figure for figure in figures}
    assert by_name["dictionary, then nearest, hand-read titles, major group"].right >= 0.85
    assert by_name["dictionary, then nearest, hand-read titles, medium group"].right >= 0.75
    assert by_name["dictionary, then nearest, hand-read, non-IT, major group"].right >= 0.85
    assert by_name["dictionary, then nearest, hand-read, non-IT, medium group"].right >= 0.75
    assert by_name["dictionary, then nearest, hand-read, non-IT, medium group"].n == 176
    assert by_name["dictionary, then nearest, all rows, noisy labels, major group"].n == 3045
