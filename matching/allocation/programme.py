"""The linear and integer programmes over some of the pairs, solved by HiGHS."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NamedTuple

import highspy
import numpy as np
from scipy import sparse

from matching.allocation.bound import Limits, limits_of
from matching.allocation.problem import Flags, Floats, Ints, Problem
from matching.highs import QuietHighs

_LARGE = 8_000
"""Pairs above which the interior point method is faster than the simplex method (measured on two cores)."""


class Watch:
    """One time limit for all steps of a question."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left, at least 0."""
        return max(self._until - time.monotonic(), 0.0)


class Solved(NamedTuple):
    """What a programme gave.

    status : "optimal"; "stopped" (out of time, with an answer); "infeasible"; "unknown" (out of time, nothing found).
    rows (n,), pairs (p,) : values; prices (limits,) : duals of the limits; lack : total slack that had to be bought.
    bound : what the solver itself proved that no answer over these pairs exceeds.
    """

    status: str
    rows: Floats
    pairs: Floats
    prices: Floats
    lack: float
    bound: float


class Task(NamedTuple):
    """One programme: over which pairs of the problem, and how.

    gap : relative gap at which an integer programme may stop; None for the linear one.
    elastic : minimise what the limits lack instead of maximising the value.
    nodes : branches at most; 0 for as many as it takes.
    fixed : (pairs,) which of them are surely taken.
    start : rows (n,) and pairs (pairs,) of a list to begin with, as 0 and 1.
    """

    pairs: Ints
    gap: float | None = None
    elastic: bool = False
    nodes: int = 0
    fixed: Flags = np.zeros(0, np.bool_)
    start: tuple[Flags, Flags] | None = None


def run(problem: Problem, task: Task, *, watch: Watch, seed: int) -> Solved:
    """Solve one programme within the time left. `problem` has no bars."""
    n, p = len(problem.shows), len(task.pairs)
    inner, rows = open_rows(problem, task.pairs)
    limits = limits_of(inner)
    count = len(limits.low)
    solver = _model(inner, limits, task)
    options: dict[str, bool | float | str] = {
        "threads": 1,
        "random_seed": seed,
        "time_limit": watch.left,
    }
    if task.gap is not None:
        options["mip_rel_gap"] = task.gap
        options |= {"mip_max_nodes": task.nodes} if task.nodes else {}
    elif p > _LARGE:
        options |= {"solver": "ipm", "run_crossover": "off"}
    for name, value in options.items():
        solver.setOptionValue(name, value)
    if task.start is not None:
        begun = highspy.HighsSolution()
        begun.col_value = np.concatenate([task.start[0][rows], task.start[1]]).astype(np.float64).tolist()
        solver.setSolution(begun)
    solver.run()
    status = _status(solver)
    if status in ("infeasible", "unknown"):
        return Solved(status, np.zeros(n), np.zeros(p), np.zeros(count), np.inf, np.inf)
    solution = solver.getSolution()
    values = np.array(solution.col_value)
    prices = np.array(solution.row_dual)[-count:] if task.gap is None else np.zeros(count)
    bound = solver.getInfo().mip_dual_bound if task.gap is not None else solver.getInfo().objective_function_value
    invited, r = np.zeros(n), len(rows)
    invited[rows] = values[:r]
    return Solved(status, invited, values[r : r + p], prices, float(values[r + p :].sum()), bound)


def open_rows(problem: Problem, pairs: Ints) -> tuple[Problem, Ints]:
    """The problem of these pairs over the rows that they leave open, and those rows: nobody else can be invited.

    A pinned row stays, with or without pairs: without enough of them there is no answer. Where nothing is open the
    first row stands for all, as a solver takes no programme without columns.
    """
    asked = np.zeros(len(problem.shows), np.bool_) if problem.pinned is None else problem.pinned.copy()
    asked[problem.row[pairs]] = True
    rows = np.flatnonzero(asked) if asked.any() else np.arange(min(len(asked), 1))
    inner = replace(
        problem.only(pairs),
        row=np.searchsorted(rows, problem.row[pairs]),
        shows=problem.shows[rows],
        shares=tuple(share._replace(members=share.members[rows]) for share in problem.shares),
        pinned=None if problem.pinned is None else problem.pinned[rows],
        stay=None if problem.stay is None else problem.stay[rows],
    )
    return inner, rows


def _status(solver: highspy.Highs) -> str:
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        return "optimal"
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return "infeasible"
    found = solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return "stopped" if found else "unknown"


def _model(problem: Problem, limits: Limits, task: Task) -> highspy.Highs:
    """Variables: invited (n), met (p), slack of the limits (elastic only). The limits are the last lines.

    `problem` is over the pairs of the task, and `limits` are its own.
    """
    n, p = len(problem.shows), len(task.pairs)
    row, each = problem.row, np.arange(p)
    low, high = problem.meetings
    own, mine = sparse.eye_array(n, format="csr"), sparse.csr_array((np.ones(p), (row, each)), shape=(n, p))
    link = sparse.hstack([sparse.csr_array((-np.ones(p), (each, row)), shape=(p, n)), sparse.eye_array(p)])
    slack = _slack(limits.low, limits.high) if task.elastic else sparse.csr_array((len(limits.low), 0))
    s = slack.shape[1]
    matrix = sparse.vstack(
        [
            sparse.hstack([link, sparse.csr_array((p, s))]),
            sparse.hstack([-high * own, mine, sparse.csr_array((n, s))]),
            sparse.hstack([low * own, -mine, sparse.csr_array((n, s))]),
            sparse.hstack([limits.rows, limits.pairs, slack]),
        ],
        format="csc",
    )
    value = np.concatenate([problem.extra, problem.gain, np.zeros(s)])
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = n + p + s, matrix.shape[0]
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = np.concatenate([np.zeros(n + p), -np.ones(s)]) if task.elastic else value
    pinned = np.zeros(n) if problem.pinned is None else problem.pinned.astype(np.float64)
    fixed = task.fixed.astype(np.float64) if len(task.fixed) else np.zeros(p)
    model.col_lower_ = np.concatenate([pinned, fixed, np.zeros(s)])
    has = np.bincount(row, minlength=n) >= low
    model.col_upper_ = np.concatenate([np.maximum(has, model.col_lower_[:n]), np.ones(p), np.full(s, np.inf)])
    model.row_lower_ = np.concatenate([np.full(p + 2 * n, -np.inf), limits.low])
    model.row_upper_ = np.concatenate([np.zeros(p + 2 * n), limits.high])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    if task.gap is not None:
        whole, parts = [highspy.HighsVarType.kInteger] * (n + p), [highspy.HighsVarType.kContinuous] * s
        model.integrality_ = whole + parts
    solver = QuietHighs()
    solver.passModel(model)
    return solver


def _slack(low: Floats, high: Floats) -> sparse.csr_array:
    """One column a finite limit, in units of the limit's own size, so that no limit is cheap to break."""
    size = np.maximum(np.abs(np.where(np.isfinite(high), high, np.where(np.isfinite(low), low, 0.0))), 1.0)
    finite = np.flatnonzero(np.isfinite(low) | np.isfinite(high))
    sign = np.where(np.isfinite(low), 1.0, -1.0)[finite] * size[finite]
    return sparse.csr_array((sign, (finite, np.arange(len(finite)))), shape=(len(low), len(finite)))
