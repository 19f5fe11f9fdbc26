"""Guests as the answers' page and the day's page show them: who said what, who is there, whom they meet first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, cast

import orjson

from matching.fairs.answering import counts_of_answers, first_slot
from matching.standard.records import Graduate
from matching.store.lists import Answer, Guest, Lists, Version
from matching.terms.majors import shown_major

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matching.state import State
    from matching.store import Store

PAGE = 50
_UNSAID = Answer("none", None)
_WRITTEN_OTHERWISE = re.compile(r'["\\\x00-\x1f\x7f]')
"""What JSON writes in other letters than it means."""
_CAME = {True: "yes", False: "no", None: "none"}


class Asking(NamedTuple):
    """Which guests are shown. kind : by ``answer``, or by who ``came``; value : yes, no, none, or empty for all."""

    kind: str
    value: str = ""
    host: str = ""
    text: str = ""
    page: int = 1


class Person(NamedTuple):
    """A guest with place on the list, record, what was said, and the words of `Asking.kind` for it."""

    place: int
    guest: Guest
    record: Graduate | None
    said: Answer
    now: str


class People(NamedTuple):
    """A page of people, how many there are, and the counts of `counts_of_answers`."""

    rows: list[Person]
    total: int
    pages: int
    counts: dict[str, int]


def people_of(store: Store, state: State, version: Version, asked: Asking) -> People:
    """The invited (and, for answers, whoever said something): in the list's order, or by their first meeting."""
    answers = Lists(store).answers(version.event)
    fits = [(n, g) for n, g in enumerate(version.guests, start=1) if _fits(g, answers, asked)]
    if asked.text:
        text = asked.text.lower()
        fits = [(n, g) for n, g in fits if holds(state, g.graduate, text)]
    if asked.kind == "came":
        fits.sort(key=lambda one: (first_slot(one[1]) < 0, first_slot(one[1]), one[0]))
    pages = max(-(-len(fits) // PAGE), 1)
    begin = (min(max(asked.page, 1), pages) - 1) * PAGE
    part = fits[begin : begin + PAGE]
    known = cast("dict[str, Graduate]", store.get_many("graduate", [g.graduate for _, g in part]))
    rows = [
        Person(n, g, known.get(g.graduate), answers.get(g.graduate, _UNSAID), _now(answers, g, asked.kind))
        for n, g in part
    ]
    return People(rows, len(fits), pages, counts_of_answers(version, answers))


def holds(state: State, key: str, text: str) -> bool:
    """Whether a person's key, major, school or degree holds `text`, in small letters; from the columns in memory.

    A record is read only where its bytes hold the text somewhere, or its major is known by its code alone.
    """
    if text in key.lower():
        return True
    row = state.graduates.row_of(key)
    if row is None:
        return False
    raw = state.graduates.body(row)
    if b'"major":"' in raw and not _WRITTEN_OTHERWISE.search(text) and not _somewhere(raw, text):
        return False
    body = orjson.loads(raw)
    shown = shown_major(body.get("major") or "", body.get("major_code"))
    return any(text in value.lower() for value in (shown, body.get("school") or "", body.get("degree") or ""))


def _somewhere(raw: bytes, text: str) -> bool:
    """Whether the bytes of a record hold the text, in small letters; Chinese has none, and is looked for as it is."""
    return text.encode() in raw or (text.upper() != text and text in raw.decode().lower())


def _fits(guest: Guest, answers: Mapping[str, Answer], asked: Asking) -> bool:
    said = answers.get(guest.graduate, _UNSAID)
    if guest.status != "invited" and (asked.kind == "came" or said.answer == "none"):
        return False
    if asked.value and _now(answers, guest, asked.kind) != asked.value:
        return False
    return not asked.host or any(meeting["host"] == asked.host for meeting in guest.body.get("meetings", ()))


def _now(answers: Mapping[str, Answer], guest: Guest, kind: str) -> str:
    said = answers.get(guest.graduate, _UNSAID)
    return said.answer if kind == "answer" else _CAME[said.came]
