"""The judge of a crash run: what people got beside what the store says, read without any code of the outbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks._crash_parts import GAP, IN_WINDOW, WINDOW

CHINA = timezone(timedelta(hours=8))
GRACE = 2_000_000
"""Microseconds in which a letter that was on its way may still arrive after a stop."""


class Row(NamedTuple):
    """A message of the store, with the fates of its items (None: not dropped)."""

    id: str
    state: str
    reason: str
    items: dict[str, str | None]


def judge(
    planned: Iterable[str], rows: dict[str, Row], acts: list[dict[str, Any]], stops: dict[str, int]
) -> Counter[str]:
    """Count what is wrong, and what happened.

    Parameters
    ----------
    planned : messages that must not be lost
    rows : messages of the store at the end
    acts : what people got, with the true moment
    stops : graduate → true moment at which a stop was confirmed
    """
    found: Counter[str] = Counter()
    found["duplicate messages"] = _twice(act["message"] for act in acts)
    found["duplicate pairs"] = _twice((a["graduate"], p) for a in acts for p in a["postings"])
    found["over budget"] = sum(_over_budget(acts, person) for person in {a["graduate"] for a in acts})
    found["without a rest between"] = sum(_too_soon(acts, person) for person in {a["graduate"] for a in acts})
    found["in quiet hours"] = sum(_quiet(act["at"]) for act in acts)
    found["after a stop"] = sum(act["at"] > stops.get(act["graduate"], act["at"]) + GRACE for act in acts)
    got = {act["message"] for act in acts}
    for message in planned:
        row = rows.get(message)
        found["lost"] += row is None or row.state not in ("sent", "suppressed", "unclear")
        found["without a reason"] += row is not None and row.state in ("suppressed", "unclear") and not row.reason
        found["sent, never got"] += row is not None and row.state == "sent" and message not in got
        found["suppressed, but got"] += row is not None and row.state == "suppressed" and message in got
        if row is not None and row.state == "sent":
            kept = {posting for posting, dropped in row.items.items() if dropped is None}
            told = next((set(a["postings"]) for a in acts if a["message"] == message), kept)
            found["other postings than told"] += kept != told
    return found


def happened(rows: dict[str, Row], acts: list[dict[str, Any]]) -> Counter[str]:
    """How many messages ended how."""
    anew = sum(row.reason == "planned anew" for row in rows.values())
    told = Counter({"messages": len(rows), "planned anew": anew, "arrived": len(acts)})
    return told + Counter(row.state for row in rows.values())


def read_acts(path: Path) -> list[dict[str, Any]]:
    """What the receiver did, in the order in which it did it."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _twice(things: Iterable[Any]) -> int:
    return sum(count - 1 for count in Counter(things).values())


def _of(acts: list[dict[str, Any]], person: str) -> list[dict[str, Any]]:
    return [act for act in acts if act["graduate"] == person]


def _over_budget(acts: list[dict[str, Any]], person: str) -> bool:
    mine = _of(acts, person)
    return any(sum(len(b["postings"]) for b in mine if a["at"] - WINDOW < b["at"] <= a["at"]) > IN_WINDOW for a in mine)


def _too_soon(acts: list[dict[str, Any]], person: str) -> bool:
    """A letter is on its way for a second at most, so two that arrive nearer than that were claimed too near."""
    moments = sorted(act["at"] for act in _of(acts, person))
    return any(b - a < GAP - 1_000_000 for a, b in pairwise(moments))


def _quiet(micros: int) -> bool:
    hour = datetime.fromtimestamp(micros / 1e6, CHINA).strftime("%H:%M")
    return hour >= "21:30" or hour < "08:00"
