"""Snapshots at a URL: replicas get what was published, whole or not at all, whatever lies there."""

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import fsspec
import pytest
from typer.testing import CliRunner

from matching.build import build
from matching.cli import command_line
from matching.errors import NoSnapshot, SnapshotDamaged, SnapshotUnreachable
from matching.live import Live
from matching.night import rank_everyone
from matching.parts import here
from matching.published import Published, ensure_taken, take_newest
from matching.question import Question
from matching.sample import DEFAULT_TODAY, SampleProvince
from matching.settings import EncoderSettings, ServiceSettings, Settings
from matching.snapshot import Snapshots
from matching.store import Store
from models.hashing import HashingEncoder

ENCODER = HashingEncoder()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A home with two builds, the second with one posting more; and their names."""
    settings = Settings(home=tmp_path_factory.mktemp("built"), encoder=EncoderSettings(name="hashing"))
    province = SampleProvince(4, graduates=20, postings=40)
    *first, last = province.postings()
    with Store.open(settings.store) as store:
        store.upsert([*province.graduates(), *first])
        old = build(store, ENCODER, settings).name
        store.upsert([last])
        new = build(store, ENCODER, settings).name
    return settings, (old, new)


@pytest.fixture
def builder(built, tmp_path):
    """A copy of it."""
    settings, names = built
    own = settings.model_copy(update={"home": tmp_path / "builder"})
    shutil.copytree(settings.home, own.home)
    return own, Snapshots(own.snapshots), names


@pytest.fixture(params=["memory", "file"])
def url(request, tmp_path):
    if request.param == "file":
        return (tmp_path / "there").as_uri()
    return f"memory://{uuid4().hex}/snapshots"


def replica(builder, url, folder):
    return builder[0].model_copy(update={"home": folder, "store_url": builder[0].store, "snapshots_url": url})


def there(url, *path):
    fs, root = fsspec.core.url_to_fs(url)
    return fs, "/".join((root, *path))


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_a_replica_has_what_was_published_follows_a_switch_and_keeps_two(builder, url, tmp_path):
    _, snapshots, (old, new) = builder
    own = replica(builder, url, tmp_path / "replica")
    with pytest.raises(NoSnapshot, match="no snapshot is in use"):
        take_newest(own)
    Published(url).publish(snapshots, old)
    assert take_newest(own)
    assert Snapshots(own.snapshots).current() == old
    assert files(own.snapshots / old) == files(snapshots.folder / old)
    assert not take_newest(own)
    Published(url).publish(snapshots, new)
    assert take_newest(own)
    held = Snapshots(own.snapshots)
    assert (held.current(), set(held.names())) == (new, {old, new})
    assert held.verify(new).rows == {"postings": 40, "graduates": 20}
    Published(url).publish(snapshots, old)  # a rollback there is one here
    assert take_newest(own)
    assert held.current() == old


def test_older_ones_that_were_fetched_are_removed_and_those_the_builder_has_no_more(builder, tmp_path):
    settings, snapshots, (old, new) = builder
    url = (tmp_path / "there").as_uri()
    own = replica(builder, url, tmp_path / "replica")
    for name in (old, new):
        Published(url).publish(snapshots, name)
        take_newest(own)
    with Store.open(settings.store) as store:
        store.delete("posting", [next(SampleProvince(4, graduates=20, postings=40).postings()).key])
        third = build(store, ENCODER, settings).name
    snapshots.remove(old)
    Published(url).publish(snapshots, third)
    take_newest(own)
    assert set(Snapshots(own.snapshots).names()) == {new, third}
    assert {path.name for path in (tmp_path / "there").iterdir()} == {"CURRENT", new, third}
    builds = settings.model_copy(update={"snapshots_url": url})
    assert not take_newest(builds)  # who publishes has it, and no build is ever removed
    assert set(snapshots.names()) == {new, third}


@pytest.mark.parametrize("harm", ["truncated", "altered", "missing"])
def test_a_harmed_file_is_told_and_nothing_appears(builder, url, tmp_path, harm):
    _, snapshots, (_, new) = builder
    own = replica(builder, url, tmp_path / "replica")
    Published(url).publish(snapshots, new)
    fs, path = there(url, new, "postings", "vectors.npy")
    data = fs.cat_file(path)
    if harm == "missing":
        fs.rm_file(path)
    else:
        fs.pipe_file(path, data[:-100] if harm == "truncated" else data[:-1] + bytes([data[-1] ^ 1]))
    what = "is missing" if harm == "missing" else "is short or altered"
    with pytest.raises(SnapshotDamaged, match=rf"{new}/postings/vectors\.npy {what} .*publish it again"):
        take_newest(own)
    assert Snapshots(own.snapshots).names() == []
    with pytest.raises(NoSnapshot):
        Snapshots(own.snapshots).current()
    fs.pipe_file(path, data)
    assert take_newest(own)
    assert files(own.snapshots / new) == files(snapshots.folder / new)


def altered(text, **changes):
    return json.dumps({**json.loads(text), **changes}).encode()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda text: text[:50], "cannot be read"),
        (lambda text: b"[]", "cannot be read"),
        (lambda text: altered(text, encoder="another"), "is altered"),
        (lambda text: altered(text, files={"../../outside": "0" * 64}), "is altered"),
        (lambda text: altered(text, files=[7]), "cannot be read|is altered"),
    ],
)
def test_a_manifest_is_believed_only_by_its_name(builder, tmp_path, change, what):
    _, snapshots, (_, new) = builder
    url = f"memory://{uuid4().hex}"
    Published(url).publish(snapshots, new)
    fs, path = there(url, new, "manifest.json")
    fs.pipe_file(path, change(fs.cat_file(path)))
    with pytest.raises(SnapshotDamaged, match=rf"manifest\.json ({what})"):
        take_newest(replica(builder, url, tmp_path / "replica"))
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("current", [b"../../etc", b"", b"\xff\xfe", b"20260102T030405Z-1a2b3c4d/.."])
def test_current_that_names_no_snapshot_is_told(builder, tmp_path, current):
    url = f"memory://{uuid4().hex}"
    fs, path = there(url, "CURRENT")
    fs.pipe_file(path, current)
    with pytest.raises(SnapshotDamaged, match="CURRENT names no snapshot"):
        take_newest(replica(builder, url, tmp_path / "replica"))


def test_a_fetch_that_was_broken_off_goes_on_and_what_was_wrong_is_made_anew(builder, url, tmp_path):
    _, snapshots, (_, new) = builder
    own = replica(builder, url, tmp_path / "replica")
    Published(url).publish(snapshots, new)
    draft = own.snapshots / f".fetching-{new}"
    stale = own.snapshots / ".fetching-20200101T000000Z-00000000"
    for folder in (draft / "postings", draft / "graduates", stale):
        folder.mkdir(parents=True)
    whole = (snapshots.folder / new / "postings" / "vectors.npy").read_bytes()
    (draft / "postings" / "vectors.npy").write_bytes(whole[:1000])
    (draft / "postings" / "columns.arrow").write_bytes(b"something else")
    (draft / "graduates" / "vectors.npy").write_bytes(b"x" * 10_000_000)  # longer than what is there
    read = []
    place = Published(url)
    opened = place._fs.open
    place._fs = type("Counted", (), {"__getattr__": lambda self, name: getattr(fs, name)})()
    fs = Published(url)._fs
    place._fs.open = lambda path, mode: read.append(path.rpartition(f"{new}/")[2]) or opened(path, mode)
    place.fetch(new, Snapshots(own.snapshots))
    assert files(own.snapshots / new) == files(snapshots.folder / new)
    assert [
        read.count(f"{side}/{name}")
        for side, name in (("postings", "vectors.npy"), ("postings", "columns.arrow"), ("graduates", "vectors.npy"))
    ] == [1, 2, 2]
    assert not stale.exists()
    assert not draft.exists()


def test_who_fetches_at_once_waits_and_finds_it(builder, tmp_path, monkeypatch):
    """As processes of one machine do: each opens the lock for itself."""
    _, snapshots, (_, new) = builder
    url = f"memory://{uuid4().hex}"
    own = replica(builder, url, tmp_path / "replica")
    Published(url).publish(snapshots, new)
    copied, seen = Published._copied, []
    monkeypatch.setattr(
        Published, "_copied", lambda self, name, file, *more: seen.append(file) or copied(self, name, file, *more)
    )
    with ThreadPoolExecutor(4) as pool:
        taken = [pool.submit(take_newest, own) for _ in range(4)]
    assert sorted(future.result() for future in taken) == [False, False, False, True]
    assert len(seen) == len(set(seen)) == len(files(snapshots.folder / new)) - 1  # all but the manifest
    assert Snapshots(own.snapshots).verify(new).name == new


def test_a_switch_while_fetching_leads_to_the_new_one(builder, tmp_path, monkeypatch):
    """The builder publishes another and removes the one that is being fetched."""
    _, snapshots, (old, new) = builder
    url = (tmp_path / "there").as_uri()
    own = replica(builder, url, tmp_path / "replica")
    Published(url).publish(snapshots, old)
    copied = Published._copied

    def meanwhile(self, name, file, path, expected):
        if name == old and file.startswith("postings"):
            snapshots.use(new)
            snapshots.remove(old) if old in snapshots.names() else None
            Published(url).publish(snapshots, new)
        return copied(self, name, file, path, expected)

    monkeypatch.setattr(Published, "_copied", meanwhile)
    assert take_newest(own)
    assert Snapshots(own.snapshots).names() == [new]
    assert Snapshots(own.snapshots).current() == new
    assert not list(own.snapshots.glob(".fetching-*"))


@pytest.mark.parametrize("url", ["nosuchkind://there", "http://user:secret@127.0.0.1:9/snapshots"])
def test_what_cannot_be_reached_is_told_without_secrets_and_stops_no_replica_that_has_a_snapshot(
    builder, tmp_path, url, caplog
):
    settings, snapshots, (_, new) = builder
    with pytest.raises(SnapshotUnreachable, match=r"cannot be fetched or published: .*Check the URL") as caught:
        ensure_taken(replica(builder, url, tmp_path / "replica"))
    assert "secret" not in str(caught.value)
    ensure_taken(settings.model_copy(update={"snapshots_url": url}))
    assert snapshots.current() == new
    assert "going on with the snapshot that is here" in caplog.text
    assert "secret" not in caplog.text


def test_the_service_goes_over_to_what_is_published_by_itself(builder, tmp_path):
    """It begins on an empty replica, answers all the while."""
    _, snapshots, (old, new) = builder
    url = (tmp_path / "there").as_uri()
    Published(url).publish(snapshots, old)
    own = replica(builder, url, tmp_path / "replica")
    own = own.model_copy(update={"service": ServiceSettings(fetch_seconds=0.1)})
    problems, question = [], Question(k=5, today=DEFAULT_TODAY)
    with Store.open(own.store) as store, Live(store, ENCODER, own, problem=problems.append) as live:
        key, seen = live.matcher.state.graduates.keys[0], {live.matcher.state.name}
        Published(url).publish(snapshots, new)
        until = time.monotonic() + 60
        while new not in seen and time.monotonic() < until:
            matcher = live.matcher
            seen.add(matcher.state.name)
            answer = matcher.postings_for(key, question)
            assert answer.version.startswith(matcher.state.name)
            assert len(answer.matches) == 5
            time.sleep(0.01)
    assert seen == {old, new}
    assert problems == []


def test_a_worker_elsewhere_fetches_the_snapshot_and_answers_the_same(builder, tmp_path):
    settings, snapshots, (_, new) = builder
    url = (tmp_path / "there").as_uri()
    Published(url).publish(snapshots, new)
    own = replica(builder, url, tmp_path / "replica")
    rank_everyone(settings, tmp_path / "a", k=5, today=DEFAULT_TODAY, block=8, spread=here)
    rank_everyone(own, tmp_path / "b", k=5, today=DEFAULT_TODAY, block=8, spread=here)
    assert files(tmp_path / "a") == files(tmp_path / "b") != {}


def test_the_command_publishes_what_comes_into_use(builder, url):
    settings, _, (old, new) = builder
    (settings.home / "s.toml").write_text('[encoder]\nname = "hashing"\n', encoding="utf-8")
    given = ["build", "--settings", str(settings.home / "s.toml"), "--home", str(settings.home), "--publish", url]
    for name in (old, new):
        done = CliRunner().invoke(command_line(), [*given, "--use", name])
        assert done.exit_code == 0, done.output
        assert done.output.splitlines()[-1].rpartition(" ")[2] == url
        assert Published(url).current() == name
