"""Trains the deltas of a `Tower` by contrast: a pair's texts to each other, all else of the batch away.

The loss is the symmetric softmax over the batch (InfoNCE: van den Oord et al. 2018), each text also against
the texts of its own side. Related groups are left out, and so is what is already nearer than the pair itself
by a margin: likely a right answer that nobody wrote down. A killed run goes on where it was last saved, and
ends with the same bytes as one that was not killed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor

from models.errors import EncoderError
from models.lessons import Curriculum
from models.tower import Delta, Tower

QUERY, PASSAGE = Tower.prompts


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes
    ----------
    steps, batch : int
        Batches, and pairs in one.
    rate : float
        Highest learning rate of ``down``; ``up`` learns four times as fast. Falls to a twentieth in a line.
    temperature, margin : float
        Of the softmax; what is nearer than the pair by `margin` is left out.
    check_every, patience : int
        Steps between two looks at the development split; looks without a gain after which training ends.
    seed : int
    """

    steps: int = 150
    batch: int = 128
    rate: float = 5e-4
    temperature: float = 0.05
    margin: float = 0.06
    check_every: int = 30
    patience: int = 3
    seed: int = 0


@dataclass(frozen=True)
class Look:
    """What was seen at a look: the step, the mean loss since the last one, and the development split's value."""

    step: int
    loss: float
    value: float


class Trained(NamedTuple):
    """What a training found: its looks, the deltas of the best of them and of the last step, its seconds in all."""

    looks: list[Look]
    best: dict[str, Delta]
    last: dict[str, Delta]
    seconds: float


Told = Callable[[int, float], None]
"""Told the step and its loss."""


def train(
    tower: Tower,
    curriculum: Curriculum,
    plan: Plan,
    *,
    check: Callable[[], float],
    state: Path | None = None,
    finish: bool = False,
    told: Told = lambda step, loss: None,
) -> Trained:
    """Train `tower` in place; returns the looks, the first before training, and the deltas of the best and the last.

    Parameters
    ----------
    check : callable
        The value of the development split for the tower as it is; larger is better.
    state : Path, optional
        Where the run is saved at each look, and taken up from.
    finish : bool
        Take no further step: what the saved run has found by its last look is enough.

    Raises
    ------
    EncoderError
        The saved run was made by another plan, or the loss is no number.
    """
    run = _Run(tower, curriculum, plan, state)
    if not run.looks:
        run.look(0.0, check())
    losses: list[float] = []
    while not finish and run.step < plan.steps and not run.stale():
        losses.append(run.one())
        told(run.step, losses[-1])
        if run.step % plan.check_every == 0 or run.step == plan.steps:
            run.look(sum(losses) / len(losses), check())
            losses.clear()
    return Trained(run.looks, run.best, run.copied(), run.seconds())


class _Run:
    """A training between two steps: all that has to be saved."""

    def __init__(self, tower: Tower, curriculum: Curriculum, plan: Plan, state: Path | None) -> None:
        self.tower, self.curriculum, self.plan, self.state = tower, curriculum, plan, state
        ups, downs = zip(*tower.deltas.values(), strict=True)
        sides = [{"params": list(ups), "lr": 4 * plan.rate}, {"params": list(downs), "lr": plan.rate}]
        self.optimizer = torch.optim.AdamW(sides, betas=(0.9, 0.98), weight_decay=0.01)
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.step, self.looks = 0, list[Look]()
        self._start, self._before = time.monotonic(), 0.0
        self.best = self.copied()
        if state is not None and state.is_file():
            self._take_up(state)

    def one(self) -> float:
        """One batch; returns its loss."""
        self.step += 1
        share = min(1.0, self.step / 20) * max(0.05, 1 - self.step / self.plan.steps)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * share
        pairs, related = self.curriculum.batch(self.plan.batch)
        both = self.tower.vectors([QUERY + one for one, _ in pairs] + [PASSAGE + other for _, other in pairs])
        loss = contrast(both[: len(pairs)], both[len(pairs) :], torch.from_numpy(related), self.plan)
        if not torch.isfinite(loss):
            raise EncoderError(f"the loss of step {self.step} is no number", cure="Train with a lower rate.")
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([p for delta in self.tower.deltas.values() for p in delta], 1.0)
        self.optimizer.step()
        return float(loss.detach())

    def look(self, loss: float, value: float) -> None:
        """Take down a look, keep the deltas if they are the best, save the run."""
        if not self.looks or value > max(look.value for look in self.looks):
            self.best = self.copied()
        self.looks.append(Look(self.step, loss, value))
        if self.state is not None:
            self._save(self.state)

    def seconds(self) -> float:
        """How long the run has taken, the runs that it takes up included."""
        return self._before + time.monotonic() - self._start

    def stale(self) -> bool:
        """Whether `patience` looks went by without a gain."""
        best = max(range(len(self.looks)), key=lambda i: self.looks[i].value)
        return len(self.looks) - 1 - best >= self.plan.patience

    def copied(self) -> dict[str, Delta]:
        """The deltas as they are now."""
        return {name: Delta(*(p.detach().clone() for p in delta)) for name, delta in self.tower.deltas.items()}

    def _save(self, path: Path) -> None:
        part = path.with_name(f".{path.name}.part")
        held = {
            "plan": asdict(self.plan),
            "step": self.step,
            "looks": [asdict(look) for look in self.looks],
            "now": {name: list(delta) for name, delta in self.copied().items()},
            "best": {name: list(delta) for name, delta in self.best.items()},
            "optimizer": self.optimizer.state_dict(),
            "seconds": self.seconds(),
            "random": self.curriculum.random.getstate(),
        }
        torch.save(held, part)
        part.replace(path)

    def _take_up(self, path: Path) -> None:
        held = torch.load(path, weights_only=True)
        if held["plan"] != asdict(self.plan):
            cure = "Give the same options as before, or --fresh."
            raise EncoderError("the saved run was made by another plan", where=str(path), cure=cure)
        self.tower.set_deltas({name: Delta(*pair) for name, pair in held["now"].items()})
        self.best = {name: Delta(*pair) for name, pair in held["best"].items()}
        self.optimizer.load_state_dict(held["optimizer"])
        version, numbers, gauss = held["random"]
        self.curriculum.random.setstate((version, tuple(numbers), gauss))
        self._before = held["seconds"]
        self.step, self.looks = held["step"], [Look(**look) for look in held["looks"]]


def contrast(queries: Tensor, passages: Tensor, related: Tensor, plan: Plan) -> Tensor:
    """The loss of n pairs: row i of `queries` belongs to row i of `passages`; related rows are not set against i."""
    right = (queries * passages).sum(dim=1).detach()[:, None] + plan.margin
    own = related | torch.eye(len(queries), dtype=torch.bool)

    def side(one: Tensor, other: Tensor) -> Tensor:
        across, within = one @ other.T, one @ one.T
        across = across.masked_fill(related | (across.detach() > right), -torch.inf)
        within = within.masked_fill(own | (within.detach() > right), -torch.inf)
        return F.cross_entropy(torch.cat([across, within], dim=1) / plan.temperature, torch.arange(len(one)))

    return (side(queries, passages) + side(passages, queries)) / 2
