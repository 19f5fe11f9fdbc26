"""The service over the tiny made world of `matching.demo`: for tests, the documentation and first steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from api.app import create_app
from matching.build import build
from matching.demo import TENANT, graduates, postings
from matching.encoders import open_encoder
from matching.settings import EncoderSettings, ServiceSettings, Settings
from matching.store import Keys, Store

if TYPE_CHECKING:
    from fastapi import FastAPI


class Demo(NamedTuple):
    """The application, not started, with its store, and a key for each kind of caller.

    `keys`: ``read`` and ``write`` of the demo's tenant, ``other`` (both roles, of the tenant "other"), ``province``.
    """

    app: FastAPI
    settings: Settings
    store: Store
    keys: dict[str, str]


@contextmanager
def open_demo(home: Path, *, service: ServiceSettings | None = None, empty: bool = False) -> Iterator[Demo]:
    """Make the demo in `home`, an empty folder, with the hashing encoder; its store is closed at the end.

    Parameters
    ----------
    service : ServiceSettings, optional
    empty : bool
        Leave the store without records; the snapshot is built nevertheless.
    """
    settings = Settings(home=home, encoder=EncoderSettings(name="hashing"), service=service or ServiceSettings())
    encoder = open_encoder(settings)
    with Store.open(settings.store) as store:
        if not empty:
            store.upsert([*graduates(), *postings()])
        build(store, encoder, settings)
        keys = Keys(store)
        made = {
            "read": keys.create(TENANT, "read"),
            "write": keys.create(TENANT, "write"),
            "other": keys.create("other", "read", "write"),
            "province": keys.create("province", "province"),
        }
        yield Demo(create_app(settings, store=store, encoder=encoder), settings, store, made)
