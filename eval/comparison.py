"""Systems beside each other: paired differences with intervals and tests, corrected for how many there are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from eval.intervals import RESAMPLES, bootstrap_intervals, holm, randomisation_test
from eval.measures import STANDARD

BASELINE = "bm25"
"""What the other systems are compared with, where it is among them; else it is the first of them."""


class Difference(BaseModel):
    """Mean difference, `system` less `baseline`, over the same queries.

    `low` and `high` are the bootstrap interval (null where one query alone is judged), `p` is that of the paired
    randomisation test, `p_holm` the same corrected for all the comparisons of the report.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    baseline: str
    measure: str
    mean: float
    low: float | None
    high: float | None
    p: float
    p_holm: float


def differences(
    values: Mapping[str, NDArray[np.float64]], *, seed: int = 0, resamples: int = RESAMPLES
) -> list[Difference]:
    """Each system beside the baseline, measure by measure; none where there is one system only.

    Parameters
    ----------
    values : mapping of str to ndarray of shape (queries, measures)
        By system; the same queries in the same order, measures as in `eval.measures.STANDARD`.
    seed, resamples : int
        Of the bootstrap and of the test.
    """
    baseline = BASELINE if BASELINE in values else next(iter(values), BASELINE)
    found: list[Difference] = []
    for system, of_system in values.items():
        if system == baseline:
            continue
        intervals = bootstrap_intervals(of_system - values[baseline], seed=seed, resamples=resamples)
        for column, (measure, interval) in enumerate(zip(STANDARD, intervals, strict=True)):
            p = randomisation_test(of_system[:, column], values[baseline][:, column], seed=seed, resamples=resamples)
            found.append(
                Difference(system=system, baseline=baseline, measure=measure.name, **interval._asdict(), p=p, p_holm=p)
            )
    corrected = holm([difference.p for difference in found])
    return [d.model_copy(update={"p_holm": p}) for d, p in zip(found, corrected, strict=True)]
