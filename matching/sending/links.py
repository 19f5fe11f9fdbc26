"""Signed links: what one tap does, and for which message; nothing in them tells who the person is.

A token names an action, a message, one of its postings by rank (0: none), and when it ends, and carries 128 bits of
HMAC-SHA256. The secret stays with the service; whoever holds a link can do this one thing and no other.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from matching.errors import InputError, SettingsError

SECRET_NAME = "GRADMATCH_PUSH_SECRET"  # noqa: S105 - the variable's name
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CURE = "Use the newest message's link, or tell the platform what you want."


class Tap(StrEnum):
    """What a link does."""

    PAGE = "v"
    """Shows the message with everything that can be done."""
    DISMISS = "n"
    """Not interested in one posting."""
    SNOOZE = "z"
    """Nothing for a month."""
    STOP = "s"
    """Nothing any more."""
    PLAIN = "p"
    """Nothing personalised any more."""


@dataclass(frozen=True)
class Link:
    """What a token says. `ends` is in seconds since 1970."""

    tap: Tap
    message: str
    rank: int
    ends: int


class BadLink(InputError):
    """A link that was altered, is cut off, or is too old."""


@dataclass(frozen=True)
class Links:
    """Signs links and reads them.

    Parameters
    ----------
    secret : bytes
        At least 16 of them.
    base : str
        What comes before the token, for example ``https://push.example.cn/p/``.
    """

    secret: bytes
    base: str = ""

    def __post_init__(self) -> None:
        """Refuse a secret that could be guessed.

        Raises
        ------
        SettingsError
        """
        if len(self.secret) < 16:
            raise SettingsError("the secret of links is too short", cure=f"Give {SECRET_NAME} 32 random bytes in hex.")

    def url(self, link: Link) -> str:
        """The link as it stands in a message."""
        return self.base + self.token(link)

    def token(self, link: Link) -> str:
        """The token: characters that need no escaping in a URL."""
        body = f"{link.tap}{link.message}.{_base36(link.rank)}.{_base36(link.ends)}"
        return f"{body}.{self._mac(body)}"

    def read(self, token: str, *, now: int) -> Link:
        """What `token` says.

        Raises
        ------
        BadLink
            It is not ours, was altered, or has ended.
        """
        body, _, mac = token.rpartition(".")
        if not token.isascii() or len(token) > 200 or not hmac.compare_digest(mac, self._mac(body)):
            raise BadLink("the link is not one of ours", where="link", cure=_CURE)
        head, rank, ends = body.split(".")
        link = Link(Tap(head[0]), head[1:], int(rank, 36), int(ends, 36))
        if link.ends < now:
            raise BadLink("the link has ended", where="link", cure=_CURE)
        return link

    def _mac(self, body: str) -> str:
        digest = hmac.digest(self.secret, body.encode(), "sha256")[:16]
        return base64.urlsafe_b64encode(digest)[:22].decode("ascii")  # 16 bytes; without their padding


def secret_of(home: Path) -> bytes:
    """The secret that signs links: the environment's, else the file ``push.secret`` in `home`, made once.

    Raises
    ------
    SettingsError
        The environment's is no hex of at least 16 bytes, or the file cannot be read or made.
    """
    given = os.environ.get(SECRET_NAME)
    try:
        if given is not None:
            return bytes.fromhex(given)
        path = home / "push.secret"
        if not path.exists():
            home.mkdir(parents=True, exist_ok=True)
            draft = home / f".push.secret-{os.getpid()}"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
            try:
                os.link(draft, path)  # whoever comes first makes it; nobody reads half of it
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"the secret of links cannot be used: {error}", where=SECRET_NAME, cure="Mend it."
        ) from None


@lru_cache(maxsize=1_024)  # a message's links end at one moment
def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
