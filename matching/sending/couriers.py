"""The ways out, and what each can say about a letter: that it arrived, surely did not, or may have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from matching.sending.letter import Letter
from matching.store import Verdict


class Told(NamedTuple):
    """What became of one letter.

    Attributes
    ----------
    acknowledged : bool
        The receiver answered with the letter's idempotency key: to send it again under this key is safe.
    wait : float
        Seconds that the receiver asks us to wait; 0 where it asks for nothing.
    """

    verdict: Verdict
    reason: str = ""
    acknowledged: bool = False
    wait: float = 0.0


class Courier(Protocol):
    """A way out."""

    def deliver(self, letters: Sequence[Letter], *, claim: str) -> list[Told]:
        """Give letters to the receiver; what became of each, in their order. Never raises for a single letter."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...
