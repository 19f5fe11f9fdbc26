"""A feature or a text that knows the future.

A feature has leaked where it alone tells outcomes apart as nobody can who does not know them. A text has leaked where
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


def feature_findings(pairs: Labelled) -> list[Finding]:
    """Features that alone tell outcomes apart too well, in either direction; each fails the run.

    Nothing is said with fewer than 30 outcomes of each kind.
    """
    findings = []
    if min(int(pairs.label.sum()), int((~pairs.label).sum())) < LEAST:
        return []
    for name, values in pairs.columns.items():
        found = area(values, pairs.label)
        if max(found, 1 - found) > TOO_GOOD:
            findings.append(
                Finding(
                    fault="leaked feature",
                    fatal=True,
                    zh=f"特征“{name}”单独就把结果分开（AUC {found:.3f}）：它知道未来",
                    en=f"feature '{name}' alone tells the outcomes apart (AUC {found:.3f}): it knows the future",
                    evidence={"auc": found, "pairs": len(pairs.label)},
                )
            )
    return findings


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
