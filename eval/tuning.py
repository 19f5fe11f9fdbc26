"""Several settings on the same past: quality against congestion, and the chosen settings as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from eval.charts import Range, Spot
from eval.evaluation import ALL, Evaluation
from eval.replay import Replay
from eval.versus import production
from matching.errors import FileError
from matching.settings import Settings, read_settings

if TYPE_CHECKING:
    from matching.store import Store
    from models.encoder import Encoder


def sweep(store: Store, encoder: Encoder, variants: Mapping[str, Settings], plan: Replay) -> dict[str, Evaluation]:
    """The same replay under each settings, by name."""
    return {name: plan.replay(store, encoder, settings) for name, settings in variants.items()}


def spots(
    evaluations: Mapping[str, Evaluation], *, quality: str = "nDCG@10", crowd: str = "Congestion@10"
) -> list[Spot]:
    """Each variant in the plane of `crowd` (smaller is better) and `quality`, with intervals; those that have both."""
    found = []
    for name, evaluation in evaluations.items():
        x, y = (_mean(evaluation, measure, name) for measure in (crowd, quality))
        if x is not None and y is not None:
            found.append(Spot(name, x, y))
    return found


def _mean(evaluation: Evaluation, measure: str, label: str) -> Range | None:
    system = production(evaluation)
    for row in evaluation.summary.iter_rows(named=True):
        if (row["system"], row["axis"], row["measure"]) == (system, ALL, measure) and row["mean"] is not None:
            return Range(label, row["mean"], row["low"], row["high"], f"n={row['n']}")
    return None


def save_settings(settings: Settings, path: Path) -> Path:
    """Write what can be tuned (weights, candidates) as a settings file, and read it back: the service reads the same.

    A learned ranker is named by its file; one that has none is written beside, as ``<name>.ranker.json``.

    Raises
    ------
    FileError
        The file cannot be written.
    """
    own, ranking = settings.retrieval, settings.ranking
    ranker = ranking.ranker
    if ranking.learned is not None and ranker is None:
        ranker = path.with_suffix(".ranker.json")
        ranking.learned.write(ranker)
    lines = [
        "[encoder]",
        f'name = "{settings.encoder.name}"',
        "",
        "[retrieval]",
        *(f"{name} = {getattr(own, name)}" for name in type(own).model_fields),
        "",
        *(() if ranker is None else ("[ranking]", f"ranker = {json.dumps(str(ranker))}", "")),
        "[ranking.weights]",
        *(f"{name} = {weight}" for name, weight in ranking.weights.items()),
        "",
        "[ranking.use]",
        *(f"{name} = {power}" for name, power in ranking.use.items()),
    ]
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise FileError(
            f"settings cannot be written: {error.strerror}", where=str(path), cure="Check the rights."
        ) from None
    back = read_settings(path)
    assert (back.retrieval, back.ranking) == (settings.retrieval, ranking.model_copy(update={"ranker": ranker}))
    return path
