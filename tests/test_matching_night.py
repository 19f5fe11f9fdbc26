"""The night run gives the endpoint's answers, goes on after a kill, and never mixes two runs."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from matching.build import build
from matching.bulk import RANKED
from matching.errors import FileError, SnapshotMismatch
from matching.live import open_state
from matching.matcher import Matcher
from matching.night import rank_everyone
from matching.parts import in_processes
from matching.question import Question
from matching.sample import DEFAULT_TODAY, SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.store import Store
from models.hashing import HashingEncoder

RUN = """
import sys
from datetime import date
from pathlib import Path
from matching.night import rank_everyone
from matching.parts import in_processes
from matching.settings import Settings
settings = Settings(home=Path(sys.argv[1]))
print("ready", flush=True)
rank_everyone(settings, Path(sys.argv[2]), k=5, today=date.fromisoformat(sys.argv[3]), block=4, spread=in_processes(1))
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("night"), encoder=EncoderSettings(name="hashing"))
    province = SampleProvince(4, graduates=90, postings=300)
    with Store.open(settings.store) as store:
        store.upsert([*province.graduates(), *province.postings()])
        build(store, HashingEncoder(), settings)
    return settings


def lines(out):
    return [line for path in sorted(out.glob("part-*.parquet")) for line in pq.read_table(path).to_pylist()]


@pytest.fixture(scope="module")
def whole(settings, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    seen = []
    rank_everyone(
        settings, out, k=5, today=DEFAULT_TODAY, block=30, spread=in_processes(2), progress=lambda *s: seen.append(s)
    )
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert seen[-1][1] == seen[-1][2] > 60
    return out


def test_equals_the_endpoint(settings, whole):
    matcher = Matcher(open_state(settings, HashingEncoder()), settings, HashingEncoder())
    found = lines(whole)
    assert pq.read_table(whole / "part-00000.parquet").schema == RANKED
    for key in {line["graduate"] for line in found}:
        answer = matcher.postings_for(key, Question(k=5, today=DEFAULT_TODAY))
        expected = [(m.key, m.score, m.similarity, m.rank, m.eligibility.status.word) for m in answer.matches]
        own = [tuple(line.values())[1:] for line in found if line["graduate"] == key]
        assert own == expected


def test_killed_and_run_again_gives_the_same_bytes(settings, whole, tmp_path):
    command = [sys.executable, "-c", RUN, str(settings.home), str(tmp_path), DEFAULT_TODAY.isoformat()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    process.stdout.readline()
    until = time.monotonic() + 30
    while len(list(tmp_path.glob("part-*.parquet"))) < 3 and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    made = {path: path.stat().st_mtime_ns for path in tmp_path.glob("part-*.parquet")}
    (tmp_path / f".part-00001-{os.getpid()}").write_bytes(b"half")
    rank_everyone(settings, tmp_path, k=5, today=DEFAULT_TODAY, block=4, spread=in_processes(1))
    assert 3 <= len(made) < len(list(tmp_path.glob("part-*.parquet")))
    assert all(path.stat().st_mtime_ns == then for path, then in made.items())
    assert lines(tmp_path) == lines(whole)
    assert list(tmp_path.glob(".part-*")) == []


def test_another_run_does_not_mix(settings, whole):
    with pytest.raises(SnapshotMismatch, match="another run"):
        rank_everyone(settings, whole, k=6, today=DEFAULT_TODAY, block=30)


def test_who_is_deleted_after_the_build_is_in_no_file_old_or_new(settings, tmp_path):
    """Also the postings that are deleted; and the rest are answered as the endpoint answers without them."""
    own = settings.model_copy(update={"home": tmp_path / "home"})
    shutil.copytree(settings.home, own.home)
    out = tmp_path / "out"
    rank_everyone(own, out, k=5, today=DEFAULT_TODAY, block=30, spread=in_processes(1))
    before = lines(out)
    person, posting = before[0]["graduate"], before[-1]["posting"]
    with Store.open(own.store) as store:
        store.delete("graduate", [person])
        store.delete("posting", [posting])
        store.upsert([g for g in SampleProvince(4, graduates=90, postings=300).graduates() if g.key == person])
    for folder in (out, tmp_path / "new"):  # the one that holds them, and one made afterwards by two processes
        rank_everyone(own, folder, k=5, today=DEFAULT_TODAY, block=30, spread=in_processes(2))
        found = lines(folder)
        assert person not in {line["graduate"] for line in found}
        assert posting not in {line["posting"] for line in found}
        assert {line["graduate"] for line in found} == {line["graduate"] for line in before} - {person}
    assert lines(out) == lines(tmp_path / "new")


def test_a_folder_that_cannot_be_written_is_told(settings, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match=r"cannot be written: .*run again to go on"):
        rank_everyone(settings, tmp_path / "file", k=5, today=DEFAULT_TODAY)
