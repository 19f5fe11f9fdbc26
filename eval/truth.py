"""The generated province asked for its hidden truth: how near a ranking comes to the best there could be.

The truth is known of generated pairs alone (`matching.sample`), so everything here is simulated. The *oracle* ranks
what the rules allow by the true chance that both sides want a pair. Much of what is hidden shows in no record, so no
system that reads records comes near 1: prior, learned ranker and a black box stand beside each other under one ceiling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.evaluation import Direction
from eval.intervals import bootstrap_intervals
from eval.recommenders import Recommender, best_of
from matching.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from eval.evaluation import Evaluation
    from eval.ground import Ground
    from eval.rankings import Rankings
    from eval.world import World
    from matching.sample import SampleProvince
    from matching.store import Store
    from models.lambdamart import Lists

Floats = NDArray[np.float64]

PRODUCTION = "gradmatch"
BESIDE = {
    "measure": pl.String(),
    "system": pl.String(),
    "mean": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "less": pl.Float64(),
    "less_low": pl.Float64(),
    "less_high": pl.Float64(),
    "n": pl.Int64(),
}
"""``less``: the system less the settings' own ranker, paired over queries.

``true nDCG@10``: gain is the true chance that both want the pair, over the best ten that the rules allow.
``applies``, ``both``, ``surplus``: means over the first ten of the true chance that who looks applies, that both want
it, and of that times what the posting is worth to the person. ``nDCG@10``: by what happened."""
_DEPTH = 10


@dataclass(frozen=True)
class Oracle:
    """The truth of a province, by keys of its records."""

    province: SampleProvince

    def check(self, store: Store) -> None:
        """Do nothing where the store holds this province.

        Raises
        ------
        QueryError
            It holds another one, or none.
        """
        counts = store.count("graduate"), store.count("posting")
        wanted = self.province.graduate_count, self.province.posting_count
        last = next(iter(self.province.graduates(start=max(wanted[0] - 1, 0), stop=wanted[0])), None)
        held = {} if last is None else store.get_many("graduate", [last.key])
        if counts != wanted or last is None or held.get(last.key) != last:
            raise QueryError(
                f"the store holds {counts[0]} graduates and {counts[1]} postings that are not those of {self.province}",
                where="province",
                cure="Give the seed, numbers and day with which `gradmatch sample` made it.",
            )

    def both(self, ground: Ground, query: int) -> Floats:
        """The true chance that both want the pair, of one query with every document."""
        truth = self._truth(ground, query)
        return truth[0] * truth[1]

    def _truth(self, ground: Ground, query: int) -> tuple[Floats, Floats, Floats]:
        asked = np.full(len(ground.documents), _number(ground.queries[query]))
        listed = np.array([_number(key) for key in ground.documents], np.int64)
        pair = (asked, listed) if ground.direction is Direction.POSTINGS else (listed, asked)
        found = self.province.true_value(*pair)
        return found.apply, found.answer, found.utility

    def recommender(self, world: World) -> Recommender:
        """Ranks by the truth, within the rules; `world` is not looked at."""

        def rank(ground: Ground, depth: int) -> Rankings:
            return best_of(ground, depth, (self.both(ground, query) for query in range(len(ground.queries))))

        return rank

    def measured(self, ground: Ground, lists: Mapping[str, Rankings]) -> dict[str, dict[str, Floats]]:
        """Values against the truth, by measure, by system, of the queries to which the rules leave anything at all."""
        values = {system: np.zeros((len(ground.queries), 4)) for system in lists}
        for query in range(len(ground.queries)):
            apply, answer, worth = self._truth(ground, query)
            gain, allowed = apply * answer, ground.open_to(query)
            order = np.argsort(np.where(allowed, -gain, np.inf), kind="stable")[: int(allowed.sum())]
            best = _discounted(gain[_once(order, ground.same)[:_DEPTH]])
            for system, found in lists.items():
                rows = _once(found.rows[query, : 2 * _DEPTH], ground.same)[:_DEPTH]
                own = _discounted(gain[rows]) / best if best > 0 else np.nan
                sums = [float(part[rows].sum()) / _DEPTH for part in (apply, gain, gain * worth)]
                values[system][query] = [own, *sums]
        names = ("true nDCG@10", "applies", "both", "surplus")
        some = ~np.isnan(next(iter(values.values()))[:, 0])
        return {name: {system: found[some, i] for system, found in values.items()} for i, name in enumerate(names)}


def happened(evaluation: Evaluation, direction: Direction, measure: str = "nDCG@10") -> dict[str, Floats]:
    """Values of the queries that have one, by system: what happened to those whom the systems listed."""
    mine = evaluation.values.filter(
        pl.col("direction") == direction.value, pl.col("measure") == measure, pl.col("value").is_not_nan()
    ).drop_nulls("value")
    return {
        str(part["system"][0]): part.sort("query")["value"].to_numpy()
        for part in mine.partition_by("system", maintain_order=True)
    }


def beside(values: Mapping[str, Mapping[str, Floats]], *, seed: int = 0, resamples: int = 1_000) -> pl.DataFrame:
    """Means by measure and system with intervals, and what each is less the settings' own; columns as in `BESIDE`."""
    rows = []
    for measure, systems in values.items():
        own = systems[PRODUCTION]
        for system, found in systems.items():
            both = bootstrap_intervals(np.column_stack([found, found - own]), seed=seed, resamples=resamples)
            rows.append((measure, system, *both[0], *both[1], len(found)))
    return pl.DataFrame(rows, schema=BESIDE, orient="row")


def _number(key: str) -> int:
    return int(key.rpartition(":")[2][1:])


def _discounted(gains: Floats) -> float:
    return float((gains / np.log2(np.arange(len(gains)) + 2)).sum())


def _once(rows: NDArray[np.integer], same: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of a list without what repeats an earlier one."""
    listed = rows[rows >= 0].astype(np.int64)
    _, first = np.unique(same[listed], return_index=True)
    return listed[np.sort(first)]


def with_prior(world: World) -> Recommender:
    """The production path with the documented prior in place of its ranker."""
    from matching.scoring import prior
    from matching.settings import RankingSettings

    settings = world.settings.model_copy(update={"ranking": RankingSettings()})
    other = replace(world, state=replace(world.state, ranker=prior()), settings=settings)
    return other.production


def with_lambdamart(world: World) -> Recommender:
    """The production path with LambdaMART in place of its ranker, learned from the same past.

    Grades: 1 applied, 2 answered. A list is what was shown to a graduate at one moment.

    Raises
    ------
    QueryError
        LightGBM cannot be loaded.
    """
    from matching.features import FEATURE_NAMES
    from models import lambdamart

    if not lambdamart.installed():
        cure = "Install gradmatch[lambdamart], and libgomp1 where the system lacks it; or ask with --no-lambdamart."
        raise QueryError("LightGBM cannot be loaded", where="lambdamart", cure=cure)
    box = lambdamart.learn(_lists(world), FEATURE_NAMES)
    other = replace(world, state=replace(world.state, ranker=box))  # type: ignore[arg-type]

    def rank(ground: Ground, depth: int) -> Rankings:
        return replace(other.production(ground, depth), chances=None)  # the chances are another score's

    return rank


def _lists(world: World) -> Lists:
    from matching.learning.exposed import applications, exposures, settled_by
    from matching.learning.ranker_course import Terms, lessons_of
    from models.lambdamart import Lists

    past, cutoff, terms = world.split.past, world.split.cutoff, Terms()
    shown = exposures(past, settled_by(cutoff, terms.apply_days))
    answered = applications(past, cutoff).filter("event").select("graduate", "posting", answered=pl.lit(value=True))
    held = world.matcher.state
    known = shown.filter(
        pl.Series([held.graduates.row_of(key) is not None for key in shown["graduate"].to_list()], dtype=pl.Boolean),
        pl.Series([held.postings.row_of(key) is not None for key in shown["posting"].to_list()], dtype=pl.Boolean),
    ).sort("at", "graduate", "rank", "posting")
    lessons = lessons_of(known, world.matcher, None, seed=terms.seed)
    graded = known.join(answered, on=["graduate", "posting"], how="left", maintain_order="left")
    grade = graded["event"].cast(pl.Int64) * (1 + graded["answered"].fill_null(value=False).cast(pl.Int64))
    sizes = known.group_by("at", "graduate", maintain_order=True).len()["len"]
    place = known["rank"].cast(pl.Int64).fill_null(1)
    return Lists(lessons.observed.features, grade.to_numpy(), place.to_numpy(), sizes.cast(pl.Int64).to_numpy())


def by_surplus(world: World) -> Recommender:
    """The production path, its lists ordered by expected surplus."""
    return replace(world, by="surplus").production


MAKERS: Mapping[str, Callable[[World], Recommender]] = {
    "prior": with_prior,
    "surplus": by_surplus,
    "lambdamart": with_lambdamart,
}
"""Systems that are asked beside the settings' own ranker."""
