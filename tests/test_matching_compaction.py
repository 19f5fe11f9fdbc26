"""A compaction changes no answer, forgets who was deleted, and leaves what there was when it is killed."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from matching.build import build
from matching.compaction import compact, compact_apart, hand_over, is_due
from matching.errors import SnapshotError
from matching.live import Live, open_state
from matching.question import Question
from matching.sample import DEFAULT_TODAY, SampleProvince
from matching.settings import EncoderSettings, ServiceSettings, Settings
from matching.snapshot import Snapshots
from matching.store import Store
from models.hashing import HashingEncoder

ASK = Question(k=10, today=DEFAULT_TODAY)
COMPACT = """
import sys, pickle
from pathlib import Path
from matching.compaction import compact
settings, held = pickle.loads(Path(sys.argv[1]).read_bytes())
print("ready", flush=True)
compact(settings, held)
"""


class Counting(HashingEncoder):
    """Counts the texts that it is asked for."""

    asked = 0

    def encode(self, texts, *, side, progress=None):
        self.asked += len(texts)
        return super().encode(texts, side=side, progress=progress)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A build, and changes of every kind behind it: new, changed, deleted, with words that the build never met."""
    settings = Settings(home=tmp_path_factory.mktemp("made"), encoder=EncoderSettings(name="hashing"))
    province = SampleProvince(5, graduates=120, postings=400)
    graduates, postings = list(province.graduates()), list(province.postings())
    with Store.open(settings.store) as store:
        store.upsert([*graduates[:-20], *postings[:-50]])
        build(store, HashingEncoder(), settings)
        store.upsert([*graduates[-20:], *postings[-50:]])
        store.upsert([p.model_copy(update={"description": f"{p.description} 玄鸟{p.id}"}) for p in postings[:40]])
        store.delete("posting", [p.key for p in postings[10:30]])
        store.delete("graduate", [graduates[3].key])
    return settings.home


@pytest.fixture
def settings(made, tmp_path):
    shutil.copytree(made, tmp_path / "home")
    return Settings(home=tmp_path / "home", encoder=EncoderSettings(name="hashing"))


@pytest.fixture
def store(settings):
    with Store.open(settings.store) as store:
        yield store


@pytest.fixture
def live(settings, store):
    live = Live(store, HashingEncoder(), settings)
    live.catch_up()
    return live


def answers(matcher):
    state = matcher.state
    people = sorted({k for k in state.graduates.keys if state.graduates.row_of(k) is not None})[::5]
    jobs = sorted({k for k in state.postings.keys if state.postings.row_of(k) is not None})[::23]
    found = [matcher.postings_for(k, ASK) for k in people] + [matcher.graduates_for(k, ASK) for k in jobs]
    return [(a.eligible, a.matches) for a in found]


def test_it_changes_no_answer_and_leaves_no_live_row(settings, store, live):
    before, state = answers(live.matcher), live.matcher.state
    name = compact(settings, hand_over(state))
    live.catch_up()
    after = live.matcher.state
    assert (after.name, after.change) == (name, state.change)
    assert len(before) > 30
    assert answers(live.matcher) == before
    for side in (after.graduates, after.postings):
        assert len(side) == side.vectors.built == side.count
    assert after.graduates.count == state.graduates.count
    assert len(after.postings) < len(state.postings)
    Snapshots(settings.snapshots).verify(name)


def test_once_more_after_new_changes_and_a_rollback_goes_behind_the_build(settings, store, live):
    first = Snapshots(settings.snapshots).current()
    build(store, HashingEncoder(), settings)
    live.catch_up()
    own = live.matcher.state.name
    for turn in range(4):
        store.upsert([SampleProvince(6 + turn, graduates=1, postings=1).postings().__next__()])
        live.catch_up()
        assert compact(settings, hand_over(live.matcher.state)) is not None
        live.catch_up()
    snapshots = Snapshots(settings.snapshots)
    held = [name for name in snapshots.names() if snapshots.manifest(name).compacts]
    assert {snapshots.manifest(name).compacts for name in held} == {own}
    assert len(held) == 3
    assert first not in snapshots.names()  # it holds a person deleted since
    assert own in snapshots.names()


def test_who_was_deleted_is_in_no_file(settings, store, live):
    key = next(k for k in live.matcher.state.graduates.keys if live.matcher.state.graduates.row_of(k) is not None)
    store.upsert([store.get("graduate", key).model_copy(update={"summary": "白泽独角兽训练"})])
    live.catch_up()
    compact(settings, hand_over(live.matcher.state))
    live.catch_up()
    store.delete("graduate", [key])
    live.catch_up()
    compact(settings, hand_over(live.matcher.state))
    held = [p.read_bytes() for p in settings.snapshots.rglob("*") if p.is_file()]
    assert not any("白泽独角兽训练".encode() in content for content in held)


def test_changes_during_it_are_followed_afterwards_without_encoding_again(settings, store, live):
    live = Live(store, counting := Counting(), settings)
    live.catch_up()
    held = hand_over(live.matcher.state)
    late = next(SampleProvince(9, graduates=1, postings=1).postings())
    store.upsert([late])
    live.catch_up()
    asked = counting.asked
    compact(settings, held)
    live.catch_up()
    assert live.matcher.state.postings.row_of(late.key) is not None
    assert counting.asked == asked


def test_a_record_whose_text_stays_keeps_its_vector(settings, store, live):
    live = Live(store, counting := Counting(), settings)
    live.catch_up()
    asked, state = counting.asked, live.matcher.state
    posting = next(p for p in (store.get("posting", k) for k in state.postings.keys) if p and p.status == "open")
    old = state.postings.row_of(posting.key)
    store.upsert([posting.model_copy(update={"status": "closed"})])
    live.catch_up()
    new = live.matcher.state.postings
    assert counting.asked == asked
    assert new.row_of(posting.key) != old
    assert np.array_equal(
        new.vectors.vectors(np.array([new.row_of(posting.key)])), new.vectors.vectors(np.array([old]))
    )


def test_killed_at_any_moment_it_leaves_what_there_was(settings, store, live, tmp_path):
    snapshots, held = Snapshots(settings.snapshots), hand_over(live.matcher.state)
    before = snapshots.current()
    (tmp_path / "held").write_bytes(pickle.dumps((settings, held)))
    ended = 0
    for wait in (0.02, 0.15):
        process = subprocess.Popen([sys.executable, "-c", COMPACT, str(tmp_path / "held")], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        now = snapshots.current()
        snapshots.verify(now)
        if now != before:
            ended += 1
            break
        state = open_state(settings, HashingEncoder())
        assert state.name == before
    if not ended:
        assert compact(settings, held) == snapshots.current() != before
    assert [p.name for p in settings.snapshots.iterdir() if p.name.startswith(".compacting-")] == []


def test_another_snapshot_meanwhile_wins(settings, store, live):
    held = hand_over(live.matcher.state)
    build(store, HashingEncoder(), settings)
    built = Snapshots(settings.snapshots).current()
    assert built != held.snapshot
    store_names = Snapshots(settings.snapshots).names()
    if held.snapshot in store_names:
        assert compact(settings, held) is None
    assert Snapshots(settings.snapshots).current() == built


def test_a_build_that_ends_at_the_last_moment_wins_too(settings, store, live, monkeypatch):
    held, publish, made = hand_over(live.matcher.state), Snapshots.publish, []

    def late(self, draft, manifest):
        made.append(publish(self, draft, manifest))
        monkeypatch.setattr(Snapshots, "publish", publish)
        build(store, HashingEncoder(), settings)
        return made[0]

    monkeypatch.setattr(Snapshots, "publish", late)
    assert compact(settings, held) is None
    snapshots = Snapshots(settings.snapshots)
    assert snapshots.manifest(snapshots.current()).compacts == ""
    assert snapshots.current() != held.snapshot
    assert made[0] not in snapshots.names()


def test_when_it_is_due(settings, live):
    def own(**given):
        return settings.model_copy(update={"service": ServiceSettings(**given)})

    state = live.matcher.state
    assert not is_due(state, settings)  # too few rows
    assert is_due(state, own(compact_least=10))
    assert not is_due(state, own(compact_least=10, compact_share=0))
    assert not is_due(state, own(compact_least=10, compact_share=0.9))


def test_a_failure_in_its_process_is_told_and_stopping_ends_it(settings, live):
    state = replace(live.matcher.state, name="20260101T000000Z-00000000")
    with pytest.raises(SnapshotError, match="compacting live rows failed"):
        compact_apart(settings, state, threading.Event())
    stop = threading.Event()
    stop.set()
    compact_apart(settings, live.matcher.state, stop)
    assert os.listdir(settings.snapshots)
