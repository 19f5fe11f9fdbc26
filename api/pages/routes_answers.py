"""What guests answer: person by person or from a sheet; then the next wave, which draws on the waiting list."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from api.event_work import own_event
from api.pages.frame import attachment, router_of
from api.pages.people import Asking
from api.pages.routes_list import held
from api.pages.saying import WORDS, keep, shown
from api.pages.visitor import Changing, Here, Running, Sent
from api.service import in_thread
from matching.errors import FileError, UnknownId
from matching.fairs.answering import Said, keep_answers
from matching.fairs.blanks import blank_answers
from matching.fairs.sheets import ANSWERS, read_sheet
from matching.store import Role

router = router_of()


def asked(
    value: Annotated[str, Query(max_length=5)] = "",
    host: Annotated[str, Query(max_length=500)] = "",
    text: Annotated[str, Query(max_length=100)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
) -> Asking:
    """Dependency: the filter that an address names."""
    return Asking("answer", value if value in WORDS else "", host, text.strip(), number)


Asked = Annotated[Asking, Depends(asked)]


@router.get("/events/{key}/answers")
async def show(request: Request, own: Here, service: Running, key: str, asked: Asked) -> Response:
    """Who said what; the rows alone where htmx asks."""
    return await shown(request, service, own.own, (key, asked))


@router.get("/events/{key}/answers/sheet")
async def sheet(own: Here, service: Running, key: str) -> Response:
    """A sheet to fill in, which can be taken in again."""

    def read() -> tuple[bytes, str]:
        event, found, _ = held(service, own.own, key)
        if found is None:
            raise UnknownId("the event has no list yet", where=event.key)
        return blank_answers(service.store, event, found), f"{event.title}-答复与到场.csv"

    data, name = await in_thread(service.lookups, read)
    return attachment(data, "text/csv; charset=utf-8", (name, "answers.csv"))


@router.post("/events/{key}/answers")
async def say(request: Request, own: Changing, service: Running, key: str, form: Sent) -> Response:
    """Keep what one person said."""
    return await keep(request, service, own.own, (key, "answer"), form)


@router.post("/events/{key}/answers/file")
async def take_in(request: Request, own: Changing, service: Running, key: str, form: Sent) -> Response:
    """Keep a sheet; whatever is wrong in it is told by its line."""

    def work() -> dict[str, Any]:
        event = own_event(service.store, own.own, key, role=Role.WRITE)
        read = read_sheet(form.file("file"), ANSWERS, where="file")
        kept = keep_answers(service.store, event, [Said(**line.values) for line in read.right])
        return {"kept": kept, "wrong": read.wrong, "lost": [read.right[place].number for place in kept.unknown]}

    try:
        told = await in_thread(service.writes, work)
    except FileError as error:
        told = {"fault": error}
    given = (key, Asking("answer"))
    return await shown(request, service, own.own, given, told, status=422 if "fault" in told else 200)
