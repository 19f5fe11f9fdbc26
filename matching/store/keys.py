"""API keys: who may do what for which tenant.

A secret is 256 random bits, shown once. Only its SHA-256 is kept: slow hashes protect guessable passwords, and
nobody guesses 256 bits, so a fast one is as safe and costs a request microseconds.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import insert, select, update

from matching.errors import InputError, NotAuthenticated, UnknownId
from matching.store.tables import api_keys
from matching.store.times import from_micros

if TYPE_CHECKING:
    from matching.store.store import Store

_MARK = "gm_"
_SHOWN = len(_MARK) + 8
"""Characters of a secret that name it in lists; the rest still has 208 bits."""

_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class Role(StrEnum):
    """What a key opens."""

    READ = "read"
    """Rank and read, within the key's tenant."""
    WRITE = "write"
    """Upsert, delete and report interactions, within the key's tenant."""
    PROVINCE = "province"
    """Both, for every tenant."""


class Access(NamedTuple):
    """What a good key opens: its tenant and its roles (`Role.PROVINCE` brings the other two)."""

    tenant: str
    roles: frozenset[Role]

    def may(self, role: Role, tenant: str) -> bool:
        """Whether this key may act in `role` for `tenant`."""
        return role in self.roles and (tenant == self.tenant or Role.PROVINCE in self.roles)


class KeyInfo(NamedTuple):
    """A key as it is listed: never its secret. `revoked` is None while it opens the door."""

    prefix: str
    tenant: str
    roles: tuple[Role, ...]
    note: str
    created: datetime
    revoked: datetime | None


class Keys:
    """The API keys of a store.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def create(self, tenant: str, *roles: str, note: str = "") -> str:
        """Make a key and return its secret; it cannot be shown again.

        Raises
        ------
        InputError
            The tenant's name is none, or a role is missing or unknown.
        StoreError
        """
        if not _TENANT.fullmatch(tenant):
            raise InputError(f"'{tenant}' is no name of a tenant", cure="Use a-z, 0-9, - and _, at most 32 of them.")
        secret = _MARK + secrets.token_urlsafe(32)
        row = {
            "prefix": prefix_of(secret),
            "digest": _digest(secret),
            "tenant": tenant,
            "roles": " ".join(_roles(roles)),
            "note": note,
            "created": _now(),
        }
        with self._database.writing() as connection:
            connection.execute(insert(api_keys).values(row))
        return secret

    def verify(self, secret: str) -> Access:
        """What `secret` opens. Takes as long for a wrong one; the digests are compared in constant time.

        Raises
        ------
        NotAuthenticated
            Not one of ours, or revoked. The message never holds the secret.
        StoreError
        """
        asked = select(api_keys).where(api_keys.c.prefix == _digestible(secret)[:_SHOWN])
        with self._database.reading() as connection:
            row = connection.execute(asked).one_or_none()
        kept = bytes(row.digest) if row is not None else bytes(32)
        same = hmac.compare_digest(kept, _digest(secret))
        if row is None or not same or row.revoked is not None:
            raise NotAuthenticated("the API key is not one of ours", cure="Ask the operator: gradmatch keys create.")
        return _access(row.tenant, row.roles)

    def opened(self, prefix: str) -> Access:
        """What the key that begins with `prefix` opens, for somebody who has shown its secret before.

        Raises
        ------
        NotAuthenticated
            No key begins so, or it is revoked.
        StoreError
        """
        asked = select(api_keys).where(api_keys.c.prefix == _digestible(prefix), api_keys.c.revoked.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(asked).one_or_none()
        if row is None:
            raise NotAuthenticated("the API key is not one of ours", cure="Ask the operator: gradmatch keys create.")
        return _access(row.tenant, row.roles)

    def revoke(self, prefix: str) -> None:
        """Shut the door to a key, from the next request on; a second time changes nothing.

        Raises
        ------
        UnknownId
            No key begins so.
        StoreError
        """
        this = api_keys.c.prefix == prefix
        with self._database.writing() as connection:
            if connection.execute(select(api_keys.c.prefix).where(this)).one_or_none() is None:
                raise UnknownId(f"no API key '{prefix}'", cure="See: gradmatch keys list.")
            connection.execute(update(api_keys).where(this, api_keys.c.revoked.is_(None)).values(revoked=_now()))

    def list(self) -> list[KeyInfo]:
        """All keys, the revoked ones too, oldest first."""
        c = api_keys.c
        asked = select(c.prefix, c.tenant, c.roles, c.note, c.created, c.revoked).order_by(c.created, c.prefix)
        with self._database.reading() as connection:
            rows = connection.execute(asked).all()
        return [
            KeyInfo(
                row.prefix,
                row.tenant,
                _roles(row.roles.split()),
                row.note,
                from_micros(row.created),
                None if row.revoked is None else from_micros(row.revoked),
            )
            for row in rows
        ]


def prefix_of(secret: str) -> str:
    """The beginning of a secret, which names the key in lists."""
    return secret[:_SHOWN]


def _access(tenant: str, words: str) -> Access:
    roles = _roles(words.split())
    return Access(tenant, frozenset(Role) if Role.PROVINCE in roles else frozenset(roles))


def _roles(names: Iterable[str]) -> tuple[Role, ...]:
    named = set(names)
    unknown = sorted(named - set(Role))
    if unknown or not named:
        what = f"no role '{unknown[0]}'" if unknown else "a key without a role"
        raise InputError(what, cure=f"Use one or more of {', '.join(Role)}.")
    return tuple(role for role in Role if role in named)


def _digest(secret: str) -> bytes:
    return sha256(_digestible(secret).encode()).digest()


def _digestible(secret: str) -> str:
    """What a header brought, without what no database takes: surrogates and NUL, which no secret of ours has."""
    return secret.encode("ascii", "replace").decode().replace("\x00", "?")


def _now() -> int:
    return time.time_ns() // 1000
