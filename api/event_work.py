"""What the routes of events do, between the door and `matching.fairs`."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

from api.event_forms import AnswersBody, ListBody, OutcomesBody, TimetableBody, WhatIfBody
from api.question import key_in_path
from api.service import Service
from matching.errors import ListChanged, QueryError, UnknownId
from matching.fairs.answering import Said, keep_answers
from matching.fairs.listing import changes_between, make_list, prepare
from matching.fairs.outcomes import Outcome, keep_outcomes
from matching.fairs.paper import write_csv, write_excel
from matching.fairs.running import Work
from matching.fairs.solving import Wish
from matching.fairs.times import slot_at, write_calendars
from matching.fairs.timetable import make_timetable, replan_timetable
from matching.fairs.walkins import meetings_of_walk_ins
from matching.fairs.whatif import what_if
from matching.progress import Progress
from matching.question import CHINA
from matching.standard.records import Event
from matching.state import State, without
from matching.store import Access, Lists, Role, Store
from matching.store.jobs import Job, Jobs
from matching.store.lists import Version

_TAG = re.compile(r'(?:W/)?"?(\d{1,9})"?')


def own_event(store: Store, own: Access, identifier: str, *, role: Role = Role.READ) -> Event:
    """The event that a path names. One of another tenant is as unknown as one that does not exist.

    Raises
    ------
    QueryError, UnknownId
    """
    key = key_in_path(own.tenant, identifier, person=False)
    found = store.get("event", key) if own.may(role, key.partition(":")[0]) else None
    if found is None:
        cure = "Send the record first, or check tenant and id."
        raise UnknownId(f"no event '{identifier}'", where="event", cure=cure)
    return cast("Event", found)


def keys_of(event: Event, people: Iterable[str]) -> list[str]:
    """Keys of people within the event's tenant; what looks like contact data is refused.

    Raises
    ------
    QueryError
    """
    keys = [key_in_path(event.tenant, person, person=True) for person in people]
    if any(key.partition(":")[0] != event.tenant for key in keys):
        raise QueryError("somebody is of another tenant than the event", where="body", cure="Leave them out.")
    return keys


def base_of(store: Store, event: Event, if_match: str | None) -> int | None:
    """The version that a request is made from, as its ``If-Match`` says; None where it does not say.

    Raises
    ------
    QueryError
        It is no version.
    ListChanged
        Another version is in use by now.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise QueryError("that names no version", where="header If-Match", cure='Send the ETag of a list, like "3".')
    base, newest = int(found[1]), Lists(store).newest(event.key)
    if base != newest:
        what = f"the list is at version {newest}, yours was made from {base}"
        raise ListChanged(what, where=event.key, cure=f"Look at version {newest}, and do it again from there.")
    return base


def listing(service: Service, event: Event, body: ListBody, base: int | None) -> Work:
    """Work that makes the next version."""
    wish = Wish(
        body.seed, body.seconds, base=base, prices=body.prices, free=frozenset(keys_of(event, body.free)),
        pinned=_reasons(event, body.pin), excluded=_reasons(event, body.exclude),
    )  # fmt: skip

    def work(progress: Progress) -> Mapping[str, Any]:
        state, day = state_of(service), _day(body.today)
        made = make_list(service.store, state, service.settings, event, wish, today=day, progress=progress)
        return {"version": made.version, **made.about}

    return work


def supposing(service: Service, event: Event, body: WhatIfBody) -> Work:
    """Work that answers a what-if."""
    changes = {**body.limits, "rules": body.rules}
    wish = Wish(body.seed, body.seconds, prices=body.prices)

    def work(progress: Progress) -> Mapping[str, Any]:
        state, day = state_of(service), _day(body.today)
        ready = prepare(service.store, state, service.settings, event, wish, today=day, progress=progress)
        return {"base": ready.base, "certificate": what_if(ready, changes, without=body.without, wish=wish,
                                                           progress=progress)}  # fmt: skip

    return work


def placing(service: Service, event: Event, body: TimetableBody) -> Work:
    """Work that places the meetings, or those that are left."""
    absent, walk_ins = keys_of(event, body.absent), keys_of(event, body.walk_ins)
    if body.now is None and (absent or walk_ins):
        raise QueryError("absent and walk_ins need the moment", where="now", cure="Send now, with a time zone.")

    def work(progress: Progress) -> Mapping[str, Any]:
        progress("timetable", 0, 1)
        store = service.store
        if body.now is None:
            return asdict(make_timetable(store, event, seconds=body.seconds, seed=body.seed))
        coming = meetings_of_walk_ins(event, state_of(service), service.settings, walk_ins, today=_day(body.today))
        now = slot_at(event, body.now)
        placed = replan_timetable(store, event, now=now, absent=frozenset(absent), walk_ins=coming)
        Lists(store).attend(event.key, dict.fromkeys(absent, False) | dict.fromkeys(walk_ins, True))
        return asdict(placed)

    return work


def answered(store: Store, event: Event, body: AnswersBody) -> dict[str, Any]:
    """Keep answers and attendance of people on the list in use.

    Raises
    ------
    QueryError, UnknownId, StoreError
    """
    keys = keys_of(event, [line.graduate for line in body.answers])
    came = {True: "yes", False: "no", None: ""}
    told = [Said(key, line.answer or "", came[line.came]) for key, line in zip(keys, body.answers, strict=True)]
    return keep_answers(store, event, told)._asdict()


def came_of(store: Store, event: Event, body: OutcomesBody) -> dict[str, Any]:
    """Keep what came of meetings.

    Raises
    ------
    QueryError, UnknownId, StoreError
    """
    keys = keys_of(event, [line.graduate for line in body.outcomes])
    told = [Outcome(key, line.employer, line.outcome) for key, line in zip(keys, body.outcomes, strict=True)]
    return keep_outcomes(store, event, told, now=datetime.now(CHINA))._asdict()


class Page(NamedTuple):
    """Which guests of a list are shown."""

    status: str | None
    skip: int
    limit: int


def version_at(store: Store, event: Event, word: str) -> Version:
    """The version that a path names: a number, or ``current``.

    Raises
    ------
    QueryError, UnknownId
    """
    if word != "current" and not (word.isascii() and word.isdigit() and 0 < int(word[:10]) < 2**31):
        raise QueryError("that names no version", where="version", cure="Use a number, or current.")
    return Lists(store).get(event.key, None if word == "current" else int(word[:10]))


def list_told(store: Store, event: Event, version: Version, page: Page) -> dict[str, Any]:
    """A version with a page of its guests."""
    lists = Lists(store)
    said = lists.answers(event.key)
    before = lists.get(event.key, version.parent).guests if version.parent else ()
    guests = [(n, g) for n, g in enumerate(version.guests, start=1) if page.status in (None, g.status)]
    shown = [
        {
            "place": place,
            "graduate": guest.graduate,
            "status": guest.status,
            "answer": said[guest.graduate].answer if guest.graduate in said else "none",
            "came": said[guest.graduate].came if guest.graduate in said else None,
            "body": guest.body,
        }
        for place, guest in guests[page.skip : page.skip + page.limit]
    ]
    change = changes_between(before, version.guests)
    del change["stayed"]
    return {
        **version_told(version, newest=lists.newest(event.key)),
        "change": change,
        "total": len(guests),
        "guests": shown,
    }


def version_told(version: Version, *, newest: int) -> dict[str, Any]:
    """A version without its guests."""
    told = {name: getattr(version, name) for name in ("version", "parent", "beside", "at", "about")}
    return {**told, "in_use": version.version == newest}


def event_told(store: Store, event: Event) -> dict[str, Any]:
    """An event with its state."""
    lists = Lists(store)
    counts = {"yes": 0, "no": 0, "none": 0, "came": 0, "stayed_away": 0}
    for said in lists.answers(event.key).values():
        counts[said.answer] += 1
        if said.came is not None:
            counts["came" if said.came else "stayed_away"] += 1
    open_jobs = [job_told(job) for job in Jobs(store).of(event.key) if not job.ended]
    record = event.model_dump(mode="json")
    return {"event": record, "version": lists.newest(event.key), "answers": counts, "jobs": open_jobs}


def job_told(job: Job) -> dict[str, Any]:
    """A job as it stands in answers."""
    return job._asdict()


def on_paper(store: Store, event: Event, version: Version, format_: str) -> tuple[bytes, str, str]:
    """The list as a file: bytes, media type, and the ending of its name; iCalendar files are zipped.

    Raises
    ------
    QueryError, FileError
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list.{format_}"
        if format_ == "xlsx":
            write_excel(store, event, version, path)
            return path.read_bytes(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"
        if format_ == "csv":
            write_csv(store, event, version, path)
            return path.read_bytes(), "text/csv; charset=utf-8", "csv"
        if format_ != "ics":
            raise QueryError("that is no format", where="format", cure="Use xlsx, csv or ics.")
        write_calendars(event, version, Path(folder) / "ics")
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
            for file in sorted((Path(folder) / "ics").glob("*.ics")):
                book.writestr(zipfile.ZipInfo(file.name, (1980, 1, 1, 0, 0, 0)), file.read_bytes())
        return out.getvalue(), "application/zip", "zip"


def _reasons(event: Event, given: Mapping[str, str]) -> dict[str, str]:
    return dict(zip(keys_of(event, given), given.values(), strict=True))


def state_of(service: Service) -> State:
    """The state of this moment, without whoever has been deleted meanwhile."""
    state = service.live.matcher.state
    return without(state, {name: service.store.erased_since(state.change, name) for name in ("graduate", "posting")})


def _day(today: date | None) -> date:
    return today or datetime.now(CHINA).date()
