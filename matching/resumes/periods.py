"""From when to when: 2019.09-2023.06, 2019年9月至今, Sep 2019 – Jun 2023."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_MONTHS = {name: i for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_YEAR = r"(?:19[89]\d|20[0-4]\d)"
_POINT = (
    rf"(?:{_YEAR}\s?(?:年\s?(?:0?[1-9]|1[0-2])\s?月?(?:\s?份)?(?:\s?\d{{1,2}}\s?日)?|[./-]\s?(?:0[1-9]|1[0-2]|[1-9])(?!\d)(?:[./-](?:0[1-9]|[12]\d|3[01])(?!\d))?|年)?"
    rf"|(?:0[1-9]|1[0-2])\s?/\s?{_YEAR}"
    rf"|(?:{'|'.join(_MONTHS)})[a-z]{{0,6}}\.?,?\s?{_YEAR})"
)
_NOW = r"(?:至今|现在|今(?!年)|目前|present|now|current|today|ongoing)"
_DASH = r"\s*(?:-+|–|—+|―|~|～|至|到|to|−|－)\s*"
_PERIOD = re.compile(
    rf"(?<![\d.])(?P<start>{_POINT})(?:{_DASH}(?P<end>{_POINT}|{_NOW})|\s*(?P<now>至今))(?!\d)", re.IGNORECASE
)
_SINGLE = re.compile(rf"(?<![\d.])(?P<end>{_POINT})(?!\d)", re.IGNORECASE)


class Moment(NamedTuple):
    """A month of a year; month 0 where only the year is said."""

    year: int
    month: int


class Period(NamedTuple):
    """A period at `start` to `stop` of the text; `until` is None where it goes on. `until_place` is the end's own place."""

    start: int
    stop: int
    since: Moment | None
    until: Moment | None
    until_place: tuple[int, int]

    @property
    def months(self) -> int | None:
        """How long, at least 1; None where it goes on, or where a month is not said."""
        if self.since is None or self.until is None or not (self.since.month and self.until.month):
            return None
        return max(12 * (self.until.year - self.since.year) + self.until.month - self.since.month, 1)


def periods(text: str) -> Iterator[Period]:
    """Every period of a line, from left to right; one that ends before it begins is left out."""
    for match in _PERIOD.finditer(text):
        since = moment(match["start"])
        until = moment(match["end"]) if match["end"] else None
        if until is None or since is None or (until.year, until.month or 12) >= (since.year, since.month):
            yield Period(*match.span(), since, until, match.span("end" if match["end"] else "now"))


def moments(text: str) -> Iterator[Period]:
    """Every single month or year of a line, as a period with an end alone."""
    for match in _SINGLE.finditer(text):
        yield Period(*match.span(), None, moment(match["end"]), match.span("end"))


def moment(text: str) -> Moment | None:
    """2023.06, 2023年6月, 06/2023, June 2023, 2023; None for 至今 and what is none of these."""
    year = re.search(_YEAR, text)
    if year is None:
        return None
    name = re.match(r"[a-z]{3}", text.strip().lower())
    if name and name[0] in _MONTHS:
        return Moment(int(year[0]), _MONTHS[name[0]])
    rest = text[: year.start()] + " " + text[year.end() :]
    number = re.search(r"\d{1,2}", rest)
    month = int(number[0]) if number else 0
    return Moment(int(year[0]), month if month <= 12 else 0)
