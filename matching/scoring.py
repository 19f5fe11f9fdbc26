"""What each feature is worth: the documented prior, or what was learned from interactions.

Points of the prior are log-odds-like: one point is about what one standard deviation of closeness in content is
worth. Chosen by reading, not fitted; settings may scale each curve (`ranking.weights`). A ranker learned from
interactions (`ranking.ranker`) has the same shape; its points are logarithms of the chance that both sides want it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matching.errors import SettingsError
from matching.features import FEATURE_NAMES
from models.additive import Form
from models.ranker import AdditiveRanker, Curve

if TYPE_CHECKING:
    from matching.settings import RankingSettings

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

_DIRECTIONS = {
    "semantic": 1, "lexical": 1, "major": 1, "skills": 1, "place": 1, "pay": 1, "industry": 1, "experience_gap": -1,
}  # fmt: skip
"""Where reason knows the way: more of it is better, or worse. A degree above the demand, and age, may do either."""

FORMS: Mapping[str, Form] = {name: Form(PRIOR[name], _DIRECTIONS.get(name, 0)) for name in FEATURE_NAMES}
"""What learning starts from, and which way each curve may go."""

PRIOR_NAME = "prior"


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


def ranker_of(ranking: RankingSettings) -> AdditiveRanker:
    """The ranker that the settings name: the learned one, or the prior; its curves scaled by their weights.

    Raises
    ------
    SettingsError
        A weight names a feature that does not exist.
    """
    checked = prior(ranking.weights)
    return checked if ranking.learned is None else ranking.learned.ranker(ranking.weights)


def ranker_name(ranking: RankingSettings) -> str:
    """``"prior"``, or the learned ranker's name."""
    return PRIOR_NAME if ranking.learned is None else ranking.learned.name
