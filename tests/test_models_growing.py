"""Views of a growing buffer never disturb each other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.growing import Growing


def test_older_views_keep_their_rows():
    first = Growing(np.array([1, 2]))
    second = first.appended(np.array([3]))
    third = second.appended(np.array([4, 5]))
    assert first.values.tolist() == [1, 2]
    assert second.values.tolist() == [1, 2, 3]
    assert third.values.tolist() == [1, 2, 3, 4, 5]


def test_two_branches_from_one_view_do_not_share_rows():
    root = Growing(np.array([0])).appended(np.array([1]))
    left, right = root.appended(np.array([2])), root.appended(np.array([9]))
    assert left.values.tolist() == [0, 1, 2]
    assert right.values.tolist() == [0, 1, 9]


def test_appending_shares_memory_while_there_is_room():
    grown = Growing(np.zeros(1)).appended(np.ones(1))
    assert np.shares_memory(grown.values, grown.appended(np.ones(1)).values)


@given(st.lists(st.lists(st.integers(-5, 5), max_size=3_000), max_size=6))
def test_equals_concatenation(parts):
    grown = Growing(np.empty(0, np.int64))
    for part in parts:
        grown = grown.appended(np.array(part, np.int64))
    assert grown.values.tolist() == [x for part in parts for x in part]
