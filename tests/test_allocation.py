"""Lists under limits: brute force as judge, the bound as a law, conflicts with a known answer."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from matching.allocation import (
    Bar,
    Problem,
    Share,
    conflict_in,
    fairness_of,
    price_of,
    programme,
    relaxed,
    rules,
    simple_lists,
    solve,
)
from matching.allocation.bound import Oracle, bound_of, limits_of
from matching.allocation.fairness import gini
from matching.allocation.solve import missing_pairs
from matching.errors import NoList, OutOfTime


def random_problem(seed, n=4, m=2):
    rng = np.random.default_rng(seed)
    row, column = np.nonzero(rng.random((n, m)) < 0.85)
    group = rng.random(n) < 0.5
    return Problem(
        row, column, rng.random(len(row)), rng.uniform(0.3, 1, n), (1, int(rng.integers(1, 3))),
        rng.integers(0, 2, m).astype(float), rng.uniform(0.5, 3, m), float(rng.uniform(0.5, 3)),
        (Share("group", group, least=float(rng.choice([0, 0.5]))),),
        (Bar("clash", rng.random(len(row)) < 0.1),),
        pinned=np.arange(n) == 0 if seed % 4 == 0 else None,
        stay=0.2 * rng.random(n) if seed % 3 == 0 else None,
        slots=rng.integers(1, 4, m).astype(float) if seed % 2 else None,
        rooms=float(rng.integers(2, 5)) if seed % 5 == 0 else np.inf,
    )  # fmt: skip


def best_by_hand(problem):
    n, best = len(problem.shows), None
    for bits in product([False, True], repeat=len(problem.row)):
        met = np.array(bits, bool)
        invited = np.bincount(problem.row[met], minlength=n) > 0
        if not problem.broken(invited, met):
            total = float(problem.gain[met].sum() + problem.extra[invited].sum())
            best = max(best if best is not None else 0.0, total)
    return best


@pytest.mark.parametrize("seed", range(48))
def test_the_list_is_the_best_there_is_and_the_bound_is_true(seed):
    problem = random_problem(seed)
    best = best_by_hand(problem)
    if best is None:
        with pytest.raises(NoList):
            solve(problem)
        return
    chosen = solve(problem, gap=0.0)
    assert problem.broken(chosen.invited, chosen.met) == []
    assert chosen.value + chosen.stayed == pytest.approx(best)
    assert best - 1e-7 <= chosen.bound <= best + 1e-6
    rng = np.random.default_rng(seed)
    for _ in range(5):
        prices = rng.normal(size=len(limits_of(problem).low))
        assert bound_of(problem, prices) >= best - 1e-9


def test_both_outcomes_of_the_judge_occur():
    judged = [best_by_hand(random_problem(seed)) is None for seed in range(48)]
    assert 5 <= sum(judged) <= 43


def large(n=400, m=20):
    rng = np.random.default_rng(1)
    worth = 0.3 / (1 + np.exp(-rng.normal(size=(n, m)) - rng.normal(size=m)))
    row, column = np.nonzero(rng.random((n, m)) < 0.5)
    return Problem(
        row, column, worth[row, column], rng.uniform(0.4, 0.7, n), (1, 4), np.full(m, 6.0), np.full(m, 12.0), 60.0,
        (Share("county", rng.random(n) < 0.2, least=0.25), Share("college", rng.random(n) < 0.4, most=0.3)),
    )  # fmt: skip


def test_a_larger_list_keeps_every_limit_near_the_bound_and_comes_again():
    problem = large()
    chosen = solve(problem, gap=0.015)
    assert problem.broken(chosen.invited, chosen.met) == []
    assert chosen.gap <= 0.015
    assert chosen.bound == pytest.approx(bound_of(problem, chosen.prices))
    again = solve(problem, gap=0.015)
    assert (chosen.met == again.met).all()
    assert chosen.value == again.value
    ways = {way.name: way for way in simple_lists(problem)}
    assert set(ways) == {"top score", "random", "first come"}
    assert all(way.value < chosen.value for way in ways.values())
    assert "college" in ways["random"].broken
    assert all("seats" not in way.broken and "most" not in way.broken for way in ways.values())


def test_sifting_proves_that_there_is_no_list_over_all_pairs():
    problem = replace(large(), least=np.full(20, 60.0))
    with pytest.raises(NoList):
        solve(problem)
    assert "least" in conflict_in(problem).rules


def test_time_that_runs_out_is_not_taken_for_no_list():
    with pytest.raises(OutOfTime):
        solve(large(), seconds=0.0)


ONE_HOST = Problem(
    np.array([0, 1]), np.array([0, 0]), np.array([0.9, 0.4]), np.ones(2), (1, 1), np.zeros(1), np.array([1.0]), 1.0,
    (Share("group", np.array([False, True]), least=1.0),),
)  # fmt: skip


def test_the_price_of_a_rule_is_what_the_list_gains_without_it():
    kept = solve(ONE_HOST)
    assert kept.value == pytest.approx(0.4)
    assert price_of(ONE_HOST, kept, "group").cost == pytest.approx(0.5)
    assert price_of(ONE_HOST, kept, "seats").cost == pytest.approx(0.0)
    assert price_of(ONE_HOST, kept, "group").most >= 0.5 - 1e-9


def test_the_rules_in_conflict_are_named_and_no_others_and_what_to_relax():
    problem = Problem(np.array([0, 1, 2]), np.zeros(3, int), np.full(3, 0.5), np.ones(3), (1, 1), np.array([3.0]),
                      np.array([9.0]), 2.0, (Share("group", np.array([True, False, False]), least=0.2),))  # fmt: skip
    assert conflict_in(problem) == (("seats", "least"), True)
    assert conflict_in(problem.without("seats")) == ((), True)
    assert relaxed(problem, "seats") == 3
    assert relaxed(problem, "least") == 2
    assert relaxed(problem, "group") is None
    shared = replace(problem.without("seats"), shares=(Share("group", np.array([True, False, False]), least=0.5),))
    assert conflict_in(shared).rules == ("least", "group")
    assert relaxed(shared, "group") == pytest.approx(0.65)  # a third of three: 0.65 × 0.5 ≤ 1/3 < 0.7 × 0.5


def test_time_and_rooms_are_limits_on_planned_meetings_and_say_how_much_more_is_needed():
    problem = Problem(np.arange(4), np.zeros(4, int), np.full(4, 0.5), np.full(4, 0.25), (1, 1), np.array([3.0]),
                      np.array([9.0]), slots=np.array([2.0]), rooms=5.0)  # fmt: skip
    assert conflict_in(problem).rules == ("slots", "least")
    assert relaxed(problem, "slots") == 1
    assert solve(replace(problem, least=np.zeros(1))).met.sum() == 2  # four would fit by their chance to come
    crowded = replace(problem, slots=None, rooms=2.0)
    assert conflict_in(crowded).rules == ("rooms", "least")
    assert relaxed(crowded, "rooms") == 3


def test_where_time_runs_out_a_rule_gives_way_more_than_it_must_but_enough(monkeypatch):
    problem = Problem(
        np.arange(9), np.zeros(9, int), np.full(9, 0.5), np.ones(9), (1, 1), np.zeros(1), np.full(1, 9.0), 1.0
    )
    told = {}

    def is_possible(asked, watch):
        told[asked.seats] = True if asked.seats >= 6 else None
        return told[asked.seats]

    monkeypatch.setattr(rules, "_possible", is_possible)
    assert relaxed(problem, "seats") == 6
    assert None in told.values()
    monkeypatch.setattr(rules, "_possible", lambda asked, watch: None)
    assert relaxed(problem, "seats") is None


def test_bars_and_pins_are_rules_too():
    barred = replace(ONE_HOST, shares=(), bars=(Bar("clash", np.array([True, False])),))
    kept = solve(barred)
    assert kept.met.tolist() == [False, True]
    assert price_of(barred, kept, "clash").cost == pytest.approx(0.5)
    pinned = replace(barred, pinned=np.array([True, False]))
    with pytest.raises(NoList):
        solve(pinned)
    assert set(conflict_in(pinned).rules) == {"pinned", "clash"}


def test_a_list_stays_as_it_was_where_that_costs_less_than_it_counts():
    free = replace(ONE_HOST, shares=(), worth=np.array([0.5, 0.49]))
    assert solve(free).invited.tolist() == [True, False]
    kept = solve(replace(free, stay=np.array([0.0, 0.05])))
    assert kept.invited.tolist() == [False, True]
    assert (kept.value, kept.stayed) == (pytest.approx(0.49), pytest.approx(0.05))


def test_both_sides_of_a_list():
    problem = Problem(
        np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0]), np.array([0.9, 0.1, 0.8, 0.2, 0.7]), np.ones(3), (1, 1),
        np.zeros(2), np.ones(2),
    )  # fmt: skip
    invited, met = np.array([True, True, False]), np.array([True, False, False, True, False])
    seen = fairness_of(problem, invited, met)
    assert seen.row_envy == 0.5  # row 1 would rather have row 0's host, not the other way round
    assert seen.column_envy == 0.0  # column 0 has 0.9 and would have 0.8; column 1 has 0.2 and would have 0.1
    assert seen.passed_over == 0.0
    assert seen.gini_invited == pytest.approx(gini(np.array([0.9, 0.2])))
    other = fairness_of(problem, np.array([False, True, True]), np.array([False, False, False, True, True]))
    assert other.passed_over == 1.0  # row 0 is worth 0.9 to the host that meets 0.7
    assert gini(np.array([0.0, 1.0])) == pytest.approx(0.5)
    assert gini(np.zeros(0)) == gini(np.zeros(3)) == 0.0


def test_nobody_to_invite_is_an_empty_list():
    nothing = Problem(np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.ones(3), (1, 2), np.zeros(2), np.ones(2))
    chosen = solve(nothing)
    assert (chosen.value, chosen.bound, chosen.gap, int(chosen.invited.sum())) == (0.0, 0.0, 0.0, 0)


def test_a_programme_grows_with_those_whom_it_leaves_open_and_not_with_everybody():
    rng = np.random.default_rng(5)
    n, open_ = 20_000, 40
    row = np.repeat(np.arange(n), 2)
    pinned = np.arange(n) < 10
    groups = tuple(Share("college", rng.integers(0, 30, n) == 3, most=0.5) for _ in range(30))
    problem = Problem(
        row, np.tile([0, 1], n), rng.random(2 * n), np.full(n, 0.8), (1, 2), np.zeros(2), np.full(2, np.inf), 25.0,
        groups, pinned=pinned, stay=rng.random(n),
    )  # fmt: skip
    pairs = np.arange(2 * open_)
    inner, rows = programme.open_rows(problem, pairs)
    assert rows.tolist() == list(range(open_))
    assert limits_of(inner).rows.nnz <= (1 + 2 * len(groups)) * open_
    solved = programme.run(problem, programme.Task(pairs, gap=1e-6), watch=programme.Watch(20), seed=0)
    assert solved.status == "optimal"
    assert not solved.rows[open_:].any()
    assert solved.rows[pinned].all()


@pytest.mark.parametrize("seed", range(24))
def test_a_programme_over_some_pairs_gives_the_best_list_of_these_pairs(seed):
    problem = random_problem(seed, n=5)
    problem = problem.only(problem.open_pairs())
    pairs = np.flatnonzero(np.random.default_rng(seed).random(len(problem.row)) < 0.6)
    best = best_by_hand(problem.only(pairs))
    asked = programme.Task(pairs, gap=1e-9, fixed=np.zeros(len(pairs), np.bool_))
    solved = programme.run(problem, asked, watch=programme.Watch(20), seed=0)
    if best is None:
        assert solved.status == "infeasible"
        return
    worth = float(problem.gain[pairs] @ solved.pairs + problem.extra @ solved.rows)
    assert worth == pytest.approx(best, abs=1e-6)


def test_of_the_pairs_that_would_pay_those_within_reach_of_the_seats_are_looked_at_first():
    n = 100
    people = np.arange(n)
    problem = Problem(
        people, np.zeros(n, np.int64), 1 - people / n, np.ones(n), (1, 1), np.zeros(1), np.full(1, 100.0), seats=10.0
    )
    free = Oracle.of(problem).at(np.zeros(len(limits_of(problem).low)))
    assert free.taken.all()  # at no price everybody would come
    first = missing_pairs(problem, free, np.zeros(0, np.int64))
    assert first.tolist() == list(range(15))  # once and a half as many as there are seats
    assert missing_pairs(problem, free, first).tolist() == list(range(15, n))  # nobody is left out for ever
    assert missing_pairs(problem, free, people).tolist() == []
