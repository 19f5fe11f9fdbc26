"""A demand for majors holds at the level at which it is written, in the rule, the feature and the words."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.attributes import NAMED, GraduateRows, PostingRows, major_of
from matching.demanded import demanded, demanded_by
from matching.eligibility import Rules, Status
from matching.explanation_terms import major_words
from matching.features import FEATURE_NAMES, Pairs, pair_features
from matching.standard.records import Degree, Graduate, Posting, Requirements
from matching.terms import majors

TODAY = date(2026, 6, 15)
COLLEGE, BACHELOR, MASTER = Degree.COLLEGE, Degree.BACHELOR, Degree.MASTER
PASS, UNKNOWN, FAIL = Status.PASS, Status.UNKNOWN, Status.FAIL


def graduate(major: str, degree: Degree = BACHELOR) -> Graduate:
    return Graduate(tenant="jx", id="g", degree=degree, major=major, graduation_year=2026)


def posting(*wanted: str, **fields) -> Posting:
    needs = Requirements(majors=list(wanted), degree=Degree.NONE) if wanted else Requirements()
    return Posting(**{"tenant": "jx", "id": "p", "title": "职员", "requirements": needs, **fields})


def outcome(person: Graduate, job: Posting) -> tuple[Status, float]:
    """Status of the rules of majors, and the value of the feature."""
    g, p = GraduateRows.of([person]), PostingRows.of([job])
    verdicts = Rules(TODAY).judge(g, p)[0].verdicts
    status = min((v.status for v in verdicts if v.rule in ("majors", "named_major")), default=PASS)
    row = pair_features(Pairs(g, p, *([0.0],) * 2, 0))[0]
    return status, float(row[FEATURE_NAMES.index("major")])


@pytest.mark.parametrize(
    ("wanted", "major", "degree", "status", "value"),
    [
        (["软件工程"], "软件工程", BACHELOR, PASS, 1.0),  # the major named
        (["软件工程"], "计算机科学与技术", BACHELOR, UNKNOWN, 0.75),  # a classmate
        (["软件工程"], "软件技术", COLLEGE, PASS, 1.0),  # bears its name at another level
        (["软件工程"], "计算机网络技术", COLLEGE, UNKNOWN, 0.75),
        (["软件工程"], "通信工程", BACHELOR, FAIL, 0.5),  # same category
        (["软件工程", "计算机科学与技术"], "网络工程", BACHELOR, UNKNOWN, 0.75),
        (["软件工程", "计算机类"], "网络工程", BACHELOR, PASS, 1.0),  # the class opens what a name leaves shut
        (["计算机类"], "网络工程", BACHELOR, PASS, 1.0),
        (["计算机类"], "计算机网络技术", COLLEGE, PASS, 1.0),
        (["计算机类"], "通信工程", BACHELOR, FAIL, 0.5),
        (["软件工程相关专业"], "网络工程", BACHELOR, PASS, 1.0),  # 相关专业 widens to the class
        (["软件工程相关专业"], "通信工程", BACHELOR, PASS, 0.75),  # and to its neighbours
        (["软件工程相关专业"], "通信技术", COLLEGE, PASS, 0.75),
        (["软件工程相关专业"], "机械工程", BACHELOR, FAIL, 0.5),
        (["080902"], "计算机科学与技术", BACHELOR, UNKNOWN, 0.75),
        (["0809相关专业"], "自动化", BACHELOR, PASS, 0.75),
        (["工学"], "机械工程", BACHELOR, PASS, 1.0),  # a category
        (["工学"], "会计学", BACHELOR, FAIL, 0.0),
        (["会计学"], "大数据与会计", COLLEGE, PASS, 1.0),
        (["会计学"], "市场营销", BACHELOR, UNKNOWN, 0.75),
        (["财务专业"], "会计学", BACHELOR, PASS, 1.0),  # a word for two majors
        (["财务专业"], "财务管理", BACHELOR, PASS, 1.0),
        (["理工科"], "会计学", BACHELOR, FAIL, 0.0),
        (["会计学"], "会计", MASTER, PASS, 1.0),
        (["会计学", "星际考古"], "法学", BACHELOR, UNKNOWN, 0.0),  # not all of it was understood
    ],
)
def test_levels(wanted, major, degree, status, value):
    assert outcome(graduate(major, degree), posting(*wanted)) == (status, value)


def test_the_unknown_says_what_is_to_be_confirmed_and_may_be_hidden():
    g, p = GraduateRows.of([graduate("计算机科学与技术")]), PostingRows.of([posting("软件工程")])
    (verdict,) = (v for v in Rules(TODAY).judge(g, p)[0].verdicts if v.status is UNKNOWN)
    assert (verdict.rule, verdict.missing) == ("named_major", ("posting.requirements.majors",))
    assert verdict.reason.zh == "岗位点名的是同类的其他专业，未写“相关专业”，需向单位确认"
    assert Rules(TODAY).allowed(g, p).tolist() == [True]
    assert Rules(TODAY, unknown={"named_major": "hide"}).allowed(g, p).tolist() == [False]


def test_words_read_from_a_text_widen_as_stated_ones_do():
    read = posting(description="任职要求：软件工程等相关专业，本科以上学历", requirements=Requirements())
    assert demanded(read).widened
    assert outcome(graduate("通信工程"), read) == (PASS, 0.75)
    trade = posting(description="任职要求：财务专业，大专及以上学历", requirements=Requirements())
    assert outcome(graduate("会计学"), trade) == (PASS, 1.0)
    narrow = posting(description="任职要求：软件工程专业，本科以上学历", requirements=Requirements())
    assert outcome(graduate("计算机科学与技术"), narrow) == (UNKNOWN, 0.75)


@pytest.mark.parametrize(
    ("wanted", "person", "zh"),
    [
        ("软件工程", graduate("软件工程"), "专业对口：软件工程是岗位点名的专业"),
        ("软件工程", graduate("网络工程"), "专业相近：网络工程与岗位点名的专业同属计算机类，岗位未写“相关专业”"),
        ("软件工程", graduate("软件技术", COLLEGE), "专业对口：软件技术与岗位所列专业属同一领域"),
        ("计算机类相关专业", graduate("网络工程"), "专业对口：网络工程属计算机类，在岗位要求之内（岗位接受相关专业）"),
        ("计算机类相关专业", graduate("自动化"), "专业相近：岗位接受相关专业，自动化所属自动化类与所列专业类相近"),
        ("计算机类", graduate("法学"), "专业不完全对口：法学（不同门类）"),
    ],
)
def test_the_words_say_the_level(wanted, person, zh):
    job = posting(wanted)
    assert major_words(major_of(person), person, job, outcome(person, job)[1]).zh == zh


CODES = [entry.code for entry in majors.rows() if entry.level != "category"]


@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=4), st.booleans())
def test_open_classes_are_told_once_and_a_major_is_named_only_where_nothing_opens_its_class(codes, widens):
    found = demanded_by([f"{code}相关专业" if widens else code for code in codes])
    parts = [found.classes, found.other, found.near, found.unsure]
    assert sum(map(len, parts)) == len(found.admitted)
    assert {majors.class_of(code) for code in (*found.named, *found.alike)} <= found.unsure
    assert {majors.class_of(code) for code in codes} <= found.admitted
    assert not (widens and found.unsure)
    assert widens or not found.near


def test_neighbours_are_mutual_between_undergraduate_classes():
    own = [code for code in majors.classes() if code < "1400"]
    for code in own:
        for other in majors.neighbours(code):
            if other < "1400":
                assert code in majors.neighbours(other)
    assert [c for c in majors.neighbours("0809") if c < "1400"] == ["0807", "0808"]
    assert majors.neighbours("080902") == majors.neighbours("nothing") == ()


def test_majors_beyond_the_columns_are_to_be_confirmed_never_refused():
    many = [entry.code for entry in majors.rows() if entry.level == "major"][: NAMED * 20 : 20]
    found = demanded_by(many)
    assert len(found.named) + len(found.alike) > NAMED
    last = majors.major(many[-1])
    assert outcome(graduate(last.name), posting(*many))[0] >= UNKNOWN
