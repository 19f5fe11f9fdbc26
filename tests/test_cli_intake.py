"""`gradmatch intake` as a person types it."""

import json

import fastexcel
import pytest
import typer
from typer.testing import CliRunner

from matching.cli.intake import intake
from matching.errors import FileError, MappingError

app = typer.Typer()
app.command()(intake)
GOOD = "id,title,tenant\np1,会计,t\np2,护士,t\n"


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*arguments):
        return CliRunner().invoke(app, [str(a) for a in arguments])

    return run


@pytest.fixture
def table(tmp_path):
    def table(text, name="t.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return table


def test_accepted_rows_exit_with_0_and_are_in_the_store(run, table, tmp_path):
    result = run(table(GOOD), "--type", "posting", "--home", tmp_path, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["rows"], report["accepted"], report["inserted"], report["reasons"]) == (2, 2, 2, [])
    again = json.loads(run(table(GOOD), "--type", "posting", "--home", tmp_path, "--json").stdout)
    assert (again["inserted"], again["unchanged"]) == (0, 2)


def test_a_dry_run_stores_nothing(run, table, tmp_path):
    result = run(table(GOOD), "--type", "posting", "--home", tmp_path / "home", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "checked only" in result.stdout
    assert not (tmp_path / "home").exists()


def test_refused_rows_are_written_down_and_told(run, table, tmp_path):
    path = table("id,title\np1,\np2,护士\np2,护士\n")
    out = tmp_path / "拒收.xlsx"
    result = run(path, "--type", "posting", "--tenant", "t", "--dry-run", "--refused", out)
    assert result.exit_code == 0, result.output
    assert "duplicate_id" in result.stdout
    assert "Refused" in result.stdout
    sheet = fastexcel.read_excel(out).load_sheet(0).to_polars()
    assert sheet["行号"].to_list() == [2, 4]
    assert sheet["Code"].to_list() == ["missing", "duplicate_id"]


def test_without_a_report_file_the_summary_says_how_to_get_one(run, table):
    result = run(table("id,title\np1,\n"), "--type", "posting", "--tenant", "t", "--dry-run")
    assert "--refused refused.xlsx" in result.stdout


def test_the_summary_is_chinese_in_a_chinese_locale(run, table, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    result = CliRunner().invoke(app, [str(table(GOOD)), "--type", "posting", "--dry-run"])
    assert "读取行数" in result.stdout
    assert "只检查" in result.stdout


def test_a_mapping_file_is_used_and_its_tenant_replaced(run, table, tmp_path):
    mapping = table('name = "m"\ntype = "posting"\ntenant = "a"\n[fields]\nid = "编号"\ntitle = "岗位"\n', "m.toml")
    path = table("编号,岗位\n1,会计\n")
    result = run(path, "--mapping", mapping, "--tenant", "b", "--home", tmp_path, "--json")
    assert json.loads(result.stdout)["accepted"] == 1, result.output
    from matching.store import Store

    with Store.open(f"sqlite:///{tmp_path / 'gradmatch.sqlite'}") as store:
        assert store.get("posting", "b:1").title == "会计"


def test_the_built_in_mappings_are_listed(run):
    lines = run("--list-mappings").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == [
        "51job-bigdata-2019",
        "json-resume",
        "liepin-dataanalyst-2019",
        "schema-org-jobposting",
        "taidi2023-postings",
        "zhilian-shenzhen-2018",
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ([], FileError, "no file given"),
        (["none.csv", "--type", "posting"], FileError, "cannot be opened"),
        (["none.csv"], MappingError, "which records does the file hold"),
        (["none.csv", "--type", "job"], MappingError, "graduate, protected"),
        (["none.csv", "--mapping", "json-resume", "--type", "posting"], MappingError, "makes graduate records"),
        (["none.csv", "--mapping", "nonsense"], MappingError, "no mapping is called"),
    ],
)
def test_errors_of_ours_reach_main(run, arguments, error, message):
    result = run(*arguments, "--dry-run")
    assert isinstance(result.exception, error)
    assert message in str(result.exception)


def test_a_file_that_breaks_off_prints_its_summary_and_then_fails(run, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(GOOD.encode("utf-16")[:-1])
    result = run(path, "--type", "posting", "--dry-run", "--json")
    assert isinstance(result.exception, FileError)
    assert json.loads(result.stdout)["stopped"].startswith("breaks off")
