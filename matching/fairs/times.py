"""When a slot begins and ends, and iCalendar files of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matching.errors import FileError
from matching.question import CHINA
from matching.standard.records import Event

if TYPE_CHECKING:
    from matching.store.lists import Version

_FOLD = 75


def slot_times(event: Event, slot: int) -> tuple[datetime, datetime]:
    """Beginning and end of a slot, counted from 0."""
    begins = event.starts_at + timedelta(minutes=event.slot_minutes * slot)
    return begins, begins + timedelta(minutes=event.slot_minutes)


def slot_count(event: Event) -> int:
    """Whole slots from beginning to end; 0 where the event is shorter than one."""
    return int((event.ends_at - event.starts_at).total_seconds() // 60 // event.slot_minutes)


def slot_at(event: Event, moment: datetime) -> int:
    """The first slot that begins at or after a moment with a time zone; 0 before the event."""
    slot = 0
    while slot_times(event, slot)[0] < moment and slot_times(event, slot)[0] < event.ends_at:
        slot += 1
    return slot


def moment_at(event: Event, clock: time) -> datetime:
    """The moment of the event at which clocks in China show `clock`; on the day after where it passes midnight."""
    begins = event.starts_at.astimezone(CHINA)
    found = datetime.combine(begins.date(), clock, CHINA)
    later = found + timedelta(days=1)
    return later if found < begins and later <= event.ends_at else found


def clock_of(event: Event, meeting: Mapping[str, Any]) -> str:
    """``（09:15）`` in China's time, with the date where the event passes midnight; empty without a slot."""
    slot = meeting.get("slot", -1)
    if slot < 0:
        return ""
    begins = slot_times(event, slot)[0].astimezone(CHINA)
    first, last = event.starts_at.astimezone(CHINA).date(), event.ends_at.astimezone(CHINA).date()
    return f"（{begins:%H:%M}）" if first == last else f"（{begins:%m-%d %H:%M}）"


def write_calendars(event: Event, version: Version, folder: Path) -> int:
    """One iCalendar file for each invited graduate (``graduate-…``) and each employer (``employer-…``); how many.

    Without a timetable a graduate's file holds the event as a whole.

    Raises
    ------
    FileError
    """
    files: dict[str, list[str]] = {f"employer-{n:03d}": [] for n in range(len(version.about["hosts"]))}
    place = {host["key"]: f"employer-{n:03d}" for n, host in enumerate(version.about["hosts"])}
    for guest in version.guests:
        if guest.status != "invited":
            continue
        name = f"graduate-{guest.graduate.replace(':', '-')}"
        slotted = [m for m in guest.body["meetings"] if m.get("slot", -1) >= 0]
        files[name] = [_entry(event, version, m, guest.graduate) for m in slotted] or [
            _whole(event, version, guest.graduate)
        ]
        for meeting in slotted:
            files[place[meeting["host"]]].append(_entry(event, version, meeting, guest.graduate))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, entries in files.items():
            if entries:
                (folder / f"{name}.ics").write_bytes(calendar(entries))
    except OSError as error:
        cure = "Name a folder that can be written."
        raise FileError(
            f"calendars cannot be written: {error.strerror or error}", where=str(folder), cure=cure
        ) from None
    return sum(bool(entries) for entries in files.values())


def calendar(entries: list[str]) -> bytes:
    """An iCalendar file (RFC 5545): lines end in CRLF and are folded at 75 octets."""
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//gradmatch//fairs//ZH", "METHOD:PUBLISH"]
    text += [line for entry in entries for line in entry.split("\n")]
    return b"".join(part for line in [*text, "END:VCALENDAR"] for part in _folded(line))


def _entry(event: Event, version: Version, meeting: Mapping[str, Any], graduate: str) -> str:
    begins, ends = slot_times(event, meeting["slot"])
    room = f" 第{meeting['room'] + 1}号面谈位" if meeting.get("room", -1) >= 0 else ""
    uid = f"{graduate}-{meeting['host']}-{event.key}"
    about = f"{event.title}；{graduate}"
    return _lines(
        uid,
        version,
        (begins, ends),
        f"面谈：{meeting['name']}·{meeting['title']}",
        (f"{event.venue or event.channel}{room}", about),
    )


def _whole(event: Event, version: Version, graduate: str) -> str:
    place = event.venue or event.channel
    return _lines(f"{graduate}-{event.key}", version, (event.starts_at, event.ends_at), event.title, (place, ""))


def _lines(uid: str, version: Version, when: tuple[datetime, datetime], summary: str, where: tuple[str, str]) -> str:
    return "\n".join(
        [
            "BEGIN:VEVENT",
            f"UID:{_escaped(uid)}@gradmatch",
            f"SEQUENCE:{version.version}",
            f"DTSTAMP:{_utc(version.at)}",
            f"DTSTART:{_utc(when[0])}",
            f"DTEND:{_utc(when[1])}",
            f"SUMMARY:{_escaped(summary)}",
            f"LOCATION:{_escaped(where[0])}",
            f"DESCRIPTION:{_escaped(where[1])}",
            "END:VEVENT",
        ]
    )


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return plain.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> Iterator[bytes]:
    """The line in parts of at most 75 octets, never inside a character; each further part begins with a space."""
    part, room = b"", _FOLD
    for character in line:
        octets = character.encode()
        if len(part) + len(octets) > room:
            yield part + b"\r\n"
            part, room = b" ", _FOLD
        part += octets
    yield part + b"\r\n"
