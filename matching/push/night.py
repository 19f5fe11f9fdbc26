"""A night: from ranked pairs and what is known of both sides to who gets what, and why someone gets nothing.

The pairs come as `matching.bulk` ranks them; chances of both sides say what a pair is worth: the chance that the
graduate, sent the posting, applies and is answered. A pair whose eligibility is unknown is worth less, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from matching.push.again import Held, replan
from matching.push.exploring import Explored, explore
from matching.push.limits import Load, posting_limits
from matching.push.market import UNLIMITED, Market, market_of
from matching.push.plan import Plan, plan

if TYPE_CHECKING:
    import pyarrow as pa

    from matching.chance import Chances

REASONS = ("no candidate", "no budget", "others gain more", "nothing suits well enough")
"""Why someone gets nothing: nothing eligible and new; resting or used up; every candidate's places went to others; no
candidate suits well enough."""


@dataclass(frozen=True)
class Rules:
    """What a campaign wants; every figure is published with the plan.

    Parameters
    ----------
    load : Load
        What a posting bears.
    per_employer : int
        Postings of one employer in a digest.
    employer_limit : int, optional
        Sends of one employer a night, over all its postings.
    unknown : float
        What a pair with unknown eligibility is worth, beside one that passes; 0 leaves it out.
    asked : float
        What a pair counts that the person asked for, beside one that it did not; it is spared `least`.
    least : float
        Chance of an application below which a pair is not sent: nobody is glad of what hardly suits.
    floor : int
        Postings that each person of a priority group shall get before others gain.
    floor_price : float
        What one posting of that floor may cost all others, as a share of the mean value of a pair.
    gap : float
        See `matching.push.plan`.
    explore : float
        Share of people whose digest is drawn at random; see `matching.push.exploring`.
    """

    load: Load = field(default_factory=Load)
    per_employer: int = 1
    employer_limit: int | None = None
    unknown: float = 0.5
    asked: float = 1.0
    least: float = 0.0
    floor: int = 1
    floor_price: float = 1.0
    gap: float = 0.01
    explore: float = 0.0

    def __post_init__(self) -> None:
        """Refuse impossible rules."""
        if not (
            0 <= self.unknown <= 1
            and 0 <= self.least <= 1
            and self.asked >= 1
            and self.floor >= 0
            and self.floor_price >= 0
            and self.gap > 0
            and 0 <= self.explore < 1
        ):
            raise ValueError(f"impossible rules: {self}")


@dataclass(frozen=True)
class Night:
    """What a night decided.

    Parameters
    ----------
    sends : polars.DataFrame
        graduate, posting (keys), rank (1 is best), value, price (what demand asks for a place), apply, answer,
        eligibility, propensity (chance that the pair was sent, and 1 without exploration), planned (whether the plan
        held it); by graduate, then rank.
    unreached : polars.DataFrame
        graduate, reason (one of `REASONS`).
    plan : Plan
        Before anything was drawn.
    chances : str
        Which curves the chances are from.
    drawn : int
        People whose digest was drawn at random.
    """

    sends: pl.DataFrame
    unreached: pl.DataFrame
    plan: Plan
    chances: str
    drawn: int = 0

    def certificate(self) -> dict[str, float | int | str]:
        """What was decided and how good it is, as plain values."""
        met, promised = self.plan.floors()
        return {
            "sends": self.plan.sent,
            "graduates reached": self.sends["graduate"].n_unique(),
            "graduates not reached": len(self.unreached),
            "postings sent": self.sends["posting"].n_unique(),
            "expected value": self.plan.value,
            "gap": self.plan.gap,
            "floor met": met,
            "floor promised": promised,
            "chances": self.chances,
            "drawn at random": self.drawn,
        }


def decide(
    pairs: pa.Table,
    chances: Chances,
    *,
    people: pl.DataFrame,
    postings: pl.DataFrame,
    rules: Rules | None = None,
    seed: str = "",
    before: pl.DataFrame | None = None,
) -> Night:
    """Who gets what tonight.

    Parameters
    ----------
    pairs : pyarrow.Table
        graduate, posting, score, eligibility (and more), as `matching.bulk.RANKED`, and asked (bool) where people may
        have asked for a pair; no pair that is no news.
        Pairs of people or postings that are not named below are left out. Any order gives the same night.
    chances : Chances
    people : polars.DataFrame
        graduate, budget, priority (bool); see `matching.push.history.budgets`.
    postings : polars.DataFrame
        posting, employer, open (places), applied (applications that came already), reply (factor on the chance of
        an answer, see `matching.push.history.reply_factors`), and, where it is known, appeal (factor on the chance of
        an application, see `appeal_factors`).
    rules : Rules, optional
    seed : str
        Of what is drawn, where `rules` explore.
    before : polars.DataFrame, optional
        graduate, posting, price: an earlier plan of this night, which this one goes on from; see
        `matching.push.again`. Pairs that are no candidates any more fall out.

    Returns
    -------
    Night
    """
    own = rules or Rules()
    people, postings = people.sort("graduate"), postings.sort("posting")
    if "appeal" not in postings.columns:
        postings = postings.with_columns(appeal=1.0)
    frame = cast("pl.DataFrame", pl.from_arrow(pairs))
    if "asked" not in frame.columns:
        frame = frame.with_columns(asked=pl.lit(value=False))
    table = _valued(frame, chances, (people, postings), own)
    market = _market(table, people, postings, own)
    found = (
        plan(market, gap=own.gap) if before is None else replan(market, _held(before, people, postings), gap=own.gap)
    )
    shown = explore(market, found.held, people["graduate"].to_list(), share=own.explore, seed=seed)
    sends = _sends(found, shown, table)
    some = frame.filter(pl.col("eligibility").cast(pl.String) != "fail")
    return Night(sends, _unreached(sends, table, people, some), found, chances.source, shown.drawn)


def _valued(
    pairs: pl.DataFrame, chances: Chances, sides: tuple[pl.DataFrame, pl.DataFrame], rules: Rules
) -> pl.DataFrame:
    """Pairs with numbers of both sides, chances and value; those worth nothing are left out."""
    people, postings = sides
    known = (
        pairs.select("graduate", "posting", "score", "asked", pl.col("eligibility").cast(pl.String))
        .join(people.select("graduate", pl.int_range(pl.len()).alias("g")), on="graduate")
        .join(postings.select("posting", "reply", "appeal", pl.int_range(pl.len()).alias("p")), on="posting")
        .sort("g", "p")
    )
    chance = chances(known["score"].to_numpy())
    unknown = pl.when(pl.col("eligibility") == "pass").then(1.0).otherwise(rules.unknown)
    worth = unknown * pl.when(pl.col("asked")).then(rules.asked).otherwise(1.0)
    suits = pl.col("asked") | (pl.col("apply") >= rules.least)
    return (
        known.with_columns(
            pl.Series("apply", chance.apply),
            (pl.Series(chance.apply) * known["appeal"]).clip(upper_bound=1.0).alias("expected"),
            pl.Series("answer", chance.answer) * known["reply"].cast(pl.Float64),
        )
        .with_columns((pl.col("expected") * pl.col("answer") * worth).alias("value"))
        .filter((pl.col("value") > 0) & (pl.col("eligibility") != "fail") & suits)
    )


def _market(table: pl.DataFrame, people: pl.DataFrame, postings: pl.DataFrame, rules: Rules) -> Market:
    value = table["value"].to_numpy()
    wanted = postings["open"].to_numpy() * rules.load.wanted - postings["applied"].to_numpy()
    limits = posting_limits(table["p"].to_numpy(), table["expected"].to_numpy(), value, wanted=wanted, load=rules.load)
    _, employer = np.unique(postings["employer"].to_numpy(), return_inverse=True)
    most = UNLIMITED if rules.employer_limit is None else np.int64(rules.employer_limit)
    return market_of(
        table["g"].to_numpy(),
        table["p"].to_numpy(),
        value,
        graduates=len(people),
        limits=limits,
        budget=people["budget"].to_numpy(),
        floor=np.where(people["priority"].to_numpy(), rules.floor, 0),
        bonus=rules.floor_price * (float(value.mean()) if len(value) else 0.0),
        employer=employer,
        employer_limit=np.full(int(employer.max(initial=-1)) + 1, most),
        per_employer=rules.per_employer,
    )


def _held(before: pl.DataFrame, people: pl.DataFrame, postings: pl.DataFrame) -> Held:
    """An earlier plan's pairs by the numbers of those who are there now."""
    known = before.join(people.select("graduate", pl.int_range(pl.len()).alias("g")), on="graduate").join(
        postings.select("posting", pl.int_range(pl.len()).alias("p")), on="posting"
    )
    once = known.unique(["g", "p"], keep="first", maintain_order=True)
    return Held(once["g"].to_numpy(), once["p"].to_numpy(), once["price"].to_numpy())


def _sends(found: Plan, shown: Explored, table: pl.DataFrame) -> pl.DataFrame:
    chosen = replace(found, held=shown.held).pairs()
    plain = pl.DataFrame(
        {
            "g": chosen.graduate,
            "p": chosen.posting,
            "rank": chosen.rank,
            "price": chosen.price,
            "propensity": shown.propensity[shown.held],
            "planned": found.held[shown.held],
        },
        schema_overrides={"g": table.schema["g"], "p": table.schema["p"]},
    )
    columns = ["graduate", "posting", "rank", "value", "price", "apply", "answer", "eligibility"]
    columns += ["propensity", "planned"]
    return plain.join(table, on=["g", "p"], how="left", maintain_order="left").select(columns)


def _unreached(sends: pl.DataFrame, table: pl.DataFrame, people: pl.DataFrame, some: pl.DataFrame) -> pl.DataFrame:
    """Who gets nothing, and why; `some` are all who had any candidate, `table` those that were worth it."""
    none = ~pl.col("graduate").is_in(some["graduate"].unique().implode())
    weak = ~pl.col("graduate").is_in(table["graduate"].unique().implode())
    reason = pl.when(none).then(pl.lit(REASONS[0])).when(pl.col("budget") <= 0).then(pl.lit(REASONS[1]))
    reason = reason.when(weak).then(pl.lit(REASONS[3]))
    left = people.filter(~pl.col("graduate").is_in(sends["graduate"].unique().implode()))
    return left.select("graduate", reason.otherwise(pl.lit(REASONS[2])).alias("reason"))
