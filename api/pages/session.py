"""Who sits at the browser: a signed cookie that names an API key by its beginning, never the secret itself.

The signature is HMAC-SHA256 under a secret of the installation. The key is looked up in the store at every request, so
a key that is revoked shuts the pages at once. A token against forged forms is bound to the cookie.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from typing import NamedTuple

from matching.store.keys import prefix_of

COOKIE = "gradmatch_pages"
HOURS = 10


class Session(NamedTuple):
    """What a cookie says: the beginning of a key (empty before logging in), chance, and when it ends (seconds)."""

    prefix: str
    nonce: str
    ends: int


def begin(secret: str = "") -> Session:
    """A new session for the API key `secret`; without one, that of somebody who has yet to log in."""
    return Session(prefix_of(secret), secrets.token_urlsafe(18), int(time.time()) + HOURS * 3600)


def written(session: Session, key: bytes) -> str:
    """The cookie of a session."""
    body = f"{session.prefix}.{session.nonce}.{session.ends}"
    return f"{body}.{_mac(key, 'session', body)}"


def read(cookie: str, key: bytes) -> Session | None:
    """The session of a cookie; None where it is not ours, was altered, or has ended."""
    body, _, mac = cookie.rpartition(".")
    if len(cookie) > 300 or not cookie.isascii() or not hmac.compare_digest(mac, _mac(key, "session", body)):
        return None
    prefix, nonce, ends = body.split(".")
    return None if int(ends) < time.time() else Session(prefix, nonce, int(ends))


def form_token(session: Session, key: bytes) -> str:
    """What every form of the session carries."""
    return _mac(key, "form", f"{session.prefix}.{session.nonce}")


def is_form_token(given: str, session: Session, key: bytes) -> bool:
    """Whether a form was ours."""
    return given.isascii() and hmac.compare_digest(given, form_token(session, key))


def _mac(key: bytes, purpose: str, body: str) -> str:
    digest = hmac.digest(key, f"{purpose}:{body}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
