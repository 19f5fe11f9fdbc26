"""Requirements that were not stated are read from the words, and the rules work on them."""

from __future__ import annotations

from datetime import date

from matching.attributes import GraduateRows, PostingRows, major_of
from matching.demanded import demanded
from matching.eligibility import Rules, Status
from matching.explanation_terms import major_words
from matching.requirements.stated import demand_of
from matching.standard.records import Degree, Graduate, Posting, Requirements

TEXT = "任职要求：计算机、电子信息类相关专业，本科及以上学历，2022届及往届；"


def posting(**fields) -> Posting:
    return Posting(**{"tenant": "jx", "id": "p", "title": "工程师", "description": TEXT, **fields})


def graduate(major: str, degree: Degree, year: int) -> Graduate:
    return Graduate(tenant="jx", id="g", degree=degree, major=major, graduation_year=year)


def test_what_was_not_stated_is_read_and_says_where():
    demand = demand_of(posting())
    assert (demand.requirements.degree, demand.requirements.majors) == (
        Degree.BACHELOR,
        ["0809相关专业", "0807相关专业"],
    )
    assert demand.requirements.graduation_years[-1] == 2022
    assert 2010 in demand.requirements.graduation_years
    assert set(demand.read) == {"degree", "majors", "graduation_years"}
    assert all(TEXT[s.start : s.end] == s.text for s in demand.read.values())


def test_what_was_stated_wins():
    stated = Requirements(degree=Degree.COLLEGE, majors=[])
    demand = demand_of(posting(requirements=stated))
    assert (demand.requirements.degree, demand.requirements.majors) == (Degree.COLLEGE, [])
    assert set(demand.read) == {"graduation_years"}


def test_liked_majors_limit_nobody_and_any_major_is_said():
    assert demand_of(posting(description="会计专业优先")).requirements.majors is None
    assert demand_of(posting(description="专业不限，会计专业优先")).requirements.majors == []


def test_fresh_graduates_need_the_day_of_publication():
    text = "招收应届毕业生"
    assert demand_of(posting(description=text)).requirements.graduation_years is None
    of_autumn = demand_of(posting(description=text, published=date(2025, 10, 1))).requirements
    assert of_autumn.graduation_years == [2025, 2026]


def test_the_hard_rules_work_on_what_was_read():
    rules = Rules(date(2023, 1, 1))
    rows = PostingRows.of([posting()])

    def status(person: Graduate) -> Status:
        return rules.judge(GraduateRows.of([person]), rows)[0].status

    assert status(graduate("软件工程", Degree.BACHELOR, 2021)) is Status.PASS
    assert status(graduate("软件工程", Degree.COLLEGE, 2021)) is Status.FAIL
    assert status(graduate("护理学", Degree.BACHELOR, 2021)) is Status.FAIL
    assert status(graduate("软件工程", Degree.BACHELOR, 2023)) is Status.FAIL


def test_widening_is_known_and_said():
    assert demanded(posting()).widened
    assert not demanded(posting(description="会计专业，本科以上学历")).widened
    assert demanded(posting(requirements=Requirements(majors=["计算机类相关专业"]))).widened
    person = graduate("软件工程", Degree.BACHELOR, 2021)
    said = major_words(major_of(person), person, posting(), 1.0)
    assert (said.zh[-10:], said.en[-27:]) == ("（岗位接受相关专业）", "(related majors are welcome)"[-27:])
    assert "相关" not in major_words(major_of(person), person, posting(description="计算机类专业"), 1.0).zh
