"""What another rule of the push would have brought: from nights in which a few digests were drawn by chance.

The log is what was sent, with the chance of each posting to be in its digest (`matching.push.exploring`); the lists
beside it are the same nights decided anew (`matching.push.replaying`). It speaks of those to whom the night wrote, and
takes what comes of a digest as not hanging on the digests of others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from eval.exposures import LOG
from eval.offpolicy import OffPolicy
from matching.errors import QueryError, UnknownId
from matching.language import Words
from matching.push.replaying import Remade, decide_again, sent_nights
from matching.store import Outbox

if TYPE_CHECKING:
    from pathlib import Path

    from matching.progress import Progress
    from matching.settings import Settings
    from matching.standard.records import Action
    from matching.store import Store

SAME = 0.95
"""Share of a night that must come out again under its own rule; below, too much has changed since to decide it anew."""
BEYOND = 0.1
"""Largest share of the other rule's sends to people who were sent nothing: of them the log knows nothing."""


@dataclass(frozen=True)
class Pushed:
    """A push to be looked back at.

    Parameters
    ----------
    campaign : str
    nights : sequence of str
        Empty: all that were planned by night and say what they were asked.
    outcome : Action
        What counts as a reward.
    before : datetime
        Outcomes and sends before this moment count.
    """

    campaign: str
    nights: Sequence[str]
    outcome: Action
    before: datetime


def pushed_log(store: Store, nights: Sequence[str], asked: Pushed) -> pl.DataFrame:
    """The sends of some nights as exposures; columns as in `eval.exposures.LOG`.

    Raises
    ------
    QueryError
        Nothing was sent with a known chance.
    """
    shown = Outbox(store).exposed(nights).filter(pl.col("at") < asked.before)
    if not len(shown):
        raise QueryError("nothing was sent with a known chance", where=asked.campaign, cure="Plan and send first.")
    acts = store.past(asked.before).interactions().filter(pl.col("action") == asked.outcome)
    ends = acts.group_by("graduate", "posting").agg(pl.col("at").max().alias("end"))
    came = shown.join(ends, on=["graduate", "posting"], how="left")
    reward = (pl.col("end") >= pl.col("at")).fill_null(value=False).cast(pl.Float64)
    return came.with_columns(reward=reward).select(*LOG)


def remade(
    store: Store,
    settings: Settings,
    asked: Pushed,
    changes: Mapping[str, float],
    *,
    ranked: Path | None = None,
    progress: Progress = lambda step, done, total: None,
) -> tuple[pl.DataFrame, pl.DataFrame, list[Remade]]:
    """(The log, what the other rule would have put into the same lists, what deciding anew says of itself)."""
    known = sent_nights(store, asked.campaign)
    nights = list(asked.nights) or known
    if unknown := sorted(set(nights) - set(known)):
        what = f"no night '{unknown[0]}' that says what it was asked"
        raise UnknownId(what, where=asked.campaign, cure="See `gradmatch push status`.")
    log = pushed_log(store, nights, asked)
    made = [decide_again(store, settings, night, changes, ranked=ranked, progress=progress) for night in nights]
    lists = pl.concat([one.lists for one in made])
    return log, lists.join(log.select("list").unique(), on="list", how="semi"), made


def refused(found: OffPolicy, made: Sequence[Remade]) -> OffPolicy:
    """`found`, refused where the nights cannot be decided anew, or the other rule would write to others."""
    more = [(words.zh, words.en) for words in _refusals(made)]
    if not more:
        return found
    return found.model_copy(update={"refusals": [*found.refusals, *more], "estimates": []})


def _refusals(made: Sequence[Remade]) -> Iterator[Words]:
    same, beyond = min((one.same for one in made), default=1.0), max((one.beyond for one in made), default=0.0)
    if same < SAME:
        yield Words(
            f"按原规则重新计划，只有 {same:.0%} 与当晚相同（至少 {SAME:.0%}）：快照、岗位或人员此后变化太大",
            f"under its own rule only {same:.0%} of a night comes out again ({SAME:.0%} is needed): too much changed",
        )
    if beyond > BEYOND:
        yield Words(
            f"新规则有 {beyond:.0%} 发给当晚没有收到的人（至多 {BEYOND:.0%}）：日志对他们一无所知",
            f"{beyond:.0%} of what the other rule sends goes to people who were sent nothing ({BEYOND:.0%} at most)",
        )
