"""The making of a static encoder: words → the whole encoder's vectors of them → training → a folder of its own.

The whole encoder's vectors come through the vector cache: what is stopped there goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from matching.learning.check import Check
from matching.learning.csco import PACKAGE, Classification
from matching.learning.sources import development_titles, lessons
from matching.terms.titles import varied
from models.contrastive import Told
from models.encoder import Encoder, Side
from models.encoder_folder import installing, write_manifest
from models.lessons import Curriculum, Group
from models.static_tower import Axes, StaticTower, weighed, word_counts
from models.static_training import StaticPlan, Teacher, train_static
from models.static_words import tokenizer_of, words_of

if TYPE_CHECKING:
    from matching.standard.records import Posting

CARD = "training.json"
_HARD = 0.3
"""Share of groups that come with their neighbours."""


@dataclass(frozen=True)
class StaticCourse:
    """A making: where from, where to, how, and who is told.

    Attributes
    ----------
    base : folder of the whole encoder, whose vocabulary is taken.
    encoder : the whole encoder, best behind the vector cache.
    folder, name : the folder of encoders, and the new one's name in it.
    encoding, told : told how many more texts the whole encoder has done, and each step of the training with its loss.
    """

    base: Path
    encoder: Encoder
    folder: Path
    name: str
    plan: StaticPlan = field(default_factory=StaticPlan)
    encoding: Callable[[int], None] = lambda texts: None
    told: Told = lambda step, loss: None


def teach_static(course: StaticCourse, source: Classification, postings: Iterable[Posting] = ()) -> Path:
    """Make the static encoder, write it into ``course.folder / course.name``, and return that folder.

    It learns from the same groups as the whole one (`matching.learning.sources`): no development title is among them.

    Raises
    ------
    EncoderError
        The base has no vocabulary that can be taken, or the training failed.
    """
    with threadpool_limits(1):  # sums of several threads differ in their last bits, and training in all that follows
        return _taught(course, lessons(source, postings), Check(development_titles(source)))


def _taught(course: StaticCourse, groups: list[Group], check: Check) -> Path:
    tower, teacher = _tower(course, groups)
    before = check.each(tower)
    looks = train_static(
        tower, _curriculum(groups, tower, course.plan), teacher,
        plan=course.plan, check=lambda: check.mean(tower), told=course.told,
    )  # fmt: skip
    card = {
        "name": course.name,
        "base": course.encoder.name,
        "sources": {"csco": PACKAGE, "isco": "matching/terms/data/title_groups.txt", "posting": "own postings"},
        "groups": len(groups),
        "words": int(tower.table.shape[0]),
        "titles": len(teacher.titles),
        "plan": asdict(course.plan),
        "development_before": before,
        "development_after": check.each(tower),
        "looks": [asdict(look) for look in looks],
        "versions": {name: version(name) for name in ("gradmatch", "torch", "tokenizers")},
    }
    return _installed(course, tower, card)


def _tower(course: StaticCourse, groups: list[Group]) -> tuple[StaticTower, Teacher]:
    titles = list(dict.fromkeys(text for g in groups for text in (*g.texts, *g.loose, *g.foreign)))
    texts = titles + list(dict.fromkeys(text for g in groups for text in g.passages))
    words = words_of(course.base, texts)
    tokenizer = tokenizer_of(words)
    whole = course.encoder.encode([word.text for word in words], side=Side.PASSAGE, progress=course.encoding)
    axes = Axes(whole, course.plan.dim)
    taught = course.encoder.encode(titles, side=Side.PASSAGE, progress=course.encoding)
    tower = StaticTower(tokenizer, weighed(axes.turned(whole), word_counts(tokenizer, texts)))
    return tower, Teacher(titles, axes.turned(taught))


def _curriculum(groups: list[Group], tower: StaticTower, plan: StaticPlan) -> Curriculum:
    near = tower.encode([group.texts[0] for group in groups]).numpy()
    return Curriculum(groups, near, hard=_HARD, vary=varied, seed=plan.seed)


def _installed(course: StaticCourse, tower: StaticTower, card: dict[str, Any]) -> Path:
    with installing(course.folder, course.name) as built:
        tower.save(built)
        (built / f".{CARD}").write_text(json.dumps(card, ensure_ascii=False, indent=1), encoding="utf-8")
        write_manifest(
            built, encoder=course.name, dim=int(tower.table.shape[1]), licence="MIT", base=course.encoder.name
        )
    return course.folder / course.name
