"""A feature or a text that knows the future.

A feature has leaked where it alone tells outcomes apart as nobody can who does not know them, or tells those that came
after the cutoff apart much better than those that came before it: the past is the control. A text has leaked where
people name those they came together with later far more often than others whom they were shown: the name of the
employer, the key of the posting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lgamma
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.evaluation import Finding
from eval.rankings import Judgements

TOO_GOOD = 0.95
"""Area under the curve from which a single feature has leaked."""
KNOWS, BETTER, STEPS = 0.75, 0.2, 4.0
"""A feature that is no certainty has leaked where its area after the cutoff is at least the first, and larger than the
one before it by the second and by so many standard errors. Less would accuse honest ones that grow stale: how long ago
a posting was published says something of tomorrow, and nothing of last month (.61 and .45 in a sample province)."""
LEAST = 30
"""Outcomes of each kind below which nothing is said."""
_SURE = 1e-4
_TIMES = 5
_SHORTEST = 4
"""Letters of a name below which its being named says nothing."""


class Labelled(NamedTuple):
    """Features of judged pairs, what came of them (after the cutoff), and whom they belong to; n each."""

    columns: Mapping[str, NDArray[np.float64]]
    label: NDArray[np.bool_]
    query: NDArray[np.int64]


def area(values: NDArray[np.float64], label: NDArray[np.bool_]) -> float:
    """Chance that a pair that came about has the larger value than one that did not (ties half); NaN without both.

    A missing value counts as the smallest.
    """
    good, bad = int(label.sum()), int((~label).sum())
    if not good or not bad:
        return float("nan")
    filled = np.where(np.isnan(values), -np.inf, values)
    _, group, counts = np.unique(filled, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[group.reshape(-1)]
    return float((ranks[label].sum() - good * (good + 1) / 2) / (good * bad))


def area_error(found: float, label: NDArray[np.bool_]) -> float:
    """Standard error of an area (Hanley and McNeil 1982), pairs taken as independent."""
    good, bad = int(label.sum()), int((~label).sum())
    one, two = found / (2 - found), 2 * found**2 / (1 + found)
    spread = found * (1 - found) + (good - 1) * (one - found**2) + (bad - 1) * (two - found**2)
    return float(np.sqrt(max(spread, 0.0) / (good * bad)))


def feature_findings(pairs: Labelled, before: Labelled | None = None) -> list[Finding]:
    """Features that know the future; each fails the run.

    One does where it alone tells the outcomes of `pairs` apart with an area over .95, in either direction; or where it
    tells them apart with .75 and more, and much better than the outcomes of `before`, which had come before the cutoff:
    by an area of .2, and by four standard errors. An honest feature says little more of tomorrow than of yesterday.

    Nothing is said with fewer than 30 outcomes of each kind, and nothing by comparison with fewer in `before`.
    """
    findings = []
    if not enough(pairs):
        return []
    for name, values in pairs.columns.items():
        found = area(values, pairs.label)
        earlier, gap, error = _beside(name, found, pairs, before)
        either = max(found, 1 - found)
        if either <= TOO_GOOD and not (either >= KNOWS and gap > BETTER and gap > STEPS * error):
            continue
        was = "" if np.isnan(earlier) else f"，截止之前的只有 {earlier:.3f}"
        only = "" if np.isnan(earlier) else f", and {earlier:.3f} of those before the cutoff"
        findings.append(
            Finding(
                fault="leaked feature",
                fatal=True,
                zh=f"特征“{name}”单独就把之后的结果分开（AUC {found:.3f}{was}）：它知道未来",
                en=f"feature '{name}' alone tells the outcomes apart (AUC {found:.3f}{only}): it knows the future",
                evidence={"auc": found, "pairs": len(pairs.label)} | ({} if was == "" else {"auc before": earlier}),
            )
        )
    return findings


def enough(pairs: Labelled) -> bool:
    """Whether there are outcomes enough of each kind to say something."""
    return min(int(pairs.label.sum()), int((~pairs.label).sum())) >= LEAST


def _beside(name: str, found: float, pairs: Labelled, before: Labelled | None) -> tuple[float, float, float]:
    """Area of the feature before the cutoff, how much better it is after it (the same way round), standard error."""
    if before is None or name not in before.columns or not enough(before):
        return float("nan"), 0.0, 0.0
    earlier = area(before.columns[name], before.label)
    gap = found - earlier if found >= 0.5 else earlier - found
    return earlier, gap, float(np.hypot(area_error(found, pairs.label), area_error(earlier, before.label)))


def text_findings(texts: Sequence[str], names: Sequence[Sequence[str]], judgements: Judgements) -> list[Finding]:
    """Whether texts of queries name the documents that they came together with later.

    Parameters
    ----------
    texts : sequence of str
        One a query: what the system reads of it.
    names : sequence of sequences of str
        For each document what would give it away: its key, its employer. Names of fewer than four letters are passed
        over. Documents beyond the sequence have none.
    judgements : Judgements
        Of what came after the cutoff.

    Returns
    -------
    list of Finding
        One, which fails the run, where relevant pairs are named at least five times as often as judged pairs that
        came to nothing, and chance makes that less often than once in ten thousand (Fisher's exact test).
    """
    kept = judgements.document < len(names)
    good = judgements.grade >= 1
    named = np.zeros(len(kept), np.bool_)
    for i in np.flatnonzero(kept).tolist():
        text = texts[int(judgements.query[i])]
        named[i] = any(len(name) >= _SHORTEST and name in text for name in names[int(judgements.document[i])])
    hits, total = int((named & kept & good).sum()), int((kept & good).sum())
    others, rest = int((named & kept & ~good).sum()), int((kept & ~good).sum())
    if not total or not rest or hits * rest < _TIMES * max(others, 1) * total:
        return []
    p = _at_least(hits, total, hits + others, total + rest)
    if p > _SURE:
        return []
    return [
        Finding(
            fault="leaked text",
            fatal=True,
            zh=f"{total} 对后来成事的中有 {hits} 对在档案里已写明对方，{rest} 对未成的只有 {others} 对：文本知道未来",
            en=f"{hits} of {total} pairs that came about are named in the text already, and {others} of {rest} that "
            "did not: the text knows the future",
            evidence={"named": hits, "relevant": total, "named others": others, "others": rest, "p": p},
        )
    ]


def _at_least(hits: int, drawn: int, marked: int, everyone: int) -> float:
    """Chance of at least `hits` marked among `drawn` of `everyone`, of whom `marked` are (hypergeometric)."""

    def choose(n: int, k: int) -> float:
        return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)

    most = min(drawn, marked)
    terms = [
        np.exp(choose(marked, k) + choose(everyone - marked, drawn - k) - choose(everyone, drawn))
        for k in range(hits, most + 1)
        if drawn - k <= everyone - marked
    ]
    return float(min(sum(terms), 1.0))
