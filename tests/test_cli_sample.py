import json

import pytest
import typer
from typer.testing import CliRunner

from matching.cli.sample import sample
from matching.errors import FileError

APP = typer.Typer()
APP.command()(sample)
SMALL = ["--graduates", "40", "--postings", "50", "--today", "2026-03-01"]


def run(*args, **env):
    return CliRunner().invoke(APP, list(args), env=env)


def test_files_are_written_and_said_to_be_generated(tmp_path):
    result = run(*SMALL, "--seed", "3", "--out", str(tmp_path / "out"), LC_ALL="en_GB.UTF-8")
    assert result.exit_code == 0, result.output
    assert "no real person" in result.output
    lines = (tmp_path / "out" / "graduates.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 40
    assert json.loads(lines[7])["id"] == "g0000007"
    assert "today: 2026-03-01" in (tmp_path / "out" / "GENERATED.md").read_text(encoding="utf-8")


def test_without_out_and_load_it_writes_into_a_named_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*SMALL).exit_code == 0
    assert (tmp_path / "sample-province" / "postings.jsonl").exists()


def test_load_fills_the_store_again_and_again_the_same(tmp_path):
    from matching.store import Store

    for _ in range(2):
        result = run(*SMALL, "--load", "--json", "--home", str(tmp_path / "var"))
        assert result.exit_code == 0, result.output
        said = json.loads(result.stdout.splitlines()[-1])
        assert said["generated"] is True
        assert (said["store"]["graduate"], said["store"]["posting"]) == (40, 50)
    with Store.open(f"sqlite:///{tmp_path}/var/gradmatch.sqlite") as store:
        assert store.count("graduate") == 40
        assert store.count("posting") == 50
        assert store.count("interaction") == said["store"]["interaction"]
    assert "files" not in said


def test_it_speaks_chinese(tmp_path):
    result = run(*SMALL, "--out", str(tmp_path), LC_ALL="zh_CN.UTF-8")
    assert "不含任何真实个人" in result.output
    assert "毕业生" in result.output


def test_a_wrong_format_and_a_wrong_date_are_told(tmp_path):
    result = run(*SMALL, "--out", str(tmp_path), "--format", "xml")
    assert isinstance(result.exception, FileError)
    assert run("--today", "yesterday").exit_code == 2
    assert run("--graduates", "-1").exit_code == 2


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_other_formats(tmp_path, form):
    assert run(*SMALL, "--out", str(tmp_path), "--format", form).exit_code == 0
    assert (tmp_path / f"interactions.{form}").stat().st_size > 1_000
