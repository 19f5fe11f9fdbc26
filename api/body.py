"""What comes in: read under a limit, told apart by media type, parsed with the place of every mistake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request

from api.errors import BodyTooLarge, MalformedBody, WrongMediaType
from api.service import Service, running
from matching.errors import RecordRefused
from matching.language import Words
from matching.standard.check import check
from matching.standard.records import Record
from matching.standard.refusals import Refusal

JSON = "application/json"
LINES = "application/x-ndjson"
_LINES = frozenset(
    {LINES, "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/jsonlines"}
)
_OBJECT = Refusal(
    "",
    "",
    "not_an_object",
    Words("不是 JSON 对象", "not a JSON object"),
    Words("请提交 {…} 形式的记录。", "Send the record as {…}."),
)
_DEEP = Refusal(
    "",
    "",
    "too_deep",
    Words("嵌套层数过多", "nested too deeply"),
    Words("请按数据标准的结构提交。", "Send the record in the shape that the standard gives."),
)


async def parts(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body as it arrives, never more than `limit` bytes of it.

    Raises
    ------
    BodyTooLarge
        At once where the length is announced, else when the limit is passed.
    WrongMediaType
        The body is compressed.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise WrongMediaType("the body is compressed", where="header Content-Encoding", cure="Send it as it is.")
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
        raise BodyTooLarge(limit)
    size = 0
    async for part in request.stream():
        yield part[: limit - size]  # what is within the limit, so that it does not matter how the body was cut
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit)


async def lines(request: Request, limit: int) -> AsyncIterator[tuple[int, bytes]]:
    """The lines of the body that are not blank, as they arrive, numbered from 1; the last needs no line break.

    Raises
    ------
    BodyTooLarge, WrongMediaType
    """
    number, rest = 0, b""
    async for part in parts(request, limit):
        *whole, rest = (rest + part).split(b"\n") if b"\n" in part else (rest + part,)
        for line in whole:
            number += 1
            if line.strip():
                yield number, line
    if rest.strip():
        yield number + 1, rest


def media_type(request: Request, *allowed: str) -> str:
    """The body's media type, `JSON` or `LINES`; a body without one counts as the first that is allowed.

    Raises
    ------
    WrongMediaType
        It is not among `allowed`, or says another charset than UTF-8.
    """
    name, _, parameters = request.headers.get("content-type", allowed[0]).partition(";")
    name = name.strip().lower()
    charset = parameters.partition("charset=")[2].strip(' "').lower()
    known = LINES if name in _LINES else JSON if name == JSON or name.endswith("+json") else ""
    if known not in allowed or charset not in ("", "utf-8", "utf8"):
        cure = f"Send {' or '.join(allowed)} in UTF-8."
        raise WrongMediaType("the body is of another media type", where="header Content-Type", cure=cure)
    return known


async def json_body(request: Request, service: Annotated[Service, Depends(running)]) -> Any:  # noqa: ANN401
    """Dependency: the body, parsed.

    Raises
    ------
    WrongMediaType, BodyTooLarge, MalformedBody
    """
    media_type(request, JSON)
    return parsed(b"".join([part async for part in parts(request, service.settings.service.body_limit)]))


def parsed(text: bytes) -> Any:  # noqa: ANN401
    """JSON → value.

    Raises
    ------
    MalformedBody
        Names line and column; what stands there is not repeated.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        where = f"body, line {error.lineno}, column {error.colno}" if text.strip() else "body"
        what = f"the body is not JSON: {error.msg}" if text.strip() else "the body is empty"
        raise MalformedBody(what, where=where, cure="Send one JSON value in UTF-8.") from None


def record_of(type_name: str, data: object, **defaults: str) -> Record:
    """A record of parsed JSON; `defaults` are fields that it need not hold.

    Raises
    ------
    RecordRefused
    """
    if not isinstance(data, dict):
        raise RecordRefused([_OBJECT])
    try:
        return check(type_name, {**defaults, **data})
    except RecursionError:
        raise RecordRefused([_DEEP]) from None
