"""The documented prior: what each feature is worth before there are interactions to learn from.

Points are log-odds-like: one point is about what one standard deviation of closeness in content is
worth. Chosen by reading, not fitted; settings may scale each curve (`ranking.weights`).
"""

from __future__ import annotations

from collections.abc import Mapping

from matching.errors import SettingsError
from matching.features import FEATURE_NAMES
from models.ranker import AdditiveRanker, Curve

PRIOR: Mapping[str, Curve] = {
    "semantic": Curve((-6.0, 10.0), (-6.0, 10.0)),
    "lexical": Curve((0.0, 0.15, 0.6), (0.0, 1.2, 2.4)),
    "major": Curve((0.0, 0.5, 1.0), (-0.5, 0.3, 1.0)),
    "skills": Curve((0.0, 0.25, 1.0), (-0.1, 0.0, 0.4)),
    "degree_above": Curve((0.0, 1.0, 2.0, 3.0), (0.3, 0.0, -0.6, -1.2)),
    "place": Curve((0.0, 0.4, 1.0), (-1.2, 0.0, 1.0)),
    "pay": Curve((-1.0, -0.3, 0.0, 0.5), (-1.0, -0.5, 0.0, 0.3)),
    "industry": Curve((0.0, 1.0), (-0.1, 0.5)),
    "experience_gap": Curve((0.0, 1.0, 2.0), (0.0, -0.8, -1.6)),
    "age": Curve((0.0, 30.0, 120.0), (0.3, 0.1, -0.2), missing=0.0),
}
"""Points of each feature. A missing value is worth nothing either way."""


def prior(weights: Mapping[str, float] | None = None) -> AdditiveRanker:
    """The prior, each curve scaled by its factor in `weights` (default 1).

    Raises
    ------
    SettingsError
        `weights` names a feature that does not exist.
    """
    weights = weights or {}
    unknown = sorted(set(weights) - set(PRIOR))
    if unknown:
        raise SettingsError(
            f"no feature named {', '.join(unknown)}", where="ranking.weights", cure=f"Use {', '.join(FEATURE_NAMES)}."
        )
    return AdditiveRanker({name: PRIOR[name].scaled(weights.get(name, 1.0)) for name in FEATURE_NAMES})
