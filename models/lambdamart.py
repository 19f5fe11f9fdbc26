"""A black-box ranker beside the additive one, to show what additivity costs: LightGBM's LambdaMART.

For comparison alone: it is never served, because nobody could say exactly why it ranks as it does. Positions are given
to it, so that it corrects for them by its own means (Hu, Wang, Peng, Li 2019: Unbiased LambdaMART). LightGBM is an
optional extra of the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ranker import MICRO, Contributions, Features

_ROUNDS = 300
_PATIENCE = 30
_DEVELOPMENT = 0.8


class Lists(NamedTuple):
    """What was shown, n pairs by list: features, grades, places from 1; and the sizes of the lists, in that order."""

    features: Features
    grade: NDArray[np.int64]
    place: NDArray[np.int64]
    sizes: NDArray[np.int64]


def installed() -> bool:
    """Whether LightGBM is there and can be loaded: its library wants the system's OpenMP (libgomp)."""
    try:
        import lightgbm  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


@dataclass(frozen=True)
class BlackBox:
    """A ranker whose score cannot be told apart by feature: all of it stands in the first column."""

    feature_names: tuple[str, ...]
    booster: Any

    def contributions(self, features: Features) -> Contributions:
        """See `models.ranker.Ranker.contributions`; the columns but the first are 0."""
        out = np.zeros((len(features), len(self.feature_names)), np.int64)
        if len(features):
            out[:, 0] = np.rint(self.booster.predict(features) * MICRO)
        return out


def learn(lists: Lists, names: tuple[str, ...], *, seed: int = 0) -> BlackBox:
    """Learn from lists in order of time; the last fifth of them says when to stop.

    Parameters
    ----------
    lists : Lists
    names : tuple of str
        Of the features.
    seed : int
        The same lists and seed give the same ranker.
    """
    import lightgbm as lgb

    cut = max(round(_DEVELOPMENT * len(lists.sizes)), 1)
    rows = int(lists.sizes[:cut].sum())
    before = lgb.Dataset(
        lists.features[:rows],
        lists.grade[:rows],
        group=lists.sizes[:cut],
        position=lists.place[:rows],
        feature_name=list(names),
        free_raw_data=False,
    )
    after = lgb.Dataset(lists.features[rows:], lists.grade[rows:], group=lists.sizes[cut:], reference=before)
    booster = lgb.train(
        {
            "objective": "lambdarank", "metric": "ndcg", "eval_at": [10], "learning_rate": 0.05, "num_leaves": 15,
            "min_data_in_leaf": 50, "lambda_l2": 5.0, "feature_fraction": 0.8, "bagging_fraction": 0.8,
            "bagging_freq": 1, "seed": seed, "deterministic": True, "force_row_wise": True, "num_threads": 1,
            "verbose": -1,
        },
        before,
        num_boost_round=_ROUNDS,
        valid_sets=[after],
        callbacks=[lgb.early_stopping(_PATIENCE, verbose=False)],
    )  # fmt: skip
    return BlackBox(names, booster)
