"""API keys: shown once, kept as a hash, scoped to tenant and role."""

import pytest
from sqlalchemy import text

from matching.errors import InputError, NotAuthenticated, UnknownId
from matching.store import Access, Keys, Role


def test_a_key_opens_what_it_was_made_for(store):
    keys = Keys(store)
    secret = keys.create("nanchang", "read", note="platform of the city")
    assert len(secret) == 46
    assert secret.startswith("gm_")
    access = keys.verify(secret)
    assert access == Access("nanchang", frozenset({Role.READ}))
    assert access.may(Role.READ, "nanchang")
    assert not access.may(Role.WRITE, "nanchang")
    assert not access.may(Role.READ, "ganzhou")


def test_the_province_reads_and_writes_everywhere(store):
    keys = Keys(store)
    access = keys.verify(keys.create("jiangxi", "province"))
    assert access.roles == frozenset({"read", "write", "province"})
    assert access.may(Role.WRITE, "ganzhou")
    assert access.may(Role.READ, "jiangxi")


def test_roles_add_up_and_writing_is_not_reading(store):
    keys = Keys(store)
    assert keys.verify(keys.create("a", "write")).roles == {"write"}
    assert keys.verify(keys.create("a", "write", "read", "read")).roles == {"read", "write"}


def test_the_secret_is_nowhere_in_the_store(store):
    keys = Keys(store)
    secret = keys.create("a", "read")
    with store.database.reading() as connection:
        row = connection.execute(text("SELECT * FROM api_keys")).one()
    assert secret[11:] not in repr(row)
    assert secret[11:] not in repr(keys.list())
    assert row.prefix == secret[:11]


@pytest.mark.parametrize("spoil", [lambda s: s[:-1], lambda s: s + "x", lambda s: s[:11], lambda s: s.swapcase()])
def test_a_wrong_secret_opens_nothing(store, spoil):
    keys = Keys(store)
    secret = keys.create("a", "read")
    with pytest.raises(NotAuthenticated, match="not one of ours") as caught:
        keys.verify(spoil(secret))
    assert spoil(secret) not in str(caught.value)


@pytest.mark.parametrize("garbage", ["", "gm_", "\x00", "gm_\ud800", "密钥", "x" * 100_000, "' OR 1=1 --"])
def test_garbage_opens_nothing(store, garbage):
    with pytest.raises(NotAuthenticated):
        Keys(store).verify(garbage)


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(store):
    keys = Keys(store)
    first, second = keys.create("a", "read", note="first"), keys.create("b", "write")
    keys.revoke(first[:11])
    with pytest.raises(NotAuthenticated):
        keys.verify(first)
    assert keys.verify(second).tenant == "b"
    listed = {info.prefix: info for info in keys.list()}
    assert (listed[first[:11]].tenant, listed[first[:11]].roles, listed[first[:11]].note) == ("a", ("read",), "first")
    assert listed[second[:11]].revoked is None
    when = listed[first[:11]].revoked
    assert when >= listed[first[:11]].created
    keys.revoke(first[:11])
    assert keys.list()[0].revoked == when


def test_mistakes_are_told(store):
    keys = Keys(store)
    with pytest.raises(UnknownId, match="no API key 'gm_unknown'"):
        keys.revoke("gm_unknown")
    with pytest.raises(InputError, match=r"no role 'admin'.*read, write, province"):
        keys.create("a", "read", "admin")
    with pytest.raises(InputError, match="without a role"):
        keys.create("a")
    with pytest.raises(InputError, match="'A b' is no name of a tenant"):
        keys.create("A b", "read")
    assert keys.list() == []
