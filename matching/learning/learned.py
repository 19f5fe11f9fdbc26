"""What `gradmatch ranker train` writes: curves of both sides' chances, as a small file that a person can read.

The ranker's score is the sum of the two sides' curves, feature by feature: the logarithm of the chance that both want
it, but for a constant. So it is additive as the prior is, and explanations stay exact.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from matching.errors import FileError
from models.ranker import AdditiveRanker, Curve


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LearnedCurve(_Part):
    """A curve in natural logarithms: straight between knots, flat outside; see `models.ranker.Curve`."""

    knots: tuple[float, ...]
    values: tuple[float, ...]
    missing: float

    @model_validator(mode="after")
    def _is_a_curve(self) -> Self:
        self.curve()
        return self

    def curve(self) -> Curve:
        """The same as the ranker holds it."""
        return Curve(self.knots, self.values, self.missing)

    @classmethod
    def of(cls, curve: Curve) -> Self:
        """From the ranker's."""
        return cls(knots=curve.knots, values=curve.values, missing=curve.missing)


class Rise(_Part):
    """A chance that rises with the score; see `matching.chance.Logistic`."""

    middle: float
    steepness: Annotated[float, Field(gt=0)]
    ceiling: Annotated[float, Field(gt=0, le=1)]


class Stage(_Part):
    """A step on the way to a yes: opening what is looked at, applying to what is open, answering an application.

    Attributes
    ----------
    learned : bool
        False: there were too few interactions, so the curves are the prior's.
    pairs, events : int
        What it was learned from: pairs that were asked, and that went on.
    strength : float
        Events that speak for the prior's shape; 0 where nothing was learned.
    """

    name: str
    learned: bool
    pairs: int
    events: int
    strength: float


class SideOfPair(_Part):
    """One side's part.

    Attributes
    ----------
    curves : curve by feature
        The sum of its stages'.
    chance : Rise
        Of the score of both sides: that this side wants it.
    """

    base: float
    curves: dict[str, LearnedCurve]
    chance: Rise
    stages: tuple[Stage, ...]

    @property
    def learned(self) -> bool:
        """Whether anything was."""
        return any(stage.learned for stage in self.stages)


class LearnedRanker(_Part):
    """The file.

    Attributes
    ----------
    name : str
        ``learned-<day>-<hash>``; the hash is over everything but the card's seconds.
    features : tuple of str
        Those that it reads, in order.
    apply, answer : SideOfPair
        That the graduate, looking at the posting, applies; that the employer answers.
    examination : tuple of float
        How much each place of a list is looked at, the first being 1.
    card : dict
        Where it comes from and what it was worth; for people.
    """

    format: Literal["1"] = "1"
    name: str
    features: tuple[str, ...]
    apply: SideOfPair
    answer: SideOfPair
    examination: tuple[float, ...]
    card: dict[str, Any]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for side in (self.apply, self.answer):
            if set(side.curves) != set(self.features):
                raise ValueError("curves and features differ")
        return self

    def ranker(self, weights: Mapping[str, float] | None = None) -> AdditiveRanker:
        """The sum of both sides' curves, each scaled by its factor in `weights` (default 1)."""
        scale = weights or {}
        sums = {
            name: joined(self.apply.curves[name].curve(), self.answer.curves[name].curve()) for name in self.features
        }
        return AdditiveRanker({name: curve.scaled(scale.get(name, 1.0)) for name, curve in sums.items()})

    @property
    def digest(self) -> str:
        """SHA-256 over all that a ranking or a chance depends on, and the card but for how long it took."""
        held = self.model_dump(mode="json", exclude={"name"})
        held["card"] = {key: value for key, value in held["card"].items() if key != "seconds"}
        return hashlib.sha256(json.dumps(held, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def named(self, day: str) -> LearnedRanker:
        """The same with the name that its contents give it."""
        return self.model_copy(update={"name": f"learned-{day.replace('-', '')}-{self.digest[:8]}"})

    def write(self, path: Path) -> None:
        """Write the file, one curve a line.

        Raises
        ------
        FileError
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.draft")
            draft.write_text(_pretty(self.model_dump(mode="json")) + "\n", encoding="utf-8")
            draft.replace(path)
        except OSError as error:
            raise FileError(
                f"the ranker cannot be written: {error.strerror}",
                where=str(path),
                cure="Check the rights and the room.",
            ) from None


def joined(first: Curve, second: Curve) -> Curve:
    """The sum of two curves: straight between the knots of either."""
    knots = np.unique(np.concatenate([first.knots, second.knots]))
    points = np.interp(knots, first.knots, first.values) + np.interp(knots, second.knots, second.values)
    return Curve(
        tuple(knots.tolist()), tuple(round(v, 6) for v in points.tolist()), round(first.missing + second.missing, 6)
    )


def read_ranker(path: Path, features: Sequence[str]) -> LearnedRanker:
    """Read a file of `gradmatch ranker train`, for a service with these `features`.

    Raises
    ------
    FileError
        It cannot be read, was altered by hand so that its name is wrong, or reads other features.
    """
    cure = "Train it with `gradmatch ranker train`."
    try:
        found = LearnedRanker.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileError(f"the ranker cannot be read: {error.strerror}", where=str(path), cure=cure) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise FileError(f"no ranker: {key}: {first['msg']}", where=str(path), cure=cure) from None
    if tuple(features) != found.features:
        ours, theirs = ", ".join(features), ", ".join(found.features)
        raise FileError(f"the ranker reads {theirs}, this version has {ours}", where=str(path), cure=cure)
    if not found.name.endswith(found.digest[:8]):
        cure = "Give the altered file another name inside: it must end in " + found.digest[:8] + "."
        raise FileError(f"the ranker was altered: '{found.name}' is not what it holds", where=str(path), cure=cure)
    return found


def _pretty(data: dict[str, Any]) -> str:
    """JSON with one line a curve, so that it can be read and compared line by line."""
    curves = {side: data[side].pop("curves") for side in ("apply", "answer")}
    marks = {f'"@{side}"': curves[side] for side in curves}
    for side in curves:
        data[side]["curves"] = f"@{side}"
    text = json.dumps(data, ensure_ascii=False, indent=1)
    for mark, held in marks.items():
        lines = ",\n".join(f"   {json.dumps(name)}: {json.dumps(curve)}" for name, curve in held.items())
        text = text.replace(mark, "{\n" + lines + "\n  }")
    return text
