"""What the benchmark of the organisers' pages asks about, set up step by step in a folder that can be kept.

Every step looks at what is there already and goes on from it, so a set-up that was stopped is not lost. The world is
the sample province moved to one tenant, with the hashing encoder: one fair with a list, answers, a timetable,
attendance and outcomes, on a day that has begun; and beside it a list on which everybody of the theme is
invited, kept as it is (not solved), for what pages make of many people.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple, cast

from matching.build import build
from matching.encoders import open_encoder
from matching.fairs.listing import make_list
from matching.fairs.outcomes import Outcome, keep_outcomes
from matching.fairs.timetable import make_timetable
from matching.night import current_state
from matching.question import CHINA
from matching.sample import SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.snapshot import Snapshots
from matching.standard.records import Event, Graduate, Record
from matching.store import Keys, Lists, Store
from matching.store.lists import Guest

TENANT = "sample-jiangxi"
SETTINGS = '[encoder]\nname = "hashing"\n'
_BATCH = 2_000


class Ready(NamedTuple):
    """A home that is set up: the secret of an organiser's key, the fair, the event on which everybody is."""

    settings: Settings
    key: str
    fair: Event
    many: Event


class _Clock:
    """Does a step, and writes down beside the world how long it took, so that later runs can say so."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, name: str, work: Callable[[], object]) -> None:
        begun = time.perf_counter()
        work()
        line = f"{name} in {time.perf_counter() - begun:.1f} s"
        print(line, flush=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def took(home: Path) -> list[str]:
    """How long each step of the set-up took."""
    return (home / "took.txt").read_text(encoding="utf-8").splitlines()


def ready_in(home: Path, count: int) -> Ready:
    """Set up what is missing in `home` for `count` graduates, and a fifth as many postings."""
    home.mkdir(parents=True, exist_ok=True)
    clock = _Clock(home / "took.txt")
    (home / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    settings = Settings(home=home, encoder=EncoderSettings(name="hashing"))
    with Store.open(settings.store) as store:
        province = SampleProvince(1, graduates=count, postings=count // 5, today=_day_of(home))
        if not _complete(store, province):
            clock("records", lambda: _records(store, province))
        if not Snapshots(settings.snapshots).names():
            clock("snapshot", lambda: build(store, open_encoder(settings), settings))
        fair, many = _event("fair", "软件和机械专场招聘会", seats=400), _event("many", "全部符合专业者", seats=None)
        store.upsert([fair, many])
        _fair(store, settings, fair, clock)
        if not Lists(store).newest(many.key):
            clock("keeping a list of everybody", lambda: _everybody(store, fair, many))
        key = Keys(store).create(TENANT, "read", "write")
    return Ready(settings, key, fair, many)


def _day_of(home: Path) -> date:
    """The day on which the folder was begun: the records are those of that day."""
    file = home / "day.txt"
    if not file.exists():
        file.write_text(datetime.now(CHINA).date().isoformat(), encoding="utf-8")
    return date.fromisoformat(file.read_text(encoding="utf-8"))


def _complete(store: Store, province: SampleProvince) -> bool:
    counts = store.count("graduate"), store.count("posting"), bool(store.count("protected"))
    return counts == (province.graduate_count, province.posting_count, True)


def _records(store: Store, province: SampleProvince) -> None:
    """What is not there yet; records come in the order of their making, batch by batch."""
    for type_name, made in (("graduate", province.graduates), ("posting", province.postings)):
        for batch in _batches(_moved(made(store.count(type_name)))):
            store.upsert(batch)
    store.upsert(list(_moved(province.protected())))


def _event(identifier: str, title: str, *, seats: int | None) -> Event:
    """An event that began an hour ago, so that the day and its outcomes are there to be looked at."""
    begins = datetime.now(CHINA).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return Event(
        tenant=TENANT, id=identifier, title=title, starts_at=begins, ends_at=begins + timedelta(hours=3),
        majors=["机械类", "计算机类"], industries=["信息传输、软件和信息技术服务业"], region="360100",
        seats=seats, tables=2,
    )  # fmt: skip


def _fair(store: Store, settings: Settings, fair: Event, clock: _Clock) -> None:
    """The list, answers, a timetable, who came, what came of it; each where it is missing."""
    lists = Lists(store)
    if not lists.newest(fair.key):
        clock("list", lambda: _list(store, settings, fair))
    if not lists.answers(fair.key):
        asked = [guest.graduate for guest in lists.get(fair.key).guests if guest.status == "invited"]
        lists.answer(fair.key, dict.fromkeys(asked[::3], "yes") | dict.fromkeys(asked[1::10], "no"))
    if "timetable" not in lists.get(fair.key).about:
        clock("timetable", lambda: make_timetable(store, fair))
    _the_day(store, fair)


def _list(store: Store, settings: Settings, fair: Event) -> None:
    make_list(store, current_state(store, settings), settings, fair, today=datetime.now(CHINA).date())


def _the_day(store: Store, fair: Event) -> None:
    """Of those invited every second came, and of their meetings every second was told of."""
    lists = Lists(store)
    invited = [guest for guest in lists.get(fair.key).guests if guest.status == "invited"]
    lists.attend(fair.key, {guest.graduate: True for guest in invited[::2]})
    met = [Outcome(g.graduate, g.body["meetings"][0]["host"], "wanted") for g in invited[::2] if g.body["meetings"]]
    keep_outcomes(store, fair, met, now=datetime.now(CHINA))


def _everybody(store: Store, fair: Event, many: Event) -> None:
    """A version on which all who seek work are invited, with the meetings of the fair's guests in turn."""
    version = Lists(store).get(fair.key)
    bodies = [guest.body for guest in version.guests if guest.status == "invited"]
    scanned = cast("Iterator[list[Graduate]]", store.scan("graduate", tenant=TENANT))
    people = [one.key for batch in scanned for one in batch if one.status == "seeking"]
    some = people[: version.about["eligible"]]
    guests = [Guest(key, "invited", bodies[n % len(bodies)]) for n, key in enumerate(some)]
    Lists(store).save(many.key, guests, version.about, base=0)


def _moved(records: Iterable[Record]) -> Iterator[Record]:
    return (record.model_copy(update={"tenant": TENANT}) for record in records)


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(records, _BATCH)):
        yield batch
