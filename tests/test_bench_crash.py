"""The crash run in short: planner, senders and server killed at random moments break no law; the checker can tell.

The long form, 500 runs, is ``scripts/bench crash``.
"""

import pytest

from benchmarks._crash_check import Row, judge
from benchmarks._crash_parts import ANEW_LEAST, TRAPS
from benchmarks._crash_stores import can_serve
from benchmarks.crash import WRONG, many, summed, wrong_at_all

NOON = 1_781_496_000_000_000  # 2026-06-15 12:00 in China


def judged(found):
    assert {
        (store, name): of["wrong"][name] for store, of in found.items() for name in WRONG if of["wrong"][name]
    } == {}


def test_kills_at_random_moments_break_no_law():
    found = many([0, 6, 9], stores="SQLite")
    judged(found)
    events = found["SQLite"]["events"]
    assert events["runs"] == 3
    assert events["messages"] == 192 + events["planned anew"]
    assert events["planned anew"] >= 3 * ANEW_LEAST
    assert sum(count for name, count in events.items() if name.startswith("kills of")) >= 5
    assert events["arrived"] >= 20
    assert events["sent"] + events["suppressed"] + events["unclear"] == events["messages"]


@pytest.mark.skipif(not can_serve(), reason="PostgreSQL is not installed")
def test_a_database_that_is_killed_loses_nothing_and_repeats_nothing():
    found = many([2, 1], stores="PostgreSQL")
    judged(found)
    events = found["PostgreSQL"]["events"]
    assert events["runs"] == 2
    assert sum(count for name, count in events.items() if name.startswith("restarts")) >= 1
    assert events["arrived"] >= 10
    assert events["planned anew"] >= 2 * ANEW_LEAST
    assert events["sent"] + events["suppressed"] + events["unclear"] == events["messages"] >= 128


@pytest.mark.parametrize("broken", ["careless", "forgetful"])
def test_a_sender_that_is_broken_is_caught_in_its_trap_and_a_sound_one_is_not(broken):
    trap = TRAPS[broken]
    assert wrong_at_all(many([0], broken=broken, trap=trap, stores="SQLite"))
    judged(many([0], trap=trap, stores="SQLite"))


def test_parts_of_the_runs_add_up():
    def part(runs, twice):
        counts = {"SQLite": {"wrong": {"duplicate messages": twice}, "events": {"runs": runs, "sent": 5}}}
        return {"counts": counts, "caught": {"careless": 4 * twice}, "seconds": 2.0}

    whole = summed([part(3, 0), part(4, 1)])
    assert whole["counts"]["SQLite"]["events"] == {"runs": 7, "sent": 10}
    assert whole["notes"][0] == "7 runs in 4 s"
    assert [t["name"] for t in whole["targets"] if not t["met"]] == ["duplicate messages"]
    assert whole["caught"] == {"careless": 4}


def act(message, at=NOON, graduate="demo:g1", postings=("p1",)):
    return {"at": at, "message": message, "graduate": graduate, "postings": list(postings)}


@pytest.mark.parametrize(
    ("acts", "state", "stops", "wrong"),
    [
        ([act("m")], "sent", {}, None),
        ([act("m"), act("m")], "sent", {}, "duplicate messages"),
        ([act("m"), act("n", NOON + 60_000_000)], "sent", {}, "duplicate pairs"),
        ([act("m", postings="abcd")], "unclear", {}, "over budget"),
        ([act("m"), act("n", NOON + 400_000, postings=("p2",))], "sent", {}, "without a rest between"),
        ([act("m", NOON + 10 * 3_600_000_000)], "sent", {}, "in quiet hours"),
        ([act("m")], "sent", {"demo:g1": NOON - 3_000_000}, "after a stop"),
        ([act("m")], "claimed", {}, "lost"),
        ([], "sent", {}, "sent, never got"),
        ([act("m")], "suppressed", {}, "suppressed, but got"),
        ([act("m", postings=("p2",))], "sent", {}, "other postings than told"),
    ],
)
def test_the_checker_sees_each_wrong(acts, state, stops, wrong):
    found = judge(["m"], {"m": Row("m", state, "because", {"p1": None})}, acts, stops)
    assert wrong is None or found[wrong] >= 1
    if wrong is None:
        assert sum(found.values()) == 0


def test_the_checker_sees_what_is_lost_and_what_has_no_reason():
    assert judge(["m"], {}, [], {})["lost"] == 1
    assert judge(["m"], {"m": Row("m", "suppressed", "", {})}, [], {})["without a reason"] == 1
