"""The measure of the résumé reader: counts by hand, a refused file counts against it, the command prints what it is."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.resume_forms import FORMS
from eval.resume_people import draw_person
from eval.resumes import FIELDS, Read, found, mistakes, run, scores, truth
from matching.errors import QueryError


def test_people_are_made_up_the_same_way_each_time_and_carry_their_truth():
    person = draw_person(1, 2)
    assert person == draw_person(1, 2) != draw_person(1, 3)
    wanted = truth(person)
    assert set(wanted) == set(FIELDS)
    assert wanted["degree"] == {person.degree}
    assert wanted["internship"] == {person.told[0].title}


def test_at_least_twenty_forms_and_some_held_out():
    assert len(FORMS) >= 26
    assert len({form.name for form in FORMS}) == len(FORMS)
    assert sum(form.held for form in FORMS) == 6


def test_a_refused_file_counts_as_nothing_read():
    form = FORMS[0]
    (good,) = run([form], people=1, seed=4)
    bad = Read(form, good.person, None, ())
    assert all(value == set() for value in found(None).values())
    alone = {row["field"]: row for row in scores([bad]).to_dicts()}
    assert (alone["degree"]["recall"], alone["degree"]["precision"], alone["degree"]["f1"]) == (0, None, 0)
    both = {row["field"]: row for row in scores([good, bad]).to_dicts()}
    assert (both["degree"]["n"], both["degree"]["precision"], both["degree"]["recall"]) == (2, 1.0, 0.5)
    assert both["degree"]["f1"] == pytest.approx(2 / 3)
    assert ("text, blanks, GB18030", "degree", [good.person.degree], []) in list(mistakes([bad]))
    assert list(mistakes([good])) == []


def test_the_command_says_that_all_is_generated():
    done = CliRunner().invoke(app, ["resumes", "--people", "1"], catch_exceptions=False)
    assert "generated" in done.stdout or "生成" in done.stdout
    assert "6 held forms × 1 = 6 files; refused 0; with anything leaked 0" in done.stdout
    with pytest.raises(QueryError, match="no forms"):
        CliRunner().invoke(app, ["resumes", "--forms", "none"], catch_exceptions=False)
