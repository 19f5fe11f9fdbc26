"""Curves over logarithmic axes."""

import re
from itertools import pairwise

from eval.curves import curves


def _places(svg):
    return [[tuple(map(float, p.split(","))) for p in line.split()] for line in re.findall(r'points="([^"]+)"', svg)]


def test_equal_ratios_are_equal_steps():
    svg = curves("t", {"a": [(1, 2), (10, 20), (100, 200)]}, x_label="x", y_label="y").svg
    (first, second, third), *_ = _places(svg)
    assert abs((second[0] - first[0]) - (third[0] - second[0])) < 0.2
    assert abs((second[1] - first[1]) - (third[1] - second[1])) < 0.2
    assert first[1] > third[1]  # larger is higher


def test_names_at_the_ends_stand_apart():
    lines = {f"curve {i}": [(1, 1 + i / 1000), (10, 2 + i / 1000)] for i in range(9)}
    svg = curves("t", lines, x_label="x", y_label="y").svg
    ends = sorted(float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>curve', svg))
    assert len(ends) == 9
    assert min(b - a for a, b in pairwise(ends)) > 13


def test_curves_without_points_are_left_out_and_nothing_says_so():
    assert "empty" not in curves("t", {"a": [(1, 1), (2, 3)], "empty": []}, x_label="x", y_label="y").svg
    assert "nothing to draw" in curves("t", {"empty": []}, x_label="x", y_label="y").svg
