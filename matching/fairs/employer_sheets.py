"""What employers get on paper: a line for each, and for each that meets somebody its meetings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from matching.fairs.times import clock_of
from matching.fairs.words import CHANCE_DIGITS
from matching.standard.records import Event, Graduate
from matching.terms.majors import shown_major

if TYPE_CHECKING:
    from matching.store.lists import Guest, Version

HOSTS = (("用人单位", 44), ("面谈人数", 10), ("预计有效面谈", 14), ("首场面谈", 14), ("所在工作表", 34))
MEETINGS = (("时间", 14), ("房间", 8), ("毕业生编号", 26), ("学历", 8), ("专业", 22), ("院校", 22), ("岗位", 30),
            ("机会", 10), ("资格", 10), ("理由", 60))  # fmt: skip
_NOBODY = "未安排面谈"

Row = list[str | float | int]


class Meets(NamedTuple):
    """An employer of a list and whom it meets, by time and then by chance.

    Attributes
    ----------
    name : str
    rows : list of Row
        In the order of `MEETINGS`.
    useful : float
        Useful meetings expected, with those who do not come taken off.
    """

    name: str
    rows: list[Row]
    useful: float

    def line(self, sheet: str) -> Row:
        """The employer in the order of `HOSTS`; `sheet` is where its meetings stand."""
        if not self.rows:
            return [self.name, 0, 0.0, "", _NOBODY]
        first = next((str(row[0]) for row in self.rows if row[0]), "")
        return [self.name, len(self.rows), round(self.useful, CHANCE_DIGITS), first, sheet]


def meets_of(event: Event, version: Version, people: Mapping[str, Graduate]) -> list[Meets]:
    """Every employer of a list in the order of the event, then whom guests meet besides (walk-ins may), by name.

    `people` are the records of those still there.
    """
    names = {host["key"]: host["name"] for host in version.about["hosts"]}
    found: dict[str, list[tuple[Guest, dict[str, Any]]]] = {key: [] for key in names}
    others: dict[str, str] = {}
    for guest in version.guests:
        if guest.status == "invited" and guest.graduate in people:
            for meeting in guest.body["meetings"]:
                found.setdefault(meeting["host"], []).append((guest, meeting))
                if meeting["host"] not in names:
                    others[meeting["host"]] = meeting["name"]
    order = [*names.items(), *sorted(others.items(), key=lambda one: (one[1], one[0]))]
    return [_meets(event, name, sorted(found[key], key=_by_time), people) for key, name in order]


def _meets(event: Event, name: str, mine: list[tuple[Guest, dict[str, Any]]], people: Mapping[str, Graduate]) -> Meets:
    useful = sum(meeting["chance"] * guest.body.get("shows", 1.0) for guest, meeting in mine)
    return Meets(name, [_row(event, people[guest.graduate], meeting) for guest, meeting in mine], useful)


def _by_time(one: tuple[Guest, dict[str, Any]]) -> tuple[bool, int, float, str]:
    guest, meeting = one
    slot = meeting.get("slot", -1)
    return slot < 0, slot, -meeting["chance"], guest.graduate


def _row(event: Event, record: Graduate, meeting: Mapping[str, Any]) -> Row:
    return [
        clock_of(event, meeting).strip("（）"),
        meeting["room"] + 1 if meeting.get("room", -1) >= 0 else "",
        record.key,
        record.degree or "",
        shown_major(record.major, record.major_code),
        record.school,
        meeting["title"],
        round(meeting["chance"], CHANCE_DIGITS),
        "待确认" if meeting.get("unknown") else "符合",
        "；".join(reason["zh"] for reason in meeting.get("reasons", ())),
    ]
