"""What a new ranker would have earned in the lists that an old one made: IPS, SNIPS and DR from logged exposures.

A posting that stands in both lists at places k (old) and k' (new) tells what the new list would have earned there:
its reward, times ``θ(k') / θ(k)`` for how much more the new place is looked at, over the chance ``p`` that it was in
the old list at all. With ``w`` for that product and ``u = θ(k') / p``, summed over a graduate's exposures,

IPS    = Σ w·r / lists                                       unbiased, restless
SNIPS  = (Σ w·r / Σ u) · (Σ θ(k') over the new lists / lists)   steadier: Σ u is known to be Σ θ(k') on average
DR     = (Σ q(new lists) + Σ w·(r − q)) / lists              q: a reward model; right if either p or q is

Σ u / Σ θ(k') is also the support: below 1 by the share of the new lists that the old system never could have shown.
Where that is lacking, or a few exposures carry everything, there is no estimate but a refusal.

Li, Abbasi-Yadkori, Kveton, Muthukrishnan, Vinay, Wen (2018): Offline evaluation of ranking policies with click models.
Swaminathan, Joachims (2015): The self-normalized estimator for counterfactual learning.
Dudík, Langford, Li (2011): Doubly robust policy evaluation and learning.

Open Bandit Pipeline, the library of the field, was not taken: its newest release that installs is 0.4.1 and wants
pandas and seaborn (its estimators were not compared). So these are ours, tested against enumeration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from matching.errors import QueryError
from matching.language import Words
from matching.learning.examination import Examination

Floats = NDArray[np.float64]

_COLUMNS = ("lists", "slots", "u", "wr", "reward", "model", "residual")
_AT_ONCE = 4_000_000
_PRIOR = 10.0
"""Looks at the mean rate that a posting's own rate is shrunk by in the reward model."""


@dataclass(frozen=True)
class Demands:
    """When an estimate is refused.

    Attributes
    ----------
    effective : float
        Least effective number of exposures, (Σw)² / Σw².
    lacking : float
        Support must not be shown to be farther than this below 1: the old system never shows what the new one would.
    excess : float
        Support must not be shown to be farther than this above 1: the propensities are too small to be true, or, where
        they were counted, something else than what they were counted by steered the old system.
    share : float
        Largest share of the weight that one graduate may carry.
    """

    effective: float = 100.0
    lacking: float = 0.1
    excess: float = 0.05
    share: float = 0.1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(_Part):
    """Reward a list with its bootstrap interval over graduates, and the difference from what the log earned."""

    name: str
    value: float
    low: float
    high: float
    gain: float
    gain_low: float
    gain_high: float


class OffPolicy(_Part):
    """What was found: estimates, or why there are none.

    Attributes
    ----------
    logged : Estimate
        What the old system earned in the same lists; its gain is 0.
    estimates : list of Estimate
        IPS, SNIPS, DR; empty where refused.
    effective : float
        (Σw)² / Σw².
    support, support_low, support_high : float
        Share of the new lists that the log could have shown.
    largest_share : float
        Of the weight, in the hands of one graduate.
    matched : int
        Exposures that stand in both lists.
    refusals : list of [zh, en]
    """

    lists: int
    graduates: int
    exposures: int
    matched: int
    effective: float
    support: float
    support_low: float
    support_high: float
    largest_share: float
    logged: Estimate
    estimates: list[Estimate]
    refusals: list[tuple[str, str]]
    seed: int
    resamples: int
    confidence: float
    simulated: bool

    @property
    def reasons(self) -> list[Words]:
        """Why there is no estimate, in both languages; empty where there is one."""
        return [Words(zh, en) for zh, en in self.refusals]


@dataclass(frozen=True)
class Sampling:
    """How intervals are made: `resamples` bootstrap samples of graduates."""

    seed: int = 0
    resamples: int = 2_000
    confidence: float = 0.95


def evaluate(
    log: pl.DataFrame,
    target: pl.DataFrame,
    *,
    examination: Examination,
    demands: Demands | None = None,
    sampling: Sampling | None = None,
    simulated: bool = False,
) -> OffPolicy:
    """Estimate what `target` would have earned.

    Parameters
    ----------
    log, target : DataFrame
        Columns as in `eval.exposures.LOG` and `TARGET`.
    examination : Examination
        How much each place is looked at.
    demands : Demands, optional
        When to refuse.
    sampling : Sampling, optional

    Raises
    ------
    QueryError
        The log is empty.
    """
    if not len(log):
        raise QueryError("an empty log", where="exposures", cure="Log what is shown, with its propensities.")
    demands, sampling = demands or Demands(), sampling or Sampling()
    rows, slots = _weighted(log, target, examination)
    sums, weights = _by_graduate(rows, slots)
    whole = sums.sum(axis=0, keepdims=True)
    samples = np.concatenate(list(_resampled(sums, sampling)))
    tails = [(1 - sampling.confidence) / 2, (1 + sampling.confidence) / 2]
    low, high = (float(x) for x in np.quantile(_support(samples), tails))
    effective = float(weights.sum() ** 2 / max((rows["w"].to_numpy() ** 2).sum(), 1e-300))
    share = float(weights.max() / weights.sum()) if weights.sum() > 0 else 1.0
    refusals = list(_refusals(demands, effective=effective, support=(low, high), share=share))
    return OffPolicy(
        lists=int(whole[0, 0]),
        graduates=len(sums),
        exposures=len(log),
        matched=int((rows["w"] > 0).sum()),
        effective=effective,
        support=float(_support(whole)[0]),
        support_low=low,
        support_high=high,
        largest_share=share,
        logged=_estimate("logged", whole, samples, tails),
        estimates=[] if refusals else [_estimate(name, whole, samples, tails) for name in ("IPS", "SNIPS", "DR")],
        refusals=[(words.zh, words.en) for words in refusals],
        seed=sampling.seed,
        resamples=sampling.resamples,
        confidence=sampling.confidence,
        simulated=simulated,
    )


def _weighted(log: pl.DataFrame, target: pl.DataFrame, examination: Examination) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Exposures with w, u (0 where the new list has it not) and the reward model's `q`; the new places with theirs."""
    order = log["graduate"].unique().sort()
    fold = pl.col("graduate").replace_strict(order, np.arange(len(order)) % 2, return_dtype=pl.Int64).alias("fold")
    looked = log.with_columns(fold, look=pl.Series(examination(log["rank"].to_numpy())))
    places = target.with_columns(slot=pl.Series(examination(target["rank"].to_numpy())))
    rates = _rates(looked, pl.concat([log["posting"], target["posting"]]).unique())
    weight = pl.col("slot").fill_null(0.0) / pl.col("propensity")
    exposures = (
        looked.join(places.drop("rank"), on=["list", "posting"], how="left")
        .join(rates, on=["posting", "fold"], how="left")
        .with_columns(u=weight, w=weight / pl.col("look"), q=pl.col("look") * pl.col("rate"))
    )
    owners = looked.select("list", "graduate", "fold").unique("list")
    slots = owners.join(places, on="list", how="left").join(rates, on=["posting", "fold"], how="left")
    return exposures, slots.with_columns(model=(pl.col("slot") * pl.col("rate")).fill_null(0.0))


def _rates(looked: pl.DataFrame, postings: pl.Series) -> pl.DataFrame:
    """A posting's reward a look for those of either fold, learned from the other half and shrunk to its mean."""
    parts = []
    for fold in (0, 1):
        others = looked.filter(pl.col("fold") != fold)
        looks, rewards = float(others["look"].sum()), float(others["reward"].sum())
        mean = rewards / looks if looks else 0.0
        own = others.group_by("posting").agg(pl.col("look").sum(), pl.col("reward").sum())
        rate = (pl.col("reward").fill_null(0) + _PRIOR * mean) / (pl.col("look").fill_null(0) + _PRIOR)
        found = postings.to_frame("posting").join(own, on="posting", how="left")
        parts.append(found.select("posting", rate.alias("rate"), pl.lit(fold, pl.Int64).alias("fold")))
    return pl.concat(parts)


def _by_graduate(exposures: pl.DataFrame, slots: pl.DataFrame) -> tuple[Floats, Floats]:
    """Sums a graduate, columns `_COLUMNS`, and each graduate's weight."""
    planned = slots.group_by("graduate").agg(
        pl.col("list").n_unique().cast(pl.Float64).alias("lists"),
        pl.col("slot").sum().alias("slots"),
        pl.col("model").sum(),
    )
    earned = exposures.group_by("graduate").agg(
        pl.col("u").sum(),
        (pl.col("w") * pl.col("reward")).sum().alias("wr"),
        pl.col("reward").sum(),
        (pl.col("w") * (pl.col("reward") - pl.col("q"))).sum().alias("residual"),
        pl.col("w").sum(),
    )
    found = planned.join(earned, on="graduate").sort("graduate")
    return found.select(_COLUMNS).to_numpy().astype(np.float64), found["w"].to_numpy()


def _resampled(sums: Floats, sampling: Sampling) -> Iterator[Floats]:
    n, generator = len(sums), np.random.default_rng(sampling.seed)
    block = max(1, _AT_ONCE // n)
    for start in range(0, sampling.resamples, block):
        size = min(block, sampling.resamples - start)
        yield generator.multinomial(n, np.full(n, 1 / n), size=size) @ sums


def _support(sums: Floats) -> Floats:
    return np.asarray(sums[:, 2] / np.maximum(sums[:, 1], 1e-300))


def _value(name: str, sums: Floats) -> Floats:
    lists, slots, u, wr, reward, model, residual = sums.T
    if name == "IPS":
        return np.asarray(wr / lists)
    if name == "SNIPS":
        return np.asarray(np.divide(wr, u, out=np.zeros_like(wr), where=u > 0) * slots / lists)
    if name == "DR":
        return np.asarray((model + residual) / lists)
    return np.asarray(reward / lists)


def _estimate(name: str, whole: Floats, samples: Floats, tails: list[float]) -> Estimate:
    value, drawn = float(_value(name, whole)[0]), _value(name, samples)
    base, base_drawn = float(_value("logged", whole)[0]), _value("logged", samples)
    low, high = np.quantile(drawn, tails)
    gain_low, gain_high = np.quantile(drawn - base_drawn, tails)
    return Estimate(
        name=name,
        value=value,
        low=float(low),
        high=float(high),
        gain=value - base,
        gain_low=float(gain_low),
        gain_high=float(gain_high),
    )


def _refusals(demands: Demands, *, effective: float, support: tuple[float, float], share: float) -> Iterator[Words]:
    low, high = support
    if effective < demands.effective:
        yield Words(
            f"有效曝光数只有 {effective:.0f}，至少需要 {demands.effective:.0f}：新旧列表重合太少",
            f"{effective:.0f} effective exposures, {demands.effective:.0f} are needed: the lists share too little",
        )
    if high < 1 - demands.lacking:
        yield Words(
            f"新列表中至多 {high:.0%} 的位置可能出现在日志里：其余部分日志从未能展示，无从估计",
            f"at most {high:.0%} of the new lists could have been in the log: nothing is known about the rest",
        )
    if low > 1 + demands.excess:
        yield Words(
            f"权重之和至少是应有值的 {low:.2f} 倍：概率偏小，或旧系统还依据了别的因素",
            f"the weights add up to at least {low:.2f} times what they must: the propensities are too small, "
            "or something else steered the old system",
        )
    if share > demands.share:
        yield Words(
            f"单个毕业生占了 {share:.0%} 的权重：结果取决于一个人",
            f"one graduate carries {share:.0%} of the weight: the result would be about one person",
        )
