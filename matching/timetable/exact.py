"""The whole day, or some slots of it, as one integer programme (HiGHS)."""

from __future__ import annotations

from typing import NamedTuple

import highspy
import numpy as np
from scipy import sparse

from matching.highs import QuietHighs
from matching.timetable.day import OUT, Day, Flags, Ints


class Best(NamedTuple):
    """slot (q,), `OUT` where none; bound: what the programme proved that no placing is worth more than."""

    slot: Ints
    bound: float
    proved: bool


def best_slots(
    day: Day,
    open_: Flags,
    *,
    worth: np.ndarray | None = None,
    held: Ints | None = None,
    seconds: float = 30.0,
    seed: int = 0,
    relaxed: bool = False,
) -> Best:
    """The placing of most worth in which each meeting takes one of its open slots, or none.

    Parameters
    ----------
    open_ : bool (q, t)
        Slots that each meeting may take; those in which somebody is away are closed anyway.
    worth : float (q, t), optional
        What it is worth to have the meeting in the slot; 1 by default.
    held : int64 (q,), optional
        A placing to start from.
    relaxed : bool
        Only the bound of the linear relaxation is asked; the slots mean nothing then.
    """
    meeting, slot = np.nonzero(open_ & day.may())
    x = len(meeting)
    if not x:
        return Best(np.full(len(day.guest), OUT, np.int64), 0.0, proved=True)
    t = day.slots
    groups = [
        (meeting, np.ones(len(day.guest))),
        (day.guest[meeting] * t + slot, np.ones(day.guest_free.size)),
        (day.host[meeting] * t + slot, day.tables.reshape(-1).astype(np.float64)),
    ]
    if day.rooms < day.tables.sum(axis=0).max(initial=0):
        groups.append((slot, np.full(t, float(day.rooms))))
    lines, high = [], []
    for group, most in groups:
        used, place = np.unique(group, return_inverse=True)
        lines.append(sparse.csr_array((np.ones(x), (place, np.arange(x))), shape=(len(used), x)))
        high.append(most[used])
    value = np.ones(x) if worth is None else worth[meeting, slot]
    solver = _solver(sparse.vstack(lines, format="csc"), np.concatenate(high), value, whole=not relaxed)
    for name, setting in {"time_limit": seconds, "random_seed": seed, "threads": 1}.items():
        solver.setOptionValue(name, setting)
    if held is not None and not relaxed:
        begun = highspy.HighsSolution()
        begun.col_value = (held[meeting] == slot).astype(np.float64).tolist()
        solver.setSolution(begun)
    solver.run()
    return _read(solver, (meeting, slot), len(day.guest), relaxed=relaxed)


def _solver(matrix: sparse.csc_array, high: np.ndarray, value: np.ndarray, *, whole: bool) -> highspy.Highs:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = matrix.shape[1], matrix.shape[0]
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_, model.col_lower_, model.col_upper_ = value, np.zeros(len(value)), np.ones(len(value))
    model.row_lower_, model.row_upper_ = np.full(len(high), -np.inf), high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    if whole:
        model.integrality_ = [highspy.HighsVarType.kInteger] * len(value)
    solver = QuietHighs()
    solver.passModel(model)
    return solver


def _read(solver: highspy.Highs, pairs: tuple[Ints, Ints], q: int, *, relaxed: bool) -> Best:
    out = np.full(q, OUT, np.int64)
    info, status = solver.getInfo(), solver.getModelStatus()
    proved = status == highspy.HighsModelStatus.kOptimal
    if relaxed:
        return Best(out, info.objective_function_value if proved else np.inf, proved)
    values = np.array(solver.getSolution().col_value)
    if len(values):
        taken = values > 0.5
        out[pairs[0][taken]] = pairs[1][taken]
    return Best(out, info.mip_dual_bound, proved)
