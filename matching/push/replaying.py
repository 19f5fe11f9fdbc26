"""A night that was sent, decided anew under another rule: what the log of sends is compared with.

Everything is read as it stood at the night's moment: interactions before it, sends of earlier nights, and neither the
night itself nor later ones. What the store does not remember (who sought work, what was open, who wanted quiet, the
snapshot) is taken as it is now; so the night is first decided under its own rule, and `same` says how much of it came
out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from matching.errors import QueryError, UnknownId
from matching.push.evening import candidates
from matching.push.limited import LIMITS
from matching.push.planning import Question, lot, plan_night
from matching.store import Campaigns, Outbox
from matching.store.standing import HELD

if TYPE_CHECKING:
    from pathlib import Path

    from matching.progress import Progress
    from matching.settings import Settings
    from matching.store import Store


class Remade(NamedTuple):
    """A night decided anew.

    Attributes
    ----------
    lists : polars.DataFrame
        list (the message that was sent), posting, rank: what the other rule would have put into it.
    same : float
        Share of what the night planned that its own rule plans again; 1 where it planned nothing.
    beyond : float
        Share of what the other rule would send that would go to people who were sent nothing that night.
    """

    lists: pl.DataFrame
    same: float
    beyond: float


def sent_nights(store: Store, campaign: str) -> list[str]:
    """The nights of a campaign that can be decided anew: planned by night, with their rule on record."""
    door = Campaigns(store)
    told = [(name, door.certificate(name) or {}) for name in door.nights(campaign)]
    return [name for name, said in told if said.get("kind") == "night" and "asked" in said and "rule" in said]


def decide_again(
    store: Store,
    settings: Settings,
    night: str,
    changes: Mapping[str, float],
    *,
    ranked: Path | None = None,
    progress: Progress = lambda step, done, total: None,
) -> Remade:
    """Decide `night` under its own rule, and with `changes` of it.

    Parameters
    ----------
    changes : mapping
        Names of `LIMITS` with their values.
    ranked : Path, optional
        Folder of `gradmatch night` from that day; default: rank now, from the snapshot in use.

    Raises
    ------
    UnknownId
        No such night, or it does not say what it was asked.
    QueryError
        A change that is none, or looser than what people are promised; or the night was decided again.
    """
    door = Campaigns(store)
    said = door.certificate(night)
    if said is None or "asked" not in said:
        raise UnknownId(f"no night '{night}' that says what it was asked", where="night", cure="See `push status`.")
    if "begun with" in said:
        what = f"'{night}' was decided again, from an earlier plan, and cannot be remade"
        raise QueryError(what, where="night", cure="Replay a night that was planned once.")
    now = datetime.fromisoformat(said["asked"])
    own = door.get(said["campaign"])
    campaign = own._replace(limits=said["rule"], share=said["share"], holdout=said["holdout"], stopped=None)
    overlook = frozenset(door.nights_since(night))
    question = Question(campaign, now.date(), now, price=False, overlook=overlook, explores=False)
    found = candidates(store, settings, question, ranked=ranked, progress=progress)
    free = _unbound(settings)
    before = plan_night(store, free, found.pairs, found.people, question)
    other = replace(question, campaign=campaign._replace(limits={**said["rule"], **_known(changes)}))
    after = plan_night(store, free, found.pairs, found.people, other)
    return _compared(Outbox(store).exposed([night]), before.night.sends, after.night.sends, campaign.holdout)


def _known(changes: Mapping[str, float]) -> dict[str, float]:
    for name in changes:
        if name not in LIMITS:
            raise QueryError(f"no limit '{name}'", where=name, cure=f"Use one of {', '.join(LIMITS)}.")
    return dict(changes)


def _unbound(settings: Settings) -> Settings:
    """The settings with budgets so wide that a recorded rule, or a bolder one, is never refused as looser."""
    wide: dict[str, Any] = {"digest": 20, "in_week": 200, "gap_hours": 0.0, "patience": 100}
    return settings.model_copy(update={"push": settings.push.model_copy(update=wide)})


def _compared(exposed: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame, holdout: float) -> Remade:
    lists = exposed.select("list", "graduate").unique("graduate")
    planned = exposed.filter(pl.col("planned"))
    again = planned.join(before.select("graduate", "posting"), on=["graduate", "posting"], how="semi")
    reached = after.join(lists, on="graduate", how="left")
    asked = reached.filter(~pl.Series([lot(HELD, key) < holdout for key in reached["graduate"]], dtype=pl.Boolean))
    beyond = asked["list"].is_null().sum() / len(asked) if len(asked) else 0.0
    made = reached.drop_nulls("list").select("list", "posting", pl.col("rank").cast(pl.Int64))
    return Remade(made, len(again) / len(planned) if len(planned) else 1.0, float(beyond))
