"""Long work: in line, told, and interrupted by a kill at any moment with nothing half kept."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from matching.build import build
from matching.demo import graduates, postings
from matching.errors import NoList, UnknownId
from matching.fairs.running import Runner
from matching.settings import EncoderSettings, Settings
from matching.standard.records import Event
from matching.store import Jobs, Lists, Store
from matching.store import jobs as jobs_file
from models.hashing import HashingEncoder

WORKER = """
import sys, time
from pathlib import Path
from matching.demo import TODAY
from matching.fairs.listing import event_of, make_list
from matching.fairs.solving import Wish
from matching.fairs.running import Runner
from matching.live import open_state
from matching.settings import EncoderSettings, Settings
from matching.store import Store
from models.hashing import HashingEncoder
settings = Settings(home=Path(sys.argv[1]), encoder=EncoderSettings(name="hashing"))
with Store.open(settings.store) as store, Runner(store, lambda error: {"error": str(error)}) as runner:
    state, event = open_state(settings, HashingEncoder()), event_of(store, "demo:fair")
    def work(progress):
        for _ in range(1000):
            made = make_list(store, state, settings, event, Wish(prices=False), today=TODAY, progress=progress)
            print("kept", flush=True)
        return {}
    print(runner.start("demo:fair", "list", work), flush=True)
    time.sleep(60)
"""


def fair(**changes):
    told = {"starts_at": "2026-06-20T09:00:00+08:00", "ends_at": "2026-06-20T11:00:00+08:00", "title": "招聘会"}
    return Event.model_validate({"tenant": "demo", "id": "fair", **told, **changes})


def wait_for(jobs, job, *states):
    until = time.monotonic() + 30
    while (found := jobs.get("demo:fair", job)).state not in states:
        assert time.monotonic() < until, found
        time.sleep(0.01)
    return found


def test_a_kill_at_any_moment_leaves_whole_versions_and_the_job_is_seen_as_interrupted(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs_file, "SILENT_SECONDS", 0.5)
    settings = Settings(home=tmp_path, encoder=EncoderSettings(name="hashing"))
    with Store.open(settings.store) as store:
        store.upsert([*graduates(), *postings(), fair()])
        build(store, HashingEncoder(), settings)
        for pause in (0.0, 0.017):
            command = [sys.executable, "-c", WORKER, str(tmp_path)]
            with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True) as process:
                job = process.stdout.readline().strip()
                assert process.stdout.readline() == "kept\n"
                time.sleep(pause)
                process.kill()
            assert Jobs(store).get("demo:fair", job).state in ("running", "interrupted")
            assert wait_for(Jobs(store), job, "interrupted").ended
        versions = Lists(store).versions("demo:fair")
        assert [v.version for v in versions] == list(range(len(versions), 0, -1))
        for version in versions:
            whole = Lists(store).get("demo:fair", version.version)
            invited = sum(guest.status == "invited" for guest in whole.guests)
            assert invited == whole.about["certificate"]["invited"] > 0


def test_work_is_told_as_it_goes_and_an_error_costs_only_its_own_job(store):
    jobs, seen = Jobs(store), []

    def good(progress):
        progress("score", 1, 4)
        seen.append(jobs.get("demo:fair", first))
        return {"version": 7}

    def bad(progress):
        raise NoList("没有名单")

    with Runner(store, lambda error: {"problem": str(error)}) as runner:
        broken = runner.start("demo:fair", "list", bad)
        first = runner.start("demo:fair", "list", good)
        assert wait_for(jobs, first, "done").result == {"version": 7}
        assert (seen[0].state, seen[0].step, seen[0].part, seen[0].whole) == ("running", "score", 1, 4)
        assert jobs.get("demo:fair", broken).result == {"problem": "没有名单."}
        assert [job.id for job in jobs.of("demo:fair")] == [first, broken]
    with pytest.raises(UnknownId):
        jobs.get("demo:other", first)
    jobs.end(first, "failed", {})
    assert jobs.get("demo:fair", first).state == "done"


def test_leaving_interrupts_what_waits_and_work_that_runs_keeps_nothing(store):
    jobs, kept = Jobs(store), []

    def long(progress):
        while True:
            time.sleep(0.005)
            progress("prices", 0, 1)
        kept.append(1)

    with Runner(store, lambda error: {}) as runner:
        running, waiting = (runner.start("demo:fair", "list", long) for _ in range(2))
        wait_for(jobs, running, "running")
    assert {jobs.get("demo:fair", job).state for job in (running, waiting)} == {"interrupted"}
    time.sleep(0.05)
    assert kept == []


def test_an_event_that_is_deleted_takes_its_jobs_along(store):
    store.upsert([fair()])
    job = Jobs(store).begin("demo:fair", "list")
    assert Jobs(store).get("demo:fair", job).state == "waiting"
    store.delete("event", ["demo:fair"])
    with pytest.raises(UnknownId):
        Jobs(store).get("demo:fair", job)
