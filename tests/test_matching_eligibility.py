"""The hard rules on a tiny world: every outcome known beforehand, in both directions."""

from datetime import date

import numpy as np
import pytest

from matching.attributes import GraduateRows, PostingRows
from matching.demo import TODAY, graduates, postings
from matching.eligibility import RULES, Rules, Status
from matching.standard.records import Degree, Graduate, Kind, Posting, Requirements, Wishes

GRADUATES = {g.id: g for g in graduates()}
POSTINGS = {p.id: p for p in postings()}


def judge(graduate, posting, **settings):
    rules = Rules(TODAY, **settings)
    return rules.judge(GraduateRows.of([graduate]), PostingRows.of([posting]))[0]


def outcomes(graduate, posting, **settings):
    return {v.rule: v.status.word for v in judge(graduate, posting, **settings).verdicts if v.status < Status.PASS}


@pytest.mark.parametrize(
    ("graduate", "posting", "expected"),
    [
        ("software", "java", {}),
        ("software", "java-master", {"degree": "fail"}),
        ("software", "java-closed", {"live": "fail"}),
        ("software", "java-full", {"capacity": "fail"}),
        ("software", "web", {"majors": "unknown"}),
        ("software", "nurse", {"majors": "fail"}),
        ("software", "director", {"majors": "fail", "experience": "fail"}),
        ("accounting", "cashier", {}),
        ("accounting", "auditor", {"degree": "fail", "region": "fail"}),
        ("nursing", "nurse", {}),
        ("mechanics", "fixture", {}),
        ("mechanics", "director", {"experience": "fail"}),
        ("silent", "java", {"degree": "unknown", "majors": "unknown", "graduation_year": "unknown"}),
        ("silent", "director", {"degree": "unknown", "majors": "unknown", "experience": "unknown"}),
    ],
)
def test_known_outcomes(graduate, posting, expected):
    assert outcomes(GRADUATES[graduate], POSTINGS[posting]) == expected


def test_unknown_names_the_missing_field():
    verdicts = {v.rule: v.missing for v in judge(GRADUATES["silent"], POSTINGS["java"]).verdicts}
    assert verdicts["degree"] == ("graduate.degree",)
    assert verdicts["majors"] == ("graduate.major",)
    verdicts = {v.rule: v.missing for v in judge(GRADUATES["software"], POSTINGS["web"]).verdicts}
    assert verdicts["majors"] == ("posting.requirements.majors",)


def test_an_unstated_demand_that_passes_by_the_settings_still_says_so():
    verdicts = {v.rule: v for v in judge(GRADUATES["software"], POSTINGS["web"]).verdicts}
    assert verdicts["graduation_year"].status is Status.PASS
    assert "未说明" in verdicts["graduation_year"].reason.zh


def test_settings_decide_what_unstated_and_unknown_mean():
    web, software = POSTINGS["web"], GRADUATES["software"]
    assert outcomes(software, web, unstated={"majors": "pass"}) == {}
    assert outcomes(software, web, unstated={"graduation_year": "unknown"})["graduation_year"] == "unknown"
    g, p = GraduateRows.of([software]), PostingRows.of([web])
    assert Rules(TODAY).allowed(g, p).tolist() == [True]
    assert Rules(TODAY, unknown={"majors": "hide"}).allowed(g, p).tolist() == [False]


def test_a_demand_that_was_only_partly_read_never_fails_anyone():
    posting = Posting(tenant="x", id="1", title="甲", requirements=Requirements(majors=["会计学", "随便什么专业名"]))
    assert outcomes(GRADUATES["software"], posting)["majors"] == "unknown"
    assert "majors" not in outcomes(GRADUATES["accounting"], posting)


def test_a_limit_of_none_lets_everyone_pass():
    posting = Posting(tenant="x", id="1", title="甲", requirements=Requirements(degree=Degree.NONE, majors=[]))
    assert outcomes(GRADUATES["silent"], posting).keys() <= {"graduation_year", "experience"}


def test_wished_kinds_are_a_rule():
    only_internships = Graduate(tenant="x", id="1", wishes=Wishes(kinds=[Kind.INTERNSHIP]))
    assert outcomes(only_internships, POSTINGS["java"])["kind"] == "fail"
    assert "kind" not in outcomes(only_internships, POSTINGS["web"])


def test_the_closing_day_is_still_open():
    posting = POSTINGS["java"].model_copy(update={"closes": TODAY})
    g, p = GraduateRows.of([GRADUATES["software"]]), PostingRows.of([posting])
    assert Rules(TODAY).allowed(g, p).tolist() == [True]
    assert Rules(date(2026, 6, 16)).allowed(g, p).tolist() == [False]


def test_both_directions_and_every_pair_agree():
    rules = Rules(TODAY)
    g, p = GraduateRows.of(list(GRADUATES.values())), PostingRows.of(list(POSTINGS.values()))
    by_graduate = np.stack([rules.allowed(g.at(np.array([i])), p) for i in range(len(GRADUATES))])
    by_posting = np.stack([rules.allowed(g, p.at(np.array([j]))) for j in range(len(POSTINGS))]).T
    by_pair = [[judge(a, b).status > Status.FAIL for b in POSTINGS.values()] for a in GRADUATES.values()]
    assert by_graduate.tolist() == by_posting.tolist() == by_pair


def test_rules_have_distinct_names():
    assert len({rule.name for rule in RULES}) == len(RULES)
