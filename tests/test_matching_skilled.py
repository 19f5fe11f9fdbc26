"""Skills of both sides as a feature: what counts, what it is worth, and the words and places for it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from matching.attributes import GraduateRows, PostingRows
from matching.explanation import Own, explain
from matching.explanation_terms import skills_evidence, skills_words
from matching.features import FEATURE_NAMES, Pairs, pair_features
from matching.scoring import prior
from matching.skilled import GRADUATE_SKILLS, POSTING_SKILLS, skills_of_graduate, skills_of_posting
from matching.standard.records import Experience, Graduate, Posting, Requirements
from matching.terms.skills import skills

TODAY = date(2026, 6, 15)


def graduate(*listed: str, **fields) -> Graduate:
    return Graduate(**{"tenant": "jx", "id": "g", "skills": list(listed), **fields})


def posting(*listed: str, **fields) -> Posting:
    return Posting(
        **{"tenant": "jx", "id": "p", "title": "职员", "requirements": Requirements(skills=list(listed)), **fields}
    )


def value(person: Graduate, job: Posting) -> float:
    pairs = Pairs(GraduateRows.of([person]), PostingRows.of([job]), *([0.0],) * 2, 0)
    return float(pair_features(pairs)[0][FEATURE_NAMES.index("skills")])


@pytest.mark.parametrize(
    ("has", "asked", "expected"),
    [
        (["Java", "MySQL", "Redis", "Linux"], ["Java", "MySQL", "Redis", "Linux"], 1.0),
        (["Java", "MySQL"], ["Java", "MySQL", "Redis", "Linux", "Python"], 0.4),
        (["Java"], ["Java"], 0.25),  # one of one says little
        (["JavaScript"], ["Java"], 0.0),  # a skill, not its letters
        (["Excel"], ["Excel", "Java"], 0.075),  # nearly everyone names it
        (["陶瓷釉下彩"], ["陶瓷釉下彩", "Java"], 0.25),  # listed on both sides, in no table
        (["java"], ["JAVA"], 0.25),
    ],
)
def test_the_share_of_what_is_named(has, asked, expected):
    assert value(graduate(*has), posting(*asked)) == pytest.approx(expected)


def test_a_school_is_no_skill_however_it_is_listed():
    listed = ["南昌大学", "985", "某某未名学堂"]
    assert list(skills_of_graduate(graduate(*listed, school="某某未名学堂"))) == []
    assert list(skills_of_posting(posting(*listed[:2]))) == []


def test_nothing_named_on_one_side_is_not_known():
    assert np.isnan(value(graduate(), posting("Java")))
    assert np.isnan(value(graduate("Java"), posting()))


def test_texts_count_too_and_what_is_not_needed_does_not():
    told = graduate(experiences=[Experience(kind="project", title="网站", description="使用Java和MySQL开发后台")])
    assert value(told, posting(title="Java开发工程师", description="熟悉MySQL")) == 0.5
    assert list(skills_of_posting(posting(description="无需Java基础"))) == []


def test_only_the_first_count_on_both_sides():
    names = [skill.name for skill in skills() if not skill.common and len(skill.name) > 2][:40]
    assert list(skills_of_posting(posting(*names))) == names[:POSTING_SKILLS]
    assert list(skills_of_graduate(graduate(*names))) == names[:GRADUATE_SKILLS]
    assert value(graduate(*names[POSTING_SKILLS:]), posting(*names)) == 0.0


def test_words_and_places_name_what_was_counted():
    person = graduate("Java", "Linux", summary="做过MySQL项目")
    job = posting(title="Java开发", description="熟悉MySQL、Redis。")
    has = skills_of_graduate(person)
    assert skills_words(has, job, 0.1).zh == "具备岗位提到的技能：Java、MySQL"
    assert skills_words(has, job, -0.1).zh == "岗位提到的技能只具备少数：Java、MySQL"
    fields = {"posting.title": job.title, "posting.description": job.description, "graduate.skills.0": "Java",
              "graduate.summary": person.summary}  # fmt: skip
    places = skills_evidence(has, job, 4)
    fields_of_places = ["posting.title", "graduate.skills.0", "posting.description", "graduate.summary"]
    assert [place.field for place in places] == fields_of_places
    assert all(fields[place.field][place.start : place.end] == place.text for place in places)
    assert (
        skills_words(skills_of_graduate(graduate("Photoshop")), job, -0.1).zh
        == "岗位提到的技能（Java、MySQL、Redis）简历未提到"
    )


def test_the_reason_is_worth_what_the_curve_says():
    names = ("Java", "MySQL", "Redis", "Linux")
    person, job = graduate(*names), posting(*names)
    pairs = Pairs(GraduateRows.of([person]), PostingRows.of([job]), *([0.0],) * 2, 0)
    row = pair_features(pairs)
    points = prior().contributions(row)[0].tolist()
    reasons = {r.feature: r for r in explain(person, job, row[0].tolist(), points, own=Own.of(person))}
    assert reasons["skills"].points == 0.4
    assert reasons["skills"].words.en == "has skills that the posting names: Java, MySQL, Redis, Linux"
    assert sum(r.points for r in reasons.values()) == pytest.approx(sum(points) / 1e6)
