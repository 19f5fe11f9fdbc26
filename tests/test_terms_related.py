"""Related terms: ways along relations, weighed by hand, from any level, both ways, over HTTP and the command line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.demo import open_demo
from matching.cli.terms import app
from matching.errors import QueryError
from matching.relating import relate
from matching.standard.records import Graduate, Interaction, Posting
from matching.store import Store
from matching.terms.related import related
from matching.terms.relation_table import RelationTable
from matching.terms.relations import Relation, build
from models.hashing import HashingEncoder

JAVA, ACCOUNTING = "2-02-10", "2-06-03"
RELATIONS = [
    Relation("major-occupation", "0809", JAVA, 0.8, "postings 8/10"),
    Relation("major-occupation", "0809", ACCOUNTING, 0.1, "postings 1/10"),
    Relation("major-occupation", "1202", ACCOUNTING, 0.9, "postings 9/10"),
    Relation("occupation-industry", JAVA, "I65", 0.5, "postings 5/10"),
    Relation("occupation-industry", ACCOUNTING, "I65", 0.2, "postings 2/10"),
    Relation("occupation-industry", ACCOUNTING, "L72", 0.4, "edited"),
]


def _told(code: str, to, k: int = 10) -> list[tuple[str, float]]:
    return [(one.code, one.weight) for one in related(RELATIONS, code, to=to, k=k)]


def test_one_step_gives_the_relation_itself_at_any_level():
    assert _told("0809", "occupations") == [(JAVA, 0.8), (ACCOUNTING, 0.1)]
    assert _told("080902", "occupations") == _told("0809", "occupations")
    assert _told("0809", "occupations", k=1) == [(JAVA, 0.8)]
    assert _told("I6513", "occupations") == [(JAVA, 0.5), (ACCOUNTING, 0.2)]
    assert _told("2-02-10-03", "majors") == [("0809", 0.8)]
    assert related(RELATIONS, "0809", to="occupations")[0].evidence == "postings 8/10"


def test_two_steps_multiply_and_several_ways_are_witnesses():
    both = round(1 - (1 - 0.8 * 0.5) * (1 - 0.1 * 0.2), 4)
    assert _told("0809", "industries") == [("I65", both), ("L72", 0.04)]
    assert _told("I65", "majors") == [("0809", both), ("1202", 0.18)]
    first = related(RELATIONS, "0809", to="industries")[0]
    assert first.name == "软件和信息技术服务业"
    assert [told.split(": ")[1] for told in first.evidence.split("; ")] == ["postings 5/10", "postings 2/10"]


def test_a_wider_term_means_all_that_lies_in_it():
    assert _told("08", "occupations") == _told("0809", "occupations")
    assert dict(_told("2-06", "majors")) == {"1202": 0.9, "0809": 0.1}
    assert _told("L", "occupations") == [(ACCOUNTING, 0.4)]


@pytest.mark.parametrize(("code", "to"), [("0809", "majors"), ("nothing", "majors"), ("", "industries")])
def test_what_cannot_be_asked_is_said(code, to):
    with pytest.raises(QueryError):
        related(RELATIONS, code, to=to)


def test_what_no_relation_knows_gives_nothing():
    assert _told("0101", "occupations") == []
    assert related([], "0809", to="industries") == []


def test_meaning_gives_industries_to_occupations():
    built = [r for r in build([], HashingEncoder()) if r.kind == "occupation-industry"]
    assert len({r.source for r in built}) > 300
    assert all(len(r.target) == 3 and 0 <= r.weight <= 0.5 for r in built)


def test_interactions_are_evidence_of_both_kinds_up_to_the_cutoff(tmp_path):
    moments = [datetime(2026, 5, day, tzinfo=UTC) for day in (1, 20)]
    rows = [
        Graduate(tenant="t", id="g", major="软件工程", degree="本科"),
        *(Posting(tenant="t", id=i, title=title, industry=what) for i, title, what in (
            ("a", "Java开发工程师", "软件"), ("b", "会计", "会计/审计"))),
        *(Interaction(tenant="t", id=f"i{p}", graduate="t:g", posting=f"t:{p}", action="applied", at=at)
          for p, at in zip("ab", moments, strict=True)),
    ]  # fmt: skip
    with Store.open(f"sqlite:///{tmp_path / 's.sqlite'}") as store:
        store.upsert(rows)
        early, late = (relate(store, cutoff=datetime(2026, 5, day, tzinfo=UTC)) for day in (10, 30))
    interacted = [
        [(r.kind[0], r.source, r.target) for r in built if "interactions" in r.evidence] for built in (early, late)
    ]
    assert interacted[0] == [("m", "0809", JAVA), ("o", JAVA, "I65")]
    assert interacted[1] == [
        ("m", "0809", JAVA), ("m", "0809", ACCOUNTING), ("o", JAVA, "I65"), ("o", ACCOUNTING, "L72"),
    ]  # fmt: skip


def test_the_command_line(tmp_path):
    def run(*arguments: str) -> list[str]:
        done = CliRunner().invoke(app, ["relations", "suggest", *arguments, "--home", str(tmp_path)])
        assert done.exit_code == 0, done.output
        return done.stdout.splitlines()

    RelationTable(tmp_path / "terms").replace(RELATIONS)
    lines = run("majors", "软工", "--to", "industries")
    assert lines[0].startswith("软工\t080902\t软件工程")
    assert lines[1].startswith("I65\t软件和信息技术服务业\t0.41\t")
    assert len(run("majors", "不知所云")) == 1
    failed = CliRunner().invoke(app, ["relations", "suggest", "regions", "南昌", "--home", str(tmp_path)])
    assert failed.exit_code != 0


def test_over_http(tmp_path):
    with open_demo(tmp_path) as demo, TestClient(demo.app) as client:
        key = {"Authorization": f"Bearer {demo.keys['read']}"}
        RelationTable(client.app.state.service.settings.home / "terms").replace(RELATIONS)

        def ask(kind: str, text: str, to: str):
            return client.get(f"/v1/terms/{kind}/related", params={"text": text, "to": to}, headers=key)

        found = ask("majors", "软工", "occupations").json()
        assert (found["reading"]["code"], [term["code"] for term in found["related"]]) == ("080902", [JAVA, ACCOUNTING])
        assert ask("majors", "不知所云", "occupations").json() == {"text": "不知所云", "reading": None, "related": []}
        assert ask("majors", "软工", "majors").status_code == 400
        assert ask("regions", "南昌", "majors").status_code == 400
        assert client.get("/v1/terms/majors/related", params={"text": "x", "to": "majors"}).status_code == 401
