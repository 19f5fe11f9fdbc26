"""A process killed at any moment of writing leaves whole calls, or nothing of them."""

import random
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import text

from matching.store import Store

ROUNDS, ROWS = 8, 400

WRITER = """
import sys
from datetime import UTC, datetime
from matching.standard.records import Graduate, Interaction, Protected
from matching.store import Store
url, rows = sys.argv[1], int(sys.argv[2])
act = {"tenant": "demo", "posting": "demo:1", "action": "shown", "at": datetime(2026, 1, 1, tzinfo=UTC)}
with Store.open(url) as store:
    start = store.count("graduate") // rows
    print("ready", flush=True)
    for call in range(start, start + 10_000):
        ids = [f"{call}-{row}" for row in range(rows)]
        store.upsert(
            [Graduate(tenant="demo", id=i, summary="x" * 500) for i in ids]
            + [Protected(tenant="demo", id=i) for i in ids]
            + [Interaction(**act, id=i, graduate=f"demo:{i}") for i in ids]
        )
        if call % 3 == 2:
            store.delete("graduate", [f"demo:{i}" for i in ids])
            store.upsert([Graduate(tenant="demo", id=i) for i in ids])
        print("written", flush=True)
"""


def counts(store):
    return [store.count(name) for name in ("graduate", "protected", "interaction")]


def test_a_kill_leaves_whole_calls(store_url):
    dice = random.Random(20260301)
    repository = Path(__file__).resolve().parents[1]
    written = 0
    with Store.open(store_url) as store:
        for turn in range(ROUNDS):
            command = [sys.executable, "-c", WRITER, store_url, str(ROWS)]
            with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout.readline() == "ready\n"
                if turn % 2:  # on a slow machine the first call would never end: every other kill comes after it
                    assert process.stdout.readline() == "written\n"
                time.sleep(dice.uniform(0.02, 0.25))
                process.kill()
            graduates, protected, acts = counts(store)
            assert graduates % ROWS == protected % ROWS == acts % ROWS == 0
            assert protected == acts <= graduates
            feed = store.changes(0, limit=1_000_000)
            assert sum(not c.deleted for c in feed if c.type == "graduate") == graduates
            assert sum(not c.deleted for c in feed if c.type == "protected") == protected
            with store.database.reading() as connection:
                assert connection.execute(text("SELECT seq FROM clock")).scalar_one() == store.last_change()
                if store.database.on_sqlite:
                    assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
            written = max(written, graduates)
    assert written >= ROWS  # the writers did get to write
