"""The whole of a training: sources → groups → deltas → the best mixture with the base → encoder, adapter and card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matching.learning.card import as_markdown
from matching.learning.check import Check
from matching.learning.csco import PACKAGE, Classification
from matching.learning.sources import development_titles, lessons
from matching.terms.titles import varied
from models.adapter import merged, write_adapter
from models.contrastive import QUERY, Look, Plan, Told, train
from models.encoder_folder import identity_of, installing, sha256_of
from models.lessons import Curriculum, Group
from models.tower import Delta, Tower

if TYPE_CHECKING:
    from matching.standard.records import Posting

ADAPTER = "adapter.safetensors"
CARD = "training.json"
_MIXTURES = (0.5, 0.65, 0.8)
"""Shares of the learned change that are tried: below 1 the encoder is an average of the base and the trained one."""


@dataclass(frozen=True)
class Shape:
    """What of the encoder learns.

    Attributes
    ----------
    frozen : layers that do not change, from below.
    rank : of the change of each matrix.
    hard : share of groups that come with their neighbours.
    """

    frozen: int = 6
    rank: int = 24
    hard: float = 0.3


@dataclass(frozen=True)
class Course:
    """A training: where from, how, and who is told.

    Attributes
    ----------
    base : folder of the base encoder.
    folder : folder of encoders; the new one and an unfinished run lie in it.
    name : of the new encoder.
    plan, shape : see `Plan` and `Shape`.
    finish : end an unfinished run with what it has found (see `train`).
    """

    base: Path
    folder: Path
    name: str
    plan: Plan = field(default_factory=Plan)
    shape: Shape = field(default_factory=Shape)
    finish: bool = False

    @property
    def state(self) -> Path:
        """Where an unfinished run lies."""
        return self.folder / f".{self.name}.training.pt"


def teach(
    course: Course,
    source: Classification,
    postings: Iterable[Posting] = (),
    *,
    told: Told = lambda step, loss: None,
    looked: Callable[[dict[str, float]], None] = lambda values: None,
) -> Path:
    """Train, choose the mixture, write the encoder into ``course.folder / course.name``; returns that folder.

    Parameters
    ----------
    source : Classification
        See `matching.learning.csco`.
    postings : iterable of Posting
        The user's own; their titles and descriptions are learned from.
    told, looked : callable
        Told of each step, and the development values of each look.

    Raises
    ------
    EncoderError
        The base cannot be trained, or an unfinished run was made by another plan.
    """
    groups = lessons(source, postings)
    tower = Tower(course.base, frozen=course.shape.frozen, rank=course.shape.rank, seed=course.plan.seed)
    check = Check(development_titles(source))

    def value() -> float:
        values = check.each(tower)
        looked(values)
        return sum(values.values()) / len(values)

    before = check.each(tower)
    trained = train(
        tower,
        _curriculum(groups, tower, course),
        course.plan,
        check=value,
        state=course.state,
        finish=course.finish,
        told=told,
    )
    mixtures = _mixtures(tower, check, {"best": trained.best, "last": trained.last})
    chosen = max(mixtures, key=lambda of: sum(mixtures[of].values()))
    tower.set_deltas(trained.best if chosen[0] == "best" else trained.last)
    tower.scale = chosen[1]
    card = _card(course, groups, trained.looks) | {
        "development_before": before,
        "development_after": mixtures[chosen],
        "mixtures": {f"{look} {share}": values for (look, share), values in mixtures.items()},
        "kept_look": chosen[0],
        "share_of_the_change": chosen[1],
        "seconds": round(trained.seconds),
    }
    folder = _installed(course, tower, card)
    course.state.unlink(missing_ok=True)
    return folder


def _curriculum(groups: list[Group], tower: Tower, course: Course) -> Curriculum:
    near = tower.encode([QUERY + group.texts[0] for group in groups]).numpy()
    return Curriculum(groups, near, hard=course.shape.hard, vary=varied, seed=course.plan.seed)


def _mixtures(
    tower: Tower, check: Check, candidates: dict[str, dict[str, Delta]]
) -> dict[tuple[str, float], dict[str, float]]:
    found = {}
    for look, deltas in candidates.items():
        tower.set_deltas(deltas)
        for tower.scale in _MIXTURES:
            found[look, tower.scale] = check.each(tower)
    return found


def _card(course: Course, groups: list[Group], looks: list[Look]) -> dict[str, Any]:
    kinds: dict[str, dict[str, int]] = {}
    for group in groups:
        kind = kinds.setdefault(group.family.split(":")[0], {"groups": 0, "titles": 0, "passages": 0, "foreign": 0})
        kind["groups"] += 1
        kind["titles"] += len(group.texts) + len(group.loose)
        kind["passages"] += len(group.passages)
        kind["foreign"] += len(group.foreign)
    return {
        "name": course.name,
        "base": f"{course.base.name}@{identity_of(course.base)}",
        "sources": {"csco": PACKAGE, "isco": "matching/terms/data/title_groups.txt", "posting": "own postings"},
        "groups": kinds,
        "plan": asdict(course.plan),
        "shape": asdict(course.shape),
        "looks": [asdict(look) for look in looks],
        "versions": {name: version(name) for name in ("gradmatch", "torch", "tokenizers")},
    }


def _installed(course: Course, tower: Tower, card: dict[str, Any]) -> Path:
    """Write adapter, encoder and card beside their place, then rename: the folder appears whole."""
    with installing(course.folder, course.name) as built:
        adapter = built.parent / ADAPTER
        about = {"base": identity_of(course.base), "licence": "Apache-2.0", "name": course.name}
        write_adapter(adapter, tower.deltas, scale=tower.scale, about=about)
        card["adapter"] = {"sha256": sha256_of(adapter), "bytes": adapter.stat().st_size}
        merged(course.base, adapter, built)
        shutil.copy(adapter, built / f".{ADAPTER}")
        (built / f".{CARD}").write_text(json.dumps(card, ensure_ascii=False, indent=1), encoding="utf-8")
        (built / "TRAINING.md").write_text(as_markdown(card), encoding="utf-8")
    return course.folder / course.name
