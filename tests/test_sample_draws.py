import numpy as np
import pytest

from matching.sample.draws import Draws, running


def test_a_row_has_the_same_numbers_alone_in_a_block_and_in_another_order():
    block = Draws(3, "graduate", np.arange(100))
    assert Draws(3, "graduate", np.array([42])).uniform("x")[0] == block.uniform("x")[42]
    assert Draws(3, "graduate", np.array([99, 42])).normal("y")[1] == block.normal("y")[42]
    assert Draws(3, "graduate", np.array([7])).authors()[0].random() == block.authors()[7].random()


def test_seeds_streams_slots_and_rows_give_different_numbers():
    index = np.arange(1_000)
    first = Draws(3, "graduate", index).uniform("x")
    others = (
        Draws(4, "graduate", index).uniform("x"),
        Draws(3, "posting", index).uniform("x"),
        Draws(3, "graduate", index).uniform("y"),
        Draws(3, "graduate", index + 1_000).uniform("x"),
    )
    assert len(np.unique(first)) == 1_000
    assert all(abs(np.corrcoef(first, other)[0, 1]) < 0.1 for other in others)


def test_uniform_and_normal_have_their_moments():
    draws = Draws(1, "moments", np.arange(200_000))
    u, z = draws.uniform("u"), draws.normal("z")
    assert u.min() >= 0
    assert u.max() < 1
    assert u.mean() == pytest.approx(0.5, abs=0.003)
    assert u.var() == pytest.approx(1 / 12, abs=0.001)
    assert z.mean() == pytest.approx(0, abs=0.01)
    assert z.std() == pytest.approx(1, abs=0.01)
    assert np.isfinite(z).all()


def test_pick_follows_the_shares_and_never_takes_what_has_none():
    shares = running(np.array([0.0, 3.0, 1.0, 0.0]))
    assert shares.tolist() == [0.0, 0.75, 1.0, 1.0]
    picked = np.bincount(Draws(1, "pick", np.arange(40_000)).pick("p", shares), minlength=4) / 40_000
    assert picked == pytest.approx([0, 0.75, 0.25, 0], abs=0.01)


def test_pick_rows_takes_each_row_from_its_own_shares():
    table = running(np.array([[1.0, 0.0], [0.0, 1.0]]))
    rows = np.array([0, 1, 1, 0])
    assert Draws(1, "rows", np.arange(4)).pick_rows("p", table, rows).tolist() == [0, 1, 1, 0]


def test_no_weights_at_all_count_as_equal_ones():
    assert running(np.zeros(4)).tolist() == [0.25, 0.5, 0.75, 1.0]


def test_pairs_have_numbers_of_their_own():
    left = Draws(1, "pair", np.array([5, 5, 6]))
    u = left.with_index(np.array([1, 2, 1])).uniform("u")
    assert len(set(u.tolist())) == 3
    assert Draws(1, "pair", np.array([5])).with_index(np.array([2])).uniform("u")[0] == u[1]
