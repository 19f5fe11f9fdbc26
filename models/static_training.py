"""Trains a `StaticTower`: pairs by contrast, and titles towards the vectors that the whole encoder gives them.

The loss of the pairs is that of `models.contrastive`. The other part is one less the cosine to the whole encoder's
vector (distillation: Hinton et al. 2015), over titles drawn by the same seed. One thread, so the bytes are the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from numpy.typing import NDArray
from torch import Tensor

from models.contrastive import Look, Plan, Told, contrast
from models.errors import EncoderError
from models.lessons import Curriculum
from models.static_tower import StaticTower


@dataclass(frozen=True)
class StaticPlan:
    """How to train a static encoder.

    Attributes
    ----------
    dim : int
        Numbers of a vector.
    steps, batch : int
        Batches, and pairs in one; twice as many titles are drawn for distillation.
    rate : float
        Highest learning rate; falls to a twentieth in a line.
    temperature, margin : float
        See `models.contrastive.Plan`.
    distilled : float
        Weight of the distillation beside the pairs.
    check_every : int
        Steps between two looks at the development split.
    seed : int
    """

    dim: int = 384
    steps: int = 240
    batch: int = 256
    rate: float = 0.002
    temperature: float = 0.05
    margin: float = 0.06
    distilled: float = 4.0
    check_every: int = 30
    seed: int = 0


class Teacher(NamedTuple):
    """Titles and the vectors that the whole encoder gives them, turned to the tower's axes; float32 (titles, dim)."""

    titles: Sequence[str]
    vectors: NDArray[np.float32]


def train_static(
    tower: StaticTower,
    curriculum: Curriculum,
    teacher: Teacher,
    *,
    plan: StaticPlan,
    check: Callable[[], float],
    told: Told = lambda step, loss: None,
) -> list[Look]:
    """Train `tower` in place and leave it as it was at its best look; returns the looks, the first before training.

    Raises
    ------
    EncoderError
        The loss is no number.
    """
    torch.set_num_threads(1)
    optimizer = torch.optim.Adam([tower.table], lr=plan.rate)
    chance, target = random.Random(plan.seed), F.normalize(torch.from_numpy(teacher.vectors), dim=1)  # noqa: S311
    looks, best, losses = [Look(0, 0.0, check())], tower.table.detach().clone(), list[float]()
    for step in range(1, plan.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = plan.rate * max(0.05, 1 - step / plan.steps)
        drawn = chance.sample(range(len(teacher.titles)), min(2 * plan.batch, len(teacher.titles)))
        loss = _of_pairs(tower, curriculum, plan) + plan.distilled * _of_titles(tower, teacher, target, drawn)
        if not torch.isfinite(loss):
            raise EncoderError(f"the loss of step {step} is no number", cure="Train with a lower rate.")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
        told(step, losses[-1])
        if step % plan.check_every == 0 or step == plan.steps:
            looks.append(Look(step, sum(losses) / len(losses), check()))
            losses.clear()
            if looks[-1].value > max(look.value for look in looks[:-1]):
                best = tower.table.detach().clone()
    with torch.no_grad():
        tower.table.copy_(best)
    return looks


def _of_pairs(tower: StaticTower, curriculum: Curriculum, plan: StaticPlan) -> Tensor:
    pairs, related = curriculum.batch(plan.batch)
    both = tower.vectors([one for one, _ in pairs] + [other for _, other in pairs])
    terms = Plan(temperature=plan.temperature, margin=plan.margin)
    return contrast(both[: len(pairs)], both[len(pairs) :], torch.from_numpy(related), terms)


def _of_titles(tower: StaticTower, teacher: Teacher, target: Tensor, drawn: list[int]) -> Tensor:
    mine = tower.vectors([teacher.titles[i] for i in drawn])
    return 1 - (mine * target[drawn]).sum(dim=1).mean()
