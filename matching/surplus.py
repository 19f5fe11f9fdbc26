"""Expected surplus of a pair: how likely it comes to something, times what it is of use to the person.

``surplus = chance that the graduate applies · chance that the employer answers · use``. The chances are those of the
score (`matching.chance`); the use is 1 where the posting meets every wish that the person has stated, and less by a
factor for each that it does not: place, pay, industry. What is not known takes nothing away. So the mode prefers, of
two postings that are about as likely, the one that serves the person better; fit alone prefers the likelier one.

The factors are documented, chosen by reading and not fitted; settings may sharpen or soften each (`ranking.use`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.chance import Chances
from matching.errors import SettingsError
from matching.features import FEATURE_NAMES
from matching.language import Words
from models.ranker import Curve

USE: Mapping[str, Curve] = {
    "place": Curve((0.0, 0.2, 0.35, 0.4, 0.7, 1.0), (0.4, 0.6, 0.75, 0.8, 0.9, 1.0), missing=1.0),
    "pay": Curve((-1.0, -0.5, 0.0, 0.5, 1.0), (0.1, 0.5, 1.0, 1.2, 1.3), missing=1.0),
    "industry": Curve((0.0, 1.0), (0.8, 1.0), missing=1.0),
}
"""The factor of each wish, by its feature; docs/ranking.md says what their values mean."""

_NAMES = {
    "place": Words("工作地点", "place"),
    "pay": Words("薪酬", "pay"),
    "industry": Words("行业", "industry"),
}
UNIT = 1_000_000_000
"""Surplus is counted in whole parts of this, so that orders are exact."""

Floats = NDArray[np.float64]


class Surplus(NamedTuple):
    """Of one pair. ``value = apply · answer · use``, and ``use`` is the product of its parts, by feature."""

    value: float
    apply: float
    answer: float
    use: float
    parts: dict[str, float]

    @property
    def words(self) -> Words:
        """The product, told in both languages; parts of 1 are left out."""
        lacking = {name: part for name, part in self.parts.items() if part != 1.0}
        zh = "、".join(f"{_NAMES[name].zh} {part:.2f}" for name, part in lacking.items())
        en = ", ".join(f"{_NAMES[name].en} {part:.2f}" for name, part in lacking.items())
        return Words(
            f"期望收益 {self.value:.4f} = 投递机会 {self.apply:.1%} × 回复机会 {self.answer:.1%} × 对本人的用处 "
            f"{self.use:.2f}" + (f"（{zh}）" if zh else ""),
            f"expected surplus {self.value:.4f} = applies {self.apply:.1%} × answered {self.answer:.1%} × use "
            f"{self.use:.2f}" + (f" ({en})" if en else ""),
        )


class Surpluses(NamedTuple):
    """Of n pairs: arrays (n,), and the parts of the use by feature."""

    apply: Floats
    answer: Floats
    use: Floats
    parts: dict[str, Floats]

    @property
    def units(self) -> NDArray[np.int64]:
        """The surplus in whole parts of `UNIT`: what lists are ordered by."""
        return np.rint(self.apply * self.answer * self.use * UNIT).astype(np.int64)

    def of(self, row: int) -> Surplus:
        """One of them; its value is the one that orders."""
        parts = {name: float(part[row]) for name, part in self.parts.items()}
        value = int(self.units[row]) / UNIT
        return Surplus(value, float(self.apply[row]), float(self.answer[row]), float(self.use[row]), parts)


def surpluses(
    scores: Floats, features: NDArray[np.float32], chances: Chances, sharpness: Mapping[str, float]
) -> Surpluses:
    """The surplus of n pairs.

    Parameters
    ----------
    scores : (n,)
        The ranker's, in points.
    features : (n, features)
        Columns as in `FEATURE_NAMES`.
    sharpness : mapping of str to float
        Exponent of each wish's factor: 0 leaves it out, 2 counts it twice; default 1.

    Raises
    ------
    SettingsError
        `sharpness` names something that is no wish.
    """
    check_use(sharpness)
    chance = chances(scores)
    parts = {}
    for name, curve in USE.items():
        column = features[:, FEATURE_NAMES.index(name)].astype(np.float64)
        factor = np.where(np.isnan(column), curve.missing, np.interp(column, curve.knots, curve.values))
        parts[name] = factor ** sharpness.get(name, 1.0)
    use = np.prod(list(parts.values()), axis=0) if parts else np.ones(len(scores))
    return Surpluses(chance.apply, chance.answer, np.asarray(use, np.float64), parts)


def check_use(sharpness: Mapping[str, float]) -> None:
    """Do nothing where every name is a wish.

    Raises
    ------
    SettingsError
    """
    unknown = sorted(set(sharpness) - set(USE))
    if unknown:
        raise SettingsError(f"no wish named {', '.join(unknown)}", where="ranking.use", cure=f"Use {', '.join(USE)}.")
