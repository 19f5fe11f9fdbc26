"""One door to all code tables: look up, suggest, over Python, HTTP and the command line."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.demo import open_demo
from matching.cli.terms import app
from matching.terms.lookup import KINDS, look_up, suggest
from matching.terms.major_reading import read


@pytest.mark.parametrize(
    ("kind", "text", "code", "how"),
    [
        ("majors", "软工", "080902", "alias"),
        ("majors", "080902", "080902", "code"),
        ("majors", "计算机科学与技木", "080901", "misspelt"),
        ("majors", "南昌大学软件工程专业", "080902", "inside"),
        ("occupations", "急聘高级会计", "2-06-03-00", "alias"),
        ("industries", "医药制造业", "C27", "name"),
        ("regions", "南昌", "360100", "inside"),
        ("degrees", "21", "本科", "code"),
    ],
)
def test_look_up(kind, text, code, how):
    found = look_up(kind, text)
    assert found is not None
    assert (found.code, found.how) == (code, how)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "不知所云", "？？"])
def test_nothing_known_is_none(kind, text):
    assert look_up(kind, text) is None


@pytest.mark.parametrize(
    ("text", "code"), [("软件工成", "080902"), ("机械设计制造及自动化", "080202"), ("量子", None), ("会汁", None)]
)
def test_misspelt_majors_are_read_where_they_are_long_enough(text, code):
    found = read(text)
    assert (found.code if found else None) == code


def test_suggestions_begin_with_what_the_text_means():
    assert [entry.code for entry in suggest("majors", "软工", k=3)] == ["080902"]
    assert suggest("majors", "软件", k=3)[0].code == "080902"
    assert suggest("majors", "  ") == []
    assert len(suggest("occupations", "工程", k=7)) == 7


def test_the_command_line():
    run = CliRunner().invoke(app, ["lookup", "majors", "软工", "量子", "--json"])
    first, second = (json.loads(line) for line in run.stdout.splitlines())
    assert (first["reading"]["code"], second["reading"]) == ("080902", None)
    assert CliRunner().invoke(app, ["suggest", "regions", "赣州", "--k", "1"]).stdout.startswith("360700\t赣州市")
    assert CliRunner().invoke(app, ["lookup", "planets", "火星"]).exit_code != 0


def test_over_http(tmp_path):
    with open_demo(tmp_path) as demo, TestClient(demo.app) as client:
        key = {"Authorization": f"Bearer {demo.keys['read']}"}
        answer = client.get("/v1/terms/majors", params={"text": "软工"}, headers=key)
        assert answer.json()["reading"] == {
            "code": "080902", "name": "软件工程", "level": "major", "confidence": 0.95, "how": "alias",
        }  # fmt: skip
        assert client.get("/v1/terms/majors", params={"text": "量子"}, headers=key).json()["reading"] is None
        found = client.get("/v1/terms/occupations/suggestions", params={"text": "会计", "k": 1}, headers=key)
        assert [term["code"] for term in found.json()["terms"]] == ["2-06-03-00"]
        assert client.get("/v1/terms/majors", params={"text": "软工"}).status_code == 401
        assert client.get("/v1/terms/planets", params={"text": "x"}, headers=key).status_code == 400
