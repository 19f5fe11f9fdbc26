"""Some digests that wait, as they would be sent now, for those who look before sending; their links are dead."""

from __future__ import annotations

import random
from datetime import datetime
from typing import TYPE_CHECKING, cast

from matching.sending.letter import CHINA, Letter, Writer
from matching.sending.links import Links
from matching.store import Outbox

if TYPE_CHECKING:
    from matching.settings import Settings
    from matching.standard.records import Posting
    from matching.store import Store

_DEAD = b"links of a preview do nothing"


def some_waiting(
    store: Store, settings: Settings, campaign: str, *, count: int, seed: int = 0
) -> tuple[int, list[Letter]]:
    """(messages that wait, some of them drawn by chance); the same seed draws the same.

    One whose postings are all gone is left out.
    """
    waiting = Outbox(store).waiting(campaign)
    picked = random.Random(seed).sample(waiting, min(count, len(waiting)))  # noqa: S311 - nobody gains by guessing
    keys = sorted({item.posting for message in picked for item in message.items})
    found = cast("dict[str, Posting]", store.get_many("posting", keys))
    writer = Writer(Links(_DEAD, settings.push.link_base), settings.push.sign, settings.push.posting_url, html=False)
    letters = []
    for message in picked:
        pairs = [(item, found[item.posting]) for item in message.items if item.posting in found]
        if pairs:
            now = datetime.now(CHINA)
            letters.append(writer.write(message.id, message.graduate, pairs, now=now, plain=message.plain))
    return len(waiting), letters
