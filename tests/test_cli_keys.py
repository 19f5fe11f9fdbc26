"""``gradmatch keys``: make, list and revoke."""

import json

import pytest
from typer.testing import CliRunner

from matching.cli.keys import app
from matching.errors import InputError, NotAuthenticated, UnknownId
from matching.settings import read_settings
from matching.store import Access, Keys, Store


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("GRADMATCH_HOME", "GRADMATCH_SETTINGS"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments, home):
    return CliRunner().invoke(app, [*arguments, "--home", str(home)])


def verify(secret, home):
    with Store.open(read_settings(home=home).store) as store:
        return Keys(store).verify(secret)


def test_create_prints_the_secret_alone_on_stdout(tmp_path):
    result = run("create", "nanchang", "--role", "read", "--role", "write", "--note", "city", home=tmp_path)
    assert result.exit_code == 0
    secret = result.stdout.strip()
    assert result.stdout == f"{secret}\n"
    assert "cannot be shown again" in result.stderr
    assert verify(secret, tmp_path) == Access("nanchang", frozenset({"read", "write"}))


def test_list_shows_every_key_and_no_secret(tmp_path):
    assert "There are no keys yet" in run("list", home=tmp_path).stderr
    first = run("create", "a", "--role", "read", "--note", "first one", home=tmp_path).stdout.strip()
    second = run("create", "b", "--role", "province", home=tmp_path).stdout.strip()
    assert run("revoke", first[:11], home=tmp_path).stdout == f"Revoked {first[:11]}\n"
    lines = [line.split("\t") for line in run("list", home=tmp_path).stdout.splitlines()]
    assert [[line[n] for n in (0, 1, 2, 4)] for line in lines] == [
        [first[:11], "a", "read", "revoked"],
        [second[:11], "b", "province", "good"],
    ]
    assert lines[0][5] == "first one"
    as_json = run("list", "--json", home=tmp_path).stdout
    assert first not in as_json
    assert second not in as_json
    found = json.loads(as_json)
    assert [(key["tenant"], key["roles"], key["note"]) for key in found] == [
        ("a", ["read"], "first one"),
        ("b", ["province"], ""),
    ]
    assert found[0]["revoked"] > found[0]["created"]
    assert found[1]["revoked"] is None


def test_a_revoked_key_opens_nothing(tmp_path):
    secret = run("create", "a", "--role", "read", home=tmp_path).stdout.strip()
    run("revoke", secret[:11], home=tmp_path)
    with pytest.raises(NotAuthenticated):
        verify(secret, tmp_path)


def test_mistakes_are_our_errors(tmp_path):
    assert isinstance(run("revoke", "gm_nothing", home=tmp_path).exception, UnknownId)
    unknown_role = run("create", "a", "--role", "admin", home=tmp_path).exception
    assert isinstance(unknown_role, InputError)
    assert "no role 'admin'" in str(unknown_role)
    assert run("create", "a", home=tmp_path).exit_code == 2  # no role
    assert json.loads(run("list", "--json", home=tmp_path).stdout) == []


def test_it_speaks_chinese(tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    secret = run("create", "a", "--role", "read", home=tmp_path)
    assert "请立即保存" in secret.stderr
    assert "有效" in run("list", home=tmp_path).stdout
    assert run("revoke", secret.stdout[:11], home=tmp_path).stdout == f"已吊销 {secret.stdout[:11]}\n"
