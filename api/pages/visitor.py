"""Who may see a page and send a form: dependencies of every route."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from email.parser import BytesParser
from email.policy import HTTP
from typing import Annotated, NamedTuple
from urllib.parse import parse_qsl

from fastapi import Depends, Request, Response

from api.body import parts
from api.pages import session
from api.pages.frame import PREFIX
from api.service import Service, in_thread, running
from matching.errors import NotAllowed, NotAuthenticated, QueryError
from matching.question import CHINA
from matching.sending.links import secret_of
from matching.store import Access, Keys, Role

Running = Annotated[Service, Depends(running)]
_LIMIT, _LARGEST = 2_000_000, 8_000_000
_FIELDS = 20_000


class Visitor(NamedTuple):
    """Who is there: what the key opens, and whether it may change anything."""

    own: Access
    name: str

    @property
    def writes(self) -> bool:
        """Whether the key may change events of its tenant."""
        return Role.WRITE in self.own.roles

    @property
    def province(self) -> bool:
        """Whether it is a key for every tenant."""
        return Role.PROVINCE in self.own.roles


class Form:
    """What was sent: names with one value or several."""

    def __init__(self, fields: list[tuple[str, str]], files: Mapping[str, bytes] | None = None) -> None:
        self.fields = fields
        self._files = files or {}

    def file(self, name: str) -> bytes:
        """A file that was sent; empty for none."""
        return self._files.get(name, b"")

    def one(self, name: str, default: str = "") -> str:
        """The last value of a name, without blanks around it."""
        return next((value.strip() for key, value in reversed(self.fields) if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of a name that is not blank."""
        return [value.strip() for key, value in self.fields if key == name and value.strip()]


async def secret(request: Request, service: Running) -> bytes:
    """Dependency: what signs sessions; read once."""
    held: bytes | None = getattr(request.app.state, "pages_secret", None)
    if held is None:
        held = await in_thread(service.lookups, secret_of, service.settings.home)
        request.app.state.pages_secret = held
    return held


Secret = Annotated[bytes, Depends(secret)]


async def visitor(request: Request, service: Running, key: Secret) -> Visitor:
    """Dependency: who has logged in.

    Raises
    ------
    NotAuthenticated
    """
    found = session.read(request.cookies.get(session.COOKIE, ""), key)
    if found is None or not found.prefix:
        raise NotAuthenticated("nobody has logged in", cure="Log in with an API key.")
    own = await in_thread(service.lookups, Keys(service.store).opened, found.prefix)
    if Role.READ not in own.roles:
        raise NotAllowed("the key has no role 'read'", where="API key", cure="Ask the operator for another key.")
    made = Visitor(own, found.prefix)
    request.state.visitor, request.state.token = made, session.form_token(found, key)
    return made


async def form(request: Request, key: Secret) -> Form:
    """Dependency: a form of ours, read whole.

    Raises
    ------
    NotAllowed
        It carries no token, or that of another session.
    BodyTooLarge
    """
    kind = request.headers.get("content-type", "")
    upload = kind.lower().startswith("multipart/form-data")
    body = b"".join([part async for part in parts(request, _LARGEST if upload else _LIMIT)])
    given = _parts_of(kind, body) if upload else Form(_fields_of(body))
    found = session.read(request.cookies.get(session.COOKIE, ""), key)
    if found is None:
        raise NotAuthenticated("the session has ended", cure="Log in again.")
    if not session.is_form_token(given.one("token"), found, key):
        raise NotAllowed("the form is not of this session", where="form", cure="Load the page again.")
    return given


def _fields_of(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise QueryError("the form has too many fields", where="form", cure="Load the page again.") from None


def _parts_of(kind: str, body: bytes) -> Form:
    """A form with files (RFC 7578): texts as fields, files as they are."""
    head = b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n"
    fields, files = [], {}
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = part.get_param("name", "", header="content-disposition")
        data = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(data, bytes):
            continue
        if part.get_filename() is None:
            fields.append((name, data.decode("utf-8", "replace")))
        else:
            files[name] = data
    return Form(fields[:_FIELDS], files)


def remember(answer: Response, given: session.Session, key: bytes, *, secure: bool) -> Response:
    """Hand the session's cookie out."""
    answer.set_cookie(
        session.COOKIE, session.written(given, key), path=PREFIX, httponly=True, samesite="strict", secure=secure,
        max_age=session.HOURS * 3600,
    )  # fmt: skip
    return answer


async def today() -> date:
    """Dependency: the day on which the hard rules are asked."""
    return datetime.now(CHINA).date()


Today = Annotated[date, Depends(today)]
Here = Annotated[Visitor, Depends(visitor)]
Sent = Annotated[Form, Depends(form)]


async def changing(own: Here) -> Visitor:
    """Dependency: who may change something.

    Raises
    ------
    NotAllowed
    """
    if not own.writes:
        raise NotAllowed("the key has no role 'write'", where="API key", cure="Log in with a key that may write.")
    return own


Changing = Annotated[Visitor, Depends(changing)]
