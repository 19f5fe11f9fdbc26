"""One POST and its answer over a plain socket, read by the standard library: a fifth of a general client's computing.

The two ways of having no answer are told apart, because all depends on it: no connection was made, so nothing arrived;
or one was made and no whole answer came back, so it may have. A connection is used again only where the caller allows
it, soon, and while nothing has come over it unasked.
"""

from __future__ import annotations

import io
import selectors
import socket
import time
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from contextlib import closing, suppress
from email.message import Message
from http.client import HTTPException, HTTPResponse
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

import httpx

from matching.errors import SettingsError

_MOST = 4_000_000
"""Bytes of an answer that are read; whoever says more is not understood."""
_KEPT_FOR = 2.0
"""Seconds that an unused connection is kept."""


class Answer(NamedTuple):
    """What came back; `headers` without regard to case."""

    status: int
    headers: Message
    body: bytes


class Missing(NamedTuple):
    """No answer: whether the request may have arrived, and what happened."""

    may_have_arrived: bool
    reason: str


class Wire:
    """The way to one address; threads may share it.

    Parameters
    ----------
    url : str
        ``http://`` or ``https://``, with user and password where the receiver wants them.
    timeout : float
        Seconds for a whole request, from its first byte to the answer's last, and once as long for the connection.
    kept : int
        Connections kept open between requests; 0: each request has its own.

    Raises
    ------
    SettingsError
        No such address is possible.
    """

    def __init__(self, url: str, *, timeout: float, kept: int) -> None:
        self._url, self._timeout, self._kept = _parsed(url), timeout, kept
        self._tls = httpx.create_ssl_context(trust_env=False) if self._url.scheme == "https" else None
        self._host, self._begins = self._url.raw_host.decode("ascii"), _beginning(self._url)
        self._idle: deque[tuple[float, socket.socket]] = deque()

    def close(self) -> None:
        """Close what is kept open."""
        while self._idle:
            self._idle.pop()[1].close()

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer | Missing:
        """Send `body` and wait for the answer. Never raises for what a receiver or the network does.

        Raises
        ------
        ValueError
            A header that is no header: it holds the end of a line, or letters beyond ASCII.
        """
        request = self._begins + _head(headers, len(body)) + body
        try:
            sock = self._kept_one() or self._new_one()
        except TimeoutError:
            return Missing(False, "no connection (ConnectTimeout)")
        except (OSError, ValueError):  # no way there, no such name
            return Missing(False, "no connection (ConnectError)")
        try:
            answer, again = self._asked(sock, request)
        except (OSError, HTTPException, ValueError) as error:
            sock.close()
            return Missing(True, f"no answer ({_named(error)})")
        if again:
            self._idle.append((time.monotonic(), sock))
        else:
            sock.close()
        return answer

    def _asked(self, sock: socket.socket, request: bytes) -> tuple[Answer | Missing, bool]:
        """The answer, and whether the connection may be used again."""
        until = time.monotonic() + self._timeout
        sock.settimeout(self._timeout)
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before all was said
            sock.sendall(request)
        with closing(_Response(sock, until)) as response:
            response.begin()
            found = response.read(_MOST + 1)
            if len(found) > _MOST:
                return Missing(True, "no answer (it is too long)"), False
            if response.length:
                return Missing(True, "no answer (it was cut off)"), False
            again = not response.will_close and response.isclosed() and len(self._idle) < self._kept
            return Answer(response.status, response.headers, found), again

    def _kept_one(self) -> socket.socket | None:
        while self._idle:
            try:
                since, sock = self._idle.pop()
            except IndexError:  # another thread took the last one
                return None
            if time.monotonic() - since < _KEPT_FOR and _is_silent(sock):
                return sock
            sock.close()
        return None

    def _new_one(self) -> socket.socket:
        port = self._url.port or (80 if self._tls is None else 443)
        sock = socket.create_connection((self._host, port), self._timeout)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock if self._tls is None else self._tls.wrap_socket(sock, server_hostname=self._host)
        except BaseException:
            sock.close()
            raise


class _Response(HTTPResponse):
    """An answer that must be whole by a moment: no single wait is longer than what is left until then."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        super().__init__(sock, method="POST")
        self.fp = io.BufferedReader(_Until(self.fp, sock, until))


class _Until(io.RawIOBase):
    """A socket's bytes until a moment; closes `file`, which holds the socket open, with itself."""

    def __init__(self, file: io.BufferedIOBase, sock: socket.socket, until: float) -> None:
        self._file, self._sock, self._until = file, sock, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        super().close()
        self._file.close()


def _parsed(url: str) -> httpx.URL:
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        found = httpx.URL()
    if found.scheme not in ("http", "https") or not found.host:
        cure = "Give an address that begins with https:// or http://."
        raise SettingsError("a webhook's url is no web address", where="url", cure=cure)
    return found


def _beginning(url: httpx.URL) -> bytes:
    """What every request to `url` begins with."""
    lines = [b"POST " + url.raw_path + b" HTTP/1.1", b"Host: " + url.netloc, b"User-Agent: gradmatch"]
    if url.userinfo:
        user, _, password = url.userinfo.partition(b":")
        lines.append(b"Authorization: Basic " + b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)))
    return b"\r\n".join(lines) + b"\r\n"


def _head(headers: Mapping[str, str], length: int) -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if any(not line.isascii() or not line.isprintable() for line in lines):
        raise ValueError("a header of a webhook that is no header")
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode("ascii")


def _is_silent(sock: socket.socket) -> bool:
    """Nothing came over it unasked, not even its end."""
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return not selector.select(0)


def _named(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "ReadTimeout"
    return "RemoteProtocolError" if isinstance(error, HTTPException | ValueError) else "ReadError"
