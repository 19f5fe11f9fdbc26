"""Looking before and after sending: digests drawn by chance, and who was not reached, on the page and as a file."""

from __future__ import annotations

import csv
import io
import secrets
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Query, Request, Response

from api.campaign_work import Sieve, missed_of, missing, own_campaign
from api.pages.campaign_words import reason as in_words
from api.pages.frame import HEADERS, page, router_of
from api.pages.visitor import Here, Running, Visitor
from api.service import Service, in_thread
from matching.errors import UnknownId
from matching.fairs.paper import plain_cell
from matching.sending.previewing import some_waiting
from matching.store import Campaign, Campaigns

router = router_of()
_PAGE = 50
_DIGESTS = 5
Seed = Annotated[int | None, Query(ge=0, le=2**31)]
NightName = Annotated[str, Query(max_length=100)]


def sieve(
    reason: Annotated[str, Query(max_length=100)] = "",
    county: Annotated[str, Query(max_length=40)] = "",
    college: Annotated[str, Query(max_length=100)] = "",
) -> Sieve:
    """Dependency: the filter that an address names."""
    return Sieve(reason.strip(), county.strip(), college.strip())


Through = Annotated[Sieve, Depends(sieve)]


@router.get("/campaigns/{name}/digests")
async def digests(request: Request, own: Here, service: Running, name: str, seed: Seed = None) -> Response:
    """Five digests that wait, as they would be sent now; the seed draws the same again."""
    drawn = secrets.randbelow(100_000) if seed is None else seed

    def read() -> dict[str, Any]:
        one = own_campaign(Campaigns(service.store), own.own, name[:32])
        waiting, letters = some_waiting(service.store, service.settings, one.id, count=_DIGESTS, seed=drawn)
        return {"campaign": one, "waiting": waiting, "letters": letters}

    told = await in_thread(service.lookups, read)
    return page(request, "campaign_digests.html", tab="digests", seed=drawn, other=secrets.randbelow(100_000), **told)


@router.get("/campaigns/{name}/unreached")
async def unreached(
    request: Request,
    own: Here,
    service: Running,
    name: str,
    through: Through,
    night: NightName = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
) -> Response:
    """Of one night: reasons with their counts, and people, page by page."""

    def read() -> dict[str, Any]:
        one, names, chosen = _night(service, own, name, night)
        if not chosen:
            return {"campaign": one, "nights": [], "night": "", "found": None, "pages": 1}
        found = missing(service.store, chosen, through, skip=(number - 1) * _PAGE, limit=_PAGE)
        pages = max(-(-found.total // _PAGE), 1)
        return {"campaign": one, "nights": names[::-1][:60], "night": chosen, "found": found, "pages": pages}

    told = await in_thread(service.lookups, read)
    asked = {"night": told["night"], **{k: v for k, v in through._asdict().items() if v}}
    template = "_unreached.html" if request.headers.get("hx-target") == "found" else "campaign_unreached.html"
    return page(
        request, template, tab="unreached", through=through, number=number, query=urlencode(asked), **told
    )  # fmt: skip


@router.get("/campaigns/{name}/unreached.csv")
async def as_file(
    request: Request, own: Here, service: Running, name: str, through: Through, night: NightName = ""
) -> Response:
    """The same as CSV (UTF-8 with mark, so that Excel reads it); what could be a formula begins with an apostrophe."""

    def read() -> tuple[bytes, str]:
        one, _, chosen = _night(service, own, name, night)
        if not chosen:
            raise UnknownId(f"no night of campaign '{name[:32]}'", where="night")
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(["毕业生", "县区", "院校", "未触达原因"])
        missed = Campaigns(service.store).unreached(chosen)
        for person in missed_of(service.store, missed):
            if through.takes(person):
                line = (person.graduate, person.county, person.college, in_words(person.reason))
                writer.writerow([plain_cell(value) for value in line])
        return out.getvalue().encode("utf-8-sig"), f"{one.title or one.id}-未触达-{chosen}.csv"

    data, title = await in_thread(service.lookups, read)
    told = f"attachment; filename=unreached.csv; filename*=UTF-8''{quote(title, safe='')}"
    return Response(data, media_type="text/csv; charset=utf-8", headers={**HEADERS, "Content-Disposition": told})


def _night(service: Service, own: Visitor, name: str, night: str) -> tuple[Campaign, list[str], str]:
    """The campaign, all its nights, and the one that is asked for (the last, where none is); empty where there is none.

    Raises
    ------
    UnknownId
    """
    door = Campaigns(service.store)
    one = own_campaign(door, own.own, name[:32])
    names = door.nights(one.id)
    if night and night not in names:
        raise UnknownId(f"no such night of campaign '{one.id}'", where="night")
    return one, names, night or (names[-1] if names else "")
