"""Timetables: no clash ever, all placed where that is possible (brute force and a flow as judges), few moves."""

from itertools import product

import numpy as np
import pytest

from benchmarks.timetable import event
from matching.timetable import Day, first_fit, plan, replan, rooms_of
from matching.timetable.day import OUT


def most_by_hand(day):
    options = [[OUT, *np.flatnonzero(row).tolist()] for row in day.may()]
    best = 0
    for slots in product(*options):
        slot = np.array(slots)
        placed = int((slot != OUT).sum())
        if placed > best and not day.clashes(slot):
            best = placed
    return best


def tiny(seed):
    rng = np.random.default_rng(seed)
    guest, host = np.nonzero(rng.random((4, 3)) < 0.5)
    guest, host = guest[:7], host[:7]
    return Day(
        guest, host, rng.random((4, 3)) < 0.7, (rng.random((3, 3)) < 0.8).astype(np.int64), int(rng.integers(1, 4))
    )


@pytest.mark.parametrize("seed", range(25))
def test_as_many_as_can_be_on_tiny_days(seed):
    day = tiny(seed)
    found = plan(day)
    assert day.clashes(found.slot) == 0
    assert found.placed == most_by_hand(day) == found.bound
    assert found.exact


def test_everybody_always_there_is_placed_whole_wherever_the_numbers_allow():
    rng = np.random.default_rng(0)
    guest, host = np.nonzero(rng.random((30, 8)) < 0.4)
    slots = int(max(np.bincount(guest).max(), np.bincount(host).max()))
    day = Day(guest, host, np.ones((30, slots), bool), np.ones((8, slots), int))
    found = plan(day)
    assert found.whole
    assert day.clashes(found.slot) == 0


def test_random_events_have_no_clash_and_are_proved():
    ours = theirs = 0
    for seed in range(12):
        day = event(seed, employers=(5, 15), graduates=(20, 120))
        found, rough = plan(day), first_fit(day)
        assert day.clashes(found.slot) == day.clashes(rough) == 0
        assert found.exact
        assert found.placed >= (rough != OUT).sum()
        ours += found.whole
        theirs += bool((rough != OUT).all())
    assert ours > theirs
    again = plan(event(3))
    assert (again.slot == plan(event(3)).slot).all()


def test_clashes_are_counted():
    day = Day(np.array([0, 0, 1]), np.array([0, 1, 0]), np.ones((2, 2), bool), np.ones((2, 2), int), rooms=1)
    assert day.clashes(np.array([0, 0, 0])) == 4  # guest 0 twice, host 0 twice, two more than the room
    assert day.clashes(np.array([0, 1, OUT])) == 0


def test_the_day_goes_on_without_the_absent_and_with_walk_ins_and_moves_few():
    day = Day(np.array([0, 1, 2, 3]), np.array([0, 0, 0, 0]), np.ones((4, 4), bool), np.ones((1, 4), int))
    held = np.array([0, 1, 2, OUT])
    found = replan(day, held, now=1, absent=np.array([1]))
    assert found.slot.tolist() == [0, OUT, 2, 1]
    assert found.exact


def test_a_host_keeps_its_room():
    day = Day(np.array([0, 1, 2, 3]), np.array([0, 1, 0, 1]), np.ones((4, 2), bool), np.ones((2, 2), int), rooms=2)
    room = rooms_of(day, np.array([0, 0, 1, 1]))
    assert room[0] == room[2] != room[1]
    assert room[1] == room[3]
