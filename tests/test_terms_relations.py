"""Relations: weights by hand, edits that survive, refusals, the store's own counts, the command line and HTTP."""

from __future__ import annotations

import csv

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.demo import open_demo
from matching.cli.terms import app
from matching.errors import FileError
from matching.relating import demanded, relate
from matching.standard.records import Posting, Requirements
from matching.store import Store
from matching.terms.relation_table import RelationTable
from matching.terms.relations import Relation, build, counted, small_group
from models.hashing import HashingEncoder

JAVA, ACCOUNTING = "2-02-10", "2-06-03"


def _seen(n: int, other: int):
    return counted("major-occupation", "postings", [("0809", JAVA)] * n + [("0809", ACCOUNTING)] * other)


def test_weights_are_shares_drawn_to_nothing_where_little_was_seen():
    assert build([]) == []
    few = {r.target: r for r in build([_seen(3, 1)])}
    many = {r.target: r for r in build([_seen(300, 100)])}
    assert few[JAVA].weight == round(0.9 * 4 / 9, 4)
    assert many[JAVA].weight == round(0.9 * 400 / 405, 4)
    assert many[ACCOUNTING].weight == round(0.9 * (1 / 3) * 400 / 405, 4)
    assert few[JAVA].evidence == "postings 3/4"


def test_two_witnesses_weigh_more_than_one_and_never_more_than_all():
    again = counted("major-occupation", "interactions", [("0809", JAVA)] * 5)
    both = next(r for r in build([_seen(3, 1), again]) if r.target == JAVA)
    assert both.weight == round(1 - (1 - 0.9 * 4 / 9) * (1 - 0.9 * 5 / 10), 4)
    assert both.evidence == "postings 3/4; interactions 5/5"


def test_meaning_gives_every_class_near_groups_and_the_same_twice():
    built = build([], HashingEncoder())
    assert built == build([], HashingEncoder())
    by_class = [r.target for r in built if r.source == "0809"]
    assert 1 <= len(by_class) <= 6
    assert all(0 <= r.weight <= 0.5 and r.evidence.startswith("meaning") for r in built)


@pytest.mark.parametrize(
    ("title", "group"), [("Java开发工程师", JAVA), ("会计", ACCOUNTING), ("普工", None), ("", None)]
)
def test_the_small_group_of_a_title(title, group):
    assert small_group(title) == group


def test_edits_survive_a_rebuild_and_nought_removes(tmp_path):
    table = RelationTable(tmp_path / "home")
    assert table.relations() == []
    table.replace(build([_seen(3, 1)]))
    out = tmp_path / "table.csv"
    assert table.export(out) == 2
    rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert (rows[0]["source_name"], rows[0]["edited"]) == ("计算机类", "")
    rows[1] |= {"edited": "0", "note": "chance"}
    rows.append({**rows[0], "source": "1202", "target": ACCOUNTING, "edited": "1"})
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert table.take(out) == 2
    for times in (3, 30):
        table.replace(build([_seen(times, times)]))
        assert [(r.source, r.target, r.evidence) for r in table.relations()] == [
            ("0809", JAVA, f"postings {times}/{2 * times}"),
            ("1202", ACCOUNTING, "edited"),
        ]
    again = tmp_path / "again.csv"
    assert table.export(again) == 3
    assert table.take(again) == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("major-occupation,0809,2-02-10,much", "no weight"),
        ("major-occupation,0809,2-02-10,1.5", "no weight"),
        ("major-occupation,0809,9-99,0.5", "no known code"),
        ("friends,0809,2-02-10,0.5", "no kind"),
    ],
)
def test_a_bad_edit_is_refused_whole(tmp_path, line, message):
    path = tmp_path / "t.csv"
    path.write_text(f"kind,source,target,edited\nmajor-occupation,0809,2-02-10,1\n{line}\n", "utf-8")
    table = RelationTable(tmp_path / "home")
    with pytest.raises(FileError, match=message):
        table.take(path)
    assert table.edits() == []
    path.write_text("a,b\n", "utf-8")
    with pytest.raises(FileError, match="columns are missing"):
        table.take(path)


def test_the_store_is_counted_by_what_postings_name(tmp_path):
    posting = Posting(
        tenant="t",
        id="1",
        title="Java开发工程师",
        industry="软件",
        requirements=Requirements(majors=["软件工程", "080901"]),
    )
    assert demanded(posting) == {"0809"}
    with Store.open(f"sqlite:///{tmp_path / 's.sqlite'}") as store:
        store.upsert([posting, Posting(tenant="t", id="2", title="某某某")])
        built = relate(store)
    assert [(r.kind, r.source, r.target[:3], r.evidence) for r in built] == [
        ("major-occupation", "0809", "2-0", "postings 1/1"),
        ("occupation-industry", JAVA, "I65", "postings 1/1"),
    ]


def test_the_command_line(tmp_path):
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["relations", *arguments, "--home", str(tmp_path)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    RelationTable(tmp_path / "terms").replace([Relation("major-occupation", "0809", JAVA, 0.5, "postings 5/5")])
    assert run("show", "0809").startswith(f"{JAVA}\t")
    assert "1" in run("export", str(tmp_path / "t.csv"))
    assert "0" in run("import", str(tmp_path / "t.csv"))
    assert "0" in run("build", "--no-meaning")
    assert run("show", "0809") == ""


def test_over_http(tmp_path):
    with open_demo(tmp_path) as demo, TestClient(demo.app) as client:
        key = {"Authorization": f"Bearer {demo.keys['read']}"}
        home = client.app.state.service.settings.home
        empty = client.get("/v1/terms/relations", params={"code": "0809"}, headers=key)
        assert empty.json() == {"code": "0809", "name": "计算机类", "related": []}
        RelationTable(home / "terms").replace([Relation("major-occupation", "0809", JAVA, 0.5, "postings 5/5")])
        found = client.get("/v1/terms/relations", params={"code": JAVA}, headers=key).json()["related"]
        assert [(term["code"], term["weight"]) for term in found] == [("0809", 0.5)]
