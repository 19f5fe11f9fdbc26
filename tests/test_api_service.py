"""Of many writes within a moment the follower is told once."""

from __future__ import annotations

import asyncio

from api.service import NUDGE_SECONDS, Nudges


class CountingLive:
    def __init__(self) -> None:
        self.nudged = 0

    def nudge(self) -> None:
        self.nudged += 1


def test_writes_within_a_moment_are_told_once_and_later_ones_again():
    async def write() -> list[int]:
        live = CountingLive()
        nudges, told = Nudges(live), []
        for _ in range(2):
            for _ in range(30):
                nudges.soon()
            told.append(live.nudged)
            await asyncio.sleep(NUDGE_SECONDS * 2)
            told.append(live.nudged)
        return told

    assert asyncio.run(write()) == [0, 1, 1, 2]
