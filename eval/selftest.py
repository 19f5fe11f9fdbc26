"""The harness tested against itself: faults are planted in a made world, and each has to be found.

The world is made of arrays: queries and documents with traits, outcomes that follow from them, lists of an honest
system. Nothing in it is real. Each plant changes one thing, as somebody might who wants to look better than he is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.evaluation import Direction, Finding
from eval.faults import check
from eval.ground import Ground
from eval.judged import Market
from eval.leakage import Labelled, feature_findings, text_findings
from eval.measuring import measure_ground
from eval.rankings import NOTHING, Judgements, Rankings
from eval.recommenders import best_of, popularity, random_order
from eval.split import INTERACTIONS, Split, split_findings
from eval.summary import Sampling
from matching.language import Words

QUERIES, DOCUMENTS, DEPTH = 400, 120, 20
SYSTEM = "planted"
_SAMPLING = Sampling(resamples=200, flips=1_000, baseline="honest")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MadeWorld:
    """Queries × documents: how well they suit each other, which are allowed, and what came of those that were shown.

    `suits` (queries, documents) is hidden; `visible` is what an honest system sees of it.
    """

    ground: Ground
    suits: Floats
    visible: Floats
    group: NDArray[np.int64]
    random: np.random.Generator

    @classmethod
    def of(cls, seed: int) -> MadeWorld:
        """A world from a seed."""
        random = np.random.default_rng(seed)
        people, things = random.normal(size=(QUERIES, 4)), random.normal(size=(DOCUMENTS, 4))
        fame = random.normal(size=DOCUMENTS)
        suits = people @ things.T / 2 + 0.6 * fame
        visible = people @ things.T / 2 + random.normal(size=(QUERIES, DOCUMENTS))
        allowed = random.random((QUERIES, DOCUMENTS)) < 0.7
        seen = random.random((QUERIES, DOCUMENTS)) < 0.25
        chance = 1 / (1 + np.exp(-(2.0 * suits - 2.5)))
        came = random.random((QUERIES, DOCUMENTS)) < chance
        judged = np.argwhere(seen & allowed)
        grade = came[judged[:, 0], judged[:, 1]].astype(np.int16)
        before = (random.random((QUERIES, DOCUMENTS)) < 0.1 * chance).sum(axis=0).astype(np.float64)
        group = np.where(people[:, 0] > 0.6, 1, 0)
        queries = [f"q{i:04d}" for i in range(QUERIES)]
        documents = [f"d{i:04d}" for i in range(DOCUMENTS)]
        ground = Ground(
            Direction.POSTINGS,
            queries,
            documents,
            Judgements.of_arrays(judged[:, 0], judged[:, 1], grade, QUERIES),
            Market(np.full(DOCUMENTS, 5.0), before),
            lambda query: allowed[query],
            [np.empty(0, np.int64)] * QUERIES,
            np.arange(DOCUMENTS),
            columns={"group": ["minority" if g else "majority" for g in group]},
        )
        return cls(ground, suits, visible, group, random)

    @property
    def outcome(self) -> Floats:
        """The grade of each pair, (queries, documents); 0 where it is not judged."""
        out = np.zeros((QUERIES, DOCUMENTS))
        judgements = self.ground.judgements
        out[judgements.query, judgements.document] = judgements.grade
        return out

    def lists(self, scores: Floats) -> Rankings:
        """The best of what is allowed."""
        return best_of(self.ground, DEPTH, iter(scores))


class Plant(NamedTuple):
    """A fault: what it is called, what was done, and what finds it."""

    fault: str
    story: Words
    find: Callable[[MadeWorld], list[Finding]]


class Caught(NamedTuple):
    """One line of the table: whether the planted fault was found, how often it was "found" in the clean world."""

    fault: str
    story: Words
    caught: bool
    clean: int
    evidence: dict[str, float]


def selftest(seed: int = 0) -> list[Caught]:
    """Plant every fault in a world, look for it there, and count how often it is "found" in the clean world."""
    world, found = MadeWorld.of(seed), []
    honest = [finding.fault for finding in honest_findings(world)]
    for plant in PLANTS:
        hits = [finding for finding in plant.find(world) if finding.fault == plant.fault]
        evidence = hits[0].evidence if hits else {}
        found.append(Caught(plant.fault, plant.story, bool(hits), honest.count(plant.fault), evidence))
    return found


def honest_findings(world: MadeWorld) -> list[Finding]:
    """What every check says about an honest system, an honest split, honest features and texts."""
    better = world.visible + 0.3 * world.suits
    return [
        *_checked(world, world.lists(better)),
        *split_findings(_split(swapped=False)),
        *feature_findings(_features(world, leaked=False), _past_features(world)),
        *text_findings(*_texts(world, leaked=False)),
    ]


def _checked(world: MadeWorld, planted: Rankings) -> list[Finding]:
    lists = {
        "random": random_order(1)(world.ground, DEPTH),
        "popularity": popularity(world.ground, DEPTH),
        "honest": world.lists(world.visible),
        SYSTEM: planted,
    }
    findings = check(measure_ground(world.ground, lists, depth=DEPTH, sampling=_SAMPLING))
    return [finding for finding in findings if finding.system == SYSTEM]


def _leaked_label(world: MadeWorld) -> list[Finding]:
    return _checked(world, world.lists(world.visible + 9 * world.outcome))


def _leaked_feature(world: MadeWorld) -> list[Finding]:
    return feature_findings(_features(world, leaked=True))


def _half_leaked_feature(world: MadeWorld) -> list[Finding]:
    """Counted until today instead of until the cutoff: no outcome for certain, and more than the past's."""
    now, then = _features(world, leaked=False), _past_features(world)
    hint = 1.5 * now.label + world.random.normal(size=len(now.label))
    noise = world.random.normal(size=len(then.label))
    found = feature_findings(
        now._replace(columns={"clicks so far": hint}), then._replace(columns={"clicks so far": noise})
    )
    return [] if feature_findings(now._replace(columns={"clicks so far": hint})) else found


def _features(world: MadeWorld, *, leaked: bool) -> Labelled:
    judgements = world.ground.judgements
    rows = judgements.query, judgements.document
    label = judgements.grade >= 1
    columns = {"suits": world.visible[rows], "popularity": world.ground.market.popularity[judgements.document]}
    if leaked:
        columns["days since last contact"] = np.where(label, 0.0, 9.0) + world.random.random(len(label))
    return Labelled(columns, label, judgements.query)


def _past_features(world: MadeWorld) -> Labelled:
    """The same features over other pairs, whose outcomes came before the cutoff."""
    random = np.random.default_rng([QUERIES, DOCUMENTS])
    pairs = np.argwhere(random.random(world.suits.shape) < 0.2)
    rows = pairs[:, 0], pairs[:, 1]
    label = random.random(len(pairs)) < 1 / (1 + np.exp(-(2.0 * world.suits[rows] - 2.5)))
    columns = {"suits": world.visible[rows], "popularity": world.ground.market.popularity[pairs[:, 1]]}
    return Labelled(columns, label, pairs[:, 0])


def _leaked_text(world: MadeWorld) -> list[Finding]:
    return text_findings(*_texts(world, leaked=True))


def _texts(world: MadeWorld, *, leaked: bool) -> tuple[list[str], list[list[str]], Judgements]:
    """Texts of the queries, names of the documents, judgements; leaked: people who were hired say by whom."""
    names = [[f"企业{i:03d}有限公司"] for i in range(DOCUMENTS)]
    texts = [f"在企业{world.random.integers(DOCUMENTS):03d}有限公司实习过。" for _ in range(QUERIES)]
    judgements = world.ground.judgements
    if leaked:
        for query, document, grade in zip(judgements.query, judgements.document, judgements.grade, strict=True):
            if grade >= 1 and world.random.random() < 0.3:
                texts[query] += f"现就职于{names[document][0]}。"
    return texts, names, judgements


def _popularity_cheat(world: MadeWorld) -> list[Finding]:
    counts = world.outcome.sum(axis=0)
    return _checked(world, world.lists(np.tile(counts, (QUERIES, 1))))


def _tie_trick(world: MadeWorld) -> list[Finding]:
    """All scores alike, and the relevant first: whoever breaks ties by the order given pays for it."""
    order = np.argsort(-world.outcome, axis=1, kind="stable")
    rows = np.full((QUERIES, DEPTH), NOTHING, np.int32)
    for query in range(QUERIES):
        allowed = world.ground.open_to(query)
        found = order[query][allowed[order[query]]][:DEPTH]
        rows[query, : len(found)] = found
    tied = np.where(rows >= 0, np.float32(0.5), np.float32(np.nan))
    return _checked(world, Rankings(world.ground.queries, world.ground.documents, rows, tied))


def _unanswered_half(world: MadeWorld) -> list[Finding]:
    found = world.lists(world.visible)
    easy = np.argsort(-(world.visible * world.outcome).sum(axis=1))[: QUERIES // 2]
    rows = np.full_like(found.rows, NOTHING)
    rows[easy] = found.rows[easy]
    return _checked(world, replace(found, rows=rows, scores=None))


def _split(*, swapped: bool) -> Split:
    cutoff = datetime(2026, 6, 1, tzinfo=UTC)
    moments = [cutoff + timedelta(hours=hour) for hour in range(-48, 48)]
    rows = [(f"g{i}", f"p{i % 7}", "applied", moment) for i, moment in enumerate(moments)]
    table = pl.DataFrame(rows, schema=dict(INTERACTIONS), orient="row")
    past, future = table.filter(pl.col("at") < cutoff), table.filter(pl.col("at") >= cutoff)
    return Split(cutoff, cutoff + timedelta(days=2), *((future, past) if swapped else (past, future)))


def _slice_worsens(world: MadeWorld) -> list[Finding]:
    """Much better for the majority, and much worse for the minority: the mean rises."""
    change = np.where(world.group == 1, -0.9, 0.9)[:, None]
    return _checked(world, world.lists(world.visible + change * world.suits * 2))


def _ineligible(world: MadeWorld) -> list[Finding]:
    found = world.lists(world.visible)
    rows = found.rows.copy()
    forbidden = int(np.flatnonzero(~world.ground.open_to(7))[0])
    rows[7, 3] = forbidden
    return _checked(world, replace(found, rows=rows))


PLANTS = (
    Plant("leaked label", Words("把结果算进了分数", "what came of the pair is part of the score"), _leaked_label),
    Plant("leaked feature", Words("特征在结果之后才算出", "a feature is computed after the outcome"), _leaked_feature),
    Plant(
        "leaked feature",
        Words("特征统计到今天，而不是截止时刻", "a feature counts until today, not until the cutoff"),
        _half_leaked_feature,
    ),
    Plant(
        "leaked text", Words("档案写明后来录用的单位", "profiles name the employer that hired them later"), _leaked_text
    ),
    Plant(
        "popularity cheat",
        Words("人人都得到截止后才热门的", "everybody gets what became popular later"),
        _popularity_cheat,
    ),
    Plant("tie trick", Words("全部同分，相关的排在前", "all scores alike, the relevant listed first"), _tie_trick),
    Plant("unanswered", Words("只回答容易的一半", "only the easier half of the queries is answered"), _unanswered_half),
    Plant(
        "swapped split",
        Words("用之后的数据训练，用之前的检验", "trained on what came after, tested on what came before"),
        lambda _: split_findings(_split(swapped=True)),
    ),
    Plant(
        "slice worsens",
        Words("少数群体变差而均值上升", "some get worse, the mean improves"),
        _slice_worsens,
    ),
    Plant("ineligible", Words("400 份列表中有一个不符合条件", "one forbidden posting in one list of 400"), _ineligible),
)
"""Every planted fault."""
