"""A build that is killed at any moment, or that runs out of disk, leaves what was there before, whole."""

import os
import random
import resource
import signal
import subprocess
import sys
import time

import pytest

from matching.build import build
from matching.demo import graduates, postings
from matching.errors import NoSnapshot, SnapshotError
from matching.live import open_state
from matching.settings import Settings
from matching.snapshot import Snapshots
from matching.store import Store
from models.hashing import HashingEncoder

BUILD = """
import sys
from pathlib import Path
from matching.build import build
from matching.settings import Settings
from matching.store import Store
from models.hashing import HashingEncoder

settings = Settings(home=Path(sys.argv[1]))
with Store.open(settings.store) as store:
    print("ready", flush=True)
    while True:
        build(store, HashingEncoder(), settings)
"""


@pytest.fixture
def settings(tmp_path):
    settings = Settings(home=tmp_path)
    with Store.open(settings.store) as store:
        store.upsert([*graduates(), *postings()])
    return settings


def test_killed_at_random_moments(settings):
    moments = random.Random(7)
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", BUILD, str(settings.home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout.readline() == b"ready\n", process.stderr.read()
        time.sleep(moments.uniform(0.0, 0.25))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        snapshots = Snapshots(settings.snapshots)
        for name in snapshots.names():
            snapshots.verify(name)
        try:
            state = open_state(settings, HashingEncoder())
        except NoSnapshot:
            continue
        assert (state.graduates.count, state.postings.count) == (len(graduates()), len(postings()))
    with Store.open(settings.store) as store:
        name = build(store, HashingEncoder(), settings).name
    assert Snapshots(settings.snapshots).current() == name
    assert [p.name for p in settings.snapshots.iterdir() if p.name.startswith(".building")] == []


def test_disk_full_leaves_the_old_snapshot_in_use(settings):
    with Store.open(settings.store) as store:
        before = build(store, HashingEncoder(), settings).name
        store.upsert([postings()[0].model_copy(update={"id": "late", "description": "新" * 5_000})])
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))  # a write beyond it fails as on a full disk
        try:
            with pytest.raises(SnapshotError, match=r"cannot be written.*Free some disk"):
                build(store, HashingEncoder(), settings)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, handler)
    snapshots = Snapshots(settings.snapshots)
    assert snapshots.current() == before
    assert snapshots.names() == [before]
    assert not list(settings.snapshots.glob(f".building-{os.getpid()}*"))
    snapshots.verify(before)
