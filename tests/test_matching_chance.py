"""Scores → chances of both sides: arithmetic, order, edges, settings."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.chance import Chances, Logistic, chances_of
from matching.errors import SettingsError
from matching.settings import Settings, read_settings

CURVES = Chances(Logistic(6.0, 0.5, 0.6), Logistic(4.0, 1.0))


def test_the_curves_are_what_they_say():
    chance = CURVES([6.0, 8.0, 4.0])
    assert chance.apply.tolist() == pytest.approx([0.3, 0.6 / (1 + math.exp(-1)), 0.6 / (1 + math.exp(1))])
    assert chance.answer.tolist() == pytest.approx([1 / (1 + math.exp(-2)), 1 / (1 + math.exp(-4)), 0.5])
    assert chance.both.tolist() == pytest.approx((chance.apply * chance.answer).tolist())


def test_no_scores_no_chances():
    assert CURVES([]).apply.shape == (0,)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_every_chance_is_inside_and_never_against_the_score(scores):
    ordered = np.sort(np.array(scores))
    for values in chances_of(Settings())(ordered):
        assert ((values > 0) & (values < 1)).all()
        assert (np.diff(values) >= 0).all()


def test_a_score_that_is_not_a_number_is_refused():
    with pytest.raises(ValueError, match="not a number"):
        CURVES([1.0, float("nan")])


@pytest.mark.parametrize("curve", [(0.0, 0.0, 1.0), (0.0, 1.0, 1.5), (0.0, 1.0, 0.0), (math.inf, 1.0, 1.0)])
def test_curves_that_fall_or_leave_the_range_are_refused(curve):
    with pytest.raises(ValueError, match="no rising chance"):
        Logistic(*curve)


def test_the_settings_are_the_prior_and_can_be_replaced(tmp_path):
    prior = chances_of(Settings())
    assert prior.source == "prior"
    assert prior([-1.0, 4.0, 9.0]).both.tolist() == sorted(prior([-1.0, 4.0, 9.0]).both.tolist())
    file = tmp_path / "gradmatch.toml"
    file.write_text("[chance.apply]\nmiddle = 1.0\nsteepness = 2.0\nceiling = 0.5\n", encoding="utf-8")
    assert chances_of(read_settings(file)).apply == Logistic(1.0, 2.0, 0.5)
    file.write_text("[chance.apply]\nmiddle = 1.0\nsteepness = -2.0\nceiling = 0.5\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"chance\.apply\.steepness"):
        read_settings(file)
