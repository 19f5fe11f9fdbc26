"""What is wrong with a run, or looks so: checks that every replay and every task goes through (a task: the first four).

ineligible        a list holds what the hard rules forbid, or what is not there                            fatal
unanswered        others had a list for the query, this system had none: over 5 %; fatal over 20 %
tie trick         the order within equal scores makes the result: it would fall were equals shuffled       fatal
leaked label      listed pairs are told apart better than anybody can who does not know what came of them  fatal
popularity cheat  lists follow what became popular after the cutoff (fatal), or popularity and little else
no gain           not better than popularity, the cheapest system there is
slice worsens     better on the mean, and worse for some
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from eval.evaluation import ALL, Direction, Finding
from eval.intervals import holm
from eval.judged import Floats, Judged
from eval.measuring import Measured
from eval.rankings import UNJUDGED, Rankings
from eval.recommenders import best_of

UNANSWERED, UNANSWERED_FATAL = 0.05, 0.2
TOO_GOOD = 0.95
"""Share of (relevant, not relevant) pairs of a list in the right order from which a label has leaked."""
LEAST_PAIRS = 30
FOLLOWS, FOLLOWS_FATAL = 0.8, 0.6
"""Share of the first ten that popularity's lists share: of the past's popularity, and of the future's."""
TIE_GAIN = 0.005
LEAST_LISTS = 20
"""Lists below which nothing is said of ties: a few lucky orders prove no trick."""
ALPHA = 0.05
_SHORT = 10
_UNSUSPECTED = frozenset({"random", "popularity"})


def check(measured: Measured) -> list[Finding]:
    """Every check, of every system of a direction."""
    future = _future_popularity(measured)
    direction = measured.ground.direction
    findings = check_lists(measured.judged, direction)
    for system, judged in measured.judged.items():
        if system not in _UNSUSPECTED:
            found = [*_follows(system, judged, measured, future), *_no_gain(system, measured)]
            findings += [f.model_copy(update={"direction": direction.value}) for f in found]
    return findings + worse_slices(measured.differences)


def check_lists(judged: Mapping[str, Judged], direction: Direction) -> list[Finding]:
    """The checks that need nothing but the lists and what is judged of them, of every system."""
    findings: list[Finding] = []
    for system, lists in judged.items():
        findings += _ineligible(system, lists)
        findings += _unanswered(system, lists, judged)
        findings += _ties(system, lists)
        findings += _leak(system, lists)
    return [f.model_copy(update={"direction": direction.value}) for f in findings]


def _ineligible(system: str, judged: Judged) -> Iterator[Finding]:
    if judged.eligible is None:
        return
    wrong = judged.rankings.listed & ~judged.eligible
    count, lists = int(wrong.sum()), int(wrong.any(axis=1).sum())
    if count:
        yield Finding(
            fault="ineligible",
            fatal=True,
            system=system,
            zh=f"{lists} 份列表含 {count} 个不符合硬性条件或当时不存在的项",
            en=f"{lists} lists hold {count} documents that the hard rules forbid or that were not there",
            evidence={"documents": count, "lists": lists},
        )


def _unanswered(system: str, judged: Judged, every: Mapping[str, Judged]) -> Iterator[Finding]:
    others = np.stack([other.rankings.answered for other in every.values()]).any(axis=0)
    missing = others & ~judged.rankings.answered
    share = float(missing.sum() / max(others.sum(), 1))
    if share > UNANSWERED:
        yield Finding(
            fault="unanswered",
            fatal=share > UNANSWERED_FATAL,
            system=system,
            zh=f"{share:.0%} 的查询没有列表，均计 0",
            en=f"{share:.0%} of the queries have no list; they count 0",
            evidence={"share": share, "queries": int(missing.sum())},
        )


def tie_gain(judged: Judged, depth: int = _SHORT) -> Floats:
    """NDCG of the given order less that of equal scores in any order (its expectation), a query; NaN as nDCG."""
    scores = judged.rankings.scores
    if scores is None:
        return np.full(len(judged), np.nan)
    gains = judged.gains
    new = np.ones(gains.shape, np.bool_)
    new[:, 1:] = ~(scores[:, 1:] == scores[:, :-1])
    group = np.cumsum(new, axis=1) - 1 + np.arange(len(gains))[:, None] * gains.shape[1]
    total = np.bincount(group.ravel(), weights=gains.ravel(), minlength=gains.size)
    size = np.bincount(group.ravel(), minlength=gains.size)
    expected = (total / np.maximum(size, 1))[group]
    discount = 1 / np.log2(np.arange(min(depth, gains.shape[1])) + 2)
    dcg = (gains - expected)[:, :depth] @ discount
    ideal = judged.judgements.ideal(depth)
    return np.where(ideal > 0, dcg / np.where(ideal > 0, ideal, 1.0), np.nan)


def _ties(system: str, judged: Judged) -> Iterator[Finding]:
    gain = tie_gain(judged)
    gain = gain[~np.isnan(gain)]
    if len(gain) < LEAST_LISTS:
        return
    mean, error = float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(len(gain)))
    if mean > TIE_GAIN and mean > 3 * error:
        yield Finding(
            fault="tie trick",
            fatal=True,
            system=system,
            zh=f"同分项的排列使 nDCG@10 虚高 {mean:.3f}（按任意排列的期望值计）",
            en=f"the order among equal scores adds {mean:.3f} to nDCG@10 over what any order would give",
            measure="nDCG@10",
            evidence={"gain": mean, "error": error},
        )


def told_apart(judged: Judged) -> tuple[float, int]:
    """Share of the (relevant, judged not relevant) pairs of the same list that are in the right order; their number.

    NaN and 0 where no list holds both.
    """
    known = (judged.grades != UNJUDGED) & judged.rankings.listed
    good, bad = known & judged.relevant, known & ~judged.relevant
    below = bad[:, ::-1].cumsum(axis=1)[:, ::-1] - bad
    right, pairs = int((below * good).sum()), int((good.sum(axis=1) * bad.sum(axis=1)).sum())
    return (right / pairs if pairs else float("nan")), pairs


def _leak(system: str, judged: Judged) -> Iterator[Finding]:
    share, pairs = told_apart(judged)
    if pairs >= LEAST_PAIRS and share - 2 * np.sqrt(share * (1 - share) / pairs) > TOO_GOOD:
        yield Finding(
            fault="leaked label",
            fatal=True,
            system=system,
            zh=f"列表内 {share:.1%} 的相关／不相关对排序正确（{pairs} 对），好得不可信：结果可能已泄漏",
            en=f"{share:.1%} of {pairs} pairs of relevant and not relevant are in the right order: "
            "too good to be true, what came of them has leaked",
            evidence={"share": share, "pairs": pairs},
        )


def _future_popularity(measured: Measured) -> Rankings:
    """Lists of what became relevant to most, after the cutoff: what nobody could have known."""
    ground = measured.ground
    kept = (ground.judgements.grade >= 1) & (ground.judgements.document < len(ground.documents))
    counts = np.bincount(ground.judgements.document[kept], minlength=len(ground.documents)).astype(np.float64)
    return best_of(ground, _SHORT, (counts for _ in ground.queries))


def shared(a: Rankings, b: Rankings, depth: int = _SHORT) -> float:
    """Mean share of the first `depth` that two systems have in common; NaN where no query has both lists."""
    left, right = a.rows[:, :depth], b.rows[:, :depth]
    both = np.concatenate([np.where(left >= 0, left, -1), np.where(right >= 0, right, -1)], axis=1)
    ordered = np.sort(both, axis=1)
    same = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).sum(axis=1)
    longer = np.maximum((left >= 0).sum(axis=1), (right >= 0).sum(axis=1))
    held = longer > 0
    return float((same[held] / longer[held]).mean()) if held.any() else float("nan")


def _follows(system: str, judged: Judged, measured: Measured, future: Rankings) -> Iterator[Finding]:
    past = measured.judged.get("popularity")
    by_chance = measured.judged.get("random")
    after = shared(judged.rankings, future)
    before = 0.0 if past is None else shared(judged.rankings, past.rankings)
    if by_chance is not None and shared(by_chance.rankings, future) > FOLLOWS_FATAL / 2:
        return  # so little is allowed that any list looks like any other
    if after > FOLLOWS_FATAL and after > before:
        yield Finding(
            fault="popularity cheat",
            fatal=True,
            system=system,
            zh=f"前十名有 {after:.0%} 与截止之后才热门的项相同（与之前热门的相同 {before:.0%}）：列表知道未来",
            en=f"{after:.0%} of the first ten are what became popular after the cutoff ({before:.0%} what was before): "
            "the lists know the future",
            evidence={"future": after, "past": before},
        )
    elif before > FOLLOWS:
        yield Finding(
            fault="popularity cheat",
            fatal=False,
            system=system,
            zh=f"前十名有 {before:.0%} 就是热门榜：量到的是热门程度，不是匹配",
            en=f"{before:.0%} of the first ten are the popularity list: this measures popularity, not matching",
            evidence={"future": after, "past": before},
        )


def _no_gain(system: str, measured: Measured) -> Iterator[Finding]:
    names = [scores.system for scores in measured.scores]
    if "popularity" not in names or not measured.scores[0].measures:
        return
    own, cheap = measured.scores[names.index(system)], measured.scores[names.index("popularity")]
    difference = own.values[:, 0] - cheap.values[:, 0]
    difference = difference[~np.isnan(difference)]
    if len(difference) < 2:
        return
    mean, error = float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))
    if mean <= 2 * error:
        name = own.measures[0].name
        yield Finding(
            fault="no gain",
            fatal=False,
            system=system,
            measure=name,
            zh=f"{name} 不优于热门榜（差 {mean:+.3f}，标准误 {error:.3f}）",
            en=f"{name} is not better than that of popularity (difference {mean:+.3f}, standard error {error:.3f})",
            evidence={"mean": mean, "error": error},
        )


def worse_slices(
    differences: pl.DataFrame, *, measures: Sequence[str] = ("nDCG@10", "mAP"), alpha: float = ALPHA
) -> list[Finding]:
    """Slices that are worse although every query's mean is not, for each system beside its baseline.

    A slice is worse where its difference is below 0 at `alpha`, corrected (Holm) for the slices of the same system and
    measure. Slices that are too small to judge are named where they are worse, like the others.
    """
    findings: list[Finding] = []
    rows = differences.filter(pl.col("measure").is_in(list(measures)))
    for part in rows.partition_by("system", "baseline", "direction", "measure", maintain_order=True):
        everyone, slices = part.filter(pl.col("axis") == ALL), part.filter(pl.col("axis") != ALL)
        if everyone.is_empty() or (everyone["mean"][0] or 0.0) < 0:
            continue
        corrected = holm(slices["p"].to_list())
        findings += [
            _worse(row, p, float(everyone["mean"][0]))
            for row, p in zip(slices.iter_rows(named=True), corrected, strict=True)
            if row["mean"] < 0 and p <= alpha
        ]
    return findings


def _worse(row: dict[str, object], p: float, everyone: float) -> Finding:
    measure, mean = str(row["measure"]), float(str(row["mean"]))
    where = f"{row['axis']} = {row['slice']}"
    return Finding(
        fault="slice worsens",
        fatal=False,
        system=str(row["system"]),
        direction=str(row["direction"]),
        axis=str(row["axis"]),
        slice=str(row["slice"]),
        measure=measure,
        zh=f"{measure} 总体 {everyone:+.3f}，但 {where} 变差 {mean:+.3f}（p = {p:.2g}）",
        en=f"{measure} is {everyone:+.3f} for everyone, and {mean:+.3f} for {where} (p = {p:.2g})",
        evidence={"mean": mean, "everyone": everyone, "p": p},
    )
