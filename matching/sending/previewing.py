"""Some digests that wait, as they would be sent now, for those who look before sending; their links are dead."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from matching.sending.letter import CHINA, Letter, Writer
from matching.sending.links import Links
from matching.sending.offers import offers_of
from matching.store import Outbox

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.store import Item, Store

_DEAD = b"links of a preview do nothing"


class _Message(Protocol):
    """A message that is planned, or waits."""

    @property
    def id(self) -> str: ...
    @property
    def graduate(self) -> str: ...
    @property
    def items(self) -> tuple[Item, ...]: ...
    @property
    def plain(self) -> bool: ...


def some_waiting(
    store: Store, settings: Settings, campaign: str, *, count: int, seed: int = 0
) -> tuple[int, list[Letter]]:
    """(messages that wait, some of them drawn by chance); the same seed draws the same.

    One whose postings are all gone is left out.
    """
    box = Outbox(store)
    waiting = box.waiting_ids(campaign)
    picked = random.Random(seed).sample(waiting, min(count, len(waiting)))  # noqa: S311 - nobody gains by guessing
    found = {message.id: message for message in box.waiting(campaign, picked)}
    return len(waiting), letters_of(store, settings, [found[one] for one in picked if one in found])


def letters_of(store: Store, settings: Settings, messages: Sequence[_Message]) -> list[Letter]:
    """Messages as they would be sent now; one whose postings are all gone is left out."""
    keys = sorted({item.posting for message in messages for item in message.items})
    found = offers_of(store, keys)
    writer = Writer(Links(_DEAD, settings.push.link_base), settings.push.sign, settings.push.posting_url, html=False)
    letters, now = [], datetime.now(CHINA)
    for message in messages:
        pairs = [(item, found[item.posting]) for item in message.items if item.posting in found]
        if pairs:
            letters.append(writer.write(message.id, message.graduate, pairs, now=now, plain=message.plain))
    return letters
