"""Ranking: postings for a graduate, graduates for a posting, of records that are stored or only shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from api.access import allow, reader
from api.body import json_body, record_of
from api.errors import BadParameter
from api.openapi import PAGE, problems, request_body
from api.question import GraduateOptions, PostingOptions, form_of, key_in_path
from api.ranking import Asked
from api.schemas import RankedGraduates, RankedPostings
from api.service import Service, in_thread, running
from matching.errors import UnknownId
from matching.language import Words
from matching.question import Filters
from matching.standard.records import Graduate, Posting
from matching.standard.refusals import Refusal
from matching.store import Access, Role

router = APIRouter(tags=["rank"])

Reader = Annotated[Access, Depends(reader)]
Running = Annotated[Service, Depends(running)]
Identifier = Annotated[
    str, Path(alias="id", description="The id within the API key's tenant, or `tenant:id`.", examples=["demo:software"])
]
Body = Annotated[Any, Depends(json_body)]
IfNoneMatch = Annotated[str | None, Header(description="ETag of the answer that the caller has.")]


@router.get(
    "/v1/graduates/{id}/postings",
    operation_id="postings_for_graduate",
    summary="Postings for a graduate",
    description="The postings that the hard rules allow, best first, each with its eligibility and its reasons.",
    response_model=RankedPostings,
    responses={
        304: {"description": "The caller's answer is still right."},
        **PAGE,
        **problems(400, 401, 403, 404, 409),
    },
)
async def postings_for_graduate(
    own: Reader,
    service: Running,
    identifier: Identifier,
    options: Annotated[PostingOptions, Query()],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Rank postings for a stored graduate of the key's own tenant."""
    key = key_in_path(own.tenant, identifier, person=True)
    if not own.may(Role.READ, key.partition(":")[0]):
        raise unknown("graduate", key)
    asked = Asked(key, "posting", options.question(service.settings.service.largest_k), options.cursor)
    return await _told(service, asked, if_none_match)


@router.get(
    "/v1/postings/{id}/graduates",
    operation_id="graduates_for_posting",
    summary="Graduates for a posting",
    description="Graduates who seek work, are visible to employers and are allowed by the hard rules, best first. "
    "Only those of the API key's own tenant, unless it is a province key.",
    response_model=RankedGraduates,
    responses={
        304: {"description": "The caller's answer is still right."},
        **PAGE,
        **problems(400, 401, 403, 404, 409),
    },
)
async def graduates_for_posting(
    own: Reader,
    service: Running,
    identifier: Identifier,
    options: Annotated[GraduateOptions, Query()],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Rank graduates for a stored posting of any tenant."""
    key = key_in_path(own.tenant, identifier, person=False)
    question = options.question(service.settings.service.largest_k)
    question = replace(question, filters=_own_graduates(own, question.filters))
    return await _told(service, Asked(key, "graduate", question, options.cursor), if_none_match)


@router.post(
    "/v1/rank",
    operation_id="rank",
    summary="Rank for a record that is not stored",
    description="Send `graduate` to rank postings, or `posting` to rank graduates. The record is used for this "
    "answer only: it is neither stored nor logged. `tenant` and `id` may be left out.",
    response_model=RankedPostings | RankedGraduates,
    responses=problems(400, 401, 403, 409, 413, 415, 422),
    openapi_extra=request_body("RankRequest"),
)
async def rank(own: Reader, service: Running, body: Body) -> Response:
    """Rank for the record in the body."""
    asked = _asked(own, body, service.settings.service.largest_k)
    matcher = service.live.matcher
    content = await in_thread(service.searches, asked.answer, matcher, service.settings)
    return Response(content, media_type="application/json", headers=_headers(matcher.state.change))


def unknown(type_name: str, key: str) -> UnknownId:
    """The same words as for a record that does not exist, also where it is only not the caller's."""
    return UnknownId(f"no {type_name} '{key}'", where=type_name, cure="Send the record first, or check tenant and id.")


async def _told(service: Service, asked: Asked, if_none_match: str | None) -> Response:
    matcher = service.live.matcher
    etag = asked.etag(matcher.state.version)
    headers = {"ETag": etag, **_headers(matcher.state.change)}
    if if_none_match and etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    content = await in_thread(service.searches, asked.answer, matcher, service.settings)
    return Response(content, media_type="application/json", headers=headers)


def _headers(change: int) -> dict[str, str]:
    return {"Cache-Control": "private, no-cache", "Vary": "Authorization", "X-Gradmatch-Change": str(change)}


def _own_graduates(own: Access, filters: Filters) -> Filters:
    """Narrowed to the graduates that the key may see."""
    if Role.PROVINCE in own.roles:
        return filters
    for tenant in filters.tenants:
        allow(own, Role.READ, tenant)
    return replace(filters, tenants=(own.tenant,))


def _asked(own: Access, body: object, largest: int) -> Asked:
    fields = dict(body) if isinstance(body, dict) else {}
    given = [name for name in ("graduate", "posting") if name in fields]
    if len(given) != 1:
        raise BadParameter([_ONE_RECORD])
    record = record_of(given[0], fields.pop(given[0]), tenant=own.tenant, id="not-stored")
    if isinstance(record, Graduate):
        wanted = form_of(PostingOptions, fields)
        return Asked(record, "posting", wanted.question(largest), wanted.cursor)
    assert isinstance(record, Posting)
    options = form_of(GraduateOptions, fields)
    question = options.question(largest)
    question = replace(question, filters=_own_graduates(own, question.filters))
    return Asked(record, "graduate", question, options.cursor)


_ONE_RECORD = Refusal(
    "body",
    "",
    "missing",
    Words("需要 graduate 或 posting 其中之一", "one of graduate and posting is needed"),
    Words('请提交 {"graduate": {…}} 或 {"posting": {…}}。', 'Send {"graduate": {…}} or {"posting": {…}}.'),
)
