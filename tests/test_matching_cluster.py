"""The night run on Ray: a worker is killed midway, and the files are the local run's to the byte."""

import os
import signal
import socket
from functools import partial
from importlib.metadata import version
from types import SimpleNamespace

import pytest

from matching.build import build
from matching.cluster import on_ray
from matching.errors import ClusterError, RecordRefused, SnapshotDamaged, UnknownId
from matching.night import open_snapshot, rank_everyone
from matching.parts import here, in_processes
from matching.sample import DEFAULT_TODAY, SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.standard.check import check
from matching.store import Store
from models.hashing import HashingEncoder

MIDWAY = 4
"""The part whose process is killed the first time."""


@pytest.fixture(scope="module")
def cluster():
    """A Ray of two worker processes, which writes and sends nothing of its own accord."""
    ray = pytest.importorskip("ray", reason="the extra gradmatch[ray] is not installed")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=80 * 2**20,
        log_to_driver=False,
        logging_level="ERROR",
    )
    yield on_ray("local")
    ray.shutdown()


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("cluster"), encoder=EncoderSettings(name="hashing"))
    province = SampleProvince(4, graduates=60, postings=200)
    with Store.open(settings.store) as store:
        store.upsert([*province.graduates(), *province.postings()])
        build(store, HashingEncoder(), settings)
    return settings


def killed_once(work, folder):
    """`work` in processes that note down their parts in `folder`; that of part `MIDWAY` is killed the first time.

    The class is made here so that Ray carries it along: the machines of a cluster know no tests.
    """

    class Killed:
        def begin(self):
            do = work.begin()

            def part(number):
                with (folder / f"{number}").open("a") as noted:
                    noted.write(f"{os.getpid()}\n")
                if number == MIDWAY and (folder / f"{number}").read_text().count("\n") == 1:
                    os.kill(os.getpid(), signal.SIGKILL)
                return do(number)

            return part

    return Killed()


def test_a_worker_is_killed_midway_and_the_files_are_the_same_to_the_byte(cluster, settings, tmp_path):
    local, far, tries = tmp_path / "local", tmp_path / "far", tmp_path / "tries"
    tries.mkdir()
    rank_everyone(settings, local, k=20, today=DEFAULT_TODAY, block=6, spread=here)
    seen = []
    rank_everyone(
        settings,
        far,
        k=20,
        today=DEFAULT_TODAY,
        block=6,
        spread=lambda work, parts: cluster(killed_once(work, tries), parts),
        progress=lambda step, done, total: seen.append(done),
    )
    made = {path.name: path.read_bytes() for path in local.iterdir()}
    assert len(made) > MIDWAY + 3
    assert {path.name: path.read_bytes() for path in far.iterdir()} == made
    done = {int(path.name): path.read_text().split() for path in tries.iterdir()}
    assert {part for part, processes in done.items() if len(processes) == 2} >= {MIDWAY}
    assert len(set(done[MIDWAY])) == 2
    assert seen == sorted(seen)


def failing(error):
    """A work whose odd parts raise `error`."""

    class Failing:
        def begin(self):
            def part(number):
                if number % 2:
                    raise error
                return bytes([number])

            return part

    return Failing()


def refused():
    with pytest.raises(RecordRefused) as caught:
        check("graduate", {"tenant": "t"})
    return caught.value


@pytest.mark.parametrize("error", [SnapshotDamaged("a.npy is missing", where="s", cure="Build."), refused()])
def test_errors_come_whole_from_a_cluster(cluster, error):
    with pytest.raises(type(error)) as caught:
        list(cluster(failing(error), [0, 1]))
    assert str(caught.value) == str(error)
    assert caught.value.__dict__ == error.__dict__


def test_another_version_is_refused_by_name(cluster, monkeypatch):
    monkeypatch.setattr("matching.cluster.version", lambda name: "9.9.9")
    with pytest.raises(ClusterError, match=rf"has gradmatch {version('gradmatch')}, the run was begun by 9\.9\.9"):
        list(cluster(failing(None), [0]))


def test_a_cluster_that_does_not_answer_is_told_at_once(monkeypatch):
    pytest.importorskip("ray", reason="the extra gradmatch[ray] is not installed")
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ClusterError, match=rf"no Ray cluster answers: .*refused.*\(127\.0\.0\.1:{port}\)\. Start it"):
        list(on_ray(f"127.0.0.1:{port}")(failing(None), [0]))


def test_no_parts_need_no_cluster():
    assert list(on_ray("nowhere:1")(failing(None), [])) == []


def test_processes_of_this_machine_tell_their_errors_and_their_end(settings):
    """Works that every process can make out of the library alone."""
    missing = SimpleNamespace(begin=partial(open_snapshot, settings, "20000101T000000Z-00000000"))
    with pytest.raises(UnknownId, match="no snapshot '20000101T000000Z-00000000'"):
        list(in_processes(2)(missing, [0, 1]))
    ended = SimpleNamespace(begin=partial(partial, os._exit))
    with pytest.raises(ClusterError, match=r"ended from outside \(2 processes\)\. .*go on, with fewer"):
        list(in_processes(2)(ended, [3, 4]))
