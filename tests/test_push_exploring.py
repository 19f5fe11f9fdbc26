"""Digests drawn by chance: no limit is broken, nobody gets more, and the chance on record is the chance it had."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.push.bound import broken_limits
from matching.push.exploring import explore
from matching.push.market import market_of
from matching.push.plan import plan


def a_market(people, postings, places, *, digest=2, employers=None, limit=None, seed=0):
    """Everyone suits everything, more or less."""
    draw = np.random.default_rng(seed)
    g, p = (part.ravel() for part in np.meshgrid(np.arange(people), np.arange(postings), indexing="ij"))
    capacity = np.full((1, postings), places, np.int64)
    owner = np.arange(postings) if employers is None else np.arange(postings) % employers
    most = None if limit is None else np.full(owner.max() + 1, limit)
    return market_of(
        g, p, draw.random(len(g)) + 0.1, graduates=people, limits=(capacity, np.zeros((1, postings))), budget=digest,
        employer=owner, employer_limit=most,
    )  # fmt: skip


def test_the_chance_of_a_posting_is_what_is_written_down():
    market = a_market(1, 4, 9)
    held = plan(market).held
    keys = ["demo:g0"]
    seen, drawn = np.zeros(market.posting.shape), 0
    times = 4_000
    for number in range(times):
        made = explore(market, held, keys, share=0.4, seed=f"n{number}")
        seen += made.held
        drawn += made.drawn
        assert made.held.sum() == 2
    np.testing.assert_allclose(np.sort(made.propensity[0]), [0.2, 0.2, 0.8, 0.8])  # 0.4 × 2/4, and 0.6 more
    assert abs(drawn / times - 0.4) < 0.03
    np.testing.assert_allclose(seen / times, made.propensity, atol=0.03)


def test_without_a_share_the_plan_is_what_is_sent_for_sure():
    market = a_market(5, 4, 2)
    held = plan(market).held
    made = explore(market, held, [f"g{n}" for n in range(5)], share=0.0, seed="n")
    assert (made.held is held, made.drawn) == (True, 0)
    np.testing.assert_array_equal(made.propensity, held.astype(float))


def test_what_is_full_is_drawn_by_nobody_but_those_who_have_it():
    market = a_market(6, 2, 3, digest=1)  # two postings with three places each: all are taken
    held = plan(market).held
    made = explore(market, held, [f"g{n}" for n in range(6)], share=0.5, seed="n")
    np.testing.assert_array_equal(made.held, held)
    np.testing.assert_allclose(made.propensity, held.astype(float))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_limit_is_ever_broken_and_nobody_gets_more_or_less(data):
    number = st.integers
    market = a_market(
        data.draw(number(1, 12)), data.draw(number(1, 8)), data.draw(number(0, 5)), digest=data.draw(number(0, 3)),
        employers=data.draw(st.sampled_from([None, 2, 3])), limit=data.draw(st.sampled_from([None, 1, 4])),
        seed=data.draw(number(0, 999)),
    )  # fmt: skip
    held = plan(market).held
    keys = [f"g{n}" for n in range(market.graduates)]
    share, seed = data.draw(st.sampled_from([0.1, 0.5, 0.9])), data.draw(st.text(max_size=3))
    made = explore(market, held, keys, share=share, seed=seed)
    assert not any(broken_limits(market, made.held).values())
    np.testing.assert_array_equal(made.held.sum(axis=1), held.sum(axis=1))
    assert (made.propensity[made.held] > 0).all()
    np.testing.assert_allclose(made.propensity.sum(axis=1), held.sum(axis=1))  # whatever is drawn


def test_the_same_seed_draws_the_same_and_another_night_others():
    market = a_market(40, 9, 99)
    held = plan(market).held
    keys = [f"g{n}" for n in range(40)]
    one, again, other = (explore(market, held, keys, share=0.5, seed=seed) for seed in ("a", "a", "b"))
    np.testing.assert_array_equal(one.held, again.held)
    assert (one.held != other.held).any()
    assert 8 < one.drawn < 32
    assert one.drawn != pytest.approx(0)
