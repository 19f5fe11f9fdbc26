"""Who is at the door: ``Authorization: Bearer gm_…`` → `Access`, remembered for a few seconds.

A key that is revoked stays good for as long as it is remembered, five seconds at most. A read key ranks all
postings but only its own tenant's graduates; a write key changes its own tenant's records; a province key may do
both for every tenant. A graduate of another tenant is as unknown as one that does not exist.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Annotated, Protocol

from fastapi import Depends, Request

from api.service import Service, in_thread, running
from matching.errors import NotAllowed, NotAuthenticated
from matching.store import Access, Role

REMEMBERED_SECONDS = 5.0
_MOST = 10_000
_LONGEST = 256
_CURE = "Send 'Authorization: Bearer gm_…'; the operator makes keys with `gradmatch keys create`."


class Verifier(Protocol):
    """What checks a secret: `matching.store.Keys`."""

    def verify(self, secret: str) -> Access:
        """What the secret opens; raises `NotAuthenticated`."""
        ...


class Doorkeeper:
    """Remembers good keys, by hash, so that a request does not ask the store. Wrong ones are asked each time.

    Parameters
    ----------
    keys : Verifier
    clock : callable
        Seconds that only go forward.
    """

    def __init__(self, keys: Verifier, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Access, float]] = OrderedDict()
        self._lock = Lock()

    def remembered(self, secret: str) -> Access | None:
        """What `secret` opens, if it was verified a moment ago; None if the store must be asked."""
        with self._lock:
            access, until = self._known.get(_hash(secret), (None, 0.0))
        return access if self._clock() < until else None

    def verify(self, secret: str) -> Access:
        """Ask the store.

        Raises
        ------
        NotAuthenticated, StoreError
        """
        until = self._clock() + REMEMBERED_SECONDS  # from before the question: never longer than promised
        access = self._keys.verify(secret)
        with self._lock:
            self._known[_hash(secret)] = (access, until)
            self._known.move_to_end(_hash(secret))
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return access


async def access(request: Request, service: Annotated[Service, Depends(running)]) -> Access:
    """Dependency: what the request's key opens.

    Raises
    ------
    NotAuthenticated
        There is no key, or it is not one of ours.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret or len(secret) > _LONGEST:
        raise NotAuthenticated("there is no API key", where="header Authorization", cure=_CURE)
    known = service.doorkeeper.remembered(secret)
    if known is not None:
        return known
    return await in_thread(service.lookups, service.doorkeeper.verify, secret)


async def reader(own: Annotated[Access, Depends(access)]) -> Access:
    """Dependency: a key that may rank."""
    return _with(Role.READ, own)


async def writer(own: Annotated[Access, Depends(access)]) -> Access:
    """Dependency: a key that may write."""
    return _with(Role.WRITE, own)


def allow(own: Access, role: Role, tenant: str) -> None:
    """Do nothing where `own` may act in `role` for `tenant`.

    Raises
    ------
    NotAllowed
        Names the tenant that the key is for.
    """
    if not own.may(role, tenant):
        raise NotAllowed(
            f"the key is for tenant '{own.tenant}', not for '{tenant}'",
            where="tenant",
            cure="Use a key of that tenant, or a province key.",
        )


def _with(role: Role, own: Access) -> Access:
    if role not in own.roles:
        has = ", ".join(sorted(own.roles))
        raise NotAllowed(
            f"the key has no role '{role}' (it has: {has})", where="API key", cure="Ask the operator for another key."
        )
    return own


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
