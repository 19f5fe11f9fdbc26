"""What has happened already: who may get how many tonight, what is no news, and which employers are silent.

All three read a table of the past that ends before tonight; nothing here looks later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True)
class Budget:
    """How much may be sent to one person, over all campaigns and events together.

    Parameters
    ----------
    digest : int
        Postings in one digest at most.
    window, in_window : timedelta, int
        At most so many postings within any such time.
    gap : timedelta
        No digest sooner after the last one.
    patience : int
        Digests in a row that a person may leave unopened; each further one doubles the gap, up to `longest`.
    longest : timedelta
    """

    digest: int = 3
    window: timedelta = timedelta(days=7)
    in_window: int = 9
    gap: timedelta = timedelta(hours=20)
    patience: int = 3
    longest: timedelta = timedelta(days=28)


def budgets(graduates: list[str], sent: pl.DataFrame, *, now: datetime, budget: Budget) -> NDArray[np.int64]:
    """How many postings each of `graduates` may get now.

    Parameters
    ----------
    graduates : list of str
    sent : polars.DataFrame
        One line a posting sent: graduate, at (with time zone), opened (bool). Postings of one digest share `at`.
        Lines at or after `now` are left out.
    now : datetime
        With time zone.
    budget : Budget

    Returns
    -------
    int64 array (n,)
        0 during the gap and where the window is used up; `digest` for those who were never sent anything.
    """
    past = sent.filter(pl.col("at") < now)
    recent = past.filter(pl.col("at") > now - budget.window).group_by("graduate").agg(pl.len().alias("recent"))
    digests = past.group_by("graduate", "at").agg(pl.col("opened").any()).sort("graduate", "at")
    last = digests.group_by("graduate", maintain_order=True).agg(
        pl.col("at").last().alias("last"),
        pl.col("opened").reverse().cum_max().not_().sum().cast(pl.Int64).alias("unopened"),
    )
    asked = pl.DataFrame({"graduate": graduates}, schema={"graduate": pl.String})
    found = asked.join(recent, on="graduate", how="left", maintain_order="left")
    found = found.join(last, on="graduate", how="left", maintain_order="left")
    doublings = (pl.col("unopened").fill_null(0) - budget.patience).clip(0, 20)
    gap = pl.min_horizontal(pl.lit(budget.gap) * (2**doublings).cast(pl.Int64), pl.lit(budget.longest))
    left = (budget.in_window - pl.col("recent").fill_null(0).cast(pl.Int64)).clip(0, budget.digest)
    waits = (pl.col("last") + gap > now).fill_null(value=False)
    return found.select(pl.when(waits).then(0).otherwise(left)).to_series().to_numpy().astype(np.int64)


def only_news(pairs: pl.DataFrame, *past: pl.DataFrame) -> pl.DataFrame:
    """`pairs` without those that any of the `past` tables names: sent, shown, applied to or dismissed before.

    Parameters
    ----------
    pairs, past : polars.DataFrame
        With columns graduate, posting (keys).
    """
    for table in past:
        pairs = pairs.join(table.select("graduate", "posting"), on=["graduate", "posting"], how="anti")
    return pairs


@dataclass(frozen=True)
class Replies:
    """How an employer's silence lowers its exposure: gradually, explained, and made good by answering again.

    Parameters
    ----------
    rate, weight : float
        The prior: the share of applications that employers answer, and how many applications it counts for (a
        Beta distribution with ``rate × weight`` answered ones).
    half_life : timedelta
        An application counts half after this time, so old silence is forgiven.
    """

    rate: float = 0.4
    weight: float = 10.0
    half_life: timedelta = timedelta(days=60)

    def __post_init__(self) -> None:
        """Refuse an impossible prior."""
        if not (0 < self.rate < 1 and self.weight > 0 and self.half_life > timedelta(0)):
            raise ValueError(f"no prior for replies: {self}")


def reply_factors(outcomes: pl.DataFrame, *, now: datetime, replies: Replies) -> pl.DataFrame:
    """What the chance of an answer is to be multiplied with, by employer.

    Parameters
    ----------
    outcomes : polars.DataFrame
        One line an application old enough to have been answered: employer, at, answered (bool).
    now : datetime
    replies : Replies

    Returns
    -------
    polars.DataFrame
        employer; applications, answered (weighed by age); factor in (0, 1]: the expected reply rate over the
        prior's, never above 1 (answering well is not paid with other people's attention). By employer. Employers
        that are not named have a factor of 1.
    """
    age = (pl.lit(now) - pl.col("at")).dt.total_seconds() / replies.half_life.total_seconds()
    weight = (0.5 ** age.clip(0)).alias("weight")
    answered = (pl.col("weight") * pl.col("answered").cast(pl.Float64)).sum().alias("answered")
    sums = (
        outcomes.filter(pl.col("at") < now)
        .with_columns(weight)
        .group_by("employer")
        .agg(pl.col("weight").sum().alias("applications"), answered)
    )
    expected = (pl.col("answered") + replies.rate * replies.weight) / (pl.col("applications") + replies.weight)
    return sums.with_columns((expected / replies.rate).clip(upper_bound=1.0).alias("factor")).sort("employer")


def appeal_factors(
    posting: NDArray[np.int64],
    expected: NDArray[np.float64],
    applied: NDArray[np.bool_],
    *,
    postings: int,
    weight: float = 2.0,
) -> NDArray[np.float64]:
    """What the chance of an application is to be multiplied with, by posting: what came of its sends so far.

    Parameters
    ----------
    posting : int64 (n,)
        Number of each send's posting.
    expected : float64 (n,)
        Chance of an application that was expected of it, before any factor.
    applied : bool (n,)
        Whether it came.
    postings : int
    weight : float
        Expected applications that the prior counts for: a Gamma distribution around what came of all sends together,
        which itself counts as 1 until ten times `weight` are expected.

    Returns
    -------
    float64 (postings,)
        Between 0.1 and 4. 1 for all where nothing came of anything: then nobody reports applications, and it is not
        known that none are made.
    """
    came, hoped = float(applied.sum()), float(expected.sum())
    if came == 0:
        return np.ones(postings)
    overall = (came + 10 * weight) / (hoped + 10 * weight)
    mine = np.bincount(posting, applied, minlength=postings)
    theirs = np.bincount(posting, expected, minlength=postings)
    return np.clip((mine + weight * overall) / (theirs + weight), 0.1, 4.0)
