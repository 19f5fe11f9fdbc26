"""One graduate's best digest at given prices, for many graduates at once.

The best set under a budget and a limit for each employer is found greedily (both are a laminar matroid), so a few
passes over the matrix are enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.push.market import Floats, Ints

Flags = NDArray[np.bool_]
_NONE = -np.inf


@dataclass(frozen=True)
class Digests:
    """The best digests of m graduates, up to t postings each.

    Parameters
    ----------
    column : int64 array (m, t)
        Places in the graduate's line, best first; -1 where there is none.
    gain : float64 array (m, t)
        What each brings at its price, without the bonus; 0 where there is none.
    instead : float64 array (m, t)
        The most that another candidate would bring in its stead, -inf where there is none.
    """

    column: Ints
    gain: Floats
    instead: Floats

    @property
    def taken(self) -> Ints:
        """How many each graduate takes, (m,)."""
        return np.asarray((self.column >= 0).sum(axis=1))


def best_digests(gain: Floats, employer: Ints, held: Flags, *, free: Ints, bonus: Floats, most: int) -> Digests:
    """The best digests beside what is held already.

    Parameters
    ----------
    gain : float64 array (m, width)
        What each candidate brings at its price; -inf: may not be taken. Overwritten.
    employer : int array (m, width)
        Whose posting it is.
    held : bool array (m, width)
        Candidates that the graduate holds already: not taken again, but they count for the employers.
    free : int64 array (m,)
        How many more may be taken.
    bonus : float64 array (m, t)
        What the first, second, … of them brings besides; must not rise.
    most : int
        Postings of one employer, held and taken together.
    """
    m, steps = bonus.shape
    column, brings = np.full((m, steps), -1, np.int64), np.zeros((m, steps))
    instead = np.full((m, steps), _NONE)
    used, at = held.copy(), np.arange(m)
    gain[held] = _NONE
    _close_held(gain, employer, held, most)
    for t in range(steps):
        best = gain.argmax(axis=1) if gain.shape[1] else np.zeros(m, np.int64)
        brought = gain[at, best] if gain.shape[1] else np.full(m, _NONE)
        take = np.flatnonzero((t < free) & (brought + bonus[:, t] > 0))
        if not len(take):
            break
        chosen = best[take]
        column[take, t], brings[take, t] = chosen, brought[take]
        gain[take, chosen], used[take, chosen] = _NONE, True
        _close(gain, employer, used, take=take, chosen=chosen, most=most, digest=(column, instead, t))
    rest = gain.max(axis=1, initial=_NONE)
    return Digests(column, brings, np.where(column >= 0, np.maximum(instead, rest[:, None]), _NONE))


def _close(
    gain: Floats,
    employer: Ints,
    used: Flags,
    *,
    take: Ints,
    chosen: Ints,
    most: int,
    digest: tuple[Ints, Floats, int],
) -> None:
    """Close the employers that have their `most` now; their best one left could still stand in for a taken one."""
    column, instead, t = digest
    same = employer[take] == employer[take, chosen][:, None]
    full = np.flatnonzero((same & used[take]).sum(axis=1) >= most)
    rows, same = take[full], same[full]
    left = gain[rows]
    spare = np.where(same, left, _NONE).max(axis=1, initial=_NONE)
    gain[rows] = np.where(same, _NONE, left)
    for s in range(t + 1):
        theirs = (column[rows, s] >= 0) & same[np.arange(len(rows)), column[rows, s]]
        instead[rows[theirs], s] = np.maximum(instead[rows[theirs], s], spare[theirs])


def _close_held(gain: Floats, employer: Ints, held: Flags, most: int) -> None:
    """Close the employers of whom the graduate holds `most` already."""
    rows, columns = np.nonzero(held)
    turn = np.arange(len(rows)) - np.searchsorted(rows, rows)
    for t in range(int(turn.max(initial=-1)) + 1):
        row, mine = rows[turn == t], columns[turn == t]
        same = employer[row] == employer[row, mine][:, None]
        full = (same & held[row]).sum(axis=1) >= most
        gain[row[full]] = np.where(same[full], _NONE, gain[row[full]])
