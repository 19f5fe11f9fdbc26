"""Tables beside their standards: what is counted, differences that are explained, the command line and HTTP."""

from __future__ import annotations

import json
from collections import Counter

from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.demo import open_demo
from matching.cli.terms import app
from matching.terms import industries, lookup, majors, occupations
from matching.terms.tables import counts


def test_every_table_is_counted_whole() -> None:
    held: Counter[str] = Counter()
    for count in counts():
        held[count.table] += count.held
    assert held["majors"] == len(majors.rows())
    assert held["occupations"] == len(occupations.rows()) == 2178
    assert held["industries"] == len(industries.rows()) == 1971
    assert held["regions"] == 3216
    assert set(lookup.KINDS) <= held.keys()


def test_every_difference_is_explained_and_nothing_else() -> None:
    for count in counts():
        assert bool(count.why.zh) == bool(count.why.en) == (count.difference != 0), count
    assert {(c.table, c.level): c.difference for c in counts() if c.difference} == {
        ("occupations", "small group"): 1, ("occupations", "occupation"): 5, ("industries", "class"): -1,
    }  # fmt: skip


def test_the_command_line() -> None:
    def run(*arguments: str) -> list[str]:
        done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout.splitlines()

    assert "industries\tGB/T 4754-2017\tgroup\t473\t473" in run("tables")
    rows = [json.loads(line) for line in run("tables", "--json")]
    assert len(rows) == len(counts())
    assert next(row for row in rows if row["level"] == "occupation")["difference"] == 5
    assert len(run("key-industries")) == 26
    assert run("lookup", "industries", "C3975")[0].split("\t")[6].startswith("1269 ")
    read = json.loads(run("lookup", "industries", "软件", "--json")[0])
    assert (read["reading"]["code"], read["key_industries"]) == ("I651", [])


def test_over_http(tmp_path) -> None:
    with open_demo(tmp_path) as demo, TestClient(demo.app) as client:
        key = {"Authorization": f"Bearer {demo.keys['read']}"}
        tables = client.get("/v1/terms", headers=key).json()["tables"]
        assert len(tables) == len(counts())
        assert client.get("/v1/terms").status_code == 401
        found = client.get("/v1/terms/industries", params={"text": "C3975"}, headers=key).json()
        assert [entry["code"] for entry in found["key_industries"]] == ["JX1269-01", "JX26N-12", "JX26N-02"]
        found = client.get("/v1/terms/key-industries", params={"text": "2+6+N"}, headers=key).json()
        assert (found["reading"], len(found["key_industries"])) == (None, 14)
        found = client.get("/v1/terms/majors", params={"text": "软工"}, headers=key).json()
        assert found["key_industries"] == []
        listed = client.get("/v1/terms/key-industries/suggestions", params={"text": "新能"}, headers=key).json()
        assert [term["code"] for term in listed["terms"]] == ["JX1269-04"]
