"""What time it is, and whether to believe it.

Budgets, quiet hours and deadlines hang on the clock. Someone may set it; then hours that were quiet are not, and a
week's budget is there again. The time since the machine's start cannot be set: where the two no longer agree, nothing
is sent until the clock is right again, or a person says that it is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from matching.errors import GradmatchError
from matching.store import Outbox

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MICRO = 1_000


class Clock(Protocol):
    """A clock: `wall` may be set by someone, `ticks` only goes on. Microseconds."""

    def wall(self) -> int:
        """Since 1970 in UTC."""
        ...

    def ticks(self) -> int:
        """Since the machine's start."""
        ...

    def boot(self) -> str:
        """Names this start of this machine."""
        ...


class ClockSet(GradmatchError):
    """The clock was set: nothing is sent until it can be believed."""


@dataclass(frozen=True)
class MachineClock:
    """The machine's own clock."""

    def wall(self) -> int:
        """See `Clock`."""
        return time.time_ns() // _MICRO

    def ticks(self) -> int:
        """See `Clock`; goes on while the machine sleeps."""
        which = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        return time.clock_gettime_ns(which) // _MICRO

    def boot(self) -> str:
        """See `Clock`; where the system does not name it, the process stands for it."""
        return _BOOT.read_text(encoding="ascii").strip() if _BOOT.exists() else f"process-{time.monotonic_ns()}"


def believed(outbox: Outbox, clock: Clock, *, tolerance: int) -> int:
    """What time it is.

    Parameters
    ----------
    tolerance : int
        Microseconds by which the clock may have been corrected since it was first seen.

    Raises
    ------
    ClockSet
        By more than that.
    """
    wall = clock.wall()
    drift = outbox.drift(clock.boot(), wall=wall, ticks=clock.ticks())
    if abs(drift) > tolerance:
        raise ClockSet(
            f"the clock was set by {drift / 1e6:+.0f} s since sending began",
            where="clock",
            cure="Set it right, or say that it is with `gradmatch push send --trust-clock`.",
        )
    return wall
