"""Choosing pairs under limits: arrays in, a list with a proved bound out. Knows no people and no events."""

from matching.allocation.fairness import Fairness, fairness_of
from matching.allocation.problem import Bar, Chosen, Problem, Share
from matching.allocation.rules import Conflict, Price, conflict_in, give_way, price_of, relaxed
from matching.allocation.simple import Simple, simple_lists
from matching.allocation.solve import solve

__all__ = [
    "Bar",
    "Chosen",
    "Conflict",
    "Fairness",
    "Price",
    "Problem",
    "Share",
    "Simple",
    "conflict_in",
    "fairness_of",
    "give_way",
    "price_of",
    "relaxed",
    "simple_lists",
    "solve",
]
