"""Sheets handed out to be filled in, as CSV: `matching.fairs.sheets` reads them again as they are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from matching.fairs.paper import about_of, csv_bytes, people_on
from matching.fairs.times import clock_of
from matching.fairs.words import ANSWERS
from matching.standard.records import Event
from matching.store.lists import Answer, Lists

if TYPE_CHECKING:
    from matching.store import Store
    from matching.store.lists import Version

_ANSWERS = ("毕业生编号", "学历", "专业", "院校", "面谈单位与岗位", "答复", "到场")
_OUTCOMES = ("毕业生编号", "专业", "院校", "时间", "岗位", "用人单位", "结果")
_CAME = {True: "到场", False: "未到", None: ""}


def blank_answers(store: Store, event: Event, version: Version) -> bytes:
    """Everyone invited, with what is known already."""
    people, said = people_on(store, version), Lists(store).answers(event.key)
    rows = []
    for guest in version.guests:
        record = people.get(guest.graduate)
        if guest.status != "invited" or record is None:
            continue
        known = said.get(guest.graduate, Answer("none", None))
        meetings = "；".join(f"{m['name']}·{m['title']}{clock_of(event, m)}" for m in guest.body.get("meetings", ()))
        about = about_of(record)
        rows.append([guest.graduate, *about, meetings, ANSWERS[known.answer], _CAME[known.came]])
    return csv_bytes(_ANSWERS, rows)


def blank_outcomes(store: Store, event: Event, version: Version) -> bytes:
    """Every planned meeting, by employer and time; employers by name, by key where two have the same name."""
    people, named = people_on(store, version), Counter(host["name"] for host in version.about["hosts"])
    found = [(g.graduate, m) for g in version.guests if g.status == "invited" for m in g.body.get("meetings", ())]
    found.sort(key=lambda one: (one[1]["name"], one[1].get("slot", -1) < 0, one[1].get("slot", -1), one[0]))
    rows = []
    for key, meeting in found:
        record = people.get(key)
        if record is not None:
            employer = meeting["name"] if named[meeting["name"]] < 2 else meeting["host"]
            clock = clock_of(event, meeting).strip("（）")
            rows.append([key, *about_of(record)[1:], clock, meeting["title"], employer, ""])
    return csv_bytes(_OUTCOMES, rows)
