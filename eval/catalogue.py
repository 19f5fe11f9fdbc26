"""Every measure by its name: relevance, calibration, market, diversity, novelty, stability, eligibility."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from eval import calibration, market, variety
from eval.judged import Floats, Judged
from eval.measures import (
    IN_ORDER,
    MEAN_AVERAGE_PRECISION,
    MEAN_RECIPROCAL_RANK,
    STANDARD,
    Handling,
    Measure,
    ndcg_at,
    normalised_recall_at,
    precision_at,
    recall_at,
    success_at,
)
from matching.errors import QueryError
from matching.language import Words

_IGNORED = Words("不看标注", "judgements are not looked at")
_NOT_READ = Words("不看未列出的", "what is not listed is not looked at")
_NO_VALUE = Words("无列表则不计", "no list: no value, in no mean")
LIST_HANDLING = Handling(_NO_VALUE, _NOT_READ, IN_ORDER, _IGNORED)
MARKET_HANDLING = Handling(
    Words("无列表则不给任何曝光", "no list: gives no exposure"),
    Words("未列出的曝光为 0", "a document that is in no list has exposure 0, and counts"),
    IN_ORDER,
    _IGNORED,
)
CALIBRATION_HANDLING = Handling(
    _NO_VALUE,
    _NOT_READ,
    Words("同分对照旧计入", "tied pairs count as others do"),
    Words("未标注的不计", "an unjudged pair is left out"),
)


class _Kind(NamedTuple):
    """Measures of the first k: what they tell, how, what about, which way is better, whether of all lists at once."""

    words: Words
    compute: Callable[[Judged, int], Floats]
    group: str
    better: int
    whole: bool = False
    handling: Handling = LIST_HANDLING

    def at(self, stem: str, k: int) -> Measure:
        name, compute = f"{stem}@{k}", self.compute
        said = Words(f"前 {k} 名：{self.words.zh}", f"first {k}: {self.words.en}")
        return Measure(
            name, name, said, lambda lists: compute(lists, k), self.handling, self.group, self.better, self.whole
        )


_KINDS = {
    "Coverage": _Kind(
        Words("被列出过的比例", "share of the live documents that are in any list"),
        market.coverage,
        "market",
        1,
        True,
        MARKET_HANDLING,
    ),
    "Gini": _Kind(
        Words("曝光的基尼系数", "Gini coefficient of exposure"), market.gini, "market", -1, True, MARKET_HANDLING
    ),
    "Congestion": _Kind(
        Words("列出者中求大于供的比例", "share of the documents shown with more followers than places"),
        market.congestion,
        "market",
        -1,
        True,
        MARKET_HANDLING,
    ),
    "Crowding": _Kind(
        Words("注意力落在求大于供处的比例", "share of attention that goes where followers outnumber places"),
        market.crowding,
        "market",
        -1,
    ),
    "Waiting": _Kind(Words("预期等待轮数", "expected rounds until one's turn"), market.waiting, "market", -1),
    "Diversity": _Kind(
        Words("列表内两两差异", "mean of 1 - cosine over the pairs of a list"),
        variety.intra_list_distance,
        "diversity",
        1,
    ),
    "Variety": _Kind(
        Words("不同单位（类别）的比例", "different employers (classes) over documents"), variety.variety, "diversity", 1
    ),
    "Personal": _Kind(
        Words("与他人列表不同的比例", "share of a list that another's list does not have"),
        variety.personalisation,
        "diversity",
        1,
        True,
    ),
    "Novelty": _Kind(Words("新颖程度（比特）", "surprise of what is listed, in bits"), variety.novelty, "novelty", 1),
    "Stability": _Kind(
        Words("与上一快照列表相同的比例", "share of a list that the earlier snapshot listed"),
        variety.stability,
        "stability",
        0,
    ),
    "Violations": _Kind(
        Words("不符合硬性条件的个数（须为 0）", "documents that the hard rules forbid; must be 0"),
        variety.violations,
        "eligibility",
        -1,
    ),
}
_DEEP = frozenset({"Coverage", "Gini", "Personal", "Violations"})
"""Measures that look at whole lists in a replay; the others at the first ten."""
_RELEVANCE: dict[str, Callable[[int], Measure]] = {
    "nDCG": ndcg_at,
    "Recall": recall_at,
    "nRecall": normalised_recall_at,
    "P": precision_at,
    "Success": success_at,
}
BRIER = Measure(
    "Brier",
    "Brier",
    Words("概率与结果之差的平方均值", "squared error of the chances"),
    calibration.brier,
    CALIBRATION_HANDLING,
    "calibration",
    -1,
    True,
)
ECE = Measure(
    "ECE",
    "ECE",
    Words("概率与发生率之差（十档）", "gap of chance and outcome, in ten bins"),
    calibration.calibration_error,
    CALIBRATION_HANDLING,
    "calibration",
    -1,
    True,
)
_WITHOUT_DEPTH = {measure.name: measure for measure in (MEAN_AVERAGE_PRECISION, MEAN_RECIPROCAL_RANK, BRIER, ECE)}


def named(name: str) -> Measure:
    """The measure of that name, such as ``"nDCG@10"``, ``"mAP"`` or ``"Gini@50"``.

    Raises
    ------
    QueryError
        There is no such measure.
    """
    if name in _WITHOUT_DEPTH:
        return _WITHOUT_DEPTH[name]
    found = re.fullmatch(r"([A-Za-z]+)@([1-9][0-9]{0,4})", name)
    if found is not None and found[1] in _RELEVANCE:
        return _RELEVANCE[found[1]](int(found[2]))
    if found is not None and found[1] in _KINDS:
        return _KINDS[found[1]].at(found[1], int(found[2]))
    known = ", ".join([*_WITHOUT_DEPTH, *(f"{stem}@k" for stem in (*_RELEVANCE, *_KINDS))])
    raise QueryError(f"no measure '{name}'", where="measure", cure=f"Use {known}.")


def of_replay(depth: int) -> tuple[Measure, ...]:
    """Everything that a replay with lists of `depth` shows, in its order."""
    short = min(10, depth)
    relevance = [f"nDCG@{short}", "mAP", "MRR", f"Recall@{depth}", f"nRecall@{depth}", f"Success@{short}"]
    others = [f"{stem}@{depth if stem in _DEEP else short}" for stem in _KINDS]
    return tuple(named(name) for name in [*relevance, "Brier", "ECE", *others])


EVERY = (*STANDARD, precision_at(10), *(measure for measure in of_replay(50) if measure not in STANDARD))
"""One measure of each kind, for the table of definitions."""
