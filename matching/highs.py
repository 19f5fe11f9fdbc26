"""The solver HiGHS without a word on standard output, where answers in JSON are printed."""

from __future__ import annotations

import highspy


class QuietHighs(highspy.Highs):
    """A solver that prints nothing, its banner included.

    The banner is written when callbacks are switched on, which the constructor does before any option can be set.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's own name
        """Called by the constructor; the output is off from here on."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]
