"""The feed of changes under several writers: a follower misses nothing, and numbers never come late."""

import random
import subprocess
import sys
import threading
from pathlib import Path

from matching.standard.records import Employer, Posting

WRITERS, CALLS, ROWS = 4, 15, 12

WRITER = """
import sys
from matching.standard.records import Posting
from matching.store import Store
url, writer, calls, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with Store.open(url) as store:
    for call in range(calls):
        store.upsert([Posting(tenant=f"w{writer}", id=f"p{call}-{row}", title="x") for row in range(rows)])
"""


class Follower(threading.Thread):
    """Reads the feed all the while, always from the last number it saw, as a service does."""

    def __init__(self, store, limit):
        super().__init__(daemon=True)
        self.store, self.limit, self.seen, self.after = store, limit, [], 0
        self.over = threading.Event()

    def run(self):
        while True:
            last_round = self.over.is_set()
            while page := self.store.changes(self.after, limit=self.limit):
                self.seen += page
                self.after = page[-1].seq
            if last_round:
                return

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join(timeout=60)
        assert not self.is_alive()


def together(*threads):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)


def test_a_follower_sees_every_number_of_several_processes(store):
    url = store.database.engine.url.render_as_string(hide_password=False)
    repository = Path(__file__).resolve().parents[1]
    with Follower(store, limit=7) as follower:
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, url, str(n), str(CALLS), str(ROWS)],
                cwd=repository,
                stderr=subprocess.PIPE,
            )
            for n in range(WRITERS)
        ]
        ended = [(process.communicate(timeout=120)[1], process.returncode) for process in writers]
    assert [code for _, code in ended] == [0] * WRITERS, ended
    assert [change.seq for change in follower.seen] == list(range(1, WRITERS * CALLS * ROWS + 1))
    assert {change.key for change in follower.seen} == {
        f"w{writer}:p{call}-{row}" for writer in range(WRITERS) for call in range(CALLS) for row in range(ROWS)
    }


def test_a_follower_ends_with_the_truth_when_writers_fight_over_the_same_records(store):
    def write(seed):
        dice = random.Random(seed)
        for turn in range(40):
            keys = dice.sample(range(30), 10)
            if dice.random() < 0.3:
                store.delete("posting", [f"demo:{key}" for key in keys])
            else:
                store.upsert([Posting(tenant="demo", id=str(key), title=f"{seed}/{turn}") for key in keys])

    with Follower(store, limit=50) as follower:
        together(*(threading.Thread(target=write, args=(seed,)) for seed in range(WRITERS)))
    latest = {change.key: change for change in follower.seen}
    assert sorted(latest.values()) == store.changes(0)
    stored = store.get_many("posting", [f"demo:{key}" for key in range(30)])
    assert {key for key, change in latest.items() if not change.deleted} == set(stored)
    numbers = [change.seq for change in follower.seen]
    assert numbers == sorted(set(numbers))


def test_writers_of_the_same_records_in_opposite_orders_do_not_deadlock(store):
    employers = [Employer(tenant="demo", id=str(n), name="x") for n in range(200)]
    failed = []

    def write(turned, name):
        try:
            for turn in range(15):
                store.upsert(
                    [e.model_copy(update={"name": f"{name}{turn}"}) for e in employers[:: -1 if turned else 1]]
                )
        except Exception as error:
            failed.append(error)

    together(*(threading.Thread(target=write, args=(turned, str(turned))) for turned in (True, False)))
    assert failed == []
    assert len({store.get("employer", f"demo:{n}").name for n in range(200)}) == 1
