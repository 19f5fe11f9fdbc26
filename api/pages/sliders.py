"""The fairness rules that can be tried, and two certificates side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from api.pages.draft import LABELS


class Slider(NamedTuple):
    """A rule that can be moved: how far, in which steps, and what it is measured in."""

    name: str
    least: float
    most: float
    step: float
    unit: str
    help: str

    @property
    def label(self) -> str:
        """As the wizard calls it."""
        return LABELS[self.name]

    @property
    def may_be_open(self) -> bool:
        """Whether it may be left to the documented default."""
        return self.name in OPEN


SLIDERS = (
    Slider("hardship_least", 0, 60, 1, "%",
           "受邀者中困难群体至少占多少；自动：与其在符合条件者中的占比相同。"),
    Slider("furthest_least", 0, 80, 1, "%",
           "受邀者中往届未就业者至少占多少；自动时为其占比的五分之四。"),
    Slider("county_least", 0, 100, 5, "%", "每个县区的受邀占比，至少为其在符合条件者中占比的多少。"),
    Slider("college_most", 1, 10, 0.5, "倍", "每所院校的受邀占比，至多为其在符合条件者中占比的几倍。"),
    Slider("employer_least", 0, 20, 1, "人",
           "每家单位至少安排几位合适人选；自动时为三位或其人选的一半。"),
    Slider("meetings_most", 1, 8, 1, "场", "一位受邀者至多与几家单位面谈。"),
    Slider("invitations_most", 1, 10, 1, "次", "一位毕业生在规定天数内至多受邀几次。"),
)  # fmt: skip
NAMES = tuple(slider.name for slider in SLIDERS)
OPEN = ("hardship_least", "furthest_least", "employer_least")
"""Rules that may be left to the documented default."""


class Line(NamedTuple):
    """A rule of the list in use beside the same rule of a trial; None where one of them has it not."""

    name: str
    now: Mapping[str, Any] | None
    tried: Mapping[str, Any] | None


def compared(now: Mapping[str, Any], tried: Mapping[str, Any] | None) -> list[Line]:
    """The rules of one certificate, or of two, in their order."""
    first = {line["rule"]: line for line in now["rules"]}
    second = {line["rule"]: line for line in tried["rules"]} if tried else {}
    names = list(dict.fromkeys([*first, *second]))
    return [Line((first.get(n) or second[n])["zh"], first.get(n), second.get(n)) for n in names]
