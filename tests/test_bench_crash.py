"""The crash run in short: planner, senders and server killed at random moments break no law; the checker can tell.

The long form, 500 runs, is ``scripts/bench crash``.
"""

import pytest

from benchmarks._crash_check import Row, judge
from benchmarks.crash import WRONG, many

NOON = 1_781_496_000_000_000  # 2026-06-15 12:00 in China


def test_kills_at_random_moments_break_no_law():
    wrong, events = many(3)
    assert {name: wrong[name] for name in WRONG if wrong[name]} == {}
    assert events["runs"] == 3
    assert events["messages"] == 192
    assert sum(count for name, count in events.items() if name.startswith("kills of")) >= 5
    assert events["arrived"] >= 20
    assert events["sent"] + events["suppressed"] + events["unclear"] == 192


def test_a_sender_that_repeats_what_is_unclear_is_caught():
    wrong, _ = many(10, broken="careless", until_caught=True)
    assert wrong["duplicate messages"] >= 1


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
